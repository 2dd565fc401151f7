"""Days, months and birthdays in Korea: one time zone without summer time, so no zone database is needed."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta, timezone

SEOUL = timezone(timedelta(hours=9), "KST")
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
DAY_MINUTES = 1_440


def local_time(wall_ms: int) -> datetime:
    """A wall-clock time in the shop's zone."""
    return datetime.fromtimestamp(wall_ms / 1000, tz=UTC).astimezone(SEOUL)


def local_day(wall_ms: int) -> date:
    """The calendar day in the shop."""
    return local_time(wall_ms).date()


def day_bounds_ms(day: date) -> tuple[int, int]:
    """First millisecond of the day and of the next one."""
    first_ms = moment_ms(day, 0)
    return first_ms, first_ms + DAY_MS


def moment_ms(day: date, minute: int) -> int:
    """So many minutes after the day's midnight; a shop that closes at two in the night closes at minute 1,560."""
    start = datetime(day.year, day.month, day.day, tzinfo=SEOUL)
    return int(start.timestamp()) * 1000 + minute * MINUTE_MS


def minute_of_day(wall_ms: int) -> int:
    """Minutes since midnight, 0 to 1,439."""
    return (wall_ms - day_bounds_ms(local_day(wall_ms))[0]) // MINUTE_MS


def months_after(day: date, months: int) -> date:
    """The same day so many months later (earlier when negative); the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def age_on(born: date, today: date) -> int:
    """Full years. Somebody born on 29 February is a year older on 1 March where the year has no such day."""
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday)


def birthday_in(born: date, year: int) -> date:
    """The day on which a birthday is kept that year: 28 February for a 29th that the year has not."""
    return months_after(born, 12 * (year - born.year))
