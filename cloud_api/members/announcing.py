"""Telling integrators who joined, who became another member, and who left: beside the work itself, a minute later."""

from __future__ import annotations

import json
from typing import Any

from cloud_api.bulk import select_among
from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.members import events
from cloud_api.notices import happened
from cloud_api.notices.happened import Topic
from sync.protocol import FeedKind

BATCH = 500

_JOINED = (
    "SELECT member_id AS id, member_id, join_store_id, join_channel, joined_ms AS at_ms FROM member"
    " WHERE member_id {ids}"
)
_CHANGED = "SELECT event_id AS id, member_id, kind, detail, at_ms FROM member_event WHERE event_id {ids}"


def announce(work: Work, most: int = BATCH) -> int:
    """One row of the feed for each, in their order; returns how many it saw. Each is told once; nothing says a name or
    a number. Those who joined are handed on to the coupons of joining (CPN-05)."""
    taken = happened.take(work, Topic.MEMBER, most)
    if not taken:
        return 0
    joined = {row.id: _joined(row) for row in select_among(work.conn, _JOINED, {"ids": taken})}
    found: dict[str, dict[str, Any] | None] = dict(joined)
    found |= {row.id: _changed(row) for row in select_among(work.conn, _CHANGED, {"ids": taken})}
    for one in sorted(taken):
        body = found.get(one)
        if body is not None:
            feeds.publish(work, feeds.MEMBERS, FeedKind.MEMBER, body)
    happened.note(work, Topic.JOINED, sorted(joined))
    return len(taken)


def _joined(row: Any) -> dict[str, Any]:
    return {
        "what": "joined",
        "member_id": row.member_id,
        "store_id": row.join_store_id,
        "channel": row.join_channel,
        "happened_ms": row.at_ms,
    }


def _changed(row: Any) -> dict[str, Any] | None:
    """Of two who are one now the log has a line each; told is the one who is no more."""
    body = {"what": row.kind, "member_id": row.member_id, "store_id": None, "happened_ms": row.at_ms}
    if row.kind == events.WITHDRAWN:
        return body
    into = json.loads(row.detail)["into"]
    return None if into == row.member_id else body | {"into": into}
