"""What devices report about requests."""

from __future__ import annotations

from dataclasses import dataclass

from rules.phone import Phone
from rules.requests import Move, RejectReason


@dataclass(frozen=True)
class Seen:
    """The request stands on an awake screen."""

    request_id: str


@dataclass(frozen=True)
class Decide:
    """Somebody tapped: staff approve or reject, a customer takes back what this counter asked for (APR-14).
    ``remaining_ms`` is what the countdown showed then."""

    request_id: str
    move: Move
    reason: RejectReason | None
    reason_text: str | None
    remaining_ms: int | None
    occurred_ms: int


@dataclass(frozen=True)
class Recover:
    """Somebody takes an approval back, or asks the owner to (APR-15..17)."""

    request_id: str
    occurred_ms: int


@dataclass(frozen=True)
class Keep:
    """The owner says no to a recovery that staff asked for."""

    request_id: str
    occurred_ms: int


@dataclass(frozen=True)
class Spend:
    """A customer spent points at a counter without a line; staff or the counter's countdown approved it."""

    spend_id: str
    phone: Phone
    points: int
    payment_won: int
    by_default: bool
    occurred_ms: int
    snapshot_ms: int
