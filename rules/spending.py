"""How many points a customer may spend at this counter, and why not more (PNT-10, PNT-12).

Online the cloud holds the balance and decides. Offline the counter works from a snapshot within limits of the policy,
so that what can go wrong stays small: a day's total for the store, a sum for each member, a snapshot that is not old.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RECEIPT_FOLLOWS_MS = 900_000  # a receipt within this after a spend is the one of that sale
CLOCKS_APART_MS = 300_000  # as far as the clocks of a counter and the cloud may be apart (protocol, signed calls)


class SpendLimit(StrEnum):
    """Why points cannot be spent, or why not more of them; screens translate it."""

    AMOUNT = "amount"  # not a whole number of use units above zero
    PAYMENT = "payment"  # more than there is to pay
    SWITCHED_OFF = "switched_off"  # the policy allows nothing offline
    SNAPSHOT_MISSING = "snapshot_missing"  # no snapshot, or this member is not in it
    SNAPSHOT_STALE = "snapshot_stale"  # too old, or from the future: one of the clocks is wrong
    STORE_DAY = "store_day"  # what this device may give today is used up
    MEMBER_DAY = "member_day"  # what one member may spend offline in a day
    BALANCE = "balance"  # the member has fewer


@dataclass(frozen=True)
class SpendPolicy:
    """``use_unit``: points are spent in multiples of it (Ambiguity A3). The rest bounds spending offline; a zero
    among them switches it off."""

    use_unit: int = 1
    offline_store_day_won: int = 0
    offline_member_won: int = 0
    offline_snapshot_max_ms: int = 0

    @property
    def offline(self) -> bool:
        """Whether anything may be spent offline at all."""
        return min(self.offline_store_day_won, self.offline_member_won, self.offline_snapshot_max_ms) > 0


@dataclass(frozen=True)
class Snapshot:
    """A member's points as the cloud told them. ``age_ms`` compares two clocks: it is a little below zero when this one
    is behind, and far below when somebody has set it back."""

    points: int
    age_ms: int


@dataclass(frozen=True)
class OfflineUse:
    """What this device gave offline today, to everybody and to the member, and what the member spent here since the
    snapshot. All three count what still waits for a decision: two quick spends must not pass a limit together."""

    store_today: int = 0
    member_today: int = 0
    since_snapshot: int = 0


@dataclass(frozen=True)
class Allowance:
    """Up to ``points`` may be spent; ``limit`` is what keeps it from being more."""

    points: int
    limit: SpendLimit


def floor_to_unit(points: int, use_unit: int) -> int:
    """The largest multiple of the unit within ``points``; nothing for less than nothing."""
    return max(points, 0) // use_unit * use_unit


def online_allowance(balance: int, payment_won: int, use_unit: int) -> Allowance:
    """What the balance and the payment allow."""
    if payment_won < balance:
        return Allowance(floor_to_unit(payment_won, use_unit), SpendLimit.PAYMENT)
    return Allowance(floor_to_unit(balance, use_unit), SpendLimit.BALANCE)


def offline_allowance(policy: SpendPolicy, snapshot: Snapshot | None, used: OfflineUse, payment_won: int) -> Allowance:
    """What this device may let the member spend without asking the cloud. The tightest limit is named; among equal
    ones the first of: store, member, balance, payment."""
    if not policy.offline:
        return Allowance(0, SpendLimit.SWITCHED_OFF)
    if snapshot is None:
        return Allowance(0, SpendLimit.SNAPSHOT_MISSING)
    if not _fresh(policy, snapshot.age_ms):
        return Allowance(0, SpendLimit.SNAPSHOT_STALE)
    left = [
        (policy.offline_store_day_won - used.store_today, SpendLimit.STORE_DAY),
        (policy.offline_member_won - used.member_today, SpendLimit.MEMBER_DAY),
        (snapshot.points - used.since_snapshot, SpendLimit.BALANCE),
        (payment_won, SpendLimit.PAYMENT),
    ]
    points, limit = min(left, key=lambda bound: bound[0])
    return Allowance(floor_to_unit(points, policy.use_unit), limit)


def _fresh(policy: SpendPolicy, age_ms: int) -> bool:
    return -CLOCKS_APART_MS <= age_ms <= policy.offline_snapshot_max_ms


def refuse_amount(points: int, payment_won: int, use_unit: int) -> SpendLimit | None:
    """What is wrong with an amount whoever has how much; None: nothing."""
    if points <= 0 or points % use_unit:
        return SpendLimit.AMOUNT
    if points > payment_won:
        return SpendLimit.PAYMENT
    return None


def grant(points: int, allowance: Allowance) -> SpendLimit | None:
    """Why so many cannot be spent; None: they can."""
    return allowance.limit if points > allowance.points else None


def told_to_customers(limit: SpendLimit) -> SpendLimit:
    """What a screen may give as the reason. Whether a number is a member's, what it has and what it did today are one
    and the same word: whoever types numbers learns nothing from it (R9)."""
    about_the_member = (SpendLimit.SNAPSHOT_MISSING, SpendLimit.MEMBER_DAY, SpendLimit.BALANCE)
    return SpendLimit.BALANCE if limit in about_the_member else limit


def discount_missing_won(paid_won: int, payment_won: int, points: int) -> int:
    """What a receipt should have taken off and did not: staff forgot to key in the points, so it shows the full sum
    (PNT-06). Any other sum is an order that changed, and nobody's mistake."""
    return points if paid_won == payment_won else 0


class SpendFlag(StrEnum):
    """What a person should look at in a spend that was booked all the same: facts are never refused."""

    OVER_QUOTA = "over_quota"
    STALE_SNAPSHOT = "stale_snapshot"
    OVERSPENT = "overspent"
    DEVICE_SUSPENDED = "device_suspended"


def spend_flags(
    policy: SpendPolicy, snapshot_age_ms: int, used: OfflineUse, points: int, covered: int, *, suspended: bool
) -> tuple[SpendFlag, ...]:
    """What the cloud finds out about a spend that a device reports. ``used`` is what the device reported before."""
    flags = []
    store_over = used.store_today + points > policy.offline_store_day_won
    if store_over or used.member_today + points > policy.offline_member_won:
        flags.append(SpendFlag.OVER_QUOTA)
    if not _fresh(policy, snapshot_age_ms):
        flags.append(SpendFlag.STALE_SNAPSHOT)
    if covered < points:
        flags.append(SpendFlag.OVERSPENT)
    if suspended:
        flags.append(SpendFlag.DEVICE_SUSPENDED)
    return tuple(flags)
