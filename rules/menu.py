"""What of the menu can be ordered now, and what it costs (MNU-02, 05, 07 to 15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import local_day, minute_of_day, moment_ms
from rules.conditions import TimeRange
from rules.hours import StoreHours, business_day, next_business_day, opens_ms
from rules.sale import ServiceType

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


class Composition(StrEnum):
    """What one buys with it (MNU-12, MNU-15)."""

    SINGLE = "single"
    SET = "set"
    ONE_PLUS_ONE = "one_plus_one"
    WITH_GIFT = "with_gift"


@dataclass(frozen=True)
class SaleDays:
    """The days on which something is sold, both included; None: from the beginning, without an end (MNU-15)."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class MenuItem:
    """``rewards``: which of coupon, point and stamp it counts for (MNU-05, MNU-14). ``services``: how it can be
    ordered, empty in any way; ``stopped``: head office sells it no more (MNU-15)."""

    menu_id: str
    name: str
    price_won: int
    category_id: str
    visible: bool = True
    available_here: bool = True
    sale_times: SaleTimes = SaleTimes()
    sold_out: SoldOut | None = None
    rewards: frozenset[str] = frozenset({"coupon", "point", "stamp"})
    services: frozenset[ServiceType] = frozenset()
    sale_days: SaleDays = SaleDays()
    stopped: bool = False


class SaleState(StrEnum):
    """Where a product stands, whatever its stores say of it today (MNU-15)."""

    BEFORE = "before"
    ON_SALE = "on_sale"
    ENDED = "ended"
    STOPPED = "stopped"


def sale_state(days: SaleDays, today: date, *, stopped: bool) -> SaleState:
    """MNU-15: what head office has stopped stays so, whatever its days say."""
    if stopped:
        return SaleState.STOPPED
    if days.first is not None and today < days.first:
        return SaleState.BEFORE
    return SaleState.ENDED if days.last is not None and today > days.last else SaleState.ON_SALE


class NotOnSale(StrEnum):
    """Why something cannot be ordered now; screens translate it."""

    HIDDEN = "hidden"
    NOT_HERE = "not_here"
    STOPPED = "stopped"
    PERIOD = "period"
    SERVICE = "service"
    TIME = "time"
    SOLD_OUT = "sold_out"


def not_on_sale(
    item: MenuItem, at_ms: int, reset: SoldOutReset, hours: StoreHours, service: ServiceType | None = None
) -> NotOnSale | None:
    """None: it can be ordered, and in the way that is asked about if one is."""
    state = sale_state(item.sale_days, local_day(at_ms), stopped=item.stopped)
    if state is SaleState.STOPPED:
        return NotOnSale.STOPPED
    if not item.visible:
        return NotOnSale.HIDDEN
    if state is not SaleState.ON_SALE:
        return NotOnSale.PERIOD
    if not item.available_here:
        return NotOnSale.NOT_HERE
    if item.sold_out is not None:
        until_ms = sold_out_until_ms(item.sold_out, reset, hours)
        if until_ms is None or at_ms < until_ms:
            return NotOnSale.SOLD_OUT
    if service is not None and item.services and service not in item.services:
        return NotOnSale.SERVICE
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


@dataclass(frozen=True)
class LineShown:
    """What a line comes to while its customer still chooses (MNU-13). ``missing`` and ``too_many`` are groups of which
    too little or too much is chosen, ``unknown`` options that the item has not."""

    amount_won: int
    missing: tuple[str, ...] = ()
    too_many: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """It can be ordered like that."""
        return not (self.missing or self.too_many or self.unknown)


def line_shown(base_won: int, groups: Sequence[OptionGroup], chosen: Sequence[str], quantity: int) -> LineShown:
    """Base and every option that is chosen, times the quantity, also when the choice is not complete yet (MNU-13)."""
    extra_won, left = 0, list(chosen)
    missing, too_many = [], []
    for group in groups:
        prices = {option.option_id: option.extra_won for option in group.options}
        picked = [option for option in left if option in prices]
        if len(picked) < group.least:
            missing.append(group.group_id)
        if len(picked) > group.most or len(set(picked)) < len(picked):
            too_many.append(group.group_id)
        extra_won += sum(prices[option] for option in picked)
        left = [option for option in left if option not in prices]
    return LineShown((base_won + extra_won) * quantity, tuple(missing), tuple(too_many), tuple(left))


def line_price_won(base_won: int, groups: Sequence[OptionGroup], chosen: Sequence[str], quantity: int) -> int | None:
    """Base and options, times the quantity (MNU-05, MNU-07); None: the choice does not fit the groups."""
    shown = line_shown(base_won, groups, chosen, quantity)
    return shown.amount_won if shown.complete and quantity >= 1 else None


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
