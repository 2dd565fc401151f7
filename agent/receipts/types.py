"""What the receipts service answers with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class DocumentOutcome(StrEnum):
    """What became of a captured document."""

    WAITING = "waiting"
    EARNED = "earned"
    DUPLICATE = "duplicate"
    REVERSED = "reversed"
    REVERSAL_WAITING = "reversal_waiting"
    IGNORED = "ignored"
    ASK = "ask"
    UNMATCHED = "unmatched"


class ReceiptFilter(StrEnum):
    """Which rows of the list to show."""

    ALL = "all"
    SALES = "sales"
    EARNED = "earned"
    UNMATCHED = "unmatched"
    ASK = "ask"


@dataclass(frozen=True)
class ReceiptRow:
    """One captured document in the list."""

    document_id: str
    captured_ms: int
    source: str
    kind: str
    total_won: int | None
    paid_won: int | None
    receipt_no: str | None
    outcome: DocumentOutcome
    points: int | None
    masked: str | None
    earn_status: str | None


@dataclass(frozen=True)
class ReceiptDetail:
    """One captured document with its redacted text and everything that was read out of it."""

    row: ReceiptRow
    lines: tuple[str, ...]
    reading: dict[str, Any]

    @property
    def outcome(self) -> DocumentOutcome:
        return self.row.outcome
