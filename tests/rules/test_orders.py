"""What an order costs and how it may end: ORD-07, ORD-16, MNU-14."""

from __future__ import annotations

import itertools

import pytest

from rules.orders import (
    SOLD_OUT_UNANSWERED_MS,
    OrderPrice,
    SoldOutWord,
    counting_won,
    customer_may_cancel,
    customer_to_be_called,
    earning_won,
    sold_out_message_allowed,
    taken_back,
)
from rules.requests import OPEN_STATES, USED_STATES, Effect, Moved, OrderState, RequestState, Stands

S, R, W = OrderState, RequestState, SoldOutWord


def test_a_customer_cancels_before_acceptance_or_after_the_sold_out_message_only() -> None:
    """ORD-07, Ambiguity A4"""
    allowed = {(state, word) for state, word in itertools.product(S, (None, *W)) if customer_may_cancel(state, word)}

    assert allowed == {(S.NEW, None), (S.NEW, W.ASKED), (S.NEW, W.KEPT), (S.PREPARING, W.ASKED), (S.PREPARING, W.KEPT)}
    assert [state for state in S if sold_out_message_allowed(state)] == [S.PREPARING]


@pytest.mark.parametrize(
    ("state", "word", "waited_ms", "call"),
    [
        (S.PREPARING, W.ASKED, SOLD_OUT_UNANSWERED_MS, True),
        (S.PREPARING, W.ASKED, SOLD_OUT_UNANSWERED_MS - 1, False),
        (S.PREPARING, W.KEPT, SOLD_OUT_UNANSWERED_MS, False),
        (S.PREPARING, None, SOLD_OUT_UNANSWERED_MS, False),
        (S.READY, W.ASKED, SOLD_OUT_UNANSWERED_MS, False),
    ],
)
def test_an_unanswered_message_ends_in_a_telephone_call(
    state: OrderState, word: SoldOutWord | None, waited_ms: int, call: bool
) -> None:
    """ORD-07: the owner never cancels alone."""
    assert customer_to_be_called(state, word, 1_000, 1_000 + waited_ms) is call
    assert not customer_to_be_called(state, word, None, 1_000 + waited_ms)


def test_what_a_cancelled_order_held_or_took_goes_back_once() -> None:
    """ORD-07"""
    for state in R:
        moved = taken_back(state)
        if state in USED_STATES:
            assert moved == Moved(R.WITHDRAWN, Effect.RETURN)
        elif state in OPEN_STATES:
            assert moved == Moved(R.WITHDRAWN, Effect.RELEASE)
        else:
            assert moved == Stands(state)


def test_what_is_paid_and_what_goes_back() -> None:
    """ORD-16"""
    price = OrderPrice(12_000, 3_000, 500)

    assert price.paid_won == 8_500
    assert price.refund_won(S.CANCELLED, prepaid=True) == 8_500
    assert price.refund_won(S.CANCELLED, prepaid=False) == 0
    assert price.refund_won(S.READY, prepaid=True) == 0


def test_an_order_earns_on_what_was_paid_and_counts() -> None:
    """ORD-16, MNU-14"""
    counting = counting_won([(6_000, True), (4_000, False), (2_000, True)])

    assert counting == 8_000
    assert earning_won(counting, OrderPrice(12_000)) == 8_000
    assert earning_won(counting, OrderPrice(12_000, 3_000, 2_000)) == 7_000
    assert earning_won(0, OrderPrice(4_000)) == 0
    assert earning_won(4_000, OrderPrice(4_000, 4_000)) == 0
