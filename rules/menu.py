"""What of the menu can be ordered now, and what it costs (MNU-02, 05, 07 to 12, 14)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rules.calendar import local_day, minute_of_day, moment_ms
from rules.conditions import TimeRange
from rules.hours import StoreHours, business_day, next_business_day, opens_ms

PRICE_STEP_WON = 500  # MNU-11, onboarding only (Ambiguity A2)


class SoldOutKind(StrEnum):
    TODAY = "today"  # MNU-09
    UNTIL_RELEASED = "until_released"  # MNU-10


class SoldOutReset(StrEnum):
    """``soldout_reset`` (Ambiguity A1)."""

    MIDNIGHT = "midnight"
    OPENING = "opening"


@dataclass(frozen=True)
class SoldOut:
    kind: SoldOutKind
    set_ms: int


def sold_out_until_ms(mark: SoldOut, reset: SoldOutReset, hours: StoreHours) -> int | None:
    """The first moment at which it is on sale again; None: when somebody lifts the mark (MNU-09, MNU-10)."""
    if mark.kind is SoldOutKind.UNTIL_RELEASED:
        return None
    midnight_ms = moment_ms(local_day(mark.set_ms) + timedelta(days=1), 0)
    if reset is SoldOutReset.MIDNIGHT:
        return midnight_ms
    following = next_business_day(hours, business_day(hours, mark.set_ms))
    opening_ms = None if following is None else opens_ms(hours, following)
    return midnight_ms if opening_ms is None else opening_ms


@dataclass(frozen=True)
class SaleTimes:
    """A named template (MNU-08). Empty: always."""

    weekdays: frozenset[int] = frozenset()  # Monday 0
    times: tuple[TimeRange, ...] = ()


@dataclass(frozen=True)
class MenuItem:
    """``rewards``: which of coupon, point and stamp it counts for (MNU-05, MNU-14)."""

    menu_id: str
    name: str
    price_won: int
    category_id: str
    visible: bool = True
    available_here: bool = True
    sale_times: SaleTimes = SaleTimes()
    sold_out: SoldOut | None = None
    rewards: frozenset[str] = frozenset({"coupon", "point", "stamp"})


class NotOnSale(StrEnum):
    """Why something cannot be ordered now; screens translate it."""

    HIDDEN = "hidden"
    NOT_HERE = "not_here"
    TIME = "time"
    SOLD_OUT = "sold_out"


def not_on_sale(item: MenuItem, at_ms: int, reset: SoldOutReset, hours: StoreHours) -> NotOnSale | None:
    """None: it can be ordered."""
    if not item.visible:
        return NotOnSale.HIDDEN
    if not item.available_here:
        return NotOnSale.NOT_HERE
    if item.sold_out is not None:
        until_ms = sold_out_until_ms(item.sold_out, reset, hours)
        if until_ms is None or at_ms < until_ms:
            return NotOnSale.SOLD_OUT
    return None if _in_times(item.sale_times, at_ms) else NotOnSale.TIME


def _in_times(times: SaleTimes, at_ms: int) -> bool:
    if times.weekdays and local_day(at_ms).weekday() not in times.weekdays:
        return False
    minute = minute_of_day(at_ms)
    return not times.times or any(span.from_minute <= minute < span.until_minute for span in times.times)


@dataclass(frozen=True)
class MenuSummary:
    """The numbers on top of the page, each of which filters the list (MNU-02)."""

    all: int
    on_sale: int
    hidden: int
    reward_eligible: int
    reward_excluded: int
    with_times: int


def summarise(items: Iterable[MenuItem], at_ms: int, reset: SoldOutReset, hours: StoreHours) -> MenuSummary:
    """MNU-02."""
    menu = list(items)
    eligible = sum(bool(item.rewards) for item in menu)
    return MenuSummary(
        len(menu),
        sum(not_on_sale(item, at_ms, reset, hours) is None for item in menu),
        sum(not item.visible for item in menu),
        eligible,
        len(menu) - eligible,
        sum(item.sale_times != SaleTimes() for item in menu),
    )


@dataclass(frozen=True)
class Option:
    option_id: str
    extra_won: int


@dataclass(frozen=True)
class OptionGroup:
    """MNU-07. ``least`` and ``most``: how many of it one line takes."""

    group_id: str
    options: tuple[Option, ...]
    least: int = 0
    most: int = 1


def line_price_won(base_won: int, groups: Sequence[OptionGroup], chosen: Sequence[str], quantity: int) -> int | None:
    """Base and options, times the quantity (MNU-05, MNU-07); None: the choice does not fit the groups."""
    extra_won, left = 0, list(chosen)
    for group in groups:
        prices = {option.option_id: option.extra_won for option in group.options}
        picked = [option for option in left if option in prices]
        if not group.least <= len(picked) <= group.most or len(set(picked)) < len(picked):
            return None
        extra_won += sum(prices[option] for option in picked)
        left = [option for option in left if option not in prices]
    return None if left or quantity < 1 else (base_won + extra_won) * quantity


class OnboardingPriceProblem(StrEnum):
    AMERICANO = "americano"
    OTHERS = "others"
    STEP = "step"


def onboarding_prices_problem(americano_won: int | None, others_won: Sequence[int]) -> OnboardingPriceProblem | None:
    """MNU-11: an americano and two drinks without caffeine, in steps of 500 won."""
    if americano_won is None:
        return OnboardingPriceProblem.AMERICANO
    if len(others_won) != 2:
        return OnboardingPriceProblem.OTHERS
    prices = (americano_won, *others_won)
    return OnboardingPriceProblem.STEP if any(price <= 0 or price % PRICE_STEP_WON for price in prices) else None


def image_crop_valid(width_px: int, height_px: int, *, cropped: bool) -> bool:
    """MNU-06: square, and cropped by a person."""
    return cropped and width_px == height_px > 0
