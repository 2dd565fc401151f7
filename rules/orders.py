"""What an order costs its customer, and what becomes of one that turns out to be sold out (ORD-07, 15, 16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rules.requests import OPEN_STATES, USED_STATES, Effect, Move, Moved, OrderState, RequestState, Stands, transition

SOLD_OUT_UNANSWERED_MS = 180_000  # by then staff call the customer; nothing is cancelled by itself


class SoldOutWord(StrEnum):
    """Where the sold-out message of an accepted order stands (ORD-07)."""

    ASKED = "asked"  # the customer was told, and may cancel
    KEPT = "kept"  # the customer wants it all the same


def sold_out_message_allowed(state: OrderState) -> bool:
    """ORD-07: a new order is refused instead, and what is ready was not sold out."""
    return state is OrderState.PREPARING


def customer_may_cancel(state: OrderState, word: SoldOutWord | None) -> bool:
    """Before it is accepted, and afterwards only after a sold-out message (Ambiguity A4). Having kept it takes the
    choice from nobody: the kitchen may be out of the rest too."""
    return state is OrderState.NEW or (state is OrderState.PREPARING and word is not None)


def customer_to_be_called(state: OrderState, word: SoldOutWord | None, asked_ms: int | None, now_ms: int) -> bool:
    """The message stands without an answer: somebody picks up the telephone."""
    waits = state is OrderState.PREPARING and word is SoldOutWord.ASKED and asked_ms is not None
    return waits and now_ms - (asked_ms or 0) >= SOLD_OUT_UNANSWERED_MS


def taken_back(state: RequestState) -> Moved | Stands:
    """What an order's request becomes when its customer cancels: what was held or taken goes back (ORD-07)."""
    if state in USED_STATES:
        return Moved(RequestState.WITHDRAWN, Effect.RETURN)
    return transition(state, Move.WITHDRAW) if state in OPEN_STATES else Stands(state)


@dataclass(frozen=True)
class OrderPrice:
    """``coupon_won`` and ``points`` are what the rewards take off; all in won, a point is a won (PNT-10)."""

    menu_won: int
    coupon_won: int = 0
    points: int = 0

    @property
    def paid_won(self) -> int:
        """What the customer pays with money."""
        return self.menu_won - self.coupon_won - self.points

    def refund_won(self, state: OrderState, *, prepaid: bool) -> int:
        """What whoever took the money gives back."""
        return self.paid_won if prepaid and state is OrderState.CANCELLED else 0


def counting_won(lines: Iterable[tuple[int, bool]]) -> int:
    """The part of an order that counts for a reward: (amount, counts) of each line (MNU-14)."""
    return sum(amount_won for amount_won, counts in lines if counts)


def earning_won(counting: int, price: OrderPrice) -> int:
    """What an order earns on: what was paid, and no more than what counts of it (ORD-16, MNU-14)."""
    return max(min(price.paid_won, counting), 0)
