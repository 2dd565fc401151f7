"""Owns the audit log: what people with an account changed in head office's and the owners' programs (RBA-11 to 13)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from cloud_api.database import Work
from cloud_api.staff.models import audit_log

PROGRAM_MAX = 120
PAGE_MAX = 500


@dataclass(frozen=True)
class Author:
    """Who changes something: the key of the program, and the employee it speaks for, if it does."""

    key_id: str
    employee_id: str | None = None
    name: str = ""  # as it is now, so that it outlives the account (RBA-24)
    address: str = ""
    program: str = ""

    @property
    def label(self) -> str:
        """How a row names them."""
        return self.name or f"key:{self.key_id}"


def write(
    work: Work,
    by: Author,
    action: str,
    target: str,
    *,
    store_id: str | None = None,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> None:
    """Adds a line. ``before`` and ``after`` hold only what changed, and never a whole phone number."""
    work.conn.execute(
        insert(audit_log).values(
            log_id=work.ids.uuid7(),
            at_ms=work.now_ms,
            store_id=store_id,
            key_id=by.key_id,
            employee_id=by.employee_id,
            actor_name=by.label,
            address=by.address,
            program=by.program[:PROGRAM_MAX],
            action=action,
            target=target,
            before=json.dumps(before, ensure_ascii=False, sort_keys=True),
            after=json.dumps(after, ensure_ascii=False, sort_keys=True),
            reason=reason,
        )
    )


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, as they were and as they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def entries(conn: Connection, *, store_id: str | None, before_ms: int, limit: int) -> list[dict[str, Any]]:
    """The newest first; of one store, or of everything."""
    query = select(audit_log).where(audit_log.c.at_ms < before_ms)
    if store_id is not None:
        query = query.where(audit_log.c.store_id == store_id)
    rows = conn.execute(query.order_by(audit_log.c.at_ms.desc(), audit_log.c.log_id.desc()).limit(limit))
    return [{**row._mapping, "before": json.loads(row.before), "after": json.loads(row.after)} for row in rows]
