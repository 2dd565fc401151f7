"""PNT-10, PNT-12: how much may be spent offline, and which limit says so."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.spending import (
    CLOCKS_APART_MS,
    Allowance,
    OfflineUse,
    Snapshot,
    SpendFlag,
    SpendLimit,
    SpendPolicy,
    discount_missing_won,
    floor_to_unit,
    grant,
    offline_allowance,
    online_allowance,
    refuse_amount,
    spend_flags,
    told_to_customers,
)

_DAY_MS = 86_400_000
_POLICY = SpendPolicy(1, 30_000, 5_000, _DAY_MS)
_FRESH = Snapshot(3_240, 60_000)
_WON = st.integers(min_value=0, max_value=10**6)


@pytest.mark.parametrize(
    ("policy", "snapshot", "used", "payment_won", "expected"),
    [
        # The balance, the payment, the member, the store: each in turn is the tightest.
        (_POLICY, _FRESH, OfflineUse(), 18_000, Allowance(3_240, SpendLimit.BALANCE)),
        (_POLICY, _FRESH, OfflineUse(), 2_000, Allowance(2_000, SpendLimit.PAYMENT)),
        (_POLICY, Snapshot(9_000, 0), OfflineUse(), 18_000, Allowance(5_000, SpendLimit.MEMBER_DAY)),
        (_POLICY, _FRESH, OfflineUse(member_today=2_000), 18_000, Allowance(3_000, SpendLimit.MEMBER_DAY)),
        (_POLICY, _FRESH, OfflineUse(store_today=28_000), 18_000, Allowance(2_000, SpendLimit.STORE_DAY)),
        (_POLICY, _FRESH, OfflineUse(since_snapshot=3_000), 18_000, Allowance(240, SpendLimit.BALANCE)),
        # Nothing is left; what was booked beyond a limit gives no negative allowance.
        (_POLICY, _FRESH, OfflineUse(store_today=30_000), 18_000, Allowance(0, SpendLimit.STORE_DAY)),
        (_POLICY, _FRESH, OfflineUse(member_today=7_000), 18_000, Allowance(0, SpendLimit.MEMBER_DAY)),
        (_POLICY, _FRESH, OfflineUse(since_snapshot=9_000), 18_000, Allowance(0, SpendLimit.BALANCE)),
        # The unit rounds down (A3).
        (SpendPolicy(100, 30_000, 5_000, _DAY_MS), _FRESH, OfflineUse(), 18_000, Allowance(3_200, SpendLimit.BALANCE)),
        # The snapshot: exactly as old as allowed, older, from the future, none.
        (_POLICY, Snapshot(100, _DAY_MS), OfflineUse(), 18_000, Allowance(100, SpendLimit.BALANCE)),
        (_POLICY, Snapshot(100, _DAY_MS + 1), OfflineUse(), 18_000, Allowance(0, SpendLimit.SNAPSHOT_STALE)),
        (_POLICY, Snapshot(100, -CLOCKS_APART_MS), OfflineUse(), 18_000, Allowance(100, SpendLimit.BALANCE)),
        (_POLICY, Snapshot(100, -CLOCKS_APART_MS - 1), OfflineUse(), 18_000, Allowance(0, SpendLimit.SNAPSHOT_STALE)),
        (_POLICY, None, OfflineUse(), 18_000, Allowance(0, SpendLimit.SNAPSHOT_MISSING)),
        # A zero in the policy switches it off, whichever.
        (SpendPolicy(), _FRESH, OfflineUse(), 18_000, Allowance(0, SpendLimit.SWITCHED_OFF)),
        (SpendPolicy(1, 0, 5_000, 1), _FRESH, OfflineUse(), 18_000, Allowance(0, SpendLimit.SWITCHED_OFF)),
        (SpendPolicy(1, 30_000, 0, 1), _FRESH, OfflineUse(), 18_000, Allowance(0, SpendLimit.SWITCHED_OFF)),
        (SpendPolicy(1, 30_000, 5_000, 0), _FRESH, OfflineUse(), 18_000, Allowance(0, SpendLimit.SWITCHED_OFF)),
    ],
)
def test_the_tightest_limit_counts_and_is_named(
    policy: SpendPolicy, snapshot: Snapshot | None, used: OfflineUse, payment_won: int, expected: Allowance
) -> None:
    """PNT-10, PNT-12"""
    assert offline_allowance(policy, snapshot, used, payment_won) == expected


@given(
    policy=st.builds(SpendPolicy, st.integers(1, 1_000), _WON, _WON, st.integers(0, _DAY_MS)),
    snapshot=st.none() | st.builds(Snapshot, _WON, st.integers(-_DAY_MS, 2 * _DAY_MS)),
    payments=st.lists(_WON, min_size=1, max_size=20),
)
def test_however_often_it_is_spent_no_limit_is_ever_passed(
    policy: SpendPolicy, snapshot: Snapshot | None, payments: list[int]
) -> None:
    """PNT-10: a member who comes back again and again with ever other payments."""
    spent = 0

    for payment_won in payments:
        allowance = offline_allowance(policy, snapshot, OfflineUse(spent, spent, spent), payment_won)
        assert 0 <= allowance.points <= payment_won
        assert allowance.points % policy.use_unit == 0
        spent += allowance.points

    bounds = [policy.offline_store_day_won, policy.offline_member_won, snapshot.points if snapshot else 0]
    assert spent <= min(bounds)


@given(policy=st.builds(SpendPolicy, st.just(1), _WON, _WON, st.just(_DAY_MS)), points=_WON, payment_won=_WON)
def test_a_policy_that_allows_more_never_allows_less(policy: SpendPolicy, points: int, payment_won: int) -> None:
    wider = dataclasses.replace(policy, offline_store_day_won=policy.offline_store_day_won + 1_000)
    snapshot = Snapshot(points, 0)

    narrow = offline_allowance(policy, snapshot, OfflineUse(), payment_won)

    assert offline_allowance(wider, snapshot, OfflineUse(), payment_won).points >= narrow.points


@pytest.mark.parametrize(
    ("points", "payment_won", "use_unit", "problem"),
    [
        (1, 1, 1, None),
        (3_000, 18_000, 100, None),
        (0, 18_000, 1, SpendLimit.AMOUNT),
        (-1, 18_000, 1, SpendLimit.AMOUNT),
        (150, 18_000, 100, SpendLimit.AMOUNT),
        (18_001, 18_000, 1, SpendLimit.PAYMENT),
        (1, 0, 1, SpendLimit.PAYMENT),
    ],
)
def test_an_amount_is_whole_units_and_no_more_than_the_payment(
    points: int, payment_won: int, use_unit: int, problem: SpendLimit | None
) -> None:
    assert refuse_amount(SpendPolicy(use_unit), points, payment_won) is problem


def test_online_the_balance_or_the_payment_is_the_bound() -> None:
    assert online_allowance(SpendPolicy(), 3_240, 18_000) == Allowance(3_240, SpendLimit.BALANCE)
    assert online_allowance(SpendPolicy(100), 3_240, 2_050) == Allowance(2_000, SpendLimit.PAYMENT)
    assert online_allowance(SpendPolicy(), 0, 18_000) == Allowance(0, SpendLimit.BALANCE)


@pytest.mark.parametrize(
    ("percent", "day_max", "day_total", "expected"),
    [
        (30, 0, 0, Allowance(3_600, SpendLimit.SHARE)),
        (30, 50_000, 48_000, Allowance(2_000, SpendLimit.DAY_TOTAL)),
        (30, 50_000, 46_400, Allowance(3_600, SpendLimit.DAY_TOTAL)),  # equal: the day is named
        (30, 50_000, 50_001, Allowance(0, SpendLimit.DAY_TOTAL)),
        (0, 0, 0, Allowance(0, SpendLimit.SHARE)),
        (100, 0, 10**9, Allowance(12_000, SpendLimit.PAYMENT)),
    ],
)
def test_a_share_of_the_payment_and_a_total_of_the_day_bound_every_spend(
    percent: int, day_max: int, day_total: int, expected: Allowance
) -> None:
    """PNT-12: 30 % of 12,000 won are 3,600 P; 48,000 of 50,000 used leave 2,000 P. With a line and without."""
    policy = SpendPolicy(1, 10**6, 10**6, _DAY_MS, percent, day_max)

    assert online_allowance(policy, 20_000, 12_000, day_total) == expected
    offline = offline_allowance(policy, Snapshot(20_000, 0), OfflineUse(day_total=day_total), 12_000)
    assert offline == expected


def test_more_than_the_share_is_refused_whoever_asks() -> None:
    """PNT-12"""
    policy = SpendPolicy(payment_max_percent=30)

    assert refuse_amount(policy, 3_600, 12_000) is None
    assert refuse_amount(policy, 3_601, 12_000) is SpendLimit.SHARE
    assert refuse_amount(policy, 12_001, 12_000) is SpendLimit.PAYMENT


def test_an_allowance_grants_up_to_its_points() -> None:
    allowance = Allowance(3_000, SpendLimit.STORE_DAY)

    assert grant(3_000, allowance) is None
    assert grant(3_001, allowance) is SpendLimit.STORE_DAY


def test_whole_units_are_never_below_zero() -> None:
    assert (floor_to_unit(249, 100), floor_to_unit(-5, 100), floor_to_unit(0, 1)) == (200, 0, 0)


@pytest.mark.parametrize(
    ("age_ms", "used", "points", "covered", "suspended", "flags"),
    [
        (0, OfflineUse(), 5_000, 5_000, False, ()),
        (_DAY_MS, OfflineUse(25_000, 0), 5_000, 5_000, False, ()),
        (0, OfflineUse(25_001, 0), 5_000, 5_000, False, (SpendFlag.OVER_QUOTA,)),
        (0, OfflineUse(0, 1), 5_000, 5_000, False, (SpendFlag.OVER_QUOTA,)),
        (_DAY_MS + 1, OfflineUse(), 1, 1, False, (SpendFlag.STALE_SNAPSHOT,)),
        (-CLOCKS_APART_MS, OfflineUse(), 1, 1, False, ()),
        (-CLOCKS_APART_MS - 1, OfflineUse(), 1, 1, False, (SpendFlag.STALE_SNAPSHOT,)),
        (0, OfflineUse(), 2, 1, False, (SpendFlag.OVERSPENT,)),
        (0, OfflineUse(), 1, 1, True, (SpendFlag.DEVICE_SUSPENDED,)),
        (-_DAY_MS, OfflineUse(30_000, 0), 2, 0, True, tuple(SpendFlag)),
    ],
)
def test_a_reported_spend_is_flagged_and_never_refused(
    age_ms: int, used: OfflineUse, points: int, covered: int, suspended: bool, flags: tuple[SpendFlag, ...]
) -> None:
    assert spend_flags(_POLICY, age_ms, used, points, covered, suspended=suspended) == flags


def test_under_a_policy_without_offline_spending_every_spend_is_over_quota() -> None:
    assert SpendFlag.OVER_QUOTA in spend_flags(SpendPolicy(), 0, OfflineUse(), 1, 1, suspended=False)


def test_whoever_types_numbers_learns_nothing_from_a_refusal() -> None:
    """R9"""
    about_the_member = {SpendLimit.SNAPSHOT_MISSING, SpendLimit.MEMBER_DAY, SpendLimit.BALANCE}

    assert {told_to_customers(limit) for limit in about_the_member} == {SpendLimit.BALANCE}
    assert all(told_to_customers(limit) is limit for limit in set(SpendLimit) - about_the_member)


@pytest.mark.parametrize(("paid_won", "missing_won"), [(18_000, 3_000), (15_000, 0), (19_500, 0), (0, 0)])
def test_only_the_full_sum_says_that_the_discount_was_forgotten(paid_won: int, missing_won: int) -> None:
    """PNT-06"""
    assert discount_missing_won(paid_won, 18_000, 3_000) == missing_won
