"""Grades of members: what leads to one, what it earns, when it is reviewed (MEM-12, MEM-18 to 20, PNT-05)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

WINDOW_DAYS = 30  # MEM-18, Ambiguity A6: rolling


@dataclass(frozen=True)
class Grade:
    """``level`` from 1. ``rate_bp``: what a payment earns, in basis points. ``min_orders`` and ``min_points`` of the
    window lead to it; the entry grade has neither. ``assigned``: given by a person only, staff and family (MEM-12)."""

    level: int
    code: str
    rate_bp: int
    min_orders: int = 0
    min_points: int = 0
    coupon: str | None = None  # issued on promotion (MEM-20)
    bonus_points: int = 0
    assigned: bool = False
    name: str = ""  # as members see it; the code where it is empty
    benefit: str = ""
    image: str = ""
    card_image: str = ""


@dataclass(frozen=True)
class Activity:
    """Of the window. ``points`` are those earned by payments, given by hand and by point coupons (MEM-19)."""

    orders: int
    points: int = 0


class GradesProblem(StrEnum):
    """Why a table of grades cannot be kept; screens translate it."""

    EMPTY = "empty"
    LEVELS = "levels"
    CODES = "codes"
    ENTRY = "entry"
    CONDITION = "condition"
    RATE = "rate"


def grades_problem(grades: Sequence[Grade]) -> GradesProblem | None:
    """The first thing that is wrong. The entry grade has no condition; those above it have one that is not easier than
    the one below (MEM-18)."""
    if not grades:
        return GradesProblem.EMPTY
    if [grade.level for grade in grades] != list(range(1, len(grades) + 1)):
        return GradesProblem.LEVELS
    if len({grade.code for grade in grades}) < len(grades) or not all(grade.code.strip() for grade in grades):
        return GradesProblem.CODES
    if any(not 0 <= grade.rate_bp <= 10_000 for grade in grades):
        return GradesProblem.RATE
    entry, *above = grades
    if entry.assigned or entry.min_orders or entry.min_points:
        return GradesProblem.ENTRY
    reached = [grade for grade in above if not grade.assigned]
    below = (0, 0)
    for grade in reached:
        condition = (grade.min_orders, grade.min_points)
        if condition == (0, 0) or condition[0] < below[0] or condition[1] < below[1]:
            return GradesProblem.CONDITION
        below = condition
    return None


def grade_reached(grades: Sequence[Grade], activity: Activity) -> Grade:
    """The highest grade whose condition is met. ``grades`` is a sound table, lowest first."""
    met = [
        grade
        for grade in grades
        if not grade.assigned and activity.orders >= grade.min_orders and activity.points >= grade.min_points
    ]
    return met[-1]


def after_earn(grades: Sequence[Grade], current: Grade, activity: Activity) -> Grade:
    """Each earn may promote, none takes a grade away (Ambiguity A6)."""
    if current.assigned:
        return current
    reached = grade_reached(grades, activity)
    return reached if reached.level > current.level else current


def after_review(grades: Sequence[Grade], current: Grade, activity: Activity) -> Grade:
    """The review of a cycle goes both ways (MEM-19); an assigned grade stays until a person changes it."""
    return current if current.assigned else grade_reached(grades, activity)


@dataclass(frozen=True)
class PromotionBenefit:
    """What a step up gives at once (MEM-20)."""

    coupons: tuple[str, ...]
    points: int


def promotion_benefit(grades: Sequence[Grade], before: Grade, after: Grade) -> PromotionBenefit | None:
    """Of every grade that was climbed; None when nobody climbed."""
    if after.level <= before.level:
        return None
    climbed = [grade for grade in grades if before.level < grade.level <= after.level and not grade.assigned]
    return PromotionBenefit(
        tuple(grade.coupon for grade in climbed if grade.coupon is not None),
        sum(grade.bonus_points for grade in climbed),
    )
