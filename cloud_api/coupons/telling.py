"""Telling members that a coupon was used or is over (NTF-09)."""

from __future__ import annotations

from typing import Any

from cloud_api.bulk import select_among
from cloud_api.coupons.history import TOLD
from cloud_api.database import Work
from cloud_api.notices import happened, messages
from cloud_api.notices.happened import Topic

BATCH = 500
_LINES = (
    "SELECT coupon_event.event_id, coupon_event.coupon_id, coupon_event.member_id, coupon_event.store_id,"
    " coupon_event.what, coupon_event.request_id, coupon_event.at_ms, coupon_definition.name FROM coupon_event"
    " JOIN coupon_definition ON coupon_definition.definition_id = coupon_event.definition_id"
    " WHERE coupon_event.event_id {ids} ORDER BY coupon_event.event_id"
)


def tell_lives(work: Work, most: int = BATCH) -> int:
    """A message for every use and every end of a coupon; returns how many lines it saw. Each is told once."""
    taken = happened.take(work, Topic.COUPON, most)
    if taken:
        messages.tell(work, [_body(row, work.now_ms) for row in select_among(work.conn, _LINES, {"ids": taken})])
    return len(taken)


def _body(row: Any, now_ms: int) -> dict[str, Any]:
    return {
        "kind": TOLD[row.what].value,
        "request_id": row.request_id,
        "store_id": row.store_id,
        "member_id": row.member_id,
        "state": None,
        "coupon_id": row.coupon_id,
        "name": row.name,
        "happened_ms": row.at_ms,
        "created_ms": now_ms,
    }
