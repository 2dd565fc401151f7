"""MEM-12, MEM-18 to 20, PNT-05: grades of members."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.accrual import AccrualPolicy, accrue
from rules.grades import (
    Activity,
    Grade,
    GradesProblem,
    PromotionBenefit,
    after_earn,
    after_review,
    grade_reached,
    grades_problem,
    promotion_benefit,
)

WELCOME = Grade(1, "WELCOME", 50)
VIP = Grade(2, "VIP", 100, min_orders=1, coupon="takeout-2000")
KING = Grade(3, "KING", 200, min_orders=2, coupon="cheese-balls", bonus_points=500)
STAFF = Grade(4, "STAFF", 300, assigned=True)
_TABLE = (WELCOME, VIP, KING, STAFF)


@pytest.mark.parametrize(
    ("grades", "problem"),
    [
        (_TABLE, None),
        ((WELCOME,), None),
        ((), GradesProblem.EMPTY),
        ((VIP, WELCOME), GradesProblem.LEVELS),
        ((WELCOME, dataclasses.replace(VIP, code="WELCOME")), GradesProblem.CODES),
        ((dataclasses.replace(WELCOME, code=" "),), GradesProblem.CODES),
        ((dataclasses.replace(WELCOME, rate_bp=10_001),), GradesProblem.RATE),
        ((dataclasses.replace(WELCOME, rate_bp=-1),), GradesProblem.RATE),
        ((dataclasses.replace(WELCOME, min_orders=1),), GradesProblem.ENTRY),
        ((dataclasses.replace(WELCOME, min_points=1),), GradesProblem.ENTRY),
        ((dataclasses.replace(WELCOME, assigned=True),), GradesProblem.ENTRY),
        ((WELCOME, dataclasses.replace(VIP, min_orders=0)), GradesProblem.CONDITION),
        ((WELCOME, VIP, dataclasses.replace(KING, min_orders=0, min_points=5)), GradesProblem.CONDITION),
        (
            (WELCOME, dataclasses.replace(VIP, min_points=5), dataclasses.replace(KING, min_points=4)),
            GradesProblem.CONDITION,
        ),
    ],
)
def test_a_table_of_grades_rises_from_an_entry_without_condition(
    grades: tuple[Grade, ...], problem: GradesProblem | None
) -> None:
    """MEM-18"""
    assert grades_problem(grades) is problem


@pytest.mark.parametrize(("orders", "grade"), [(0, WELCOME), (1, VIP), (2, KING), (9, KING)])
def test_orders_within_the_window_lead_to_a_grade(orders: int, grade: Grade) -> None:
    """MEM-18, Ambiguity A6; nobody reaches the staff's grade by buying (MEM-12)."""
    assert grade_reached(_TABLE, Activity(orders)) is grade


def test_points_may_be_a_condition() -> None:
    """MEM-19: points by hand and by coupons count."""
    grades = (WELCOME, dataclasses.replace(VIP, min_orders=0, min_points=1_000))

    assert grade_reached(grades, Activity(0, 999)) is WELCOME
    assert grade_reached(grades, Activity(0, 1_000)) is grades[1]


def test_an_earn_promotes_and_only_a_review_takes_away() -> None:
    """MEM-19, Ambiguity A6"""
    assert after_earn(_TABLE, WELCOME, Activity(2)) is KING
    assert after_earn(_TABLE, KING, Activity(0)) is KING
    assert after_review(_TABLE, KING, Activity(1)) is VIP
    assert after_review(_TABLE, STAFF, Activity(0)) is STAFF
    assert after_earn(_TABLE, STAFF, Activity(9)) is STAFF


@pytest.mark.parametrize(
    ("before", "after", "benefit"),
    [
        (WELCOME, VIP, PromotionBenefit(("takeout-2000",), 0)),
        (WELCOME, KING, PromotionBenefit(("takeout-2000", "cheese-balls"), 500)),
        (VIP, VIP, None),
        (KING, VIP, None),
        (KING, STAFF, PromotionBenefit((), 0)),
    ],
)
def test_every_grade_that_was_climbed_gives_its_benefit(
    before: Grade, after: Grade, benefit: PromotionBenefit | None
) -> None:
    """MEM-20"""
    assert promotion_benefit(_TABLE, before, after) == benefit


@pytest.mark.parametrize(("grade", "points"), [(WELCOME, 22), (VIP, 45), (KING, 90)])
def test_a_grade_earns_at_its_rate(grade: Grade, points: int) -> None:
    """PNT-05, MEM-18: half points are cut."""
    assert accrue(4_500, AccrualPolicy(rate_bp=grade.rate_bp)).points == points


@given(orders=st.integers(0, 10), more=st.integers(0, 10), start=st.sampled_from((WELCOME, VIP, KING)))
def test_more_orders_never_lead_lower(orders: int, more: int, start: Grade) -> None:
    """MEM-18, MEM-19"""
    few, many = Activity(orders), Activity(orders + more)

    assert after_earn(_TABLE, start, few).level <= after_earn(_TABLE, start, many).level
    assert after_earn(_TABLE, start, few).level >= start.level
    assert after_review(_TABLE, start, few).level <= after_review(_TABLE, start, many).level
