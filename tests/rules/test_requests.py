"""APR-01, 07, 10, 15..19, 36 and ORD-04: the moves of a request and of an order."""

from __future__ import annotations

import itertools

import pytest

from rules.requests import (
    OPEN_STATES,
    AtZero,
    Effect,
    Move,
    Moved,
    OrderState,
    RequestState,
    Stands,
    at_stake_won,
    at_zero,
    auto_cancel_allowed,
    late_human_decision,
    order_step_allowed,
    store_unreachable,
    transition,
)

R = RequestState


@pytest.mark.parametrize(
    ("state", "move", "expected"),
    [
        (R.REQUESTED, Move.SEE, Moved(R.SEEN, Effect.NONE)),
        (R.SEEN, Move.APPROVE, Moved(R.APPROVED, Effect.CAPTURE)),
        (R.SEEN, Move.REJECT, Moved(R.REJECTED, Effect.RELEASE)),
        (R.SEEN, Move.TIME_OUT, Moved(R.AUTO_APPROVED, Effect.CAPTURE)),
        (R.SEEN, Move.WITHDRAW, Moved(R.WITHDRAWN, Effect.RELEASE)),
        (R.REQUESTED, Move.EXPIRE, Moved(R.EXPIRED, Effect.RELEASE)),
        (R.APPROVED, Move.RECOVER, Moved(R.RECOVERED, Effect.RETURN)),
        (R.AUTO_APPROVED, Move.CANCEL_AUTO, Moved(R.AUTO_CANCELLED, Effect.RETURN)),
    ],
)
def test_the_allowed_moves_and_what_they_do_to_the_held_value(state: RequestState, move: Move, expected: Moved) -> None:
    """APR-01, APR-07, APR-10, APR-15, APR-17"""
    assert transition(state, move) == expected


def test_a_request_never_times_out_before_it_was_seen() -> None:
    """APR-18: the sixty seconds start when an agent shows it."""
    assert transition(R.REQUESTED, Move.TIME_OUT) == Stands(R.REQUESTED)


def test_a_second_decision_gets_the_first_result() -> None:
    """APR-36"""
    decisions = (Move.APPROVE, Move.REJECT, Move.TIME_OUT, Move.WITHDRAW, Move.EXPIRE)
    for state, move in itertools.product(set(R) - OPEN_STATES, decisions):
        assert transition(state, move) == Stands(state)


def test_every_held_value_is_captured_or_released_exactly_once() -> None:
    """From open to finished there is one step, and it settles the hold; afterwards only a return is possible."""
    for state, move in itertools.product(R, Move):
        moved = transition(state, move)
        if isinstance(moved, Stands):
            continue
        leaves_open = state in OPEN_STATES and moved.state not in OPEN_STATES
        assert (moved.effect in (Effect.CAPTURE, Effect.RELEASE)) == leaves_open


def test_a_tap_before_zero_beats_the_sweeper() -> None:
    """APR-19"""
    reject = late_human_decision(R.AUTO_APPROVED, Move.REJECT, tapped_before_deadline=True)
    approve = late_human_decision(R.AUTO_APPROVED, Move.APPROVE, tapped_before_deadline=True)

    assert reject == Moved(R.REJECTED, Effect.RETURN)
    assert approve == Moved(R.APPROVED, Effect.NONE)


def test_a_tap_before_zero_beats_a_lapse_as_well() -> None:
    """APR-19: an approval takes the value once more, a rejection leaves it where it is."""
    approve = late_human_decision(R.EXPIRED, Move.APPROVE, tapped_before_deadline=True)
    reject = late_human_decision(R.EXPIRED, Move.REJECT, tapped_before_deadline=True)

    assert approve == Moved(R.APPROVED, Effect.RETAKE)
    assert reject == Moved(R.REJECTED, Effect.NONE)
    assert late_human_decision(R.EXPIRED, Move.APPROVE, tapped_before_deadline=False) == Stands(R.EXPIRED)


