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
    LAPSE = "lapse"  # nobody answered, and too much is at stake to approve it by itself
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    RECOVER = "recover"
    CANCEL_AUTO = "cancel_auto"


class Effect(StrEnum):
    """What a move does to the value that was held at request time."""

    NONE = "none"
    CAPTURE = "capture"
    RELEASE = "release"  # back within the original validity (APR-10, 12)
    RETURN = "return"  # value that had been captured goes back by a compensating posting
    RETAKE = "retake"  # value that had gone back is taken once more, if it is still there


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
    (_R.SEEN, Move.LAPSE): (_R.EXPIRED, Effect.RELEASE),
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


_LATE: dict[tuple[RequestState, Move], tuple[RequestState, Effect]] = {
    (_R.AUTO_APPROVED, Move.APPROVE): (_R.APPROVED, Effect.NONE),
    (_R.AUTO_APPROVED, Move.REJECT): (_R.REJECTED, Effect.RETURN),
    (_R.AUTO_APPROVED, Move.WITHDRAW): (_R.WITHDRAWN, Effect.RETURN),  # taken back at the counter that asked
    (_R.EXPIRED, Move.APPROVE): (_R.APPROVED, Effect.RETAKE),
    (_R.EXPIRED, Move.REJECT): (_R.REJECTED, Effect.NONE),
}


def late_human_decision(state: RequestState, move: Move, *, tapped_before_deadline: bool) -> Moved | Stands:
    """A tap made while the line was down reaches a request whose time-out the sweeper already decided (APR-19).

    A human decision taken before the deadline wins, a customer's withdrawal at the counter too (APR-14).

    After an automatic approval an approval moves no value and a rejection gives it back; after a lapse an approval
    takes the value once more and a rejection moves nothing.
    """
    late = _LATE.get((state, move)) if tapped_before_deadline else None
    return Moved(*late) if late else transition(state, move)


class AtZero(StrEnum):
    """What becomes of a request that nobody answered."""

    APPROVE = "approve"  # the default (APR-07)
    EXPIRE = "expire"


def at_stake_won(amount_won: int | None, pos_discount_won: int | None) -> int:
    """What an approval gives away: the discount, or for an order what it costs."""
    return pos_discount_won or amount_won or 0


def at_zero(stake_won: int, auto_approve_max_won: int, *, at_counter: bool = False) -> AtZero:
    """A brand may set a value above which silence is no approval; 0: there is none. ``at_counter``: staff have put it
    in themselves, from a customer's paper, and wait for their own word: silence is none (CPN-15)."""
    if at_counter:
        return AtZero.EXPIRE
    return AtZero.EXPIRE if 0 < auto_approve_max_won < stake_won else AtZero.APPROVE


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
