"""What the spend service answers with: what may be asked for, what was asked, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from rules.phone import PhoneProblem
from rules.spending import SpendLimit
from sync.outcomes import AskOutcome


@dataclass(frozen=True)
class SpendTerms:
    """What every customer may do here now, whoever it is. ``most_points`` bounds what is spent without a line,
    ``payment_max_percent`` how much of one payment points cover (PNT-12)."""

    possible: bool
    use_unit: int
    most_points: int | None
    rate_bp: int
    payment_max_percent: int = 100


@dataclass(frozen=True)
class SpendAsked:
    """The request is open; staff have the card. ``offline``: this counter decides it by itself."""

    spend_id: str
    points: int
    payment_won: int
    offline: bool


@dataclass(frozen=True)
class SpendRefused:
    """Nothing was asked for. ``limit`` is for the text and the log: a balance is never told to whoever typed a number
    (R9), so screens say the same for all of its reasons."""

    limit: SpendLimit


@dataclass(frozen=True)
class SpendNotNow:
    """Too many numbers, a device that is not trusted, or no answer and nothing to go by: staff can help."""


@dataclass(frozen=True)
class NoNumber:
    """The typed digits are no member's number."""

    problem: PhoneProblem


@dataclass(frozen=True)
class SpendWaiting:
    """Nobody has decided; ``remaining_ms`` is None while no countdown runs."""

    points: int
    remaining_ms: int | None


@dataclass(frozen=True)
class Spent:
    """Staff key in ``points`` as a discount; the customer pays ``left_won``."""

    points: int
    left_won: int


@dataclass(frozen=True)
class NotSpent:
    """Staff said no, nobody answered at all, or the customer took it back; the customer has all points still."""

    taken_back: bool = False


AskedOutcome = SpendAsked | SpendRefused | SpendNotNow | NoNumber
SpendOutcome = SpendWaiting | Spent | NotSpent | None


class AskPort(Protocol):
    """The line to the cloud, for one question that a customer waits for (sync.transport.HttpTransport)."""

    def ask_request(self, fields: dict[str, Any]) -> AskOutcome: ...
