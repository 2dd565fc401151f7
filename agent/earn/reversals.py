"""What a cancelled sale takes back, exactly once (PNT-09, PNT-16)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from agent.earn import repository
from agent.earn.documents import (
    DocumentFacts,
    cancel_fingerprint,
    cancels,
    on_its_day,
    presumed_sale_fingerprint,
)
from agent.earn.repository import DocumentRow, EarnRow
from agent.earn.types import IngestOutcome
from agent.keys import KeyRing
from agent.operations import Operations
from sync.clock import Clock
from sync.ids import IdSource
from sync.protocol import OpKind

ACTOR = "capture"
# Nearly every cancel is about a sale of the last days. Older ones are looked for only when nothing newer fits,
# because a tap on the screen waits as long as this looks.
RECENT_MS = 92 * 86_400_000


@dataclass(frozen=True)
class _Match:
    """The sale a cancel means; ``partly`` when the approval fits and the amount does not, or only a number does that
    comes again every day."""

    sale: DocumentRow | None
    partly: bool = False


class Reversals:
    """Works inside the caller's transaction, on documents that are already inserted."""

    def __init__(self, *, ids: IdSource, clock: Clock, operations: Operations, keyring: KeyRing) -> None:
        self._ids = ids
        self._clock = clock
        self._operations = operations
        self._keyring = keyring

    def take(self, conn: sqlite3.Connection, cancel: DocumentFacts) -> IngestOutcome:
        """A cancel was printed: reverse its sale's earn, withdraw its sale's offer, or remember it for a sale that
        this counter has not seen."""
        if cancel.amount_won is None:
            return self._end(conn, cancel, "ask")
        identity = cancel_fingerprint(self._keyring.keys.store_key, cancel)
        if repository.has_reversal(conn, identity):
            return self._end(conn, cancel, "duplicate")
        match = _find_sale(conn, cancel)
        if match.partly:
            return self._end(conn, cancel, "ask")
        if match.sale is None:
            return self._remember(conn, cancel, identity)
        if match.sale.outcome == "reversed":
            return self._end(conn, cancel, "duplicate")
        earn = repository.find_earn(conn, match.sale.earn_id) if match.sale.earn_id else None
        # Not earned here does not mean not earned: another counter may have captured the same receipt.
        self._append(conn, cancel, identity, sale_fingerprint=match.sale.fingerprint, earn=earn)
        if earn is not None:
            repository.set_earn_status(conn, earn.earn_id, "reversed", None)
        repository.set_outcome(conn, match.sale.document_id, "reversed")
        repository.set_outcome(conn, cancel.document_id, "reversed", match.sale.earn_id)
        points = earn.points if earn else 0
        return IngestOutcome(cancel.document_id, "reversed", match.sale.earn_id, points)

    def cancelled_before(self, conn: sqlite3.Connection, sale: DocumentFacts) -> bool:
        """A sale arrived after its cancel: it never earns. True when that is so."""
        if sale.amount_won is None:
            return False
        for document_id, refs, cancelled_on in repository.waiting_reversals(conn, sale.amount_won):
            tags = sale.approval_tags
            means = cancels(refs, receipt_no=sale.receipt_no, till=sale.till, tags=tags)
            if means and on_its_day(refs, cancelled_on=cancelled_on, sold_on=sale.day, tags=tags):
                repository.set_outcome(conn, document_id, "reversed")
                return True
        return False

    def _remember(self, conn: sqlite3.Connection, cancel: DocumentFacts, identity: str) -> IngestOutcome:
        """The sale is not known here; the cloud may know it from another counter or an earlier installation."""
        own_tags = cancel.approval_tags or cancel.original_approval_tags
        if not own_tags and cancel.original_receipt_no is None and cancel.receipt_no is None:
            return self._end(conn, cancel, "ask")  # nothing on the paper says which sale it was
        presumed = presumed_sale_fingerprint(self._keyring.keys.store_key, cancel)
        if own_tags or presumed is not None:
            self._append(conn, cancel, identity, sale_fingerprint=presumed, earn=None)
        return self._end(conn, cancel, "reversal_waiting")

    def _append(
        self,
        conn: sqlite3.Connection,
        cancel: DocumentFacts,
        identity: str,
        *,
        sale_fingerprint: str | None,
        earn: EarnRow | None,
    ) -> None:
        now_ms = self._clock.wall_ms()
        reversal_id = self._ids.uuid7()
        body = {
            "reversal_id": reversal_id,
            "cancel_fingerprint": identity,
            "sale_fingerprint": sale_fingerprint,
            "approval_tags": list(cancel.original_approval_tags or cancel.approval_tags),
            "amount_won": cancel.amount_won,
            "earn_id": earn.earn_id if earn else None,
            "occurred_ms": now_ms,
        }
        appended = self._operations.append(conn, OpKind.EARN_REVERSE, body, actor=ACTOR)
        repository.insert_reversal(
            conn,
            {
                "reversal_id": reversal_id,
                "op_id": appended.op_id,
                "cancel_fingerprint": identity,
                "earn_id": earn.earn_id if earn else None,
                "points": _points_given(earn),
                "created_ms": now_ms,
            },
        )

    def _end(self, conn: sqlite3.Connection, cancel: DocumentFacts, outcome: str) -> IngestOutcome:
        repository.set_outcome(conn, cancel.document_id, outcome)
        return IngestOutcome(cancel.document_id, outcome)


def _points_given(earn: EarnRow | None) -> int:
    if earn is None or earn.status == "rejected":
        return 0
    return earn.points if earn.posted_points is None else earn.posted_points


def _find_sale(conn: sqlite3.Connection, cancel: DocumentFacts) -> _Match:
    assert cancel.amount_won is not None, "asked before"
    refs, recent_ms = cancel.refs, cancel.captured_ms - RECENT_MS
    fitting: list[DocumentRow] = []
    meant: list[DocumentRow] = []
    for since_ms in (recent_ms, 0):
        fitting = [
            sale
            for sale in repository.sales_meant(conn, cancel.amount_won, refs, since_ms)
            if cancels(refs, receipt_no=sale.receipt_no, till=sale.till, tags=sale.approval_tags)
        ]
        meant = _of_its_day(fitting, cancel)
        # A sale that still stands comes before one that was cancelled already.
        standing = next((sale for sale in meant if sale.outcome != "reversed"), None)
        if standing is not None:
            return _Match(standing)
    if meant:
        return _Match(meant[0])
    return _Match(None, partly=bool(fitting) or repository.any_sale_with_tags(conn, refs, recent_ms))


def _of_its_day(fitting: list[DocumentRow], cancel: DocumentFacts) -> list[DocumentRow]:
    """Of these sales, the newest first, those that the cancel may mean: all that share its approval, else those of one
    day, because numbers come again."""
    refs = cancel.refs
    by_approval = [sale for sale in fitting if not refs.tags.isdisjoint(sale.approval_tags)]
    if by_approval:
        return by_approval
    by_number = [sale for sale in fitting if on_its_day(refs, cancelled_on=cancel.day, sold_on=sale.day, tags=())]
    return [sale for sale in by_number if sale.day == by_number[0].day]
