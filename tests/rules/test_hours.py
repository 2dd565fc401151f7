"""STO-06, CUP-05, AGT-07: opening hours, nights, holidays, business days."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import DAY_MS, moment_ms
from rules.hours import (
    DayHours,
    HoursProblem,
    StoreHours,
    always_open,
    business_day,
    closes_ms,
    hours_problem,
    next_business_day,
    open_at,
    opens_ms,
)

MONDAY = date(2026, 11, 23)
_DAY = DayHours(480, 1_320)  # 08:00 to 22:00
_NIGHT = DayHours(600, 1_560)  # 10:00 to 02:00
CAFE = StoreHours((_DAY,) * 7)
BAR = StoreHours((_NIGHT,) * 7)


def _at(day: date, hour: int, minute: int = 0) -> int:
    return moment_ms(day, hour * 60 + minute)


@pytest.mark.parametrize(
    ("weekly", "problem"),
    [
        ((_DAY,) * 7, None),
        ((_NIGHT,) * 7, None),
        ((DayHours(0, 1_440),) * 7, None),
        ((_DAY,) * 6, HoursProblem.WEEKDAYS),
        ((None,) * 7, HoursProblem.NEVER_OPEN),
        ((*((None,) * 6), _DAY), None),
        ((DayHours(1_440, 1_500), *((None,) * 6)), HoursProblem.MINUTE),
        ((DayHours(-1, 600), *((None,) * 6)), HoursProblem.MINUTE),
        ((DayHours(600, 600), *((None,) * 6)), HoursProblem.MINUTE),
        ((DayHours(600, 2_041), *((None,) * 6)), HoursProblem.MINUTE),
        # Monday still open when Tuesday opens; Sunday's night reaches into Monday.
        ((DayHours(600, 1_921), _DAY, *((None,) * 5)), HoursProblem.OVERLAP),
        ((_DAY, *((None,) * 5), DayHours(600, 1_921)), HoursProblem.OVERLAP),
        ((DayHours(600, 1_920), _DAY, *((None,) * 5)), None),
    ],
)
def test_hours_are_seven_days_that_do_not_overlap(
    weekly: tuple[DayHours | None, ...], problem: HoursProblem | None
) -> None:
    """STO-06"""
    assert hours_problem(StoreHours(weekly)) is problem


def test_a_24_hour_store_needs_no_weekdays() -> None:
    """STO-06, CUP-05"""
    hours = always_open([MONDAY])

    assert hours_problem(dataclasses.replace(hours, weekly=())) is None
    assert hours.on(MONDAY) is None
    assert (opens_ms(hours, MONDAY), closes_ms(hours, MONDAY)) == (None, None)
    tuesday = MONDAY + timedelta(days=1)
    assert opens_ms(hours, tuesday) == _at(tuesday, 0)
    assert closes_ms(hours, tuesday) == _at(tuesday, 24)


@pytest.mark.parametrize(
    ("hours", "at_ms", "expected"),
    [
        (CAFE, _at(MONDAY, 8) - 1, False),
        (CAFE, _at(MONDAY, 8), True),
        (CAFE, _at(MONDAY, 22) - 1, True),
        (CAFE, _at(MONDAY, 22), False),
        (BAR, _at(MONDAY, 1, 59), True),
        (BAR, _at(MONDAY, 2), False),
        (BAR, _at(MONDAY, 23, 59), True),
        (StoreHours((None, _DAY, *((None,) * 5))), _at(MONDAY, 12), False),
        (always_open(), _at(MONDAY, 0), True),
        (always_open([MONDAY]), _at(MONDAY, 0), False),
    ],
)
def test_a_night_belongs_to_the_day_before(hours: StoreHours, at_ms: int, expected: bool) -> None:
    assert open_at(hours, at_ms) is expected


@pytest.mark.parametrize(
    ("hours", "at_ms", "expected"),
    [
        # 08:00 to 22:00 turns at 03:00.
        (CAFE, _at(MONDAY, 2, 59), MONDAY - timedelta(days=1)),
        (CAFE, _at(MONDAY, 3), MONDAY),
        (CAFE, _at(MONDAY, 23, 59), MONDAY),
        # 10:00 to 02:00 turns at 06:00.
        (BAR, _at(MONDAY, 5, 59), MONDAY - timedelta(days=1)),
        (BAR, _at(MONDAY, 6), MONDAY),
        (always_open(), _at(MONDAY, 0) - 1, MONDAY - timedelta(days=1)),
        (always_open(), _at(MONDAY, 0), MONDAY),
        # A closed day after an open one, and an open one after a closed one.
        (StoreHours((_NIGHT, *((None,) * 6))), _at(MONDAY, 26) - 1, MONDAY),
        (StoreHours((_NIGHT, *((None,) * 6))), _at(MONDAY, 26), MONDAY + timedelta(days=1)),
        (StoreHours((_DAY, *((None,) * 6))), _at(MONDAY, 4), MONDAY),
        # Closes at 06:00 and opens at 06:00 again.
        (StoreHours((DayHours(360, 1_800),) * 7), _at(MONDAY, 6) - 1, MONDAY - timedelta(days=1)),
        (StoreHours((DayHours(360, 1_800),) * 7), _at(MONDAY, 6), MONDAY),
        # Opens at midnight after an evening that ended earlier: the day begins before midnight.
        (StoreHours((_DAY, DayHours(0, 600), *((None,) * 5))), _at(MONDAY, 22, 59), MONDAY),
        (StoreHours((_DAY, DayHours(0, 600), *((None,) * 5))), _at(MONDAY, 23), MONDAY + timedelta(days=1)),
    ],
)
def test_a_business_day_turns_halfway_between_closing_and_opening(
    hours: StoreHours, at_ms: int, expected: date
) -> None:
    """AGT-07"""
    assert business_day(hours, at_ms) == expected


_SPANS = st.none() | st.builds(
    lambda opens, length: DayHours(opens, opens + length), st.integers(0, 1_439), st.integers(1, 1_440)
)
_HOURS = st.builds(
    StoreHours, st.tuples(*[_SPANS] * 7), st.frozensets(st.dates(MONDAY, MONDAY + timedelta(20)))
).filter(lambda hours: hours_problem(hours) is None)


@given(hours=_HOURS, minutes=st.lists(st.integers(0, 20 * 1_440), min_size=2, max_size=20))
def test_business_days_never_run_backwards_and_hold_all_open_hours(hours: StoreHours, minutes: list[int]) -> None:
    """AGT-07"""
    days = [business_day(hours, moment_ms(MONDAY, minute)) for minute in sorted(minutes)]
    assert days == sorted(days)

    for day in (MONDAY + timedelta(days=ahead) for ahead in range(20)):
        opening_ms, closing_ms = opens_ms(hours, day), closes_ms(hours, day)
        if opening_ms is not None and closing_ms is not None:
            assert business_day(hours, opening_ms) == business_day(hours, closing_ms - 1) == day


def test_the_next_business_day_skips_closed_days_and_holidays() -> None:
    weekdays = StoreHours((*((_DAY,) * 5), None, None), frozenset({MONDAY + timedelta(days=7)}))

    assert next_business_day(weekdays, MONDAY) == MONDAY + timedelta(days=1)
    assert next_business_day(weekdays, MONDAY + timedelta(days=4)) == MONDAY + timedelta(days=8)
    assert next_business_day(StoreHours((None,) * 7), MONDAY) is None
    assert opens_ms(weekdays, MONDAY + timedelta(days=8)) == _at(MONDAY, 8) + 8 * DAY_MS
