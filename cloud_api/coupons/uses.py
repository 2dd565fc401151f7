"""What rewards were used at a store: coupons and points, one by one, by customer or by reward (CPN-22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, text

from rules.calendar import day_bounds_ms
from rules.requests import USED_STATES
from rules.reward_uses import PAGE_ROWS, UsePeriod, UsesBy, pages, period_days

# An order may have used a coupon and points: that is two uses. What was taken back is none any more.
_USES = (
    "WITH one AS (SELECT request.request_id, request.member_id, request.nickname, request.decided_ms,"
    " request.decided_by, request.coupon_id, request.points, request.order_id, request.pos_discount_won FROM request"
    " WHERE request.store_id = :store_id AND request.state IN :states"
    " AND request.decided_ms >= :since_ms AND request.decided_ms < :until_ms),"
    " used AS (SELECT one.request_id, one.member_id, one.nickname, one.decided_ms, one.decided_by, 'coupon' AS reward,"
    "  coupon_definition.definition_id, coupon_definition.name,"
    "  coalesce(one.pos_discount_won, customer_order.coupon_won, 0) AS won FROM one"
    "  JOIN coupon ON coupon.coupon_id = one.coupon_id"
    "  JOIN coupon_definition ON coupon_definition.definition_id = coupon.definition_id"
    "  LEFT JOIN customer_order ON customer_order.order_id = one.order_id"
    " UNION ALL SELECT one.request_id, one.member_id, one.nickname, one.decided_ms, one.decided_by, 'points',"
    "  NULL, NULL, one.points FROM one WHERE one.points > 0)"
)
_WANTED = " FROM used WHERE (:definition_id = '' OR definition_id = :definition_id)"
_BY = {
    UsesBy.USE: (
        "SELECT request_id, member_id, nickname, reward, definition_id, name, won, decided_by, decided_ms AS at_ms",
        "",
        "at_ms DESC, request_id DESC, reward",
    ),
    UsesBy.CUSTOMER: (
        "SELECT member_id, max(nickname) AS nickname, count(*) AS uses, sum(won) AS won, max(decided_ms) AS at_ms",
        " GROUP BY member_id",
        "uses DESC, at_ms DESC, member_id",
    ),
    UsesBy.REWARD: (
        "SELECT reward, definition_id, max(name) AS name, count(*) AS uses, sum(won) AS won, max(decided_ms) AS at_ms",
        " GROUP BY reward, definition_id",
        "uses DESC, at_ms DESC, reward, definition_id",
    ),
}
_STATES: BindParameter[list[str]] = bindparam("states", [state.value for state in sorted(USED_STATES)], expanding=True)
_NOTHING: dict[str, Any] = {
    "request_id": None,
    "member_id": "",
    "nickname": "",
    "reward": None,
    "definition_id": None,
    "name": "",
    "uses": 1,
    "won": 0,
    "decided_by": None,
}
_COUPONS = text(
    f"{_USES} SELECT definition_id, max(name) AS name FROM used WHERE definition_id IS NOT NULL"
    " GROUP BY definition_id ORDER BY name, definition_id"
).bindparams(_STATES)


@dataclass(frozen=True)
class Wanted:
    """``definition_id`` empty: all coupons, and points; ``page`` counts from 1."""

    period: UsePeriod
    on: date
    by: UsesBy
    definition_id: str = ""
    page: int = 1


def page_of(conn: Connection, store_id: str, wanted: Wanted) -> dict[str, Any]:
    """One page of at most five; ``coupons`` are those of the period, to choose one from. Customers are masked."""
    first, last = period_days(wanted.period, wanted.on)
    place = {"store_id": store_id, "since_ms": day_bounds_ms(first)[0], "until_ms": day_bounds_ms(last)[1]}
    shown, grouped, order = _BY[wanted.by]
    asked = place | {"definition_id": wanted.definition_id}
    found = f"{_USES} {shown}{_WANTED}{grouped}"
    count = text(f"{_USES} SELECT count(*) FROM (SELECT 1{_WANTED}{grouped}) AS listed").bindparams(_STATES)
    rows = int(conn.execute(count, asked).scalar_one())
    there = pages(rows)
    page = min(wanted.page, there)
    listed = text(f"{found} ORDER BY {order} LIMIT {PAGE_ROWS} OFFSET :skipped").bindparams(_STATES)
    skipped = {"skipped": (page - 1) * PAGE_ROWS}
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "by": wanted.by.value,
        "page": page,
        "pages": there,
        "total": rows,
        "rows": [_shown(row) for row in conn.execute(listed, asked | skipped)],
        "coupons": [dict(row._mapping) for row in conn.execute(_COUPONS, place)],
    }


def _shown(row: Any) -> dict[str, Any]:
    """Every row has every field; of what it does not speak there is nothing in it."""
    found = _NOTHING | {name: value for name, value in row._mapping.items() if value is not None}
    return found | {"uses": int(found["uses"]), "won": int(found["won"])}
