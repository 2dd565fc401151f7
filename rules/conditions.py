"""When a coupon may be used, and what is not met (CPN-04, CPN-07, CPN-08, CPN-26 to 28)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import DAY_MINUTES, local_day, minute_of_day
from rules.sale import CustomerKind, PayMeans, Sale, SaleChannel, ServiceType


class Unmet(StrEnum):
    """A condition that the sale does not meet; screens translate it."""

    PERIOD = "period"
    WEEKDAY = "weekday"
    TIME = "time"
    MIN_AMOUNT = "min_amount"
    MAX_AMOUNT = "max_amount"
    MENU = "menu"
    CHANNEL = "channel"
    SERVICE = "service"
    MEANS = "means"
    CUSTOMER = "customer"
    GRADE = "grade"
    STORE = "store"
    REGION = "region"
    USES = "uses"


@dataclass(frozen=True)
class TimeRange:
    """Minutes after midnight, from inclusive, until exclusive; past midnight when ``until`` is not after ``from``."""

    from_minute: int
    until_minute: int


@dataclass(frozen=True)
class UseConditions:
    """None: no restriction. All that are set must hold together (CPN-04). A menu condition is met by any of its
    products or categories."""

    first_day: date | None = None
    last_day: date | None = None
    weekdays: frozenset[int] | None = None  # Monday 0
    times: tuple[TimeRange, ...] = ()
    min_won: int | None = None
    max_won: int | None = None
    products: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    channels: frozenset[SaleChannel] | None = None
    services: frozenset[ServiceType] | None = None
    means: frozenset[PayMeans] | None = None
    customers: frozenset[CustomerKind] | None = None
    grades: frozenset[str] | None = None
    stores: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    uses_per_member: int | None = None


def unmet(conditions: UseConditions, sale: Sale, *, region: str | None = None, used: int = 0) -> tuple[Unmet, ...]:
    """Everything that is not met, so that the card and the customer get the whole answer (APR-35). ``used``: how often
    the member used this coupon before."""
    checks = (
        (Unmet.PERIOD, _in_period(conditions, local_day(sale.at_ms))),
        *_clock(conditions, sale.at_ms),
        (Unmet.MIN_AMOUNT, conditions.min_won is None or sale.paid_won >= conditions.min_won),
        (Unmet.MAX_AMOUNT, conditions.max_won is None or sale.paid_won <= conditions.max_won),
        (Unmet.MENU, _menu(conditions, sale)),
        (Unmet.CHANNEL, conditions.channels is None or sale.channel in conditions.channels),
        (Unmet.SERVICE, conditions.services is None or sale.service in conditions.services),
        (Unmet.MEANS, conditions.means is None or sale.means in conditions.means),
        (Unmet.CUSTOMER, conditions.customers is None or bool(sale.kinds & conditions.customers)),
        (Unmet.GRADE, conditions.grades is None or sale.grade in conditions.grades),
        (Unmet.STORE, conditions.stores is None or sale.store_id in conditions.stores),
        (Unmet.REGION, conditions.regions is None or region in conditions.regions),
        (Unmet.USES, conditions.uses_per_member is None or used < conditions.uses_per_member),
    )
    return tuple(name for name, met in checks if not met)


def _in_period(conditions: UseConditions, day: date) -> bool:
    started = conditions.first_day is None or day >= conditions.first_day
    return started and (conditions.last_day is None or day <= conditions.last_day)


def _clock(conditions: UseConditions, at_ms: int) -> tuple[tuple[Unmet, bool], tuple[Unmet, bool]]:
    """Weekday and time belong together: Friday from 22:00 to 02:00 reaches into Saturday, not into Friday's night."""
    day, minute = local_day(at_ms), minute_of_day(at_ms)
    starts = [day] if not conditions.times else [start for r in conditions.times for start in _starts(r, day, minute)]
    weekdays = conditions.weekdays
    weekday_met = weekdays is None or any(start.weekday() in weekdays for start in starts or [day])
    return (Unmet.WEEKDAY, weekday_met), (Unmet.TIME, bool(starts))


def _starts(times: TimeRange, day: date, minute: int) -> list[date]:
    """The day on which the range began that holds this minute; none when it is outside."""
    until = times.until_minute if times.until_minute > times.from_minute else times.until_minute + DAY_MINUTES
    if times.from_minute <= minute < until:
        return [day]
    return [day - timedelta(days=1)] if times.from_minute <= minute + DAY_MINUTES < until else []


def _menu(conditions: UseConditions, sale: Sale) -> bool:
    if conditions.products is None and conditions.categories is None:
        return True
    products, categories = conditions.products or frozenset(), conditions.categories or frozenset()
    return any(
        item.product_id in products or item.category_id in categories for item in sale.items if not item.reward_excluded
    )
