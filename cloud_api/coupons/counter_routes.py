"""HTTP of what a counter shows of its store's rewards: what was used, and the boards (CPN-21, CPN-22, CPN-31)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cloud_api.access import cloud_of
from cloud_api.bootstrap import Cloud
from cloud_api.clock import DAY_MS
from cloud_api.coupons import history, uses
from cloud_api.coupons.board_routes import BOARD_EXAMPLE, USES_EXAMPLE
from cloud_api.coupons.models import coupon_definition
from cloud_api.database import Work
from cloud_api.devices.auth import DeviceCall, claim_nonce
from cloud_api.documents import answer, errors
from cloud_api.fields import Day
from cloud_api.gateway.routes import authenticated
from cloud_api.http import json_response
from cloud_api.stores.boards import boards
from cloud_api.stores.earning import terms_at
from rules.calendar import local_day
from rules.reward_uses import PAGES_MAX, UsePeriod, UsesBy

router = APIRouter(prefix="/v1/sync", tags=["devices"])

BOARD_DAYS = 92  # as the first of the filters of the board (CPN-21)
_FIGURES = {"issued_today": 4, "issued": 120, "used_today": 2, "used": 40, "expired": 3, "usable": 60}
_MEMBER = "0198c5c0-7a11-7000-8000-0000000000c1"
_POINTS_TOP = {"member_id": _MEMBER, "nickname": "김*지", "used": 3000, "use_rate_bp": 4000}
_STAMPS_TOP = _POINTS_TOP | {"collected": 13, "collect_rate_bp": 3000, "used": 1, "use_rate_bp": 5000}
BOARDS_EXAMPLE: dict[str, Any] = {
    "days": BOARD_DAYS,
    "coupons": BOARD_EXAMPLE,
    "points": _FIGURES | {"top": [_POINTS_TOP]},
    "stamps": _FIGURES | {"top": [_STAMPS_TOP]},
    "card": {"per_board": 10, "tiers": [{"stamps": 3, "name": "쿠키"}, {"stamps": 10, "name": "아메리카노 1잔"}]},
}
_DEVICE = ("unauthorized", "bad_signature", "replayed", "device_revoked", "invalid")


@router.get(
    "/reward-uses",
    summary="Rewards that were used at this store, for its counters",
    responses=errors(*_DEVICE) | {200: answer(USES_EXAMPLE, "One page")},
)
async def used(
    request: Request,
    period: UsePeriod = UsePeriod.DAY,
    on: Annotated[Day | None, Query()] = None,
    by: UsesBy = UsesBy.USE,
    definition_id: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$")] = "",
    page: Annotated[int, Query(ge=1, le=PAGES_MAX)] = 1,
) -> Response:
    """As `GET /v1/stores/{store_id}/reward-uses`, of the store that the device belongs to."""
    cloud = cloud_of(request)
    call = await authenticated(request)
    day = local_day(cloud.clock()) if on is None else date.fromisoformat(on)
    wanted = uses.Wanted(period, day, by, definition_id, page)
    return json_response(await run_in_threadpool(_read, cloud, call, wanted))


def _read(cloud: Cloud, call: DeviceCall, wanted: uses.Wanted) -> dict[str, Any]:
    _claim(cloud, call)
    with cloud.database.read_moment() as conn:
        return uses.page_of(conn, call.store_id, wanted)


@router.get(
    "/rewards",
    summary="The boards of rewards of this store, for its counters",
    responses=errors(*_DEVICE)
    | {200: answer(BOARDS_EXAMPLE, "`stamps` and `card` are null where the store has no card")},
)
async def figures(request: Request) -> Response:
    """Coupons of the last `days`, points and stamps: five names and the figures of each; and what the tiers of the
    store's stamp card give. Customers are masked."""
    cloud = cloud_of(request)
    call = await authenticated(request)
    return json_response(await run_in_threadpool(_boards, cloud, call))


def _boards(cloud: Cloud, call: DeviceCall) -> dict[str, Any]:
    _claim(cloud, call)
    now_ms = cloud.clock()
    with cloud.database.read_moment() as conn:
        coupons = history.board(conn, call.store_id, now_ms, since_ms=now_ms - BOARD_DAYS * DAY_MS)
        return {"days": BOARD_DAYS, "coupons": coupons, **boards(conn, call.store_id, now_ms)} | {
            "card": _card(conn, call.store_id)
        }


def _card(conn: Connection, store_id: str) -> dict[str, Any] | None:
    """What a full board takes, and which tier gives what (STP-04)."""
    here = terms_at(conn, store_id)
    if here is None or here.program.card is None:
        return None
    card, rewards = here.program.card, here.program.rewards
    query = select(coupon_definition.c.definition_id, coupon_definition.c.name)
    found = conn.execute(query.where(coupon_definition.c.definition_id.in_(rewards)))
    names = {row.definition_id: row.name for row in found}
    given = [names.get(one, "") for one in rewards] or [""] * len(card.tiers)
    tiers = [{"stamps": stamps, "name": name} for stamps, name in zip(card.tiers, given, strict=True)]
    return {"per_board": card.per_board, "tiers": tiers}


def _claim(cloud: Cloud, call: DeviceCall) -> None:
    def job(work: Work) -> None:
        claim_nonce(work, call)

    cloud.database.transact(job)
