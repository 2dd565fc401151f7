"""CUP-15 to 30: orders, averages, thresholds, stock, refusals, logos."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.cupholders import (
    ADVISED_PERCENT,
    HolderCost,
    OrderRounding,
    Pace,
    Round,
    StoreGrade,
    advance_notice_due,
    average_at_threshold,
    expected_days,
    holder_cost,
    order_quantity_valid,
    proposed_order,
    quick_order,
    round_order,
    taken_off_valid,
    threshold_reached,
    threshold_valid,
)
from rules.logos import Logo, LogoProblem, logo_advice, logo_problems
from rules.refusals import REASONS, RefusalGroup, RefusalReason, group_of, refusal_valid

_PIECES = st.integers(0, 100_000)


@pytest.mark.parametrize(
    ("daily", "cycle_days", "half_up", "ceil"),
    [
        (120, 14, 2_000, 2_000),
        (80, 7, 1_000, 1_000),
        (350, 10, 4_000, 4_000),
        (100, 12, 1_000, 2_000),
        (40, 10, 1_000, 1_000),
    ],
)
def test_an_order_is_what_a_cycle_needs_in_thousands(daily: int, cycle_days: int, half_up: int, ceil: int) -> None:
    """CUP-15, CUP-16, CUP-17, Ambiguity A1"""
    assert proposed_order(daily, cycle_days) == half_up
    assert proposed_order(daily, cycle_days, OrderRounding.CEIL) == ceil


@pytest.mark.parametrize(("pieces", "rounded"), [(0, 1_000), (1_499, 1_000), (1_500, 2_000), (2_000, 2_000)])
def test_half_a_thousand_rounds_up(pieces: int, rounded: int) -> None:
    """CUP-16, Ambiguity A1: one thousand at least."""
    assert round_order(pieces) == rounded


@given(pieces=_PIECES, rounding=st.sampled_from(OrderRounding))
def test_an_order_is_always_one_that_may_be_placed(pieces: int, rounding: OrderRounding) -> None:
    """CUP-18"""
    assert order_quantity_valid(round_order(pieces, rounding))
    assert round_order(pieces, rounding) <= round_order(pieces + 1, rounding)


def test_a_typed_quantity_is_a_multiple_of_a_thousand() -> None:
    """CUP-18"""
    assert [order_quantity_valid(pieces) for pieces in (1_000, 3_000, 0, -1_000, 1_500)] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(("base", "quantities"), [(1_000, (1_000, 2_000, 2_000)), (2_000, (2_000, 3_000, 4_000))])
def test_the_quick_buttons_order_one_one_and_a_half_and_two(base: int, quantities: tuple[int, int, int]) -> None:
    """CUP-19, Ambiguity A3"""
    assert tuple(quick_order(base, percent) for percent in (100, 150, 200)) == quantities


def test_there_is_no_other_quick_button() -> None:
    """CUP-19"""
    with pytest.raises(ValueError, match="120"):
        quick_order(1_000, 120)


def test_the_threshold_is_a_slider_from_20_to_40() -> None:
    """CUP-20"""
    assert [threshold_valid(percent) for percent in (19, 20, 30, 40, 41)] == [False, True, True, True, False]
    assert [ADVISED_PERCENT[pace] for pace in (Pace.FAST, Pace.NORMAL, Pace.SLOW)] == [40, 30, 20]


@pytest.mark.parametrize(
    ("collected", "soiled", "valid"),
    [(0, 0, True), (60, 40, True), (60, 41, False), (101, 0, False), (-1, 0, False), (0, -1, False)],
)
def test_no_more_of_a_round_is_gone_unused_than_came(collected: int, soiled: int, valid: bool) -> None:
    """CUP-26"""
    assert taken_off_valid(100, collected, soiled) is valid


@pytest.mark.parametrize(
    ("stock", "after_receipt", "percent", "reached"),
    [(601, 2_000, 30, False), (600, 2_000, 30, True), (0, 2_000, 20, True), (0, 0, 30, False)],
)
def test_the_threshold_is_a_share_of_the_stock_after_the_last_receipt(
    stock: int, after_receipt: int, percent: int, reached: bool
) -> None:
    """CUP-21, Ambiguity A9"""
    assert threshold_reached(stock, after_receipt, percent) is reached


@pytest.mark.parametrize(
    ("after_receipt", "percent", "days", "average"),
    [(2_000, 30, 10, 140), (3_000, 40, 14, 128), (2_000, 30, 0, None)],
)
def test_the_average_is_what_went_until_the_threshold(
    after_receipt: int, percent: int, days: int, average: int | None
) -> None:
    """CUP-22, Ambiguity A2"""
    assert average_at_threshold(after_receipt, percent, days) == average


def test_a_round_shows_its_stock_and_how_long_it_lasts() -> None:
    """CUP-23, CUP-24, CUP-26"""
    now = Round(contracted=5_000, received=3_000, reported=1_700, collected=100, soiled=200)

    assert (now.stock, now.stock_rate_bp, now.over_reported, now.settled_pieces) == (1_000, 3_333, 0, 2_700)
    assert (expected_days(now.stock, 140), expected_days(now.stock, 0)) == (7, None)
    assert Round(1_000, 0, 0).stock_rate_bp == 0


@given(received=_PIECES, reported=_PIECES, collected=_PIECES, soiled=_PIECES)
def test_stock_is_never_below_zero_and_every_piece_is_accounted_for(
    received: int, reported: int, collected: int, soiled: int
) -> None:
    """CUP-24, CUP-26"""
    now = Round(received, received, reported, collected, soiled)

    assert now.stock >= 0
    assert now.settled_pieces >= 0
    assert now.stock - now.over_reported + reported + collected + soiled == received
    assert dataclasses.replace(now, reported=reported + 1).stock <= now.stock


@pytest.mark.parametrize(("stock", "average", "due"), [(420, 140, True), (560, 140, False), (0, 0, False)])
def test_an_advance_notice_comes_so_many_days_before_the_end(stock: int, average: int, due: bool) -> None:
    """CUP-28"""
    assert advance_notice_due(stock, average, 3) is due


@pytest.mark.parametrize(
    ("grade", "cost"),
    [
        (StoreGrade.BRONZE, HolderCost(50_000, 0, 0)),
        (StoreGrade.SILVER, HolderCost(0, 0, 0)),
        (StoreGrade.GOLD, HolderCost(0, 30, 0)),
        (StoreGrade.PLATINUM, HolderCost(0, 30, 10_000)),
    ],
)
def test_what_a_delivery_costs_depends_on_the_grade(grade: StoreGrade, cost: HolderCost) -> None:
    """CUP-29"""
    assert holder_cost(grade, 1_000, 100) == cost


def test_a_store_declines_for_one_of_24_reasons_in_seven_groups() -> None:
    """CUP-25"""
    assert [len(REASONS[group]) for group in RefusalGroup] == [3, 4, 4, 3, 4, 3, 3]
    assert sorted(reason for group in REASONS.values() for reason in group) == sorted(RefusalReason)
    assert group_of(RefusalReason.NO_STORAGE) is RefusalGroup.STOCK


def test_the_free_reason_needs_its_text() -> None:
    """CUP-25"""
    assert refusal_valid(RefusalReason.NEW_STAFF, "")
    assert not refusal_valid(RefusalReason.OTHER, "  ")
    assert refusal_valid(RefusalReason.OTHER, "옆집 공사")


_GOOD = Logo("PNG", 512, 600, 5 * 1024 * 1024, 10)


@pytest.mark.parametrize(
    ("logo", "problems"),
    [
        (_GOOD, ()),
        (dataclasses.replace(_GOOD, file_format="gif"), (LogoProblem.FORMAT,)),
        (dataclasses.replace(_GOOD, width_px=511), (LogoProblem.PIXELS,)),
        (dataclasses.replace(_GOOD, file_format="svg", width_px=0, height_px=0), ()),
        (dataclasses.replace(_GOOD, rgb=False), (LogoProblem.COLOURS,)),
        (dataclasses.replace(_GOOD, size_bytes=5 * 1024 * 1024 + 1), (LogoProblem.BYTES,)),
        (dataclasses.replace(_GOOD, margin_percent=9), (LogoProblem.MARGIN,)),
        (
            Logo("bmp", 1, 1, 10**8, 0, rgb=False),
            (
                LogoProblem.FORMAT,
                LogoProblem.PIXELS,
                LogoProblem.COLOURS,
                LogoProblem.BYTES,
                LogoProblem.MARGIN,
            ),
        ),
    ],
)
def test_all_that_is_wrong_with_a_logo_is_said_at_once(logo: Logo, problems: tuple[LogoProblem, ...]) -> None:
    """CUP-30"""
    assert logo_problems(logo) == problems


def test_an_opaque_logo_is_advised_against_and_not_refused() -> None:
    """CUP-30"""
    assert logo_problems(dataclasses.replace(_GOOD, transparent=False)) == ()
    assert logo_advice(dataclasses.replace(_GOOD, transparent=False)) == (LogoProblem.OPAQUE,)
    assert logo_advice(_GOOD) == ()
