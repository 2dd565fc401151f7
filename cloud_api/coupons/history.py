"""The lives of coupons: every step as a line, and the figures of a store's board (CPN-19, CPN-21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from cloud_api.bulk import insert_rows
from cloud_api.coupons.models import coupon, coupon_definition, coupon_event
from cloud_api.database import Work
from cloud_api.notices import happened
from cloud_api.notices.happened import Topic
from rules.calendar import day_bounds_ms, local_day
from rules.coupons import CouponMove, CouponState
from rules.notices import NoticeKind

ISSUE = "issue"
TOP = 5
LIVE_LOG = 20


@dataclass(frozen=True)
class CouponRef:
    """Which coupon, of which kind, whose."""

    coupon_id: str
    definition_id: str
    member_id: str


TOLD = {CouponMove.APPROVE.value: NoticeKind.COUPON_USED, CouponMove.EXPIRE.value: NoticeKind.COUPON_EXPIRED}  # NTF-09
_COLUMNS = ("event_id", "coupon_id", "definition_id", "member_id", "store_id", "what", "request_id", "at_ms")


def note(
    work: Work, what: str, coupons: Sequence[CouponRef], *, store_id: str | None = None, request_id: str | None = None
) -> None:
    """One line for each, in the transaction in which it happens; few of them travel with its commit."""
    rows = [
        (work.ids.uuid7(), one.coupon_id, one.definition_id, one.member_id, store_id, what, request_id, work.now_ms)
        for one in coupons
    ]
    insert_rows(work, coupon_event, _COLUMNS, rows)
    if what in TOLD:
        happened.note(work, Topic.COUPON, [row[0] for row in rows])


def _lines() -> Any:
    return select(coupon_event, coupon_definition.c.name).join(
        coupon_definition, coupon_definition.c.definition_id == coupon_event.c.definition_id
    )


def _shown(row: Any) -> dict[str, Any]:
    names = ("event_id", "coupon_id", "member_id", "store_id", "what", "request_id", "at_ms", "name")
    return {name: getattr(row, name) for name in names}


def of_member(conn: Connection, member_id: str, *, limit: int, before: str | None = None) -> list[dict[str, Any]]:
    """Of the coupons that are the member's now, the newest first; ``before`` is the last line of the page before."""
    theirs = _lines().join(coupon, coupon.c.coupon_id == coupon_event.c.coupon_id)
    return _page(conn, theirs.where(coupon.c.member_id == member_id), limit, before)


def of_store(
    conn: Connection, store_id: str, *, limit: int, what: str | None = None, before: str | None = None
) -> list[dict[str, Any]]:
    """What happened at the store, and what was issued for it alone."""
    query = _lines().where(coupon_event.c.store_id == store_id)
    return _page(conn, query if what is None else query.where(coupon_event.c.what == what), limit, before)


def _page(conn: Connection, query: Any, limit: int, before: str | None) -> list[dict[str, Any]]:
    if before is not None:
        query = query.where(coupon_event.c.event_id < before)
    return [_shown(row) for row in conn.execute(query.order_by(coupon_event.c.event_id.desc()).limit(limit))]


def figures(
    conn: Connection, store_id: str, now_ms: int, *, since_ms: int, definition_id: str | None = None
) -> dict[str, int]:
    """Issued, used, expired and unused of today and since ``since_ms``. Issued ones are those that are good here alone;
    used ones those that were used here."""
    today_ms, _ = day_bounds_ms(local_day(now_ms))
    kinds, here, used = _of(store_id, definition_id)
    unused = coupon.c.state.in_([CouponState.AVAILABLE.value, CouponState.PENDING.value])
    over = (coupon.c.state == CouponState.EXPIRED.value) | (unused & (coupon.c.expires_ms <= now_ms))
    count = func.count()
    query = select(
        count.filter(kinds, coupon.c.issued_ms >= since_ms).label("issued"),
        count.filter(kinds, coupon.c.issued_ms >= today_ms).label("issued_today"),
        count.filter(used, coupon.c.changed_ms >= since_ms).label("used"),
        count.filter(used, coupon.c.changed_ms >= today_ms).label("used_today"),
        count.filter(kinds, over, coupon.c.issued_ms >= since_ms).label("expired"),
        count.filter(kinds, unused, coupon.c.expires_ms > now_ms, coupon.c.issued_ms >= since_ms).label("unused"),
    ).join_from(coupon, coupon_definition, coupon_definition.c.definition_id == coupon.c.definition_id)
    found = conn.execute(query.where(here)).one()
    return {name: int(value) for name, value in found._mapping.items()}


def _of(store_id: str, definition_id: str | None) -> tuple[Any, Any, Any]:
    """Coupons that are good in the store alone; those and the ones that were used there; the ones that were used."""
    kinds = coupon_definition.c.store_id == store_id
    here = or_(kinds, coupon.c.used_store_id == store_id)
    if definition_id is not None:
        kinds = kinds & (coupon_definition.c.definition_id == definition_id)
        here = here & (coupon.c.definition_id == definition_id)
    return kinds, here, (coupon.c.state == CouponState.USED.value) & (coupon.c.used_store_id == store_id)


def board(
    conn: Connection, store_id: str, now_ms: int, *, since_ms: int, definition_id: str | None = None
) -> dict[str, Any]:
    """The store's board: its five most used kinds, its figures of today and since ``since_ms``, its latest lines."""
    _, here, used = _of(store_id, definition_id)
    count = func.count()
    uses = count.filter(used, coupon.c.changed_ms >= since_ms).label("used")
    given = count.filter(coupon.c.issued_ms >= since_ms).label("issued")
    ranked = (
        select(coupon_definition.c.definition_id, coupon_definition.c.name, uses, given)
        .join_from(coupon, coupon_definition, coupon_definition.c.definition_id == coupon.c.definition_id)
        .where(here)
        .group_by(coupon_definition.c.definition_id, coupon_definition.c.name)
        .order_by(uses.desc(), coupon_definition.c.definition_id)
        .limit(TOP)
    )
    return {
        **figures(conn, store_id, now_ms, since_ms=since_ms, definition_id=definition_id),
        "top": [
            {
                "definition_id": row.definition_id,
                "name": row.name,
                "used": row.used,
                "rate_bp": row.used * 10_000 // row.issued if row.issued else 0,
            }
            for row in conn.execute(ranked)
            if row.used
        ],
        "log": of_store(conn, store_id, limit=LIVE_LOG),
    }


MOVES = (ISSUE, *(move.value for move in CouponMove))
