"""PNT-02, 03, 05, 09, 16, 17, 22: rates, wallets, expiry, cancelled payments."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import moment_ms
from rules.earning import (
    EarningMethod,
    PointScope,
    Undone,
    expiry_notice_day,
    lot_expires_ms,
    rate_bp,
    undo_payment,
    usable_points,
    wallet_of,
)
from rules.sale import PayMeans


def test_a_payment_earns_points_or_stamps() -> None:
    """PNT-02"""
    assert {method.value for method in EarningMethod} == {"point", "stamp"}


def test_individual_points_are_good_where_they_were_earned_only() -> None:
    """PNT-03, Ambiguity A6"""
    individual = {wallet_of(PointScope.INDIVIDUAL, "b", "a"): 500}
    integrated = {wallet_of(PointScope.INTEGRATED, "b", "a"): 500}

    assert usable_points(individual, PointScope.INDIVIDUAL, "b", "a") == 500
    assert usable_points(individual, PointScope.INDIVIDUAL, "b", "other") == 0
    assert usable_points(integrated, PointScope.INTEGRATED, "b", "other") == 500
    assert usable_points(integrated, PointScope.INTEGRATED, "c", "a") == 0


@pytest.mark.parametrize(
    ("grade_bp", "means", "expected"),
    [
        (None, None, 100),
        (200, None, 200),
        (0, None, 0),
        (None, PayMeans.CARD, 100),
        (200, PayMeans.LOCAL_CURRENCY, 500),
    ],
)
def test_the_grades_rate_wins_and_a_means_of_payment_adds(
    grade_bp: int | None, means: PayMeans | None, expected: int
) -> None:
    """PNT-04, PNT-05, PNT-22"""
    assert rate_bp(100, grade_bp=grade_bp, means=means, bonus_bp={PayMeans.LOCAL_CURRENCY: 300}) == expected


def test_no_bonus_is_no_bonus() -> None:
    """PNT-22"""
    assert rate_bp(100, means=PayMeans.CASH) == 100


def test_points_are_good_until_the_end_of_their_last_day() -> None:
    """PNT-17, PNT-21"""
    expires_ms = lot_expires_ms(moment_ms(date(2027, 3, 1), 1), 365)

    assert expires_ms == moment_ms(date(2028, 3, 1), 0)  # over a leap day: the last day is 29 February
    assert expiry_notice_day(expires_ms) == date(2028, 2, 22)
    assert lot_expires_ms(0, 0) is None


@pytest.mark.parametrize(
    ("spent", "earned", "balance", "undone"),
    [
        (0, 45, 100, Undone(0, 45, 0)),
        (2_000, 45, 0, Undone(2_000, 45, 0)),
        (0, 45, 20, Undone(0, 20, 25)),
        (0, 45, -5, Undone(0, 0, 45)),
    ],
)
def test_a_cancelled_payment_gives_back_and_takes_back(spent: int, earned: int, balance: int, undone: Undone) -> None:
    """PNT-16, PNT-09"""
    assert undo_payment(spent, earned, balance) == undone


_POINTS = st.integers(0, 10**6)


@given(spent=_POINTS, earned=_POINTS, balance=_POINTS)
def test_nothing_is_lost_when_a_payment_is_undone(spent: int, earned: int, balance: int) -> None:
    """PNT-16, PNT-09: no balance below zero, and what could not be taken is owed."""
    undone = undo_payment(spent, earned, balance)

    assert balance + undone.given_back - undone.taken_back >= 0
    assert undone.taken_back + undone.owed == earned
    assert not undone.owed or balance + spent - undone.taken_back == 0
