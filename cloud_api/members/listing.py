"""Lists of those who are not simply members: who sleeps, who left, who is somebody else now (MEM-03)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, tuple_

from cloud_api.members.models import member

_SHOWN = (
    member.c.member_id,
    member.c.status,
    member.c.changed_ms,
    member.c.joined_ms,
    member.c.merged_into,
)


def of_status(
    conn: Connection, status: str, *, limit: int, before: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """The newest changes first, and where the next page begins; by ids, because who they were is not for a list."""
    query = select(*_SHOWN).where(member.c.status == status, member.c.status != "normal")
    if before is not None:
        changed_ms, _, member_id = before.partition(".")
        query = query.where(tuple_(member.c.changed_ms, member.c.member_id) < (int(changed_ms), member_id))
    found = conn.execute(query.order_by(member.c.changed_ms.desc(), member.c.member_id.desc()).limit(limit)).all()
    after = f"{found[-1].changed_ms}.{found[-1].member_id}" if len(found) == limit else None
    return [dict(row._mapping) for row in found], after
