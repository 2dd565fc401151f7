"""When a store is open, and which business day a moment belongs to (STO-06, CUP-05, AGT-07)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import DAY_MINUTES, local_day, moment_ms

_LOOK_AHEAD_DAYS = 366  # a store that names no opening within a year has none


class HoursProblem(StrEnum):
    """Why opening hours cannot be kept; screens translate it."""

    WEEKDAYS = "weekdays"  # not seven
    NEVER_OPEN = "never_open"
    MINUTE = "minute"  # opens outside of the day, or is open for more than a day
    OVERLAP = "overlap"  # still open when the next day's hours begin


@dataclass(frozen=True)
class DayHours:
    """Minutes after midnight. ``closes_minute`` passes 1,440 when the store closes after midnight."""

    opens_minute: int
    closes_minute: int


WHOLE_DAY = DayHours(0, DAY_MINUTES)


@dataclass(frozen=True)
class StoreHours:
    """``weekly``: Monday first, None where closed. ``always_open``: a 24-hour store, whose day ends at midnight
    (STO-06). Holidays are closed days in either."""

    weekly: tuple[DayHours | None, ...] = (WHOLE_DAY,) * 7
    holidays: frozenset[date] = frozenset()
    always_open: bool = False

    def on(self, day: date) -> DayHours | None:
        """The day's hours; None: closed."""
        if day in self.holidays:
            return None
        return WHOLE_DAY if self.always_open else self.weekly[day.weekday()]


def always_open(holidays: Iterable[date] = ()) -> StoreHours:
    """A store that never closes but on its holidays."""
    return StoreHours(holidays=frozenset(holidays), always_open=True)


def hours_problem(hours: StoreHours) -> HoursProblem | None:
    """What is wrong with hours that somebody typed; None: nothing (STO-06)."""
    if hours.always_open:
        return None
    if len(hours.weekly) != 7:
        return HoursProblem.WEEKDAYS
    if not any(hours.weekly):
        return HoursProblem.NEVER_OPEN
    for index, today in enumerate(hours.weekly):
        if today is None:
            continue
        if not 0 <= today.opens_minute < DAY_MINUTES or not 0 < today.closes_minute - today.opens_minute <= DAY_MINUTES:
            return HoursProblem.MINUTE
        tomorrow = hours.weekly[(index + 1) % 7]
        if tomorrow is not None and today.closes_minute > tomorrow.opens_minute + DAY_MINUTES:
            return HoursProblem.OVERLAP
    return None


def open_at(hours: StoreHours, at_ms: int) -> bool:
    """Whether the store is open; the night after a day that closes past midnight belongs to that day."""
    today = local_day(at_ms)
    return any(_covers(hours, day, at_ms) for day in (today - timedelta(days=1), today))


def _covers(hours: StoreHours, day: date, at_ms: int) -> bool:
    span = hours.on(day)
    return span is not None and moment_ms(day, span.opens_minute) <= at_ms < moment_ms(day, span.closes_minute)


def business_day(hours: StoreHours, at_ms: int) -> date:
    """The store's day of a moment (AGT-07). It turns halfway between closing and the next opening, so that the last
    work of a night still belongs to the evening, and what is done before opening to the new day."""
    today = local_day(at_ms)
    if at_ms >= _turns_ms(hours, today + timedelta(days=1)):
        return today + timedelta(days=1)
    return today if at_ms >= _turns_ms(hours, today) else today - timedelta(days=1)


def _turns_ms(hours: StoreHours, day: date) -> int:
    midnight_ms = moment_ms(day, 0)
    before, span = hours.on(day - timedelta(days=1)), hours.on(day)
    closed_ms = midnight_ms if before is None else moment_ms(day - timedelta(days=1), before.closes_minute)
    if span is None:
        return max(midnight_ms, closed_ms)
    opens_ms = moment_ms(day, span.opens_minute)
    return (min(closed_ms, opens_ms) + opens_ms) // 2


def next_business_day(hours: StoreHours, day: date) -> date | None:
    """The first day after ``day`` on which the store opens; None: none within a year."""
    for ahead in range(1, _LOOK_AHEAD_DAYS + 1):
        following = day + timedelta(days=ahead)
        if hours.on(following) is not None:
            return following
    return None


def opens_ms(hours: StoreHours, day: date) -> int | None:
    """When the store opens on that day; None: it does not."""
    span = hours.on(day)
    return None if span is None else moment_ms(day, span.opens_minute)


def closes_ms(hours: StoreHours, day: date) -> int | None:
    """When that day's hours end, which may be after midnight; None: it does not open."""
    span = hours.on(day)
    return None if span is None else moment_ms(day, span.closes_minute)
