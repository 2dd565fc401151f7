"""The daily report of used cup holders: until when it may be written, when to remind, what looks odd (CUP-01 to 13).

A report is never forced: a missing one is reminded of, an odd one is asked about, and neither blocks anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import DAY_MS, HOUR_MS, MINUTE_MS, moment_ms
from rules.hours import StoreHours, business_day, closes_ms, next_business_day, opens_ms

EDIT_AFTER_OPENING_MS = 2 * HOUR_MS  # CUP-04
ALWAYS_OPEN_EDIT_MINUTE = 11 * 60  # CUP-05: until 11:00
BEFORE_CLOSING_MS = 30 * MINUTE_MS  # CUP-08
AFTER_CLOSING_MS = 2 * HOUR_MS
SUSPECTED_CLOSURE_DAYS = 7  # CUP-13
MAX_PIECES = 100_000  # more than any store uses in a day: a slip of the finger
_DUE_BACK_DAYS = 31  # a store may close for a month; a window further back is nobody's work today
AVERAGE_DAYS = 28  # four weeks, so that each weekday counts alike


def edit_until_ms(hours: StoreHours, day: date) -> int:
    """The last moment at which that day's number may be changed, inclusive: two hours after the next business day's
    opening, in a 24-hour store 11:00 of it (CUP-04, CUP-05; Ambiguity A4). A store that never opens again: two days."""
    following = next_business_day(hours, day)
    if following is None:
        return moment_ms(day, 0) + 2 * DAY_MS
    if hours.always_open:
        return moment_ms(following, ALWAYS_OPEN_EDIT_MINUTE)
    opening_ms = opens_ms(hours, following)
    assert opening_ms is not None  # a business day opens
    return opening_ms + EDIT_AFTER_OPENING_MS


class ReportAnswer(StrEnum):
    """What becomes of a number for a day."""

    ACCEPTED = "accepted"
    LATE = "late"  # a first report after the window: kept, does not count as a reported day (A5)
    READ_ONLY = "read_only"  # a change after the window (CUP-04)
    NOT_YET = "not_yet"  # the day has not begun
    QUANTITY = "quantity"  # not a number of pieces


def judge_report(hours: StoreHours, day: date, pieces: int, written_ms: int, *, reported: bool) -> ReportAnswer:
    """Whether the number stands. ``written_ms`` is when it was written, not when it arrived (CUP-04); ``reported``:
    whether the day has a number already."""
    if not 0 <= pieces <= MAX_PIECES:
        return ReportAnswer.QUANTITY
    if day > business_day(hours, written_ms):
        return ReportAnswer.NOT_YET
    if written_ms <= edit_until_ms(hours, day):
        return ReportAnswer.ACCEPTED
    return ReportAnswer.READ_ONLY if reported else ReportAnswer.LATE


@dataclass(frozen=True)
class Reminders:
    """When to remind of that day's report, stage one to three (CUP-08)."""

    before_closing_ms: int
    after_closing_ms: int
    last_ms: int


def reminders(hours: StoreHours, day: date) -> Reminders | None:
    """None on a day on which the store does not open. The last one comes when the window ends (A5)."""
    closing_ms = closes_ms(hours, day)
    if closing_ms is None:
        return None
    return Reminders(closing_ms - BEFORE_CLOSING_MS, closing_ms + AFTER_CLOSING_MS, edit_until_ms(hours, day))


def reminder_due(due: Reminders, now_ms: int) -> int:
    """How many of the three stages have come, 0 to 3."""
    return sum(now_ms >= at_ms for at_ms in (due.before_closing_ms, due.after_closing_ms, due.last_ms))


class Oddity(StrEnum):
    """What a person is asked about before or after a number is sent; nothing of it blocks."""

    FAR_FROM_AVERAGE = "far_from_average"  # CUP-06
    SURGE = "surge"  # CUP-09
    DROP = "drop"  # CUP-09: was it a holiday?


def odd_against_average(pieces: int, daily_average: int) -> Oddity | None:
    """CUP-06: one and a half times the average, or the average one and a half times the number (Ambiguity A6)."""
    if daily_average <= 0:
        return None
    if pieces * 2 >= daily_average * 3 or pieces * 3 <= daily_average * 2:
        return Oddity.FAR_FROM_AVERAGE
    return None


