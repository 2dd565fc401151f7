"""What coupons take off, how many go together, and the limits of a day (CPN-09 to 12, CPN-26 to 28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

PERCENT_BP = 100
ADVERTISER_USE_MAX_WON = 3_000  # CPN-12, Ambiguity A3: defaults that head office may raise
ADVERTISER_DAY_MAX_WON = 5_000


class BenefitKind(StrEnum):
    AMOUNT = "amount"
    RATE = "rate"


@dataclass(frozen=True)
class Benefit:
    """``value``: won, or basis points of the base. ``max_won`` caps a rate (CPN-09)."""

    kind: BenefitKind
    value: int
    max_won: int | None = None


def discount_won(benefit: Benefit, base_won: int) -> int:
    """Whole won, cut, never more than there is to pay (CPN-09)."""
    base_won = max(base_won, 0)
    wanted = benefit.value if benefit.kind is BenefitKind.AMOUNT else base_won * benefit.value // (100 * PERCENT_BP)
    capped = wanted if benefit.max_won is None else min(wanted, benefit.max_won)
    return max(min(capped, base_won), 0)


def discounts_won(benefits: Sequence[Benefit], base_won: int) -> tuple[int, ...]:
    """Several together, one after the other on what is left (CPN-26)."""
    found, rest = [], max(base_won, 0)
    for benefit in benefits:
        taken = discount_won(benefit, rest)
        found.append(taken)
        rest -= taken
    return tuple(found)


@dataclass(frozen=True)
class RewardUse:
    """One reward somebody wants to use in a payment. ``alone``: the store allows it by itself only."""

    reward_id: str
    value_won: int
    alone: bool = False


@dataclass(frozen=True)
class OverlapRules:
    """CPN-11. ``same``: one reward twice in a payment; ``different``: several rewards together."""

    same: bool = False
    different: bool = False


class UseProblem(StrEnum):
    """Why rewards cannot be used in this payment; screens translate it."""

    ALONE = "alone"
    SAME_TWICE = "same_twice"
    DIFFERENT_TOGETHER = "different_together"
    PAYMENT_COUNT = "payment_count"
    PAYMENT_VALUE = "payment_value"
    DAY_COUNT = "day_count"
    DAY_VALUE = "day_value"
    MEMBER_DAY_COUNT = "member_day_count"
    PER_USE = "per_use"


def overlap_problem(uses: Sequence[RewardUse], rules: OverlapRules) -> UseProblem | None:
    """CPN-11."""
    kinds = {use.reward_id for use in uses}
    if len(uses) > 1 and any(use.alone for use in uses):
        return UseProblem.ALONE
    if len(kinds) < len(uses) and not rules.same:
        return UseProblem.SAME_TWICE
    if len(kinds) > 1 and not rules.different:
        return UseProblem.DIFFERENT_TOGETHER
    return None


@dataclass(frozen=True)
class UseLimits:
    """CPN-10; None: no limit. A day is the store's business day. ``member_day_count`` is the optional limit of one
    member (Ambiguity A5)."""

    day_count: int | None = None
    day_value_won: int | None = None
    payment_count: int | None = None
    payment_value_won: int | None = None
    member_day_count: int | None = None


@dataclass(frozen=True)
class UsedToday:
    """Uses of the business day so far, with those that wait for a decision: two at once must not pass a limit."""

    count: int = 0
    value_won: int = 0
    by_member: int = 0


def limit_problem(uses: Sequence[RewardUse], limits: UseLimits, used: UsedToday) -> UseProblem | None:
    """The first limit that these uses would pass (CPN-10, APR-35)."""
    count, value_won = len(uses), sum(use.value_won for use in uses)
    checks = (
        (UseProblem.PAYMENT_COUNT, count, limits.payment_count),
        (UseProblem.PAYMENT_VALUE, value_won, limits.payment_value_won),
        (UseProblem.DAY_COUNT, used.count + count, limits.day_count),
        (UseProblem.DAY_VALUE, used.value_won + value_won, limits.day_value_won),
        (UseProblem.MEMBER_DAY_COUNT, used.by_member + count, limits.member_day_count),
    )
    return next((problem for problem, wanted, limit in checks if limit is not None and wanted > limit), None)


@dataclass(frozen=True)
class LimitsLeft:
    """What a counter shows as still possible today; None: unlimited (CPN-10)."""

    count: int | None
    value_won: int | None


def limits_left(limits: UseLimits, used: UsedToday) -> LimitsLeft:
    """Never below zero, also when a fact was booked beyond a limit."""
    return LimitsLeft(
        None if limits.day_count is None else max(limits.day_count - used.count, 0),
        None if limits.day_value_won is None else max(limits.day_value_won - used.value_won, 0),
    )


@dataclass(frozen=True)
class AdvertiserLimits:
    """What one use and one member's day of advertisers' rewards may come to (CPN-12, Ambiguity A3): of the platform, or
    of one advertiser within it."""

    use_max_won: int = ADVERTISER_USE_MAX_WON
    day_max_won: int = ADVERTISER_DAY_MAX_WON

    def within(self, platform: AdvertiserLimits) -> AdvertiserLimits:
        """No advertiser gives more than the platform allows."""
        return AdvertiserLimits(
            min(self.use_max_won, platform.use_max_won), min(self.day_max_won, platform.day_max_won)
        )


def advertiser_problem(
    uses: Sequence[RewardUse], used_today_won: int, limits: AdvertiserLimits | None = None
) -> UseProblem | None:
    """CPN-12: one at a time, so much a use, so much a day."""
    limits = limits or AdvertiserLimits()
    if len(uses) > 1:
        return UseProblem.ALONE
    value_won = sum(use.value_won for use in uses)
    if value_won > limits.use_max_won:
        return UseProblem.PER_USE
    return UseProblem.DAY_VALUE if used_today_won + value_won > limits.day_max_won else None
