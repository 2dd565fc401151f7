"""Owns the log of what was done to memberships: by whom, why, when; never a number or a name of a member."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, insert, select

from cloud_api.database import Work
from cloud_api.members.models import member_event
from cloud_api.notices import happened
from cloud_api.notices.happened import Topic

WOKEN, DORMANT, TOLD = "woken", "dormant", "told_dormant"
WITHDRAWN, PURGED = "withdrawn", "purged"
MERGED, NUMBER_CHANGED = "merged", "number_changed"
PROFILE = "profile"
EARN_REFUSED = "earn_refused"  # somebody typed the number of a member who left
CLOCK = "cloud:clock"
ANNOUNCED = frozenset({MERGED, WITHDRAWN})  # integrators hear of it


def write(work: Work, member_id: str, kind: str, *, by: str, reason: str = "", **detail: Any) -> None:
    """One line about one member."""
    event_id = work.ids.uuid7()
    if kind in ANNOUNCED:
        happened.note(work, Topic.MEMBER, [event_id])
    work.conn.execute(
        insert(member_event).values(
            event_id=event_id,
            member_id=member_id,
            kind=kind,
            by=by,
            reason=reason,
            detail=json.dumps(detail, ensure_ascii=False),
            at_ms=work.now_ms,
        )
    )


def of_member(conn: Connection, member_id: str, limit: int) -> list[dict[str, Any]]:
    """The newest first."""
    query = select(member_event).where(member_event.c.member_id == member_id)
    rows = conn.execute(query.order_by(member_event.c.at_ms.desc(), member_event.c.event_id.desc()).limit(limit))
    return [{**row._mapping, "detail": json.loads(row.detail)} for row in rows]
