"""HTTP of a store's rewards and draws."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StrictBool, StrictInt
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, Ident, Name, PathId, Reason, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.rewards import service
from cloud_api.stores.service import Profile, profile_of
from rules.coupons import MAX_REWARDS, RewardKind, StoreReward

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["stores"])

_REWARD: dict[str, Any] = {
    "place": 1,
    "name": "아메리카노 1잔",
    "kind": "free_drink",
    "value_won": 4500,
    "condition": "5,000원 이상 구매",
    "quantity": 100,
    "given": 3,
    "valid_days": 30,
    "probability_bp": 6000,
    "minimum_won": 5000,
    "definition_id": "0198c5c0-7a11-7000-8000-0000000000f1",
    "budget_won": 450000,
    "sales_won": 500000,
}
_EXAMPLE: dict[str, Any] = {
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "version": 2,
    "active": True,
    "played": True,
    "rewards": [_REWARD],
    "board": {"rewards": 1, "probability_bp": 6000, "budget_won": 450000, "sales_won": 500000},
}
_DRAW: dict[str, Any] = {
    "draw_id": "0198c5c0-7a11-7000-8000-0000000000d7",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "version": 2,
    "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "roll_bp": 5123,
    "place": 1,
    "coupon_id": None,
    "posting_id": None,
    "reward": _REWARD,
    "drawn_ms": 1760000000000,
}


class OneReward(Body):
    """``value_won`` of ``store_points`` is how many points. ``probability_bp`` in basis points; of several rewards they
    are 10,000 together."""

    name: Name
    kind: RewardKind = RewardKind.STORE_COUPON
    value_won: Won
    condition: Reason
    quantity: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    valid_days: Annotated[StrictInt, Field(ge=1, le=3_650)]
    probability_bp: Annotated[StrictInt, Field(ge=0, le=10_000)] = 0
    minimum_won: Won = 0


class Rewards(Body):
    """Six at most; the stamp card is beside them."""

    rewards: Annotated[tuple[OneReward, ...], Field(max_length=MAX_REWARDS + 1)]
    active: StrictBool = True


@router.get(
    "/rewards",
    summary="A store's rewards",
    responses=errors("unauthorized", "store_unknown") | {200: answer(_EXAMPLE, "The newest version and its board")},
)
def read(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """``played`` is false while there are none or the function is off."""
    with cloud.database.read() as conn:
        _store(conn, store_id)
        return json_response(service.shown(conn, store_id))


@router.post(
    "/rewards",
    summary="Set a store's rewards",
    responses=errors("unauthorized", "store_unknown", "rewards_refused", "invalid")
    | {200: answer(_EXAMPLE, "Set; quantities begin anew")},
)
def write(store_id: PathId, body: Rewards, cloud: TheCloud, _key: KeyId) -> Response:
    """Replaces all of them by a new version; coupons that were won before stay what they were."""
    wanted = [StoreReward(**one.model_dump()) for one in body.rewards]

    def job(work: Work) -> dict[str, Any]:
        return service.set_rewards(work, _store(work.conn, store_id), wanted, active=body.active)

    return json_response(cloud.database.transact(job))


class Play(Body):
    member_id: Ident
    idempotency_key: IdempotencyKey


@router.post(
    "/draws",
    status_code=201,
    summary="Draw one of a store's rewards for a member",
    responses=errors(
        "unauthorized", "store_unknown", "member_unknown", "rewards_off", "idempotency_conflict", "invalid"
    )
    | {201: answer(_DRAW, "What was won; `reward` is null when all are gone")},
)
def play(store_id: PathId, body: Play, cloud: TheCloud, key_id: KeyId) -> Response:
    """``roll_bp`` is the number of chance below 10,000: rewards share it in their order by their probabilities. One
    that is gone is followed by the next that is left."""
    call = Repeatable(key_id, "draw", body.idempotency_key, body.model_dump() | {"store_id": store_id})

    def job(work: Work) -> dict[str, Any]:
        store = _store(work.conn, store_id)
        return once(work, call, lambda: service.draw(work, store, body.member_id, key_id))

    return json_response(cloud.database.transact(job), 201)


@router.get(
    "/draws",
    summary="The newest draws of a store",
    responses=errors("unauthorized", "store_unknown")
    | {200: answer({"draws": [{name: _DRAW[name] for name in _DRAW if name not in ("store_id", "reward")}]}, "Newest")},
)
def draws(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Each with its number of chance, so that anybody can check what it came to."""
    with cloud.database.read() as conn:
        _store(conn, store_id)
        return json_response({"draws": service.draws(conn, store_id)})


def _store(conn: Any, store_id: str) -> Profile:
    found = profile_of(conn, store_id)
    if found is None:
        raise ApiError("store_unknown")
    return found
