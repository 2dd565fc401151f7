"""Consumers who say that a request went wrong: the owner hears of it, of the third one head office (APR-27, NTF-03)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.requests import service
from cloud_api.requests.models import dispute
from rules import monitors
from rules.monitors import Level
from rules.notices import NoticeKind


class Decision(StrEnum):
    """What head office said; what follows from it is done by people."""

    UPHELD = "upheld"
    REFUSED = "refused"


def open_one(work: Work, request_id: str, text: str) -> dict[str, Any]:
    """A consumer disputes a request; of one request there is one dispute, and its first words stay.

    Raises ApiError ``request_unknown``, also for a request of nobody who is known.
    """
    row = service.find(work.conn, request_id)
    if row is None or row.member_id is None:
        raise ApiError("request_unknown")
    known = _of_request(work.conn, request_id)
    if known is not None:
        return shown(known)
    new = insert(dispute).values(
        dispute_id=work.ids.uuid7(),
        request_id=request_id,
        store_id=row.store_id,
        member_id=row.member_id,
        text=text,
        created_ms=work.now_ms,
    )
    made = work.conn.execute(new.returning(*dispute.c)).one()
    centre.tell(work, row.store_id, News(NoticeKind.COMPLAINT, request_id, {"request_id": request_id}))
    count = _of_member(work.conn, row.member_id)
    if monitors.disputes(count) is Level.NOTIFY:
        details = {"member_id": row.member_id, "disputes": count}
        centre.tell(work, row.store_id, News(NoticeKind.DISPUTES, row.member_id, details))
    return shown(made)


def _of_request(conn: Connection, request_id: str) -> Any | None:
    return conn.execute(select(dispute).where(dispute.c.request_id == request_id)).one_or_none()


def _of_member(conn: Connection, member_id: str) -> int:
    return int(conn.execute(select(func.count()).where(dispute.c.member_id == member_id)).scalar_one())


def decide(work: Work, dispute_id: str, decision: Decision, by: str, note: str) -> dict[str, Any]:
    """Head office decides, once. Raises ApiError ``dispute_unknown``, ``already_decided`` with what was decided."""
    here = dispute.c.dispute_id == dispute_id
    values = {"decision": decision.value, "decided_by": by, "decided_ms": work.now_ms, "note": note}
    undecided = update(dispute).where(here, dispute.c.decision.is_(None)).values(**values)
    row = work.conn.execute(undecided.returning(*dispute.c)).one_or_none()
    if row is not None:
        return shown(row)
    known = work.conn.execute(select(dispute).where(here)).one_or_none()
    if known is None:
        raise ApiError("dispute_unknown")
    raise ApiError("already_decided", extra={"decision": known.decision})


def listed(conn: Connection, *, open_only: bool, limit: int) -> list[dict[str, Any]]:
    """The newest first."""
    query = select(dispute) if not open_only else select(dispute).where(dispute.c.decision.is_(None))
    rows = conn.execute(query.order_by(dispute.c.created_ms.desc(), dispute.c.dispute_id.desc()).limit(limit))
    return [shown(row) for row in rows]


def shown(row: Any) -> dict[str, Any]:
    """A dispute as consoles see it."""
    return dict(row._mapping)
