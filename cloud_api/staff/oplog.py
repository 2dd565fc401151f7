"""Owns the log of what people did about requests, and counts recoveries in it (APR-24, 25, 28, 31)."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, insert, select

from cloud_api.clock import DAY_MS, KST_OFFSET_MS, korean_day
from cloud_api.database import Work
from cloud_api.ledger.facts import Origin
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.staff import service as staff
from cloud_api.staff.models import employee, operation_log
from rules.calendar import local_day
from rules.notices import NoticeKind
from rules.recovery import SUSPENDING, WEEK_MS, Limit, Role, limits_reached, read_actor
from rules.requests import RequestKind

APPROVE, REJECT = "approve", "reject"
RECOVER, CANCEL_AUTO, ASK_BACK, KEEP = "recover", "cancel_auto", "ask_back", "keep"
_RECOVERIES = tuple(f"{kind.value}_{verb}" for kind in RequestKind for verb in (RECOVER, CANCEL_AUTO))


def write(work: Work, origin: Origin, verb: str, row: Any, **detail: Any) -> None:
    """Who did what: the name is written as it is now, so that it outlives the account."""
    person = _known(work.conn, origin.store_id, origin.actor)
    work.conn.execute(
        insert(operation_log).values(
            log_id=work.ids.uuid7(),
            store_id=origin.store_id,
            action=f"{row.kind}_{verb}",
            actor_type=staff.actor_type(person).value,
            actor_id=person.employee_id if person is not None else None,
            actor_name=person.name if person is not None else origin.actor,
            request_id=row.request_id,
            device_id=origin.device_id or None,
            op_id=origin.op_id or None,
            detail=json.dumps({"title": row.title, "state": row.state, **detail}, ensure_ascii=False),
            at_ms=work.now_ms,
        )
    )


def _known(conn: Connection, store_id: str, actor: str) -> Any | None:
    """Also somebody who was removed meanwhile: an operation may come late."""
    named = read_actor(actor).employee_id
    query = select(employee).where(employee.c.store_id == store_id, employee.c.employee_id == named)
    return conn.execute(query).one_or_none() if named is not None else None


def judge(work: Work, origin: Origin) -> None:
    """After a recovery: the owner is told, and an employee who takes too much back is stopped (RBA-04). The owner is
    not."""
    row = _known(work.conn, origin.store_id, origin.actor)
    _tell(work, origin.store_id, NoticeKind.RECOVERED, row, {})
    if row is None or row.role == Role.OWNER or row.removed_ms is not None:
        return
    log = operation_log.c
    since_ms = work.now_ms - WEEK_MS
    found = work.conn.execute(
        select(log.actor_id, log.at_ms, log.request_id).where(
            log.store_id == origin.store_id, log.at_ms > since_ms, log.action.in_(_RECOVERIES)
        )
    ).all()
    own = [one for one in found if one.actor_id == row.employee_id and one.at_ms > row.counted_from_ms]
    midnight_ms = korean_day(work.now_ms) * DAY_MS - KST_OFFSET_MS
    figures = {
        "own_day": sum(one.at_ms >= midnight_ms for one in own),
        "own_week": len(own),
        "store_week": len(found),
    }
    reached = limits_reached(**figures)
    for limit in sorted(reached):
        recoveries = [one.request_id for one in own] if limit in SUSPENDING else []
        _tell(work, origin.store_id, NoticeKind(limit.value), row, {**figures, "recoveries": recoveries})
    if reached & SUSPENDING and row.suspended_ms is None:
        staff.suspend(work, origin.store_id, row.employee_id, min(reached & SUSPENDING).value)


def _tell(work: Work, store_id: str, kind: NoticeKind, row: Any | None, more: dict[str, Any]) -> None:
    """What one employee does on one day is one line (APR-28: the owner; of a recovery head office too)."""
    employee_id = row.employee_id if row is not None else None
    details = {"employee_id": employee_id, "name": row.name if row is not None else None, **more}
    subject = f"{local_day(work.now_ms)} {employee_id or ''}".strip()
    centre.tell(work, store_id, News(kind, subject, details))


def of_store(conn: Connection, store_id: str, limit: int, *, of: str | None = None) -> list[dict[str, Any]]:
    """The newest entries first; ``of`` one employee, or of everybody."""
    query = select(operation_log).where(operation_log.c.store_id == store_id)
    if of is not None:
        query = query.where(operation_log.c.actor_id == of)
    rows = conn.execute(query.order_by(operation_log.c.at_ms.desc(), operation_log.c.log_id.desc()).limit(limit))
    return [{**row._mapping, "detail": json.loads(row.detail)} for row in rows]


__all__ = ["APPROVE", "ASK_BACK", "CANCEL_AUTO", "KEEP", "RECOVER", "REJECT", "Limit", "judge", "of_store", "write"]
