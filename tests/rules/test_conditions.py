"""CPN-04, CPN-07 to 12, CPN-26 to 28: when coupons may be used, and what they take off."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import moment_ms
from rules.conditions import TimeRange, Unmet, UseConditions, unmet
from rules.discounts import (
    AdvertiserLimits,
    Benefit,
    BenefitKind,
    LimitsLeft,
    OverlapRules,
    RewardUse,
    UsedToday,
    UseLimits,
    UseProblem,
    advertiser_problem,
    discount_won,
    discounts_won,
    limit_problem,
    limits_left,
    overlap_problem,
)
from rules.sale import CustomerKind, Item, PayMeans, Sale, SaleChannel, ServiceType

WEDNESDAY = date(2026, 11, 25)
_AFTERNOON = moment_ms(WEDNESDAY, 15 * 60)
_SALE = Sale(
    8_000,
    _AFTERNOON,
    "s1",
    (Item("vanilla", 1, "latte"),),
    service=ServiceType.PICKUP,
    kinds=frozenset({CustomerKind.NEW}),
)
_LATTE_HOUR = UseConditions(
    min_won=8_000,
    categories=frozenset({"latte"}),
    services=frozenset({ServiceType.PICKUP}),
    weekdays=frozenset(range(5)),
    times=(TimeRange(14 * 60, 17 * 60),),
)


def test_all_conditions_hold_together() -> None:
    """CPN-04, CPN-28"""
    assert unmet(_LATTE_HOUR, _SALE) == ()


@pytest.mark.parametrize(
    ("sale", "missing"),
    [
        (dataclasses.replace(_SALE, paid_won=7_999), (Unmet.MIN_AMOUNT,)),
        (dataclasses.replace(_SALE, items=(Item("tea", 1, "tea"),)), (Unmet.MENU,)),
        (dataclasses.replace(_SALE, items=()), (Unmet.MENU,)),
        (dataclasses.replace(_SALE, items=(Item("vanilla", 1, "latte", reward_excluded=True),)), (Unmet.MENU,)),
        (dataclasses.replace(_SALE, service=ServiceType.IN_STORE), (Unmet.SERVICE,)),
        (dataclasses.replace(_SALE, at_ms=moment_ms(WEDNESDAY + timedelta(days=3), 900)), (Unmet.WEEKDAY,)),
        (dataclasses.replace(_SALE, at_ms=moment_ms(WEDNESDAY, 14 * 60) - 1), (Unmet.TIME,)),
        (dataclasses.replace(_SALE, at_ms=moment_ms(WEDNESDAY, 14 * 60)), ()),
        (dataclasses.replace(_SALE, at_ms=moment_ms(WEDNESDAY, 17 * 60) - 1), ()),
        (dataclasses.replace(_SALE, at_ms=moment_ms(WEDNESDAY, 17 * 60)), (Unmet.TIME,)),
        (
            dataclasses.replace(_SALE, paid_won=1, service=ServiceType.DELIVERY),
            (Unmet.MIN_AMOUNT, Unmet.SERVICE),
        ),
    ],
)
def test_everything_that_is_not_met_is_named(sale: Sale, missing: tuple[Unmet, ...]) -> None:
    """CPN-04, MNU-14"""
    assert unmet(_LATTE_HOUR, sale) == missing


@pytest.mark.parametrize(
    ("conditions", "missing"),
    [
        (UseConditions(first_day=WEDNESDAY, last_day=WEDNESDAY), ()),
        (UseConditions(first_day=WEDNESDAY + timedelta(days=1)), (Unmet.PERIOD,)),
        (UseConditions(last_day=WEDNESDAY - timedelta(days=1)), (Unmet.PERIOD,)),
        (UseConditions(max_won=8_000), ()),
        (UseConditions(max_won=7_999), (Unmet.MAX_AMOUNT,)),
        (UseConditions(products=frozenset({"vanilla"})), ()),
        (UseConditions(products=frozenset({"mocha"})), (Unmet.MENU,)),
        (UseConditions(products=frozenset({"mocha"}), categories=frozenset({"latte"})), ()),
        (UseConditions(channels=frozenset({SaleChannel.OFFLINE})), ()),
        (UseConditions(channels=frozenset({SaleChannel.WEB})), (Unmet.CHANNEL,)),
        (UseConditions(means=frozenset({PayMeans.CARD})), ()),
        (UseConditions(means=frozenset({PayMeans.LOCAL_CURRENCY})), (Unmet.MEANS,)),
        (UseConditions(customers=frozenset({CustomerKind.NEW})), ()),
        (UseConditions(customers=frozenset({CustomerKind.REGULAR})), (Unmet.CUSTOMER,)),
        (UseConditions(grades=frozenset({"VIP"})), (Unmet.GRADE,)),
        (UseConditions(stores=frozenset({"s1"})), ()),
        (UseConditions(stores=frozenset({"s2"})), (Unmet.STORE,)),
        (UseConditions(regions=frozenset({"mapo"})), ()),
        (UseConditions(regions=frozenset({"jongno"})), (Unmet.REGION,)),
        (UseConditions(uses_per_member=2), ()),
        (UseConditions(uses_per_member=1), (Unmet.USES,)),
    ],
)
def test_each_field_restricts_by_itself(conditions: UseConditions, missing: tuple[Unmet, ...]) -> None:
    """CPN-07, CPN-08"""
    assert unmet(conditions, _SALE, region="mapo", used=1) == missing


@pytest.mark.parametrize(
    ("day", "minute", "missing"),
    [
        (4, 22 * 60, ()),
        (4, 21 * 60 + 59, (Unmet.TIME,)),
        (5, 119, ()),  # Saturday, 01:59: still Friday's night
        (5, 120, (Unmet.WEEKDAY, Unmet.TIME)),
        (4, 60, (Unmet.WEEKDAY,)),  # Friday, 01:00: Thursday's night
        (6, 60, (Unmet.WEEKDAY,)),
    ],
)
def test_a_night_belongs_to_the_day_it_began(day: int, minute: int, missing: tuple[Unmet, ...]) -> None:
    """CPN-07: times over midnight."""
    conditions = UseConditions(weekdays=frozenset({4}), times=(TimeRange(22 * 60, 120),))
    monday = WEDNESDAY - timedelta(days=2)

    assert unmet(conditions, Sale(1, moment_ms(monday + timedelta(days=day), minute))) == missing


def test_two_time_ranges() -> None:
    """CPN-07"""
    conditions = UseConditions(times=(TimeRange(0, 60), TimeRange(900, 901)))
    assert unmet(conditions, _SALE) == ()


def test_a_thursday_time_sale_in_march() -> None:
    """CPN-27"""
    sale = UseConditions(
        first_day=date(2023, 3, 9),
        last_day=date(2023, 3, 30),
        weekdays=frozenset({3}),
        times=(TimeRange(14 * 60, 16 * 60),),
        min_won=14_000,
    )
    days = [date(2023, 3, day) for day in range(1, 32)]
    open_days = [day.day for day in days if not unmet(sale, Sale(14_000, moment_ms(day, 14 * 60)))]

    assert open_days == [9, 16, 23, 30]
    assert discount_won(Benefit(BenefitKind.AMOUNT, 5_000), 14_000) == 5_000


def test_two_discounts_of_a_new_menu_together() -> None:
    """CPN-26, CPN-28"""
    both = (Benefit(BenefitKind.AMOUNT, 4_000), Benefit(BenefitKind.AMOUNT, 3_000))

    assert discounts_won(both, 18_000) == (4_000, 3_000)
    assert discounts_won(both, 5_000) == (4_000, 1_000)
    new_dish = UseConditions(first_day=date(2023, 7, 18), last_day=date(2023, 7, 23), uses_per_member=1)
    assert unmet(new_dish, Sale(1, moment_ms(date(2023, 7, 23), 1_439)), used=0) == ()
    assert unmet(new_dish, Sale(1, moment_ms(date(2023, 7, 24), 0)), used=1) == (Unmet.PERIOD, Unmet.USES)


@pytest.mark.parametrize(
    ("benefit", "base_won", "taken"),
    [
        (Benefit(BenefitKind.RATE, 3_000, 3_000), 20_000, 3_000),
        (Benefit(BenefitKind.RATE, 3_000), 20_000, 6_000),
        (Benefit(BenefitKind.RATE, 3_000), 4_999, 1_499),
        (Benefit(BenefitKind.AMOUNT, 5_000), 4_500, 4_500),
        (Benefit(BenefitKind.AMOUNT, 5_000), -1, 0),
        (Benefit(BenefitKind.RATE, 20_000), 1_000, 1_000),
        (Benefit(BenefitKind.AMOUNT, -5), 1_000, 0),
    ],
)
def test_a_rate_may_have_a_cap_and_nothing_goes_below_zero(benefit: Benefit, base_won: int, taken: int) -> None:
    """CPN-09"""
    assert discount_won(benefit, base_won) == taken


@given(
    benefits=st.lists(st.builds(Benefit, st.sampled_from(BenefitKind), st.integers(0, 20_000), st.none()), max_size=4),
    base_won=st.integers(0, 100_000),
)
def test_discounts_together_never_pass_the_price(benefits: list[Benefit], base_won: int) -> None:
    """CPN-09, CPN-26"""
    taken = discounts_won(benefits, base_won)

    assert len(taken) == len(benefits)
    assert all(amount >= 0 for amount in taken)
    assert sum(taken) <= base_won


_A, _B, _ALONE = RewardUse("a", 1_000), RewardUse("b", 2_000), RewardUse("c", 1_000, alone=True)


@pytest.mark.parametrize(
    ("uses", "rules", "problem"),
    [
        ((_A,), OverlapRules(), None),
        ((_ALONE,), OverlapRules(), None),
        ((_ALONE, _A), OverlapRules(True, True), UseProblem.ALONE),
        ((_A, _A), OverlapRules(False, True), UseProblem.SAME_TWICE),
        ((_A, _A), OverlapRules(True, False), None),
        ((_A, _B), OverlapRules(True, False), UseProblem.DIFFERENT_TOGETHER),
        ((_A, _B), OverlapRules(False, True), None),
        ((_A, _A, _B), OverlapRules(True, True), None),
        ((), OverlapRules(), None),
    ],
)
def test_which_rewards_go_together(
    uses: tuple[RewardUse, ...], rules: OverlapRules, problem: UseProblem | None
) -> None:
    """CPN-11"""
    assert overlap_problem(uses, rules) is problem


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        (UseLimits(), None),
        (UseLimits(5, 20_000, 2, 3_000, 3), None),
        (UseLimits(payment_count=1), UseProblem.PAYMENT_COUNT),
        (UseLimits(payment_value_won=2_999), UseProblem.PAYMENT_VALUE),
        (UseLimits(day_count=4), UseProblem.DAY_COUNT),
        (UseLimits(day_value_won=12_999), UseProblem.DAY_VALUE),
        (UseLimits(member_day_count=2), UseProblem.MEMBER_DAY_COUNT),
    ],
)
def test_limits_of_a_payment_of_a_day_and_of_a_member(limits: UseLimits, problem: UseProblem | None) -> None:
    """CPN-10, APR-35, Ambiguity A5"""
    assert limit_problem((_A, _B), limits, UsedToday(3, 10_000, 1)) is problem


def test_what_is_left_today_is_shown() -> None:
    """CPN-10"""
    assert limits_left(UseLimits(5, 20_000), UsedToday(3, 25_000)) == LimitsLeft(2, 0)
    assert limits_left(UseLimits(), UsedToday(3, 25_000)) == LimitsLeft(None, None)


def test_an_advertisers_reward_has_limits_of_its_own() -> None:
    """CPN-12, PNT-13, Ambiguity A3"""
    assert advertiser_problem((RewardUse("x", 3_000),), 0) is None
    assert advertiser_problem((RewardUse("x", 2_000),), 3_000) is None
    assert advertiser_problem((RewardUse("x", 500),), 5_000) is UseProblem.DAY_VALUE
    assert advertiser_problem((RewardUse("x", 3_001),), 0) is UseProblem.PER_USE
    assert advertiser_problem((_A, _B), 0) is UseProblem.ALONE
    assert advertiser_problem((RewardUse("x", 4_000),), 5_000, AdvertiserLimits(4_000, 9_000)) is None
    assert advertiser_problem((RewardUse("x", 4_000),), 5_001, AdvertiserLimits(4_000, 9_000)) is UseProblem.DAY_VALUE


def test_no_advertiser_gives_more_than_the_platform_allows() -> None:
    """CPN-12, Ambiguity A3"""
    platform = AdvertiserLimits()

    assert AdvertiserLimits(2_000, 4_000).within(platform) == AdvertiserLimits(2_000, 4_000)
    assert AdvertiserLimits(9_000, 4_000).within(platform) == AdvertiserLimits(3_000, 4_000)
    assert AdvertiserLimits(9_000, 20_000).within(AdvertiserLimits(10_000, 15_000)) == AdvertiserLimits(9_000, 15_000)
