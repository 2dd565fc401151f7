"""A store's boards of points and stamps: five names and four boxes each; and all its rewards in three (PNT-18, STP-22,
CPN-31)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from cloud_api.clock import DAY_MS, KST_OFFSET_MS, korean_day
from cloud_api.coupons import history as coupon_history
from cloud_api.stamps import history
from cloud_api.stores.earning import terms_at
from rules.masking import mask_nickname
from rules.programs import business_day
from rules.requests import USED_STATES

TOP = 5
_USED_STATES = ", ".join(f"'{state}'" for state in sorted(state.value for state in USED_STATES))

_ISSUED = text(
    "SELECT coalesce(-sum(entry.amount), 0) AS total,"
    " coalesce(-sum(CASE WHEN posting.booked_ms >= :since THEN entry.amount ELSE 0 END), 0) AS today FROM entry"
    " JOIN posting ON posting.posting_id = entry.posting_id"
    " WHERE entry.account_id = 'store_issuance:' || :store_id AND posting.kind IN ('earn', 'grant')"
)
_USED = text(
    "SELECT coalesce(sum(points), 0) AS total,"
    " coalesce(sum(CASE WHEN decided_ms >= :since THEN points ELSE 0 END), 0) AS today FROM request"
    f" WHERE store_id = :store_id AND kind = 'points' AND state IN ({_USED_STATES})"
)
_EXPIRED = text(
    "SELECT coalesce(sum(entry.amount), 0) FROM posting JOIN entry ON entry.posting_id = posting.posting_id"
    " JOIN account ON account.account_id = entry.account_id AND account.kind = 'breakage'"
    " WHERE posting.store_id = :store_id AND posting.kind = 'expiry'"
)
_USABLE = text(
    "SELECT coalesce(sum(lot.remaining), 0) FROM posting"
    " JOIN lot ON lot.member_id = posting.member_id AND lot.posting_id = posting.posting_id"
    " WHERE posting.store_id = :store_id AND posting.kind IN ('earn', 'grant', 'adjustment')"
    " AND lot.expires_ms > :now_ms AND lot.remaining > 0"
)
_TOP = text(
    "SELECT request.member_id, member.nickname, sum(request.points) AS used,"
    " (SELECT coalesce(sum(earn.points), 0) FROM earn WHERE earn.store_id = :store_id"
    "  AND earn.member_id = request.member_id AND earn.status = 'posted') AS earned"
    " FROM request JOIN member ON member.member_id = request.member_id"
    f" WHERE request.store_id = :store_id AND request.kind = 'points' AND request.state IN ({_USED_STATES})"
    " GROUP BY request.member_id, member.nickname ORDER BY used DESC, request.member_id LIMIT :most"
)


_BOX = ("given", "given_today", "used", "used_today")


def summary(conn: Connection, store_id: str, now_ms: int) -> dict[str, Any]:
    """Three boxes: coupons, points and stamps, each given and used, today and in all (CPN-31). What is used of stamps
    are the rewards of their tiers; ``stamps`` is null where the store has no card."""
    since_ms = korean_day(now_ms) * DAY_MS - KST_OFFSET_MS
    place = {"store_id": store_id, "since": since_ms}
    issued, used = conn.execute(_ISSUED, place).one(), conn.execute(_USED, place).one()
    coupons = coupon_history.figures(conn, store_id, now_ms, since_ms=0)
    here = terms_at(conn, store_id)
    stamps = None
    if here is not None and here.program.card is not None:
        today = business_day(now_ms, here.program.day_starts_minute).isoformat()
        stamps = _box(*history.given_and_used(conn, store_id, today=today, since_ms=since_ms))
    return {
        "coupons": dict(zip(_BOX, (coupons[n] for n in ("issued", "issued_today", "used", "used_today")), strict=True)),
        "points": _box(issued, used),
        "stamps": stamps,
    }


def _box(given: Any, used: Any) -> dict[str, int]:
    counts = (given.total, given.today, used.total, used.today)
    return {name: int(count) for name, count in zip(_BOX, counts, strict=True)}


def boards(conn: Connection, store_id: str, now_ms: int) -> dict[str, Any]:
    """Both boards; ``stamps`` is null where the store has no card. Names are masked (MEM-30)."""
    since_ms = korean_day(now_ms) * DAY_MS - KST_OFFSET_MS
    return {"points": _points(conn, store_id, since_ms, now_ms), "stamps": _stamps(conn, store_id, since_ms, now_ms)}


def _points(conn: Connection, store_id: str, since_ms: int, now_ms: int) -> dict[str, Any]:
    place = {"store_id": store_id}
    issued = conn.execute(_ISSUED, place | {"since": since_ms}).one()
    used = conn.execute(_USED, place | {"since": since_ms}).one()
    return {
        "top": [
            {
                "member_id": row.member_id,
                "nickname": mask_nickname(row.nickname) if row.nickname else "",
                "used": int(row.used),
                "use_rate_bp": int(row.used) * 10_000 // int(row.earned) if row.earned else 0,
            }
            for row in conn.execute(_TOP, place | {"most": TOP})
        ],
        "issued_today": int(issued.today),
        "issued": int(issued.total),
        "used_today": int(used.today),
        "used": int(used.total),
        "expired": int(conn.execute(_EXPIRED, place).scalar_one()),
        "usable": int(conn.execute(_USABLE, place | {"now_ms": now_ms}).scalar_one()),
    }


def _stamps(conn: Connection, store_id: str, since_ms: int, now_ms: int) -> dict[str, Any] | None:
    here = terms_at(conn, store_id)
    if here is None or here.program.card is None:
        return None
    today = business_day(now_ms, here.program.day_starts_minute).isoformat()
    per_board = here.program.card.per_board
    return history.board(conn, store_id, today=today, since_ms=since_ms, now_ms=now_ms, per_board=per_board)
