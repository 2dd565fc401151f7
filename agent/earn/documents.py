"""What the earn rules need of a captured document, and when two documents are the same sale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from printers.capture.spool import CapturedDocument
from rules.calendar import local_time
from rules.receipts import DocumentVerdict, business_date, fingerprint, verdict

CANCEL_DOMAIN = "cancel:"  # a cancel may repeat its sale's number and amount; its identity must not be the sale's


@dataclass(frozen=True)
class CancelRefs:
    """What a cancel says about the sale it means."""

    approval_tags: tuple[str, ...]
    original_approval_tags: tuple[str, ...]
    receipt_no: str | None
    original_receipt_no: str | None
    till: str | None

    @property
    def tags(self) -> frozenset[str]:
        """Its own approvals and those of the sale, which some makes print instead."""
        return frozenset((*self.approval_tags, *self.original_approval_tags))


@dataclass(frozen=True)
class DocumentFacts:
    """One captured document in the words of the rules."""

    document_id: str
    captured_ms: int
    source: str
    kind: str
    total_won: int | None
    paid_won: int | None
    receipt_no: str | None
    till: str | None
    printed_at: str | None
    approval_tags: tuple[str, ...]
    original_approval_tags: tuple[str, ...]
    original_receipt_no: str | None
    text_digest: str
    verdict: DocumentVerdict

    @property
    def amount_won(self) -> int | None:
        """The figure that identifies the receipt, without its sign."""
        found = self.total_won if self.total_won is not None else self.paid_won
        return None if found is None else abs(found)

    @property
    def refs(self) -> CancelRefs:
        return CancelRefs(
            self.approval_tags, self.original_approval_tags, self.receipt_no, self.original_receipt_no, self.till
        )

    @cached_property
    def day(self) -> str:
        """The business date on the paper; that of its capture when none is printed or it cannot be read, for numbers
        start again every day."""
        try:
            printed_at = None if self.printed_at is None else datetime.fromisoformat(self.printed_at)
        except ValueError:
            printed_at = None
        return business_date(printed_at or local_time(self.captured_ms))

    @property
    def has_numbers(self) -> bool:
        """Whether anything but its text tells this receipt from another."""
        return bool(self.receipt_no or self.approval_tags)


def facts_of(document: CapturedDocument) -> DocumentFacts:
    """Raises KeyError or TypeError when the reading is not what the capture writes."""
    reading = document.reading
    kind = str(reading["kind"])
    paid_won, total_won = _won(reading, "paid"), _won(reading, "total")
    if paid_won is None and kind in ("sale", "reprint"):
        paid_won = total_won
    return DocumentFacts(
        document_id=document.document_id,
        captured_ms=document.captured_wall_ms,
        source=document.source,
        kind=kind,
        total_won=total_won,
        paid_won=paid_won,
        receipt_no=reading.get("receipt_no") or None,
        till=reading.get("till") or None,
        printed_at=reading.get("time") or None,
        approval_tags=tuple(document.approval_tags),
        original_approval_tags=tuple(document.original_approval_tags),
        original_receipt_no=document.original_receipt_no or None,
        text_digest=document.text_digest,
        verdict=verdict(kind, paid_won),
    )


def _won(reading: dict[str, Any], name: str) -> int | None:
    found = reading.get(name)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise TypeError(f"{name} must be whole won")
    return found


def sale_fingerprint(store_key: bytes, facts: DocumentFacts, *, first_captured_ms: int) -> str | None:
    """The identity of a sale. Text alone identifies a receipt only near the time it was first printed, so that
    time is part of it: the same coffee for the same cash an hour later is another sale."""
    if facts.amount_won is None:
        return None
    digest = facts.text_digest if facts.has_numbers else f"{facts.text_digest}@{first_captured_ms}"
    return fingerprint(
        store_key,
        date=facts.day,
        receipt_no=facts.receipt_no,
        till=facts.till,
        total_won=facts.amount_won,
        approval_tags=facts.approval_tags,
        text_digest=digest,
    )


def cancel_fingerprint(store_key: bytes, facts: DocumentFacts) -> str:
    """The identity of a cancel: every copy of the slip has the same."""
    assert facts.amount_won is not None, "a cancel without an amount is a question for a person"
    return fingerprint(
        store_key,
        date=facts.day,
        receipt_no=CANCEL_DOMAIN + (facts.receipt_no or facts.text_digest),
        till=facts.till,
        total_won=facts.amount_won,
        approval_tags=facts.approval_tags,
        text_digest=facts.text_digest,
    )


def presumed_sale_fingerprint(store_key: bytes, cancel: DocumentFacts) -> str | None:
    """What the fingerprint of an unknown original would be if it was sold on the same day at the same till."""
    if cancel.original_receipt_no is None or cancel.amount_won is None:
        return None
    return fingerprint(
        store_key,
        date=cancel.day,
        receipt_no=cancel.original_receipt_no,
        till=cancel.till,
        total_won=cancel.amount_won,
        approval_tags=cancel.original_approval_tags or cancel.approval_tags,
        text_digest="",
    )


def cancels(cancel: CancelRefs, *, receipt_no: str | None, till: str | None, tags: Iterable[str]) -> bool:
    """Whether this cancel means that sale, the amount aside: by card approval, else by the original's number."""
    own, sale = cancel.tags, frozenset(tags)
    if own and sale:
        return not own.isdisjoint(sale)
    if receipt_no is None:
        return False
    if cancel.original_receipt_no is not None:
        return cancel.original_receipt_no == receipt_no
    return cancel.receipt_no == receipt_no and cancel.till == till


def on_its_day(cancel: CancelRefs, *, cancelled_on: str, sold_on: str, tags: Iterable[str]) -> bool:
    """Whether a cancel of that day may mean a sale of this one. An approval says it whatever the day; a number comes
    again every day: that of the original may be of an earlier one, one that the cancel only shares is of its own."""
    if not cancel.tags.isdisjoint(tags):
        return True
    return sold_on <= cancelled_on if cancel.original_receipt_no is not None else sold_on == cancelled_on
