"""Telling members that points or stamps end soon (PNT-17, STP-21, NTF-01): 7, 3 and 1 days before, a day's together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, text

from cloud_api.clock import DAY_MS, KST_OFFSET_MS, korean_day
from cloud_api.database import Work
from cloud_api.ledger.purses import holds_stamps, member_of
from cloud_api.notices import messages
from cloud_api.notices.models import points_told
from rules.calendar import local_day, moment_ms
from rules.coupons import NOTICE_DAYS
from rules.notices import NoticeKind

BATCH = 500

# Holders (a member, or a purse of theirs) whose points end on a day and who were not told of it so late. The day is the
# number of the Korean day.
_DUE = text(
    "SELECT ending.member_id, ending.day, ending.points, ending.expires_ms FROM"
    " (SELECT member_id, (expires_ms - 1 + :kst) / :day_ms AS day, sum(remaining) AS points,"
    "  min(expires_ms) AS expires_ms"
    "  FROM lot WHERE remaining > 0 AND expires_ms > :now_ms AND expires_ms <= :until_ms"
    "  GROUP BY member_id, (expires_ms - 1 + :kst) / :day_ms) AS ending"
    " LEFT JOIN points_told ON points_told.holder = ending.member_id AND points_told.day = ending.day"
    " WHERE points_told.days IS NULL OR points_told.days > :days"
    " ORDER BY ending.expires_ms, ending.member_id LIMIT :most"
)


def tell_ending_points(work: Work, most: int = BATCH) -> int:
    """One notice for each member and day that is due, at most ``most``; returns how many. What is nearest comes first,
    so that of several missed notices only the newest goes out. Running it again tells nobody twice."""
    work.conn.execute(delete(points_told).where(points_told.c.day < korean_day(work.now_ms)))
    told = 0
    for days in sorted(NOTICE_DAYS):
        told += _tell(work, days, most - told)
        if told >= most:
            return told
    return told


def _tell(work: Work, days: int, most: int) -> int:
    until_ms = moment_ms(local_day(work.now_ms) + timedelta(days=days + 1), 0)
    values = {"kst": KST_OFFSET_MS, "day_ms": DAY_MS, "now_ms": work.now_ms, "until_ms": until_ms}
    rows = work.conn.execute(_DUE, {**values, "days": days, "most": most}).all()
    bodies: list[dict[str, Any]] = []
    for row in rows:
        here = (points_told.c.holder == row.member_id) & (points_told.c.day == row.day)
        work.conn.execute(delete(points_told).where(here))
        work.conn.execute(insert(points_told).values(holder=row.member_id, day=row.day, days=days))
        stamps = holds_stamps(row.member_id)
        body = {
            "kind": (NoticeKind.STAMPS_EXPIRY if stamps else NoticeKind.POINTS_EXPIRY).value,
            "request_id": None,
            "store_id": None,
            "member_id": member_of(row.member_id),
            "state": None,
            "stamps" if stamps else "points": int(row.points),
            "days": days,
            "expires_ms": row.expires_ms,
            "created_ms": work.now_ms,
        }
        bodies.append(body)
    messages.tell(work, bodies)
    return len(rows)
