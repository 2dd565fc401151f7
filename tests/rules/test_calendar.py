"""Days, months, ages and birthdays at their edges."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import (
    DAY_MS,
    SEOUL,
    age_on,
    birthday_in,
    day_bounds_ms,
    local_day,
    local_time,
    minute_of_day,
    moment_ms,
    months_after,
)

_DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


def test_midnight_in_korea_is_three_in_the_afternoon_of_the_day_before_in_utc() -> None:
    first_ms, next_ms = day_bounds_ms(date(2026, 3, 1))

    assert first_ms == int(datetime(2026, 3, 1, tzinfo=SEOUL).timestamp()) * 1000
    assert next_ms - first_ms == DAY_MS
    assert (local_day(first_ms - 1), local_day(first_ms)) == (date(2026, 2, 28), date(2026, 3, 1))
    assert local_time(first_ms + 1).hour == 0
    assert (minute_of_day(first_ms - 1), minute_of_day(first_ms)) == (1_439, 0)


def test_a_minute_past_the_end_of_the_day_is_in_the_night_after_it() -> None:
    assert moment_ms(date(2026, 12, 31), 1_560) == moment_ms(date(2027, 1, 1), 120)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 5, 7), 0, date(2026, 5, 7)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_months_last(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


@given(day=_DAYS, months=st.integers(0, 60))
def test_more_months_are_never_earlier(day: date, months: int) -> None:
    assert months_after(day, months) <= months_after(day, months + 1)


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(2012, 11, 27), date(2026, 11, 26), 13),
        (date(2012, 11, 27), date(2026, 11, 27), 14),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(2012, 2, 29), date(2028, 2, 28), 15),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
    ],
)
def test_a_year_is_full_on_the_birthday_and_for_the_29th_of_february_on_the_first_of_march(
    born: date, today: date, age: int
) -> None:
    assert age_on(born, today) == age


@pytest.mark.parametrize(
    ("born", "year", "day"),
    [
        (date(2000, 2, 29), 2026, date(2026, 2, 28)),
        (date(2000, 2, 29), 2028, date(2028, 2, 29)),
        (date(2000, 7, 4), 2026, date(2026, 7, 4)),
    ],
)
def test_a_birthday_is_kept_in_its_month(born: date, year: int, day: date) -> None:
    assert birthday_in(born, year) == day
