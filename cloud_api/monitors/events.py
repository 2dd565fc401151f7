"""Noting what happened to a request, in the transaction in which it happens; counting it comes later.

Orders are left out: these are figures of rewards, and an order has a board and figures of its own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import insert

from cloud_api.database import Work
from cloud_api.monitors.models import monitor_event
from rules.requests import USED_STATES, RejectReason, RequestKind, RequestState


class What(StrEnum):
    """What is counted. A rejection is counted by its reason (APR-11)."""

    REQUESTED = "requested"
    APPROVED = "approved"
    AUTO_APPROVED = "auto_approved"
    RECOVERED = "recovered"
    CANCELLED = "cancelled"  # an automatic approval that the owner took back (APR-26)
    REJECTED = "rejected"


_OF_STATE = {
    RequestState.APPROVED: What.APPROVED,
    RequestState.AUTO_APPROVED: What.AUTO_APPROVED,
    RequestState.RECOVERED: What.RECOVERED,
    RequestState.AUTO_CANCELLED: What.CANCELLED,
}


def rejected_for(reason: RejectReason) -> str:
    """How a rejection is counted."""
    return f"{What.REJECTED.value}:{reason.value}"


def opened(work: Work, row: Any) -> None:
    """A request was made; one that a counter had decided without a line is finished as well."""
    _note(work, row, What.REQUESTED.value)
    came_to(work, row)


def came_to(work: Work, row: Any, before: str | None = None) -> None:
    """The request is in another state now. A person's word that came after the automatic one takes its place in the
    figures too (APR-19)."""
    state = RequestState(row.state)
    replaced = _OF_STATE.get(RequestState(before)) if before is not None else None
    if replaced is not None and before in USED_STATES and state in (RequestState.APPROVED, RequestState.REJECTED):
        _note(work, row, replaced.value, -1)
    if state is RequestState.REJECTED:
        _note(work, row, rejected_for(RejectReason(row.reason or RejectReason.OTHER)))
    elif state in _OF_STATE:
        _note(work, row, _OF_STATE[state].value)


def _note(work: Work, row: Any, what: str, amount: int = 1) -> None:
    if row.kind == RequestKind.ORDER:
        return
    work.conn.execute(
        insert(monitor_event).values(
            event_id=work.ids.uuid7(),
            store_id=row.store_id,
            what=what,
            amount=amount,
            coupon_id=row.coupon_id,
            at_ms=work.now_ms,
        )
    )
