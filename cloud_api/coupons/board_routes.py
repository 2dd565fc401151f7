"""HTTP of what became of coupons, and of what a store still accepts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.clock import DAY_MS
from cloud_api.coupons import checks, history, uses
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Day, PathId
from cloud_api.http import json_response
from cloud_api.members import service as members
from cloud_api.stores.boards import summary
from cloud_api.stores.service import profile_of
from rules.calendar import local_day
from rules.reward_uses import PAGES_MAX, UsePeriod, UsesBy

router = APIRouter(prefix="/v1", tags=["coupons"])

PAGE_MAX = 200
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
Before = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_ID = "0198c5c0-7a11-7000-8000-0000000000f3"
LINE_EXAMPLE = {
    "event_id": _ID,
    "coupon_id": "0198c5c0-7a11-7000-8000-0000000000f2",
    "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "what": "approve",
    "request_id": "0198c5c0-7a11-7000-8000-0000000000a1",
    "at_ms": 1760000000000,
    "name": "아메리카노 1잔",
}
BOARD_EXAMPLE: dict[str, Any] = {
    "issued": 120,
    "issued_today": 4,
    "used": 40,
    "used_today": 2,
    "expired": 10,
    "unused": 70,
    "top": [{"definition_id": _ID, "name": "아메리카노 1잔", "used": 30, "rate_bp": 4_200}],
    "log": [LINE_EXAMPLE],
}
USES_EXAMPLE: dict[str, Any] = {
    "first": "2025-10-06",
    "last": "2025-10-12",
    "by": "use",
    "page": 1,
    "pages": 3,
    "total": 41,
    "rows": [
        {
            "request_id": "0198c5c0-7a11-7000-8000-0000000000a1",
            "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
            "nickname": "김*지",
            "reward": "coupon",
            "definition_id": _ID,
            "name": "아메리카노 1잔",
            "uses": 1,
            "won": 4500,
            "decided_by": "staff:1",
            "at_ms": 1760000000000,
        }
    ],
    "coupons": [{"definition_id": _ID, "name": "아메리카노 1잔"}],
}
_BOX = {"given": 120, "given_today": 4, "used": 40, "used_today": 2}
SUMMARY_EXAMPLE: dict[str, Any] = {"coupons": _BOX, "points": _BOX, "stamps": None}
LEFT_EXAMPLE = {"count": 12, "value_won": 31000}


def _store(conn: Connection, store_id: str) -> None:
    if profile_of(conn, store_id) is None:
        raise ApiError("store_unknown")


@router.get(
    "/members/{member_id}/coupons/history",
    summary="What became of a member's coupons",
    responses=errors("unauthorized", "member_unknown", "invalid")
    | {200: answer({"history": [LINE_EXAMPLE]}, "Newest first")},
)
def of_member(
    member_id: PathId, cloud: TheCloud, _key: KeyId, before: Before = None, limit: Limit = PAGE_MAX
) -> Response:
    """Issued, asked for, used, given back, over; ``before`` is the last ``event_id`` of the page before."""
    with cloud.database.read() as conn:
        if members.get(conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        return json_response({"history": history.of_member(conn, member_id, limit=limit, before=before)})


@router.get(
    "/stores/{store_id}/coupons/history",
    summary="What happened to coupons at a store",
    responses=errors("unauthorized", "store_unknown", "invalid")
    | {200: answer({"history": [LINE_EXAMPLE]}, "Newest first")},
)
def of_store(
    store_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    what: Annotated[str | None, Query(pattern=f"^({'|'.join(history.MOVES)})$")] = None,
    before: Before = None,
    limit: Limit = PAGE_MAX,
) -> Response:
    """With ``what`` one kind of step only."""
    with cloud.database.read() as conn:
        _store(conn, store_id)
        lines = history.of_store(conn, store_id, limit=limit, what=what, before=before)
    return json_response({"history": lines})


@router.get(
    "/stores/{store_id}/coupons/board",
    summary="A store's coupons in figures",
    responses=errors("unauthorized", "store_unknown", "invalid") | {200: answer(BOARD_EXAMPLE, "The last days")},
)
def board(
    store_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    days: Annotated[int, Query(ge=1, le=366)] = 92,
    definition_id: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None,
) -> Response:
    """Of all kinds or one; ``log`` has the latest twenty steps."""
    now_ms = cloud.clock()
    with cloud.database.read() as conn:
        _store(conn, store_id)
        found = history.board(conn, store_id, now_ms, since_ms=now_ms - days * DAY_MS, definition_id=definition_id)
    return json_response(found)


@router.get(
    "/stores/{store_id}/use-limits/left",
    summary="What a store still accepts today",
    responses=errors("unauthorized", "store_unknown") | {200: answer(LEFT_EXAMPLE, "null: no limit")},
)
def left(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Of the store's business day; requests that wait count as used."""
    with cloud.database.read() as conn:
        _store(conn, store_id)
        found = checks.left_today(conn, store_id, cloud.clock())
    return json_response({"count": found.count, "value_won": found.value_won})


@router.get(
    "/stores/{store_id}/reward-uses",
    summary="Rewards that were used at a store",
    responses=errors("unauthorized", "store_unknown", "invalid") | {200: answer(USES_EXAMPLE, "One page")},
)
def used(
    store_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    period: UsePeriod = UsePeriod.DAY,
    on: Annotated[Day | None, Query()] = None,
    by: UsesBy = UsesBy.USE,
    definition_id: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$")] = "",
    page: Annotated[int, Query(ge=1, le=PAGES_MAX)] = 1,
) -> Response:
    """Coupons and points of the day, week or month of ``on`` (without it: today), one by one, by customer or by reward.
    Twenty rows a page and at most five pages; ``total`` says how many there are in all. With ``definition_id`` one
    coupon alone."""
    day = local_day(cloud.clock()) if on is None else date.fromisoformat(on)
    with cloud.database.read_moment() as conn:
        _store(conn, store_id)
        return json_response(uses.page_of(conn, store_id, uses.Wanted(period, day, by, definition_id, page)))


@router.get(
    "/stores/{store_id}/rewards/summary",
    summary="A store's rewards in three boxes",
    responses=errors("unauthorized", "store_unknown")
    | {200: answer(SUMMARY_EXAMPLE, "`stamps` is null where the store has no card")},
)
def reward_summary(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Coupons issued and used, points earned and used, stamps given and their rewards used: today, and in all."""
    with cloud.database.read_moment() as conn:
        _store(conn, store_id)
        return json_response(summary(conn, store_id, cloud.clock()))
