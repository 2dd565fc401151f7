"""Owns what this counter decides by itself: points spent without a line, from the open request to the cloud's answer.

The approval service calls it inside its own transaction, so that decision, spend, quota, slip and operation are one.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from agent.keys import KeyRing
from agent.logbook import topic
from agent.operations import Operations, SentOp
from agent.spend import repository
from rules.requests import RejectReason
from rules.spending import RECEIPT_FOLLOWS_MS, discount_missing_won
from sync import outbox
from sync.protocol import OpKind, OpResult

DEVICE_ACTOR = "device"
log = topic("spend")


def phone_cell(spend_id: str) -> str:
    """The place that a sealed number belongs to."""
    return f"spend/phone_sealed/{spend_id}"


def _occurred_ms(conn: sqlite3.Connection, now_ms: int) -> int:
    """A clock that was set back makes nothing older than what the cloud said before it (R4)."""
    return max(now_ms, outbox.heard_ms(conn))


class SpendBook:
    """Implements agent.approval.counter_born.CounterBorn."""

    def __init__(self, *, operations: Operations, keyring: KeyRing) -> None:
        self._operations = operations
        self._keyring = keyring

    def owned(self, conn: sqlite3.Connection) -> frozenset[str]:
        """Open requests that no cloud knows of: this counter counts their minute and decides them."""
        return frozenset(row.spend_id for row in repository.owned(conn))

    def keeps(self, conn: sqlite3.Connection, request_id: str) -> bool:
        """Whether what was decided here is still on its way."""
        row = repository.find(conn, request_id)
        return row is not None and row.op_id is not None and not row.settled

    def keeps_spent(self, conn: sqlite3.Connection, request_id: str) -> bool:
        """Whether it was spent here and the cloud has not answered; its older word about it means nothing."""
        row = repository.find(conn, request_id)
        return row is not None and row.state == repository.SPENT and not row.settled

    def hand_over(self, conn: sqlite3.Connection, request_id: str) -> None:
        """The cloud had heard the question: it holds the points and decides, like any request."""
        repository.hand_over(conn, request_id)

    def approved(self, conn: sqlite3.Connection, request_id: str, actor: str | None, now_ms: int) -> None:
        """Spent; ``actor`` is None when the countdown approved it."""
        row = repository.find(conn, request_id)
        assert row is not None, "an owned request"
        assert row.phone_sealed is not None, "its number is kept until the decision"
        body = {
            "spend_id": request_id,
            "points": row.points,
            "payment_won": row.payment_won,
            "decided_by_default": actor is None,
            "occurred_ms": _occurred_ms(conn, now_ms),
            "snapshot_ms": row.snapshot_ms,
        }
        phone = self._keyring.keys.cipher.open(row.phone_sealed, phone_cell(request_id))
        appended = self._operations.append(
            conn, OpKind.POINTS_SPEND, body, actor=actor or DEVICE_ACTOR, secret={"phone": phone}
        )
        repository.decide(conn, request_id, repository.SPENT, appended.op_id)

    def rejected(self, conn: sqlite3.Connection, request_id: str, actor: str, decision: dict[str, Any]) -> None:
        """Not spent. Only a cloud that may have heard the question, and holds points, is told (``decision``)."""
        row = repository.find(conn, request_id)
        assert row is not None, "an owned request"
        op_id = None
        if row.uncertain:
            op_id = self._operations.append(conn, OpKind.REQUEST_DECIDE, decision, actor=actor).op_id
        repository.decide(conn, request_id, repository.DROPPED, op_id)

    def refused(self, conn: sqlite3.Connection, request_id: str) -> bool:
        """Whether this counter has said no to it."""
        row = repository.find(conn, request_id)
        return row is not None and row.state == repository.DROPPED

    def refused_again(self, conn: sqlite3.Connection, request_id: str, actor: str, decision: dict[str, Any]) -> None:
        """The cloud heard the question after all, and after our no: it is told once more, and holds nothing."""
        op_id = self._operations.append(conn, OpKind.REQUEST_DECIDE, decision, actor=actor).op_id
        repository.decide(conn, request_id, repository.DROPPED, op_id)

    def expired(self, conn: sqlite3.Connection, request_id: str, now_ms: int) -> None:
        """Nobody decided for ten minutes."""
        decision = {
            "request_id": request_id,
            "decision": "reject",
            "reason": RejectReason.OTHER.value,
            "reason_text": "no answer at the counter",
            "remaining_ms": None,
            "occurred_ms": now_ms,
        }
        self.rejected(conn, request_id, DEVICE_ACTOR, decision)

    def missing_on_receipt(
        self, conn: sqlite3.Connection, lookup: str, document_id: str, paid_won: int, now_ms: int
    ) -> int:
        """Won that the member spent in points and the receipt that followed does not show (PNT-06)."""
        spent = repository.before_receipt(conn, lookup, now_ms - RECEIPT_FOLLOWS_MS)
        if spent is None:
            return 0
        spend_id, points, payment_won = spent
        repository.set_receipt(conn, spend_id, document_id)
        missing_won = discount_missing_won(paid_won, payment_won, points)
        if missing_won:
            log.warning("discount_not_keyed", spend=spend_id, document=document_id, won=missing_won)
        return missing_won

    def on_result(self, conn: sqlite3.Connection, result: OpResult, _sent: SentOp) -> None:
        """The cloud answered: how much of it the member had."""
        answer = result.body or {}
        figures = [answer.get(name) for name in ("covered_points", "loss_points")]
        covered, loss = (value if isinstance(value, int) else None for value in figures)
        repository.settle(conn, result.op_id, covered, loss)
