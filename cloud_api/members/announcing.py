"""Telling integrators who joined, who became another member, and who left: beside the work itself, a minute later."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select, text

from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.ids import first_uuid7_of
from cloud_api.members import events
from cloud_api.notices.models import message_look
from sync.protocol import FeedKind

BATCH = 500
LAG_MS = 60_000  # no transaction is open for so long: what is behind it has all been committed
_LOOK = "member-events"

_JOINED = text(
    "SELECT member_id AS id, member_id, join_store_id, join_channel, joined_ms AS at_ms FROM member"
    " WHERE member_id > :after AND member_id < :until ORDER BY member_id LIMIT :most"
)
_CHANGED = text(
    "SELECT event_id AS id, member_id, kind, detail, at_ms FROM member_event"
    " WHERE event_id > :after AND event_id < :until"
    f" AND kind IN ('{events.MERGED}', '{events.WITHDRAWN}') ORDER BY event_id LIMIT :most"
)


def announce(work: Work, most: int = BATCH) -> int:
    """One row of the feed for each, in their order, since the last look; returns how many it saw. Each is told once;
    nothing says a name or a number."""
    until = first_uuid7_of(work.now_ms - LAG_MS)
    mine = message_look.c.name == _LOOK
    look = work.conn.execute(select(message_look.c.after_id).where(mine).with_for_update()).scalar_one_or_none()
    if look is None:  # the first time: nobody is told of the past
        work.conn.execute(insert(message_look).values(name=_LOOK, after_id=until))
        return 0
    asked = {"after": look, "until": until, "most": most}
    joined, changed = work.conn.execute(_JOINED, asked).all(), work.conn.execute(_CHANGED, asked).all()
    found: list[tuple[str, dict[str, Any] | None]] = [(row.id, _joined(row)) for row in joined]
    found += [(row.id, _changed(row)) for row in changed]
    told = sorted(found, key=lambda one: one[0])[:most]
    for _, body in told:
        if body is not None:
            feeds.publish(work, feeds.MEMBERS, FeedKind.MEMBER, body)
    after = told[-1][0] if len(told) == most else max(until, look)
    work.conn.execute(message_look.update().where(mine).values(after_id=after))
    return len(told)


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