def odd_against_day_before(pieces: int, day_before: int | None) -> Oddity | None:
    """CUP-09: 200 % more than the day before, or 70 % less (Ambiguity A7). Nothing to compare with: nothing odd."""
    if not day_before:
        return None
    if pieces >= day_before * 3:
        return Oddity.SURGE
    return Oddity.DROP if pieces * 10 <= day_before * 3 else None


def usual_pieces(in_time: Mapping[date, int], day: date) -> int | None:
    """CUP-06: the mean of the numbers in time of the four weeks before a day, cut to whole pieces; None without any."""
    counted = [pieces for on, pieces in in_time.items() if timedelta(0) < day - on <= timedelta(AVERAGE_DAYS)]
    return sum(counted) // len(counted) if counted else None


def oddities(pieces: int, usual: int | None, day_before: int | None) -> tuple[Oddity, ...]:
    """Everything that a person is asked about before the number counts (CUP-06, CUP-09)."""
    found = (odd_against_average(pieces, usual or 0), odd_against_day_before(pieces, day_before))
    return tuple(oddity for oddity in found if oddity is not None)


def usual_range(usual: int) -> tuple[int, int]:
    """The least and the most that nobody is asked about (CUP-06)."""
    return usual * 2 // 3 + 1, (usual * 3 - 1) // 2


class DayReport(StrEnum):
    """How a day of the calendar stands (CUP-03, CUP-07)."""

    DONE = "done"
    LATE = "late"  # reported after its window; does not count as a reported day
    OPEN = "open"  # the running day, or a day before it whose window is still open
    MISSING = "missing"
    CLOSED = "closed"  # the store does not open
    AHEAD = "ahead"


def day_report(hours: StoreHours, day: date, now_ms: int, *, reported: bool, late: bool) -> DayReport:
    """A number counts also on a day on which the store should not have opened (CUP-03, CUP-07, CUP-08)."""
    if reported:
        return DayReport.LATE if late else DayReport.DONE
    if day > business_day(hours, now_ms):
        return DayReport.AHEAD
    if hours.on(day) is None:
        return DayReport.CLOSED
    return DayReport.OPEN if now_ms <= edit_until_ms(hours, day) else DayReport.MISSING


def reports_due(hours: StoreHours, reported: Set[date], now_ms: int) -> tuple[date, ...]:
    """Days somebody should write now, oldest first: from half an hour before their closing to the end of their
    window, and never a holiday (CUP-03, CUP-04, CUP-08)."""
    today = business_day(hours, now_ms)
    days = [today - timedelta(days=back) for back in range(_DUE_BACK_DAYS, -1, -1)]
    return tuple(day for day in days if day not in reported and _due(hours, day, now_ms))


def _due(hours: StoreHours, day: date, now_ms: int) -> bool:
    due = reminders(hours, day)
    return due is not None and due.before_closing_ms <= now_ms <= due.last_ms


def odd_in_band(pieces: int, band_average: int) -> Oddity | None:
    """CUP-10: 70 % away from the average of the same time of day."""
    if band_average <= 0:
        return None
    if pieces * 10 >= band_average * 17:
        return Oddity.SURGE
    return Oddity.DROP if pieces * 10 <= band_average * 3 else None


def repeat_scans_rise(repeats: tuple[int, int], scans: tuple[int, int]) -> bool:
    """CUP-10: the share of scans by people who scan again and again, before and now, has risen by half or more."""
    (repeats_before, repeats_now), (scans_before, scans_now) = repeats, scans
    if not scans_before or not scans_now or not repeats_now:
        return False
    return 2 * repeats_now * scans_before >= 3 * repeats_before * scans_now


def suspected_closure(days_silent: int) -> bool:
    """CUP-13: so many days in a row without a report and without a scan."""
    return days_silent >= SUSPECTED_CLOSURE_DAYS


def report_rate_bp(reported_days: int, business_days: int) -> int:
    """Share of business days with a number in time, in basis points (CUP-14, Ambiguity A12); no days: none missing."""
    return 10_000 if business_days <= 0 else min(reported_days, business_days) * 10_000 // business_days


def consumption_rate_bp(used: int, received: int) -> int:
    """Share of the received pieces that was used, in basis points (CUP-14, Ambiguity A12)."""
    return 0 if received <= 0 else max(used, 0) * 10_000 // received


def takeout_gap(reported: int, takeout_payments: int) -> int:
    """CUP-12: pieces reported beyond what take-out payments explain; negative: fewer. For people to look at."""
    return reported - takeout_payments
