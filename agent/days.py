"""The store's calendar: Korea has one time zone without summer time, so no zone database is needed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

SEOUL = timezone(timedelta(hours=9), "KST")


def local_time(wall_ms: int) -> datetime:
    """A wall-clock time in the shop's zone."""
    return datetime.fromtimestamp(wall_ms / 1000, tz=UTC).astimezone(SEOUL)


def local_day(wall_ms: int) -> date:
    """The calendar day in the shop."""
    return local_time(wall_ms).date()


def day_bounds_ms(day: date) -> tuple[int, int]:
    """First millisecond of the day and of the next one."""
    start = datetime(day.year, day.month, day.day, tzinfo=SEOUL)
    first_ms = int(start.timestamp()) * 1000
    return first_ms, first_ms + 86_400_000
