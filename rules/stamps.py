"""How many stamps a sale earns, and why not more (STP-02, STP-07 to 16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.sale import Item, PayMeans, Sale, SaleChannel, ServiceType


class StampBasis(StrEnum):
    """STP-10: exactly one of these."""

    ORDER = "order"
    ITEMS = "items"
    CONDITION_ITEMS = "condition_items"
    AMOUNT = "amount"


class StampReason(StrEnum):
    """Why it is as many as it is; screens translate it."""

    EARNED = "earned"
    STORE = "store"
    CHANNEL = "channel"
    SERVICE = "service"
    MEANS = "means"
    GRADE = "grade"
    COUPON_USED = "coupon_used"
    BELOW_AMOUNT = "below_amount"
    NO_CONDITION_ITEM = "no_condition_item"
    PAYMENT_CAP = "payment_cap"
    DAY_CAP = "day_cap"
    PERIOD = "period"
    BOARDS_FULL = "boards_full"
    PLAN = "plan"


@dataclass(frozen=True)
class StampRules:
    """One version of a stamp programme. None: no restriction. ``minimum_won`` is the base amount of a payment (STP-02,
    STP-09), ``per_won`` what one stamp costs when the basis is the amount."""

    basis: StampBasis = StampBasis.ORDER
    minimum_won: int = 0
    per_won: int = 0
    products: frozenset[str] | None = None
    channels: frozenset[SaleChannel] | None = None
    services: frozenset[ServiceType] | None = None
    means: frozenset[PayMeans] | None = None
    grades: frozenset[str] | None = None
    stores: frozenset[str] | None = None
    with_coupon: bool = True  # STP-14, first switch
    coupon_items: bool = True  # STP-14, second switch
    payment_max: int | None = None
    day_max: int | None = None


@dataclass(frozen=True)
class StampGrant:
    """``stamps`` >= 0. ``uncapped`` is what it would be without the caps: the difference is shown to the customer."""

    stamps: int
    reason: StampReason
    uncapped: int


def stamps_for(sale: Sale, rules: StampRules, stamped_today: int = 0) -> StampGrant:
    """Stamps of one sale. ``stamped_today`` counts the member's stamps of the store's business day (STP-15)."""
    return within_day(sale_stamps(sale, rules), rules, stamped_today)


def sale_stamps(sale: Sale, rules: StampRules) -> StampGrant:
    """What the sale is worth to anybody, whatever else the day brought: equal sales come to the same."""
    closed = _filter(sale, rules)
    if closed is not None:
        return StampGrant(0, closed, 0)
    counted = _counted(sale.items, rules)
    wanted = [item for item in counted if rules.products is None or item.product_id in rules.products]
    if (rules.products is not None and not wanted) or (sale.items and not counted):
        return StampGrant(0, StampReason.NO_CONDITION_ITEM, 0)
    return _capped(_by_basis(sale, rules, counted, wanted), rules)


def within_day(grant: StampGrant, rules: StampRules, stamped_today: int) -> StampGrant:
    """Not more than the cap of a day leaves (STP-15)."""
    if rules.day_max is None:
        return grant
    free = max(rules.day_max - stamped_today, 0)
    return grant if grant.stamps <= free else StampGrant(free, StampReason.DAY_CAP, grant.uncapped)


def _filter(sale: Sale, rules: StampRules) -> StampReason | None:
    if rules.stores is not None and sale.store_id not in rules.stores:
        return StampReason.STORE
    if rules.channels is not None and sale.channel not in rules.channels:
        return StampReason.CHANNEL
    if rules.services is not None and sale.service not in rules.services:
        return StampReason.SERVICE
    if rules.means is not None and sale.means not in rules.means:
        return StampReason.MEANS
    if rules.grades is not None and sale.grade not in rules.grades:
        return StampReason.GRADE
    if sale.coupon_used and not rules.with_coupon:
        return StampReason.COUPON_USED
    if sale.paid_won <= 0 or sale.paid_won < rules.minimum_won:
        return StampReason.BELOW_AMOUNT
    return None


def _counted(items: tuple[Item, ...], rules: StampRules) -> list[Item]:
    return [item for item in items if not item.reward_excluded and (rules.coupon_items or not item.by_coupon)]


def _by_basis(sale: Sale, rules: StampRules, counted: list[Item], wanted: list[Item]) -> int:
    if rules.basis is StampBasis.ORDER:
        return 1
    if rules.basis is StampBasis.ITEMS:
        # A receipt that names no items is one purchase.
        return sum(item.quantity for item in counted) if sale.items else 1
    if rules.basis is StampBasis.CONDITION_ITEMS:
        return sum(item.quantity for item in wanted)
    return sale.paid_won // rules.per_won if rules.per_won > 0 else 0


def _capped(uncapped: int, rules: StampRules) -> StampGrant:
    if rules.payment_max is not None and uncapped > rules.payment_max:
        return StampGrant(rules.payment_max, StampReason.PAYMENT_CAP, uncapped)
    return StampGrant(uncapped, StampReason.EARNED if uncapped else StampReason.BELOW_AMOUNT, uncapped)


def attendance_stamps(last_day: date | None, today: date) -> int:
    """STP-23: one a day for coming; a clock that went back earns nothing."""
    return 1 if last_day is None or today > last_day else 0
