"""What devices report about sales and cancels, and what such a report comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rules.phone import Phone
from rules.sale import Item, PayMeans, SaleChannel, ServiceType
from sync.protocol import OpStatus

FLAG_CLOCK_AHEAD = "clock_ahead"
FLAG_DISCOUNT_NOT_KEYED = "discount_not_keyed"
FLAG_DEVICE_SUSPENDED = "device_suspended"
FLAG_POINTS_DIFFER = "points_differ"
FLAG_SUSPICIOUS_AMOUNT = "suspicious_amount"


@dataclass(slots=True)
class Outcome:
    """What an operation came to; becomes its stored result."""

    status: OpStatus
    code: str | None = None
    body: dict[str, Any] | None = None


@dataclass(slots=True)
class Origin:
    """Which operation of which device of which store."""

    op_id: str
    device_id: str
    store_id: str
    actor: str
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class SaleSeen:
    """What the device knows of the sale besides its payment."""

    means: PayMeans | None = None
    service: ServiceType | None = None
    channel: SaleChannel | None = None
    coupon_used: bool = False
    items: tuple[Item, ...] = ()


@dataclass(slots=True)
class EarnFact:
    """A sale as a device reported it."""

    origin: Origin
    earn_id: str
    phone: Phone
    fingerprint: str | None
    approval_tags: tuple[str, ...]
    receipt_no: str | None
    till: str | None
    paid_won: int
    points: int
    source: str
    occurred_ms: int
    points_spent_won: int = 0  # points spent on this sale that its receipt does not show (PNT-06)
    stamps: int = 0  # provisional
    sale: SaleSeen | None = None

    @property
    def known_by_text_only(self) -> bool:
        """Without a number and without an approval the fingerprint is of the text: equal text is not equal sale."""
        return not self.receipt_no and not self.approval_tags


@dataclass(frozen=True)
class ReversalFact:
    """A full cancel as a device reported it."""

    origin: Origin
    reversal_id: str
    cancel_fingerprint: str
    sale_fingerprint: str | None
    approval_tags: tuple[str, ...]
    amount_won: int
    earn_id: str | None
    occurred_ms: int


@dataclass(slots=True)
class BookedEarn:
    """A row of the earn table to be, its fields in the order of the columns that are written.

    Not the model: making hundreds of those costs more than storing them.
    """

    store_id: str
    earn_id: str
    op_id: str
    device_id: str
    member_id: str
    fingerprint: str | None
    text_ms: int
    receipt_no: str | None
    till: str | None
    source: str
    paid_won: int
    points: int
    provisional_points: int
    rate_bp: int
    policy_version: int
    reasons: str
    flags: str
    status: str
    posting_id: str | None
    occurred_ms: int
    booked_ms: int
