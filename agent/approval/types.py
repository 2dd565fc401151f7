"""What the approval service answers with: cards, records of decisions, outcomes of a tap."""

from __future__ import annotations

from dataclasses import dataclass

from rules.requests import AtZero, RejectReason, RequestKind, RequestState


@dataclass(frozen=True)
class RequestCard:
    """A request that waits for a person. ``remaining_ms`` is None until the cloud has started the countdown;
    ``asking``: sleep, a restart or a clock jump came in between, and nothing is decided before the cloud has said what
    still stands."""

    request_id: str
    kind: RequestKind
    state: RequestState
    title: str
    nickname: str
    condition: str
    amount_won: int | None
    pos_discount_won: int | None
    created_ms: int
    remaining_ms: int | None
    order_id: str | None
    offline: bool
    local_decision: str | None
    at_zero: AtZero = AtZero.APPROVE
    asking: bool = False
    at_counter: bool = False  # decided by this counter alone; without a countdown a person has to confirm


@dataclass(frozen=True)
class DecisionRecord:
    """How one request ended, for the history of five (APR-13)."""

    request_id: str
    kind: RequestKind
    title: str
    nickname: str
    state: RequestState
    decided_by: str | None
    decided_ms: int
    reason: RejectReason | None
    pos_discount_won: int | None
    can_recover: bool
    recovery_by: str | None = None  # staff asked to take it back; the owner has not answered yet


@dataclass(frozen=True)
class Decided:
    """The decision is stored and on its way; ``print_job_id`` names the slip that an approval prints."""

    request_id: str
    state: RequestState
    pos_discount_won: int | None
    print_job_id: str | None


@dataclass(frozen=True)
class AlreadyDecided:
    """Someone was first; ``state`` is what stands (APR-03, APR-36)."""

    request_id: str
    state: RequestState
    decided_by: str | None


@dataclass(frozen=True)
class TooLate:
    """The countdown is over, or it must be asked for again: the cloud decides, the card waits for its word."""

    request_id: str


@dataclass(frozen=True)
class ReasonMissing:
    """A rejection for another reason needs a text (APR-08)."""

    request_id: str


@dataclass(frozen=True)
class UnknownRequest:
    """This store has no such request."""

    request_id: str


@dataclass(frozen=True)
class Recovering:
    """The recovery is stored and on its way; the member has the value back once the cloud has booked it."""

    request_id: str


@dataclass(frozen=True)
class WaitsForOwner:
    """Staff asked; the owner confirms, or it happens by itself after ``wait_ms`` (APR-16)."""

    request_id: str
    wait_ms: int


@dataclass(frozen=True)
class OwnerNeeded:
    """Only the owner does this (APR-17). ``set_up`` is false while the shop has no owner's PIN."""

    request_id: str
    set_up: bool


@dataclass(frozen=True)
class NotAllowed:
    """The owner switched this person's recoveries off, or a limit did (APR-16, 24, 25); or nobody has signed in."""

    request_id: str


@dataclass(frozen=True)
class NotPossible:
    """Nothing to recover, or its time is over (APR-15, APR-17); ``state`` is what stands."""

    request_id: str
    state: RequestState | None


DecisionOutcome = Decided | AlreadyDecided | TooLate | ReasonMissing | UnknownRequest
RecoverOutcome = Recovering | WaitsForOwner | OwnerNeeded | NotAllowed | NotPossible
__all__ = [
    "AlreadyDecided",
    "Decided",
    "DecisionOutcome",
    "DecisionRecord",
    "NotAllowed",
    "NotPossible",
    "OwnerNeeded",
    "ReasonMissing",
    "RecoverOutcome",
    "Recovering",
    "RejectReason",
    "RequestCard",
    "RequestKind",
    "RequestState",
    "TooLate",
    "UnknownRequest",
    "WaitsForOwner",
]