@pytest.mark.parametrize(
    ("amount_won", "discount_won", "max_won", "expected"),
    [
        (12_000, 5_000, 0, AtZero.APPROVE),  # no limit
        (12_000, 5_000, 5_000, AtZero.APPROVE),
        (12_000, 5_001, 5_000, AtZero.EXPIRE),
        (5_001, None, 5_000, AtZero.EXPIRE),  # an order: what it costs
        (None, None, 1, AtZero.APPROVE),
    ],
)
def test_silence_approves_up_to_a_value(
    amount_won: int | None, discount_won: int | None, max_won: int, expected: AtZero
) -> None:
    """APR-07"""
    assert at_zero(at_stake_won(amount_won, discount_won), max_won) is expected


def test_silence_never_uses_what_staff_put_in_themselves() -> None:
    """APR-07, CPN-15"""
    assert at_zero(1, 0, at_counter=True) is AtZero.EXPIRE


def test_a_tap_after_zero_gets_the_outcome_that_stands() -> None:
    """APR-07: reject pressed at 61 s is refused, the state is AUTO_APPROVED already."""
    late = late_human_decision(R.AUTO_APPROVED, Move.REJECT, tapped_before_deadline=False)

    assert late == Stands(R.AUTO_APPROVED)


def test_a_late_tap_on_an_open_or_decided_request_follows_the_ordinary_rules() -> None:
    """APR-19, APR-36"""
    assert late_human_decision(R.SEEN, Move.APPROVE, tapped_before_deadline=True) == transition(R.SEEN, Move.APPROVE)
    assert late_human_decision(R.REJECTED, Move.APPROVE, tapped_before_deadline=True) == Stands(R.REJECTED)
    assert late_human_decision(R.APPROVED, Move.WITHDRAW, tapped_before_deadline=True) == Stands(R.APPROVED)


def test_a_customer_who_took_it_back_before_zero_beats_the_sweeper_too() -> None:
    """APR-14, APR-19: the tablet's tap arrived late; afterwards it is too late for that."""
    in_time = late_human_decision(R.AUTO_APPROVED, Move.WITHDRAW, tapped_before_deadline=True)

    assert in_time == Moved(R.WITHDRAWN, Effect.RETURN)
    late = late_human_decision(R.AUTO_APPROVED, Move.WITHDRAW, tapped_before_deadline=False)
    assert late == Stands(R.AUTO_APPROVED)


@pytest.mark.parametrize(("elapsed_ms", "allowed"), [(0, True), (300_000, True), (300_001, False), (-1, False)])
def test_an_auto_approval_is_cancelled_within_five_minutes_inclusive(elapsed_ms: int, allowed: bool) -> None:
    """APR-17: 12:06:00 is accepted, 12:06:01 is refused."""
    assert auto_cancel_allowed(1_000_000, 1_000_000 + elapsed_ms) is allowed


@pytest.mark.parametrize(
    ("state", "age_ms", "told"),
    [(R.REQUESTED, 9_999, False), (R.REQUESTED, 10_000, True), (R.SEEN, 10_000, False), (R.EXPIRED, 700_000, False)],
)
def test_a_store_counts_as_unreachable_after_ten_seconds_without_a_screen(state: R, age_ms: int, told: bool) -> None:
    """APR-18"""
    assert store_unreachable(state, 1_000_000, 1_000_000 + age_ms) is told


def test_an_order_goes_forward_only_and_is_cancelled_by_staff_only_while_new() -> None:
    """ORD-04, ORD-07"""
    allowed = {pair for pair in itertools.product(OrderState, OrderState) if order_step_allowed(*pair)}

    assert allowed == {
        (OrderState.NEW, OrderState.PREPARING),
        (OrderState.NEW, OrderState.CANCELLED),
        (OrderState.PREPARING, OrderState.READY),
    }
