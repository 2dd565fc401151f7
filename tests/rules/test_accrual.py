"""PNT-05, PNT-06: points for a payment and the reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.accrual import Accrual, AccrualPolicy, AccrualReason, accrue

_MONEY = st.integers(min_value=-(10**9), max_value=10**9)
_RATE_BP = st.integers(min_value=0, max_value=10_000)


@pytest.mark.parametrize(
    ("paid_won", "rate_bp", "points"),
    [
        (4_500, 100, 45),  # the catalogue's example
        (4_500, 50, 22),  # 22.5 is floored
        (17_800, 100, 178),
        (99, 100, 0),
        (100, 100, 1),
        (5_000, 200, 100),
    ],
)
def test_points_are_the_floored_rate_of_the_amount_paid(paid_won: int, rate_bp: int, points: int) -> None:
    """PNT-05"""
    assert accrue(paid_won, AccrualPolicy(rate_bp=rate_bp)).points == points


def test_points_spent_at_the_tablet_leave_the_basis() -> None:
    """PNT-06: staff did not key in the discount, so the receipt shows the full amount."""
    accrual = accrue(7_000, AccrualPolicy(version=3, rate_bp=100), points_spent_won=2_000)

    assert accrual == Accrual(
        points=50,
        basis_won=5_000,
        rate_bp=100,
        policy_version=3,
        reasons=(AccrualReason.POINTS_SPENT_SUBTRACTED, AccrualReason.RATE),
    )


@pytest.mark.parametrize(("paid_won", "spent_won"), [(0, 0), (-500, 0), (1_000, 1_000), (1_000, 5_000)])
def test_nothing_paid_earns_nothing_and_says_so(paid_won: int, spent_won: int) -> None:
    """PNT-06"""
    accrual = accrue(paid_won, AccrualPolicy(), points_spent_won=spent_won)

    assert accrual.points == 0
    assert accrual.reasons[-1] is AccrualReason.NOTHING_PAID


def test_a_payment_below_the_minimum_earns_nothing_and_says_so() -> None:
    policy = AccrualPolicy(rate_bp=100, minimum_payment_won=5_000)

    assert accrue(4_999, policy).reasons == (AccrualReason.BELOW_MINIMUM,)
    assert accrue(4_999, policy).points == 0
    assert accrue(5_000, policy).points == 50


def test_an_absurd_amount_is_booked_but_flagged() -> None:
    """Suspicion never withholds an earn (reliability case 54)."""
    accrual = accrue(99_999_999, AccrualPolicy(rate_bp=100))

    assert accrual.points == 999_999
    assert accrual.flagged
    assert not accrue(9_999_999, AccrualPolicy()).flagged


@given(_MONEY, _RATE_BP, st.integers(min_value=0, max_value=10**9))
def test_points_are_never_negative_and_never_more_than_the_rate_allows(paid: int, rate_bp: int, spent: int) -> None:
    accrual = accrue(paid, AccrualPolicy(rate_bp=rate_bp), points_spent_won=spent)

    assert 0 <= accrual.points * 10_000 <= max(paid, 0) * rate_bp


@given(st.integers(min_value=0, max_value=10**8), st.integers(min_value=0, max_value=10**6), _RATE_BP)
def test_paying_more_never_earns_less(paid: int, more: int, rate_bp: int) -> None:
    policy = AccrualPolicy(rate_bp=rate_bp)

    assert accrue(paid + more, policy).points >= accrue(paid, policy).points
