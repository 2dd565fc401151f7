"""What the earn service answers with: offers, outcomes of a phone entry, figures of the day."""

from __future__ import annotations

from dataclasses import dataclass

from rules.phone import PhoneProblem


@dataclass(frozen=True)
class ReceiptOffer:
    """A sale that was just printed and waits for a number."""

    document_id: str
    paid_won: int
    points: int
    stamps: int | None = None  # None: the shop gives points


@dataclass(frozen=True)
class Earned:
    """The points or stamps are booked on this device; the cloud posts them when it hears of them."""

    earn_id: str
    points: int
    paid_won: int
    rate_bp: int
    masked: str
    stamps: int | None = None  # None: the shop gives points


@dataclass(frozen=True)
class Worth:
    """What a payment earns; ``stamps`` None: the shop gives points."""

    points: int
    stamps: int | None = None

    def __bool__(self) -> bool:
        return bool(self.points or self.stamps)


@dataclass(frozen=True)
class Waiting:
    """The number is kept and waits for its receipt."""

    masked: str
    remaining_ms: int


@dataclass(frozen=True)
class Expired:
    """No receipt came in time, or another number took its place; nothing was booked (PNT-08)."""


@dataclass(frozen=True)
class Refused:
    """The typed digits are no member's number; nothing was stored."""

    problem: PhoneProblem


@dataclass(frozen=True)
class TooManyEntries:
    """More numbers than a counter can serve (R10); try again after ``retry_after_ms``."""

    retry_after_ms: int


@dataclass(frozen=True)
class NoRewards:
    """The store gives no points now: it is closed for a while, or takes orders only; nothing was stored."""


@dataclass(frozen=True)
class UnknownEntry:
    """No entry screen was opened under this id."""


@dataclass(frozen=True)
class IngestOutcome:
    """What became of a captured document; ``outcome`` is one of `DocumentOutcome`."""

    document_id: str
    outcome: str
    earn_id: str | None = None
    points: int = 0


@dataclass(frozen=True)
class EarnFigures:
    """The business day so far."""

    earned_count: int
    earned_points: int
    reversed_points: int
    receipts_read: int
    unmatched: int
    ask: int


EntryOutcome = Earned | Waiting | Expired | None
SubmitOutcome = Earned | Waiting | Expired | Refused | TooManyEntries | NoRewards | UnknownEntry
