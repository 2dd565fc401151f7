"""The page of rewards that were used: its days and its pages (CPN-22)."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import months_after

PAGE_ROWS = 20
PAGES_MAX = 5  # what lies further back is looked for by a narrower filter


class UsePeriod(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class UsesBy(StrEnum):
    """One row for each use, or one for each customer or reward."""

    USE = "use"
    CUSTOMER = "customer"
    REWARD = "reward"


def period_days(period: UsePeriod, on: date) -> tuple[date, date]:
    """First and last day of the day, the week from Monday on, or the month in which ``on`` lies."""
    if period is UsePeriod.DAY:
        return on, on
    if period is UsePeriod.WEEK:
        monday = on - timedelta(days=on.weekday())
        return monday, monday + timedelta(days=6)
    first = on.replace(day=1)
    return first, months_after(first, 1) - timedelta(days=1)


def pages(rows: int) -> int:
    """How many pages there are to turn; the first one is there also when it is empty."""
    return min(max(-(-rows // PAGE_ROWS), 1), PAGES_MAX)
