"""Programmes of earning: what may be kept, what holds in a store, what a sale earns, and the same as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rules.accrual import AccrualPolicy, AccrualReason
from rules.boards import CardProblem, StampCard, tiers_crossed, tiers_reached
from rules.calendar import moment_ms
from rules.coupons import RewardKind, StoreReward, drawn
from rules.earning import EarningMethod, PointScope
from rules.grades import Grade, GradesProblem
from rules.programs import (
    EarningProgram,
    ProgramProblem,
    UseLimits,
    business_day,
    merged,
    points_for,
    program_problem,
    read_program,
    stamps_expire_ms,
    stamps_of,
    to_wire,
)
from rules.sale import PayMeans, Sale, SaleChannel
from rules.spending import SpendPolicy
from rules.stamps import StampBasis, StampReason, StampRules

CARD = StampCard(10, (3, 7, 10))
STAMPS = EarningProgram(method=EarningMethod.STAMP, stamps=StampRules(minimum_won=5_000), card=CARD)
GRADES = (Grade(1, "WELCOME", 50), Grade(2, "VIP", 100, min_orders=1))
AT_MS = moment_ms(date(2026, 3, 10), 600)


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (EarningProgram(), None),
        (STAMPS, None),
        (replace(STAMPS, rewards=("a", "b", "c")), None),
        (EarningProgram(rate_bp=10_001), ProgramProblem.RATE),
        (EarningProgram(bonus_bp={PayMeans.CASH: -1}), ProgramProblem.BONUS),
        (EarningProgram(day_starts_minute=720), ProgramProblem.DAY),
        (EarningProgram(limits=UseLimits(payment_max_percent=101)), ProgramProblem.LIMITS),
        (EarningProgram(limits=UseLimits(store_day_max_points=-1)), ProgramProblem.LIMITS),
        (EarningProgram(limits=UseLimits(member_day_max_points=-1)), ProgramProblem.LIMITS),
        (EarningProgram(grades=(Grade(2, "A", 1),)), GradesProblem.LEVELS),
        (replace(STAMPS, method=EarningMethod.POINT), ProgramProblem.STAMPS_UNUSED),
        (EarningProgram(method=EarningMethod.STAMP, card=CARD), ProgramProblem.STAMPS_MISSING),
        (replace(STAMPS, stamps=StampRules(StampBasis.AMOUNT)), ProgramProblem.PER_WON),
        (replace(STAMPS, stamps=StampRules(per_won=100)), ProgramProblem.PER_WON),
        (replace(STAMPS, stamps=StampRules(day_max=0)), ProgramProblem.CAPS),
        (replace(STAMPS, rewards=("a",)), ProgramProblem.REWARDS),
        (replace(STAMPS, card=StampCard(10, (3, 7))), CardProblem.COMPLETION),
    ],
)
def test_what_cannot_be_kept_is_named(program: EarningProgram, problem: object) -> None:
    """PNT-02, STP-01, STP-03: points or stamps, one card, sound figures."""
    assert program_problem(program) == problem


def test_a_stores_programme_goes_before_its_brands_and_grades_are_the_brands() -> None:
    """PNT-02, PNT-04, MEM-18."""
    brand = EarningProgram(rate_bp=100, grades=GRADES)

    assert merged(brand, None) is brand
    assert merged(None, STAMPS) is STAMPS
    assert merged(None, None) is None
    assert merged(brand, STAMPS) == replace(STAMPS, grades=GRADES)


@pytest.mark.parametrize(
    ("grade", "means", "points"),
    [(None, None, 22), ("GONE", None, 22), ("VIP", None, 45), ("VIP", PayMeans.LOCAL_CURRENCY, 135)],
)
def test_the_rate_is_the_grades_and_an_extra_for_the_means(grade: str | None, means: PayMeans, points: int) -> None:
    """PNT-05, PNT-22: 4,500 won at 0.5 %, at 1 %, at 1 % and 2 % more."""
    program = EarningProgram(rate_bp=300, grades=GRADES, bonus_bp={PayMeans.LOCAL_CURRENCY: 200})

    assert points_for(program, AccrualPolicy(rate_bp=700), 4_500, grade=grade, means=means).points == points


def test_without_grades_the_stores_rate_goes_before_the_policys() -> None:
    """PNT-04, PNT-05."""
    assert points_for(EarningProgram(rate_bp=300), AccrualPolicy(rate_bp=700), 1_000).points == 30
    assert points_for(EarningProgram(), AccrualPolicy(rate_bp=700), 1_000).points == 70
    assert EarningProgram().grade("VIP") is None


def test_a_programme_of_stamps_gives_no_points_and_says_so() -> None:
    """PNT-02."""
    ordinary = points_for(STAMPS, AccrualPolicy(), 9_000, points_spent_won=2_000)
    odd = points_for(STAMPS, AccrualPolicy(), 10_000_000)

    assert (ordinary.points, ordinary.basis_won, ordinary.flagged) == (0, 7_000, False)
    assert odd.reasons == (AccrualReason.STAMPS_INSTEAD, AccrualReason.SUSPICIOUS_AMOUNT)


@pytest.mark.parametrize(
    ("card", "total", "stamps", "reason"),
    [
        (CARD, 0, 1, StampReason.EARNED),
        (replace(CARD, boards_max=1), 10, 0, StampReason.BOARDS_FULL),
        (replace(CARD, boards_max=1), 9, 1, StampReason.EARNED),
        (replace(CARD, first_day=date(2026, 3, 10), last_day=date(2026, 3, 10)), 0, 1, StampReason.EARNED),
        (replace(CARD, first_day=date(2026, 3, 11)), 0, 0, StampReason.PERIOD),
        (replace(CARD, last_day=date(2026, 3, 9)), 0, 0, StampReason.PERIOD),
    ],
)
def test_stamps_need_room_and_an_issue_period(card: StampCard, total: int, stamps: int, reason: StampReason) -> None:
    """STP-05, STP-19."""
    grant = stamps_of(replace(STAMPS, card=card), Sale(6_000, AT_MS), 0, total)

    assert (grant.stamps, grant.reason) == (stamps, reason)


def test_stamps_lapse_at_midnight_after_their_last_day_also_over_29_february() -> None:
    """STP-05, STP-21."""
    earned_ms = moment_ms(date(2028, 2, 28), 1_439)

    assert stamps_expire_ms(CARD, earned_ms) is None
    assert stamps_expire_ms(replace(CARD, valid_days=1), earned_ms) == moment_ms(date(2028, 3, 1), 0)


def test_a_business_day_begins_when_the_night_is_over() -> None:
    """STP-15: at 02:00, over the end of a month."""
    two_ms = moment_ms(date(2026, 3, 1), 120)

    assert [business_day(two_ms - 1, 120), business_day(two_ms, 120)] == [date(2026, 2, 28), date(2026, 3, 1)]
    assert business_day(two_ms - 120 * 60_000, 0) == date(2026, 3, 1)


def test_a_stores_limits_go_before_its_brands() -> None:
    """PNT-12."""
    brand = SpendPolicy(payment_max_percent=50, store_day_max_points=1_000)

    assert EarningProgram().spending(brand) == brand
    own = EarningProgram(limits=UseLimits(30, 0)).spending(brand)
    assert (own.payment_max_percent, own.store_day_max_points) == (30, 0)


def test_a_programme_is_the_same_after_its_journey_as_json() -> None:
    """PNT-02: cloud and counter compute with one document."""
    rules = StampRules(products=frozenset({"latte"}), channels=frozenset({SaleChannel.APP}), means=frozenset(PayMeans))
    card = replace(CARD, first_day=date(2026, 1, 1), last_day=date(2026, 12, 31), valid_days=30)
    full = replace(STAMPS, stamps=rules, card=card, rewards=("a", "b", "c"), scope=PointScope.INTEGRATED)
    full = replace(full, version=7, rate_bp=1, bonus_bp={PayMeans.CASH: 5}, grades=GRADES, limits=UseLimits(30))

    for program in (full, EarningProgram(), STAMPS):
        assert read_program(json.loads(json.dumps(to_wire(program)))) == program
    assert read_program({"method": "point", "newer": {"field": 1}}) == EarningProgram()


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"method": "moon"},
        {"method": "point", "rate_bp": "1"},
        {"method": "point", "version": True},
        {"method": "stamp", "stamps": {"basis": "moon"}, "card": None},
        {"method": "stamp", "card": {"per_board": 3, "tiers": ["3"]}},
    ],
)
def test_what_is_no_programme_is_refused_loudly(raw: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_program(raw)


def test_stamp_rules_without_a_basis_count_orders() -> None:
    """STP-10: an older document names none."""
    raw = {"method": "stamp", "stamps": {"minimum_won": 1}, "card": {"per_board": 3, "tiers": [3]}}
    found = read_program(raw)
    assert found.stamps is not None
    assert found.stamps.basis is StampBasis.ORDER


def test_tiers_between_two_totals_are_those_that_one_reaches_and_the_other_does_not() -> None:
    """STP-04."""
    for before in range(35):
        for after in range(before, 36):
            reached = sorted(set(tiers_reached(CARD, after)) - set(tiers_reached(CARD, before)))
            assert list(tiers_crossed(CARD, before, after)) == reached


@pytest.mark.parametrize(
    ("left", "roll", "place"),
    [
        ([1, 1, 1], 0, 0),
        ([1, 1, 1], 1_999, 0),
        ([1, 1, 1], 2_000, 1),
        ([1, 1, 1], 9_999, 2),
        ([0, 1, 1], 0, 1),
        ([1, 1, 0], 9_999, 0),
        ([0, 0, 0], 5_000, None),
    ],
)
def test_a_number_of_chance_falls_on_one_reward(left: list[int], roll: int, place: int | None) -> None:
    """CPN-03, PNT-14."""
    rewards = [
        StoreReward(name, RewardKind.DESSERT, 1, "조건", 1, 30, share)
        for name, share in (("가", 2_000), ("나", 3_000), ("다", 5_000))
    ]
    assert drawn(rewards, left, roll) == place


def test_a_single_reward_has_every_number() -> None:
    """CPN-03: one reward needs no probability."""
    assert drawn([StoreReward("가", RewardKind.DESSERT, 1, "조건", 1, 30)], [1], 9_999) == 0
