"""The page of rewards that were used: CPN-22."""

from __future__ import annotations

from datetime import date

import pytest

from rules.reward_uses import UsePeriod, pages, period_days


@pytest.mark.parametrize(
    ("period", "on", "first", "last"),
    [
        (UsePeriod.DAY, date(2025, 10, 9), date(2025, 10, 9), date(2025, 10, 9)),
        (UsePeriod.WEEK, date(2025, 10, 6), date(2025, 10, 6), date(2025, 10, 12)),  # a Monday
        (UsePeriod.WEEK, date(2025, 10, 12), date(2025, 10, 6), date(2025, 10, 12)),  # a Sunday
        (UsePeriod.WEEK, date(2026, 1, 1), date(2025, 12, 29), date(2026, 1, 4)),
        (UsePeriod.MONTH, date(2024, 2, 29), date(2024, 2, 1), date(2024, 2, 29)),
        (UsePeriod.MONTH, date(2025, 12, 31), date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_a_day_a_week_from_monday_on_or_a_month(period: UsePeriod, on: date, first: date, last: date) -> None:
    """CPN-22"""
    assert period_days(period, on) == (first, last)


@pytest.mark.parametrize(
    ("rows", "wanted"), [(0, 1), (1, 1), (20, 1), (21, 2), (81, 5), (100, 5), (101, 5), (9_999, 5)]
)
def test_twenty_rows_a_page_and_at_most_five_pages(rows: int, wanted: int) -> None:
    """CPN-22"""
    assert pages(rows) == wanted
