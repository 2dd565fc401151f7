"""HTTP of stamps: cards, coming by, history (STP-17 to 23)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Ident, PathId
from cloud_api.http import json_response
from cloud_api.members import service as members
from cloud_api.stamps import history, service
from cloud_api.stores.service import profile_of

router = APIRouter(prefix="/v1", tags=["stamps"])

CARD_EXAMPLE: dict[str, Any] = {
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "opened": True,
    "total": 15,
    "board": 2,
    "on_board": 2,
    "per_board": 13,
    "tiers": [3, 7, 13],
    "boards_max": None,
    "template": 1,
    "next_expiry_ms": 1791536400000,
    "rewards": [{"board": 1, "stamps": 3, "coupon_id": "0198c5c0-7a11-7000-8000-0000000000f2"}],
}
_GIVEN: dict[str, Any] = {
    "stamps": 1,
    "reason": "earned",
    "board": 1,
    "on_board": 4,
    "per_board": 13,
    "tiers": [],
}
_HISTORY: dict[str, Any] = {
    "posting_id": "0198c5c0-7a11-7000-8000-0000000000e1",
    "move": "earn",
    "cause": "payment",
    "medium": "auto_earn",
    "reason": "earned",
    "stamps": 1,
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "menu": None,
    "actor": "tablet",
    "at_ms": 1760000000000,
}


class Whose(Body):
    member_id: Ident


@router.post(
    "/stores/{store_id}/stamp-cards",
    summary="Open a member's stamp card",
    responses=errors("unauthorized", "store_unknown", "member_unknown", "member_gone", "no_stamps_here", "invalid")
    | {200: answer(CARD_EXAMPLE, "The card as it stands")},
)
def open_card(store_id: PathId, body: Whose, cloud: TheCloud, _key: KeyId) -> Response:
    """For whoever marks the store as regular; the first stamp opens a card as well. Doing it twice changes nothing."""

    def job(work: Work) -> dict[str, Any]:
        _known_store(work.conn, store_id)
        return service.open_card(work, store_id, body.member_id)

    return json_response(cloud.database.transact(job))


@router.get(
    "/stores/{store_id}/stamp-cards/{member_id}",
    summary="A member's stamp card",
    responses=errors("unauthorized", "store_unknown", "member_unknown", "no_stamps_here")
    | {200: answer(CARD_EXAMPLE, "The card as it stands")},
)
def card(store_id: PathId, member_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """``next_expiry_ms`` is when the first stamps of the board that is being filled lapse; full boards do not."""
    with cloud.database.read() as conn:
        _known_store(conn, store_id)
        if members.get(conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        terms = service.card_terms(conn, store_id)
        return json_response(service.card_at(conn, terms, store_id, member_id, cloud.clock()))


@router.post(
    "/stores/{store_id}/attendance",
    summary="A stamp for coming by",
    responses=errors("unauthorized", "store_unknown", "member_unknown", "member_gone", "no_stamps_here", "invalid")
    | {200: answer(_GIVEN, "Where the card stands; `stamps` is 0 when the member came before today")},
)
def attend(store_id: PathId, body: Whose, cloud: TheCloud, key_id: KeyId) -> Response:
    """One a business day, however often it is asked."""

    def job(work: Work) -> dict[str, Any]:
        _known_store(work.conn, store_id)
        return service.attend(work, store_id, body.member_id, f"app:{key_id}")

    return json_response(cloud.database.transact(job))


@router.get(
    "/members/{member_id}/stamps",
    summary="A member's stamps and their history",
    responses=errors("unauthorized", "member_unknown")
    | {200: answer({"cards": [], "history": [_HISTORY]}, "Cards, and the history, newest first")},
)
def of_member(
    member_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None,
) -> Response:
    """``before`` is a posting id, for paging."""
    with cloud.database.read() as conn:
        if members.get(conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        found = history.history(conn, member_id, limit=limit, before=before)
        return json_response({"cards": service.cards_of(conn, member_id), "history": found})


def _known_store(conn: Any, store_id: str) -> None:
    if profile_of(conn, store_id) is None:
        raise ApiError("store_unknown")
