"""The life of a reward, stamp or order request: which move is allowed from which state (APR-01, 07, 15..19, 36)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TIMEOUT_MS = 60_000  # approval.timeout_s (APR-07)
SWEEP_GRACE_MS = 1_500  # the sweeper waits this long for a tap that was made before 0
NO_ACK_EXPIRE_MS = 600_000  # approval.no_ack_expire_s (APR-18)
UNREACHABLE_AFTER_MS = 10_000  # not seen by then: the consumer is told that the store cannot be reached
AUTO_CANCEL_WINDOW_MS = 300_000  # approval.auto_cancel_window_s, inclusive (APR-17)


class RequestKind(StrEnum):
    COUPON = "coupon"
    POINTS = "points"
    STAMP = "stamp"
    ORDER = "order"


class RequestState(StrEnum):
    REQUESTED = "requested"
    SEEN = "seen"
    APPROVED = "approved"
    AUTO_APPROVED = "auto_approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RECOVERED = "recovered"
    AUTO_CANCELLED = "auto_cancelled"


class RejectReason(StrEnum):
    """APR-08. ``OTHER`` needs a text."""

    OUT_OF_STOCK = "out_of_stock"
    OUT_OF_HOURS = "out_of_hours"
    CONDITION_MISMATCH = "condition_mismatch"
    OTHER = "other"


class Move(StrEnum):
    SEE = "see"
    APPROVE = "approve"
    REJECT = "reject"
    TIME_OUT = "time_out"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    RECOVER = "recover"
    CANCEL_AUTO = "cancel_auto"


class Effect(StrEnum):
    """What a move does to the value that was held at request time."""

    NONE = "none"
    CAPTURE = "capture"
    RELEASE = "release"
    RETURN = "return"  # value that had been captured goes back by a compensating posting


OPEN_STATES = frozenset({RequestState.REQUESTED, RequestState.SEEN})
USED_STATES = frozenset({RequestState.APPROVED, RequestState.AUTO_APPROVED})

_R = RequestState
_MOVES: dict[tuple[RequestState, Move], tuple[RequestState, Effect]] = {
    (_R.REQUESTED, Move.SEE): (_R.SEEN, Effect.NONE),
    (_R.REQUESTED, Move.APPROVE): (_R.APPROVED, Effect.CAPTURE),
    (_R.REQUESTED, Move.REJECT): (_R.REJECTED, Effect.RELEASE),
    (_R.REQUESTED, Move.WITHDRAW): (_R.WITHDRAWN, Effect.RELEASE),
    (_R.REQUESTED, Move.EXPIRE): (_R.EXPIRED, Effect.RELEASE),
    (_R.SEEN, Move.APPROVE): (_R.APPROVED, Effect.CAPTURE),
    (_R.SEEN, Move.REJECT): (_R.REJECTED, Effect.RELEASE),
    (_R.SEEN, Move.TIME_OUT): (_R.AUTO_APPROVED, Effect.CAPTURE),
    (_R.SEEN, Move.WITHDRAW): (_R.WITHDRAWN, Effect.RELEASE),
    (_R.APPROVED, Move.RECOVER): (_R.RECOVERED, Effect.RETURN),
    (_R.AUTO_APPROVED, Move.CANCEL_AUTO): (_R.AUTO_CANCELLED, Effect.RETURN),
}


@dataclass(frozen=True)
class Moved:
    """The request goes to ``state``; its held value undergoes ``effect``."""

    state: RequestState
    effect: Effect


@dataclass(frozen=True)
class Stands:
    """The move is not possible; ``state`` is what already holds, and what the caller is told (APR-36)."""

    state: RequestState


def transition(state: RequestState, move: Move) -> Moved | Stands:
    """Apply one move. A finished request answers with its outcome instead of an error."""
    found = _MOVES.get((state, move))
    return Moved(*found) if found else Stands(state)


def late_human_decision(state: RequestState, move: Move, *, tapped_before_deadline: bool) -> Moved | Stands:
    """A tap made while the line was down reaches a request that the sweeper already approved (APR-19).

    A human decision taken before the deadline wins: an approval turns AUTO_APPROVED into APPROVED without
    moving value, a rejection gives the value back.
    """
    if state is not RequestState.AUTO_APPROVED or not tapped_before_deadline:
        return transition(state, move)
    if move is Move.APPROVE:
        return Moved(RequestState.APPROVED, Effect.NONE)
    if move is Move.REJECT:
        return Moved(RequestState.REJECTED, Effect.RETURN)
    return transition(state, move)


def auto_cancel_allowed(auto_approved_ms: int, acted_ms: int) -> bool:
    """APR-17: inclusive at exactly five minutes."""
    return 0 <= acted_ms - auto_approved_ms <= AUTO_CANCEL_WINDOW_MS


def store_unreachable(state: RequestState, created_ms: int, now_ms: int) -> bool:
    """No device has shown the request in time: the consumer is told, and may wait or take it back (APR-18)."""
    return state is RequestState.REQUESTED and now_ms - created_ms >= UNREACHABLE_AFTER_MS


class OrderState(StrEnum):
    """ORD-04."""

    NEW = "new"
    PREPARING = "preparing"
    READY = "ready"
    CANCELLED = "cancelled"


_ORDER_STEPS = {
    (OrderState.NEW, OrderState.PREPARING),
    (OrderState.NEW, OrderState.CANCELLED),
    (OrderState.PREPARING, OrderState.READY),
}


def order_step_allowed(current: OrderState, wanted: OrderState) -> bool:
    """ORD-04; after acceptance only the sold-out fail-safe cancels (ORD-07), which is not a step of staff."""
    return (current, wanted) in _ORDER_STEPS
