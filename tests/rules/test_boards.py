"""STP-01, 03 to 06, 19 to 22: boards, tiers and their definition."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.boards import (
    PLAN_GRACE_MS,
    Board,
    CardProblem,
    Plan,
    StampCard,
    StampCause,
    StampMedium,
    StampMove,
    Tier,
    board_of,
    card_problem,
    collect_rate_bp,
    earning_on,
    expire,
    place,
    plan_named,
    room,
    stamp_last_day,
    stamps_in_plan,
    take_back,
    tiers_reached,
)

_CARD = StampCard(13, (3, 7, 13))
_MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def test_stamps_come_with_plus_and_premium() -> None:
    """STP-01"""
    assert [stamps_in_plan(plan) for plan in (Plan.BASIC, Plan.PLUS, Plan.PREMIUM)] == [False, True, True]
    assert [plan_named(name) for name in ("plus", "premium", "free")] == [Plan.PLUS, Plan.PREMIUM, Plan.BASIC]
    assert stamps_in_plan(Plan.PLUS, PLAN_GRACE_MS)
    assert not stamps_in_plan(Plan.PLUS, PLAN_GRACE_MS + 1)


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        (_CARD, None),
        (StampCard(0, (1,)), CardProblem.SIZE),
        (StampCard(10, ()), CardProblem.TIERS),
        (StampCard(10, (1, 2, 3, 10)), CardProblem.TIERS),
        (StampCard(10, (0, 10)), CardProblem.TIER_ORDER),
        (StampCard(10, (5, 5, 10)), CardProblem.TIER_ORDER),
        (StampCard(10, (3, 7)), CardProblem.COMPLETION),
        (StampCard(10, (10,), boards_max=0), CardProblem.BOARDS),
        (StampCard(10, (10,), valid_days=0), CardProblem.VALIDITY),
        (StampCard(10, (10,), valid_days=31, first_day=_MARCH[0], last_day=_MARCH[1]), None),
        (StampCard(10, (10,), valid_days=32, first_day=_MARCH[0], last_day=_MARCH[1]), CardProblem.VALIDITY),
        (StampCard(10, (10,), first_day=_MARCH[0], last_day=_MARCH[1]), None),
        (StampCard(10, (10,), valid_days=400, first_day=_MARCH[0]), None),
        (StampCard(10, (10,), first_day=_MARCH[1], last_day=_MARCH[0]), CardProblem.PERIOD),
        (StampCard(10, (10,), template=5), None),
        (StampCard(10, (10,), template=6), CardProblem.TEMPLATE),
    ],
)
def test_a_card_has_up_to_three_tiers_and_the_last_completes_it(card: StampCard, problem: CardProblem | None) -> None:
    """STP-03, STP-05, STP-06, Ambiguity A4"""
    assert card_problem(card) is problem


def test_a_card_is_issued_within_its_period_which_may_be_open() -> None:
    """STP-05"""
    card = StampCard(10, (10,), first_day=_MARCH[0], last_day=_MARCH[1])
    days = (date(2026, 2, 28), *_MARCH, date(2026, 4, 1))

    assert [earning_on(card, day) for day in days] == [False, True, True, False]
    assert all(earning_on(_CARD, day) for day in days)
    assert earning_on(dataclasses.replace(card, last_day=None), days[-1])


def test_a_stamp_counts_for_so_many_days_or_for_ever() -> None:
    """STP-05, STP-21"""
    assert stamp_last_day(dataclasses.replace(_CARD, valid_days=1), date(2028, 2, 28)) == date(2028, 2, 29)
    assert stamp_last_day(_CARD, date(2028, 2, 28)) is None


@pytest.mark.parametrize(
    ("total", "board", "tiers"),
    [
        (0, Board(1, 0), ()),
        (2, Board(1, 2), ()),
        (3, Board(1, 3), (Tier(1, 3),)),
        (7, Board(1, 7), (Tier(1, 3), Tier(1, 7))),
        (13, Board(1, 13), (Tier(1, 3), Tier(1, 7), Tier(1, 13))),
        (14, Board(2, 1), (Tier(1, 3), Tier(1, 7), Tier(1, 13))),
        (16, Board(2, 3), (Tier(1, 3), Tier(1, 7), Tier(1, 13), Tier(2, 3))),
    ],
)
def test_a_cookie_a_drink_a_main_dish(total: int, board: Board, tiers: tuple[Tier, ...]) -> None:
    """STP-04, STP-19, Ambiguity A6: tiers take no stamps away."""
    assert board_of(_CARD, total) == board
    assert tiers_reached(_CARD, total) == tiers


def test_boards_end_with_the_last_one_allowed() -> None:
    """STP-05, STP-19"""
    card = dataclasses.replace(_CARD, boards_max=2)

    assert (room(card, 25), room(card, 40), room(_CARD, 25)) == (1, 0, None)
    assert (place(card, 25, 3), place(_CARD, 25, 3)) == (26, 28)


def test_a_cancelled_payment_takes_its_stamps_back_over_a_completed_board() -> None:
    """STP-21"""
    assert board_of(_CARD, take_back(14, 2)) == Board(1, 12)
    assert take_back(1, 5) == 0


def test_only_the_board_being_filled_expires() -> None:
    """STP-21"""
    assert (expire(_CARD, 16, 2), expire(_CARD, 16, 9), expire(_CARD, 13, 5)) == (14, 13, 13)


def test_how_full_a_board_is() -> None:
    """STP-22"""
    assert [collect_rate_bp(StampCard(10, (10,)), total) for total in (0, 4, 10, 11)] == [0, 4_000, 10_000, 1_000]


def test_the_words_of_the_history() -> None:
    """STP-20"""
    assert {move.value for move in StampMove} == {"earn", "deduct"}
    assert {"payment", "condition", "registration", "transfer", "expiry"} <= {cause.value for cause in StampCause}
    assert {medium.value for medium in StampMedium} == {"card_number", "phone_number", "auto_earn"}


@given(
    tiers=st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True).map(sorted),
    boards_max=st.none() | st.integers(1, 3),
    steps=st.lists(st.integers(-10, 10), max_size=30),
)
def test_stamps_are_never_negative_and_more_stamps_never_reach_fewer_tiers(
    tiers: list[int], boards_max: int | None, steps: list[int]
) -> None:
    """STP-04, STP-05, STP-21"""
    card = StampCard(tiers[-1], tuple(tiers), boards_max)
    assert card_problem(card) is None
    total = 0
    for step in steps:
        after = place(card, total, step) if step >= 0 else take_back(total, -step)
        assert after >= 0
        assert boards_max is None or after <= boards_max * card.per_board
        fewer, more = sorted((total, after))
        assert set(tiers_reached(card, fewer)) <= set(tiers_reached(card, more))
        assert board_of(card, after).stamps <= card.per_board
        total = after
