"""MNU-02, 05 to 11, 13 to 15: what can be ordered and what it costs."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import moment_ms
from rules.conditions import TimeRange
from rules.hours import DayHours, StoreHours
from rules.menu import (
    LineShown,
    MenuItem,
    MenuSummary,
    NotOnSale,
    OnboardingPriceProblem,
    Option,
    OptionGroup,
    SaleDays,
    SaleState,
    SaleTimes,
    SoldOut,
    SoldOutKind,
    SoldOutReset,
    image_crop_valid,
    line_price_won,
    line_shown,
    not_on_sale,
    onboarding_prices_problem,
    sale_state,
    sold_out_until_ms,
    summarise,
)
from rules.sale import ServiceType

FRIDAY = date(2026, 11, 27)
SATURDAY = FRIDAY + timedelta(days=1)
CAFE = StoreHours((DayHours(480, 1_320),) * 7)
BAR = StoreHours((DayHours(600, 1_560),) * 7)
_LATTE = MenuItem("latte", "카페라떼", 5_000, "coffee")
_MIDNIGHT = SoldOutReset.MIDNIGHT


def _at(day: date, hour: int, minute: int = 0) -> int:
    return moment_ms(day, hour * 60 + minute)


@pytest.mark.parametrize(
    ("set_ms", "reset", "hours", "until_ms"),
    [
        (_at(FRIDAY, 22, 10), _MIDNIGHT, CAFE, _at(SATURDAY, 0)),
        (_at(SATURDAY, 0), _MIDNIGHT, CAFE, _at(SATURDAY, 24)),
        (_at(SATURDAY, 0) - 1, _MIDNIGHT, CAFE, _at(SATURDAY, 0)),
        (_at(FRIDAY, 22, 10), SoldOutReset.OPENING, CAFE, _at(SATURDAY, 8)),
        # After midnight of a night: until the next opening, not the one after it.
        (_at(SATURDAY, 1), SoldOutReset.OPENING, BAR, _at(SATURDAY, 10)),
        (_at(FRIDAY, 12), SoldOutReset.OPENING, StoreHours((None,) * 7), _at(SATURDAY, 0)),
    ],
)
def test_sold_out_today_ends_at_midnight_or_at_the_next_opening(
    set_ms: int, reset: SoldOutReset, hours: StoreHours, until_ms: int
) -> None:
    """MNU-09, Ambiguity A1"""
    assert sold_out_until_ms(SoldOut(SoldOutKind.TODAY, set_ms), reset, hours) == until_ms


def test_sold_out_until_released_never_ends_by_itself() -> None:
    """MNU-10"""
    assert sold_out_until_ms(SoldOut(SoldOutKind.UNTIL_RELEASED, 0), _MIDNIGHT, CAFE) is None


_TODAY = SoldOut(SoldOutKind.TODAY, _at(FRIDAY, 22, 10))
_FOR_LONG = SoldOut(SoldOutKind.UNTIL_RELEASED, _at(FRIDAY, 12))
_TEA_TIME = SaleTimes(frozenset({4}), (TimeRange(14 * 60, 17 * 60),))


@pytest.mark.parametrize(
    ("item", "at_ms", "reason"),
    [
        (_LATTE, _at(FRIDAY, 12), None),
        (dataclasses.replace(_LATTE, visible=False), _at(FRIDAY, 12), NotOnSale.HIDDEN),
        (dataclasses.replace(_LATTE, available_here=False), _at(FRIDAY, 12), NotOnSale.NOT_HERE),
        (dataclasses.replace(_LATTE, sold_out=_TODAY), _at(SATURDAY, 0) - 1, NotOnSale.SOLD_OUT),
        (dataclasses.replace(_LATTE, sold_out=_TODAY), _at(SATURDAY, 0), None),
        (dataclasses.replace(_LATTE, sold_out=_FOR_LONG), _at(SATURDAY, 12), NotOnSale.SOLD_OUT),
        (dataclasses.replace(_LATTE, sale_times=_TEA_TIME), _at(FRIDAY, 14), None),
        (dataclasses.replace(_LATTE, sale_times=_TEA_TIME), _at(FRIDAY, 17), NotOnSale.TIME),
        (dataclasses.replace(_LATTE, sale_times=_TEA_TIME), _at(SATURDAY, 15), NotOnSale.TIME),
        (dataclasses.replace(_LATTE, sale_times=SaleTimes(frozenset({4}))), _at(FRIDAY, 3), None),
    ],
)
def test_what_can_be_ordered_now(item: MenuItem, at_ms: int, reason: NotOnSale | None) -> None:
    """MNU-05, MNU-08, MNU-12"""
    assert not_on_sale(item, at_ms, _MIDNIGHT, CAFE) is reason


def test_the_numbers_on_top_of_the_page() -> None:
    """MNU-02, MNU-14"""
    menu = (
        _LATTE,
        dataclasses.replace(_LATTE, visible=False),
        dataclasses.replace(_LATTE, rewards=frozenset()),
        dataclasses.replace(_LATTE, sale_times=_TEA_TIME),
    )

    assert summarise(menu, _at(SATURDAY, 12), _MIDNIGHT, CAFE) == MenuSummary(4, 2, 1, 3, 1, 1)


_SHOT = OptionGroup("shot", (Option("one", 500), Option("two", 1_000)))
_MILK = OptionGroup("milk", (Option("oat", 600), Option("cow", 0)), least=1)
_TOPPINGS = OptionGroup("toppings", (Option("cream", 1_000), Option("jelly", 3_000)), most=2)


@pytest.mark.parametrize(
    ("chosen", "quantity", "price_won"),
    [
        (("oat",), 1, 5_600),
        (("one", "cow", "cream", "jelly"), 2, 19_000),
        ((), 1, None),  # milk must be chosen
        (("oat", "cow"), 1, None),  # one milk
        (("oat", "oat"), 1, None),
        (("oat", "ice"), 1, None),  # no such option
        (("oat", "cream", "cream"), 1, None),
        (("oat",), 0, None),
    ],
)
def test_options_add_to_the_price_when_they_fit(chosen: tuple[str, ...], quantity: int, price_won: int | None) -> None:
    """MNU-05, MNU-07"""
    assert line_price_won(5_000, (_SHOT, _MILK, _TOPPINGS), chosen, quantity) == price_won


@given(base_won=st.integers(0, 50_000), quantity=st.integers(1, 20), extras=st.lists(st.integers(0, 3_000), max_size=5))
def test_a_line_costs_base_and_options_times_its_quantity(base_won: int, quantity: int, extras: list[int]) -> None:
    """MNU-07"""
    group = OptionGroup("g", tuple(Option(str(place), extra) for place, extra in enumerate(extras)), most=len(extras))
    chosen = [str(place) for place in range(len(extras))]

    assert line_price_won(base_won, (group,), chosen, quantity) == (base_won + sum(extras)) * quantity


@pytest.mark.parametrize(
    ("americano_won", "others_won", "problem"),
    [
        (4_500, (5_000, 5_500), None),
        (None, (5_000, 5_500), OnboardingPriceProblem.AMERICANO),
        (4_500, (5_000,), OnboardingPriceProblem.OTHERS),
        (4_300, (5_000, 5_500), OnboardingPriceProblem.STEP),
        (4_500, (5_000, 0), OnboardingPriceProblem.STEP),
    ],
)
def test_three_prices_in_steps_of_500_won(
    americano_won: int | None, others_won: tuple[int, ...], problem: OnboardingPriceProblem | None
) -> None:
    """MNU-11, Ambiguity A2"""
    assert onboarding_prices_problem(americano_won, others_won) is problem


def test_a_picture_is_square_and_cropped_by_a_person() -> None:
    """MNU-06"""
    assert image_crop_valid(512, 512, cropped=True)
    assert not image_crop_valid(512, 512, cropped=False)
    assert not image_crop_valid(512, 400, cropped=True)
    assert not image_crop_valid(0, 0, cropped=True)


_EXTRAS = OptionGroup("토핑", (Option("계란", 1_000), Option("치즈", 2_000), Option("곱창", 3_000)), 0, 3)
_SPICE = OptionGroup("맵기", (Option("순한맛", 0), Option("매운맛", 500)), 1, 1)


@pytest.mark.parametrize(
    ("chosen", "quantity", "wanted"),
    [
        ((), 1, LineShown(14_000, missing=("맵기",))),
        (("순한맛",), 1, LineShown(14_000)),
        (("순한맛", "계란"), 1, LineShown(15_000)),
        (("순한맛", "계란", "치즈"), 1, LineShown(17_000)),
        (("매운맛", "계란", "치즈", "곱창"), 2, LineShown(41_000)),
        (("순한맛", "매운맛"), 1, LineShown(14_500, too_many=("맵기",))),
        (("순한맛", "계란", "계란"), 1, LineShown(16_000, too_many=("토핑",))),
        (("당면",), 1, LineShown(14_000, missing=("맵기",), unknown=("당면",))),
    ],
)
def test_the_total_follows_every_topping_that_is_chosen(
    chosen: tuple[str, ...], quantity: int, wanted: LineShown
) -> None:
    """MNU-13: toppings of 1,000 to 3,000 won; what is not right yet is named, and has a total all the same."""
    shown = line_shown(14_000, (_EXTRAS, _SPICE), chosen, quantity)

    assert shown == wanted
    assert line_price_won(14_000, (_EXTRAS, _SPICE), chosen, quantity) == (
        wanted.amount_won if wanted.complete else None
    )


_SEASON = SaleDays(FRIDAY, SATURDAY)


@pytest.mark.parametrize(
    ("days", "stopped", "wanted"),
    [
        (SaleDays(), False, [SaleState.ON_SALE] * 4),
        (SaleDays(), True, [SaleState.STOPPED] * 4),
        (_SEASON, False, [SaleState.BEFORE, SaleState.ON_SALE, SaleState.ON_SALE, SaleState.ENDED]),
        (_SEASON, True, [SaleState.STOPPED] * 4),
        (SaleDays(first=SATURDAY), False, [SaleState.BEFORE, SaleState.BEFORE, SaleState.ON_SALE, SaleState.ON_SALE]),
        (SaleDays(last=FRIDAY), False, [SaleState.ON_SALE, SaleState.ON_SALE, SaleState.ENDED, SaleState.ENDED]),
    ],
)
def test_the_state_of_a_product_on_the_days_around_its_season(
    days: SaleDays, stopped: bool, wanted: list[SaleState]
) -> None:
    """MNU-15: both days included."""
    around = [FRIDAY + timedelta(days=n) for n in range(-1, 3)]

    assert [sale_state(days, day, stopped=stopped) for day in around] == wanted


def test_a_product_is_ordered_in_its_season_and_in_its_ways() -> None:
    """MNU-15"""

    def why(at_ms: int = _at(FRIDAY, 12), service: ServiceType | None = None, **terms: object) -> NotOnSale | None:
        return not_on_sale(dataclasses.replace(_LATTE, **terms), at_ms, _MIDNIGHT, CAFE, service)  # type: ignore[arg-type]

    here = frozenset({ServiceType.IN_STORE})
    assert why(stopped=True, visible=False) is NotOnSale.STOPPED
    assert why(sale_days=SaleDays(first=SATURDAY)) is NotOnSale.PERIOD
    assert why(_at(SATURDAY, 0), sale_days=SaleDays(first=SATURDAY)) is None
    assert why(_at(SATURDAY, 0), sale_days=SaleDays(last=FRIDAY)) is NotOnSale.PERIOD
    assert why(services=here) is None
    assert why(services=here, service=ServiceType.IN_STORE) is None
    assert why(services=here, service=ServiceType.PICKUP) is NotOnSale.SERVICE
    assert why(service=ServiceType.PICKUP) is None
