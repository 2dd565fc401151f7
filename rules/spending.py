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
    SHARE = "share"  # the policy lets points cover only a part of one payment
    DAY_TOTAL = "day_total"  # what all customers of the store may use in a day is used up
    SWITCHED_OFF = "switched_off"  # the policy allows nothing offline
    SNAPSHOT_MISSING = "snapshot_missing"  # no snapshot, or this member is not in it
    SNAPSHOT_STALE = "snapshot_stale"  # too old, or from the future: one of the clocks is wrong
    STORE_DAY = "store_day"  # what this device may give today is used up
    MEMBER_DAY = "member_day"  # what one member may spend offline in a day
    BALANCE = "balance"  # the member has fewer


@dataclass(frozen=True)
class SpendPolicy:
    """``use_unit``: points are spent in multiples of it (Ambiguity A3). Points cover up to ``payment_max_percent`` of
    one payment, and all customers of a store use up to ``store_day_max_points`` a day, 0 for no such limit (PNT-12).
    The ``offline_`` fields bound spending offline; a zero among them switches it off."""

    use_unit: int = 1
    offline_store_day_won: int = 0
    offline_member_won: int = 0
    offline_snapshot_max_ms: int = 0
    payment_max_percent: int = 100
    store_day_max_points: int = 0

    def payment_bounds(self, payment_won: int, day_total: int) -> list[tuple[int, SpendLimit]]:
        """What the payment and the day allow whoever asks, in the order in which equal ones are named (PNT-12)."""
        bounds = []
        if self.store_day_max_points:
            bounds.append((self.store_day_max_points - day_total, SpendLimit.DAY_TOTAL))
        if self.payment_max_percent < 100:
            bounds.append((payment_share(payment_won, self.payment_max_percent), SpendLimit.SHARE))
        return [*bounds, (payment_won, SpendLimit.PAYMENT)]

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
    """What this device gave offline today, to everybody and to the member, what the member spent here since the
    snapshot, and what the store gave today as far as the device knows. All count what still waits for a decision: two
    quick spends must not pass a limit together."""

    store_today: int = 0
    member_today: int = 0
    since_snapshot: int = 0
    day_total: int = 0


@dataclass(frozen=True)
class Allowance:
    """Up to ``points`` may be spent; ``limit`` is what keeps it from being more."""

    points: int
    limit: SpendLimit


def floor_to_unit(points: int, use_unit: int) -> int:
    """The largest multiple of the unit within ``points``; nothing for less than nothing."""
    return max(points, 0) // use_unit * use_unit


def payment_share(payment_won: int, percent: int) -> int:
    """The part of a payment that points may cover, in points; 30 % of 12,000 won is 3,600 (PNT-12)."""
    return payment_won * percent // 100


def online_allowance(policy: SpendPolicy, balance: int, payment_won: int, day_total: int = 0) -> Allowance:
    """What the balance, the payment and the day allow. ``day_total``: points used at the store today (PNT-12)."""
    return _tightest(policy, [(balance, SpendLimit.BALANCE), *policy.payment_bounds(payment_won, day_total)])


def _tightest(policy: SpendPolicy, left: list[tuple[int, SpendLimit]]) -> Allowance:
    points, limit = min(left, key=lambda bound: bound[0])
    return Allowance(floor_to_unit(points, policy.use_unit), limit)


def offline_allowance(policy: SpendPolicy, snapshot: Snapshot | None, used: OfflineUse, payment_won: int) -> Allowance:
    """What this device may let the member spend without asking the cloud. The tightest limit is named; among equal
    ones the first of: store, member, balance, day, share, payment."""
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
        *policy.payment_bounds(payment_won, used.day_total),
    ]
    return _tightest(policy, left)


def _fresh(policy: SpendPolicy, age_ms: int) -> bool:
    return -CLOCKS_APART_MS <= age_ms <= policy.offline_snapshot_max_ms


def refuse_amount(policy: SpendPolicy, points: int, payment_won: int) -> SpendLimit | None:
    """What is wrong with an amount whoever has how much; None: nothing."""
    if points <= 0 or points % policy.use_unit:
        return SpendLimit.AMOUNT
    if points > payment_won:
        return SpendLimit.PAYMENT
    return SpendLimit.SHARE if points > payment_share(payment_won, policy.payment_max_percent) else None


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
