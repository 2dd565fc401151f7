"""CUP-01 to 14: the daily report's window, reminders and odd numbers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import moment_ms
from rules.consumption import (
    MAX_PIECES,
    DayReport,
    Oddity,
    ReportAnswer,
    consumption_rate_bp,
    day_report,
    edit_until_ms,
    judge_report,
    odd_against_average,
    odd_against_day_before,
    odd_in_band,
    oddities,
    reminder_due,
    reminders,
    repeat_scans_rise,
    report_rate_bp,
    reports_due,
    suspected_closure,
    takeout_gap,
    usual_pieces,
    usual_range,
)
from rules.hours import DayHours, StoreHours, always_open

MONDAY = date(2026, 11, 23)
TUESDAY = MONDAY + timedelta(days=1)
CAFE = StoreHours((DayHours(480, 1_320),) * 7)
BAR = StoreHours((DayHours(600, 1_560),) * 7)


def _at(day: date, hour: int, minute: int = 0) -> int:
    return moment_ms(day, hour * 60 + minute)


@pytest.mark.parametrize(
    ("hours", "until_ms"),
    [
        (CAFE, _at(TUESDAY, 10)),
        (BAR, _at(TUESDAY, 12)),
        (always_open(), _at(TUESDAY, 11)),
        # Holidays and closed days are skipped (Ambiguity A4).
        (StoreHours(CAFE.weekly, frozenset({TUESDAY})), _at(TUESDAY + timedelta(days=1), 10)),
        (always_open([TUESDAY]), _at(TUESDAY + timedelta(days=1), 11)),
        # A store that closes for good.
        (StoreHours((None,) * 7), _at(MONDAY + timedelta(days=2), 0)),
    ],
)
def test_a_number_may_be_changed_until_two_hours_after_the_next_opening(hours: StoreHours, until_ms: int) -> None:
    """CUP-04, CUP-05"""
    assert edit_until_ms(hours, MONDAY) == until_ms


@pytest.mark.parametrize(
    ("written_ms", "reported", "answer"),
    [
        (_at(MONDAY, 9), False, ReportAnswer.ACCEPTED),
        (_at(TUESDAY, 10), True, ReportAnswer.ACCEPTED),
        (_at(TUESDAY, 10) + 1, True, ReportAnswer.READ_ONLY),
        (_at(TUESDAY, 10), False, ReportAnswer.ACCEPTED),
        (_at(TUESDAY, 10) + 1, False, ReportAnswer.LATE),
        (_at(MONDAY, 2), False, ReportAnswer.NOT_YET),
    ],
)
def test_the_window_closes_with_its_last_moment(written_ms: int, reported: bool, answer: ReportAnswer) -> None:
    """CUP-04, CUP-02, Ambiguity A5: a first number after it is kept as late."""
    assert judge_report(CAFE, MONDAY, 100, written_ms, reported=reported) is answer


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        (0, ReportAnswer.ACCEPTED),
        (-1, ReportAnswer.QUANTITY),
        (MAX_PIECES, ReportAnswer.ACCEPTED),
        (MAX_PIECES + 1, ReportAnswer.QUANTITY),
    ],
)
def test_a_number_of_pieces_is_none_or_more(pieces: int, answer: ReportAnswer) -> None:
    """CUP-01: the pieces handed out that day; none is a number too."""
    assert judge_report(CAFE, MONDAY, pieces, _at(MONDAY, 22), reported=False) is answer


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (CAFE, (_at(MONDAY, 21, 30), _at(TUESDAY, 0), _at(TUESDAY, 10))),
        (BAR, (_at(TUESDAY, 1, 30), _at(TUESDAY, 4), _at(TUESDAY, 12))),
        (always_open(), (_at(MONDAY, 23, 30), _at(TUESDAY, 2), _at(TUESDAY, 11))),
    ],
)
def test_reminders_come_before_closing_after_it_and_after_the_next_opening(
    hours: StoreHours, expected: tuple[int, int, int]
) -> None:
    """CUP-08, NTF-06"""
    due = reminders(hours, MONDAY)

    assert due is not None
    assert (due.before_closing_ms, due.after_closing_ms, due.last_ms) == expected
    assert [reminder_due(due, expected[0] - 1)] + [reminder_due(due, at_ms) for at_ms in expected] == [0, 1, 2, 3]


def test_nobody_is_reminded_of_a_holiday() -> None:
    """CUP-08"""
    assert reminders(StoreHours(CAFE.weekly, frozenset({MONDAY})), MONDAY) is None
    assert reminders(always_open([MONDAY]), MONDAY) is None


@pytest.mark.parametrize(
    ("pieces", "average", "odd"),
    [(149, 100, False), (150, 100, True), (67, 100, False), (66, 100, True), (0, 0, False), (500, 0, False)],
)
def test_half_as_much_again_is_asked_about_both_ways(pieces: int, average: int, odd: bool) -> None:
    """CUP-06"""
    assert (odd_against_average(pieces, average) is Oddity.FAR_FROM_AVERAGE) is odd


@pytest.mark.parametrize(
    ("pieces", "day_before", "oddity"),
    [
        (299, 100, None),
        (300, 100, Oddity.SURGE),
        (31, 100, None),
        (30, 100, Oddity.DROP),
        (0, 100, Oddity.DROP),
        (300, 0, None),
        (300, None, None),
    ],
)
def test_three_times_the_day_before_is_a_surge_and_three_tenths_a_drop(
    pieces: int, day_before: int | None, oddity: Oddity | None
) -> None:
    """CUP-09"""
    assert odd_against_day_before(pieces, day_before) is oddity


@pytest.mark.parametrize(
    ("pieces", "average", "oddity"),
    [(169, 100, None), (170, 100, Oddity.SURGE), (31, 100, None), (30, 100, Oddity.DROP), (5, 0, None)],
)
def test_seventy_percent_from_the_usual_of_the_hour_is_odd(pieces: int, average: int, oddity: Oddity | None) -> None:
    """CUP-10"""
    assert odd_in_band(pieces, average) is oddity


@pytest.mark.parametrize(
    ("repeats", "scans", "rises"),
    [
        ((10, 15), (100, 100), True),
        ((10, 14), (100, 100), False),
        ((0, 1), (100, 100), True),
        ((0, 0), (100, 100), False),
        ((10, 10), (0, 100), False),
        ((10, 10), (100, 0), False),
    ],
)
def test_the_share_of_repeated_scans_is_watched(repeats: tuple[int, int], scans: tuple[int, int], rises: bool) -> None:
    """CUP-10"""
    assert repeat_scans_rise(repeats, scans) is rises


def test_seven_silent_days_suggest_a_closed_store() -> None:
    """CUP-13"""
    assert [suspected_closure(days) for days in (6, 7, 8)] == [False, True, True]


def test_rates_are_shares_of_days_and_of_pieces() -> None:
    """CUP-11, CUP-14, Ambiguity A12: a missing report lowers a rate and does nothing else."""
    assert [report_rate_bp(*days) for days in ((0, 0), (0, 30), (27, 30), (31, 30))] == [10_000, 0, 9_000, 10_000]
    assert [consumption_rate_bp(*pieces) for pieces in ((0, 0), (1_500, 2_000), (-5, 10))] == [0, 7_500, 0]


def test_reports_are_compared_with_take_out_payments() -> None:
    """CUP-12"""
    assert (takeout_gap(120, 100), takeout_gap(90, 100)) == (20, -10)


@given(ahead_ms=st.integers(0, 10 * 86_400_000), reported=st.booleans())
def test_what_was_too_late_stays_too_late(ahead_ms: int, reported: bool) -> None:
    """CUP-04: the answer depends on when it was written, not on when it arrives."""
    answers = [
        judge_report(CAFE, MONDAY, 1, _at(MONDAY, 12) + moment, reported=reported)
        for moment in (ahead_ms, ahead_ms * 2)
    ]
    assert answers[0] is ReportAnswer.ACCEPTED or answers[1] is answers[0]


def test_the_usual_is_the_mean_of_four_weeks_before_the_day() -> None:
    """CUP-06: the day itself, days after it and days before the four weeks do not count."""
    back = {days: MONDAY - timedelta(days=days) for days in (-1, 0, 1, 28, 29)}
    numbers = {back[-1]: 900, back[0]: 900, back[1]: 100, back[28]: 51, back[29]: 900}

    assert usual_pieces(numbers, MONDAY) == 75
    assert usual_pieces({back[0]: 900, back[29]: 900}, MONDAY) is None


def test_everything_odd_of_a_number_is_said_together() -> None:
    """CUP-06, CUP-09"""
    assert oddities(300, 100, 100) == (Oddity.FAR_FROM_AVERAGE, Oddity.SURGE)
    assert oddities(30, None, 100) == (Oddity.DROP,)
    assert oddities(100, 100, None) == ()


@given(usual=st.integers(1, 2_000))
def test_the_usual_range_is_what_nobody_is_asked_about(usual: int) -> None:
    """CUP-06: both ends are fine, and the numbers next to them are not."""
    least, most = usual_range(usual)

    assert odd_against_average(least, usual) is odd_against_average(most, usual) is None
    assert odd_against_average(least - 1, usual) is odd_against_average(most + 1, usual) is Oddity.FAR_FROM_AVERAGE


@pytest.mark.parametrize(
    ("day", "now_ms", "stands"),
    [
        (TUESDAY, _at(MONDAY, 12), DayReport.AHEAD),
        (MONDAY, _at(MONDAY, 12), DayReport.OPEN),
        (MONDAY, _at(TUESDAY, 10), DayReport.OPEN),
        (MONDAY, _at(TUESDAY, 10) + 1, DayReport.MISSING),
    ],
)
def test_a_day_of_the_calendar_is_open_until_its_window_ends(day: date, now_ms: int, stands: DayReport) -> None:
    """CUP-03, CUP-04, CUP-07"""
    assert day_report(CAFE, day, now_ms, reported=False, late=False) is stands
    assert day_report(CAFE, day, now_ms, reported=True, late=False) is DayReport.DONE
    assert day_report(CAFE, day, now_ms, reported=True, late=True) is DayReport.LATE


def test_a_holiday_is_closed_in_the_calendar_unless_somebody_reported() -> None:
    """CUP-07, CUP-08"""
    hours = StoreHours(CAFE.weekly, frozenset({MONDAY}))

    assert day_report(hours, MONDAY, _at(TUESDAY, 9), reported=False, late=False) is DayReport.CLOSED
    assert day_report(hours, MONDAY, _at(TUESDAY, 9), reported=True, late=False) is DayReport.DONE


@pytest.mark.parametrize(
    ("now_ms", "due"),
    [
        (_at(TUESDAY, 8), (MONDAY,)),
        (_at(TUESDAY, 10), (MONDAY,)),
        (_at(TUESDAY, 10) + 1, ()),
        (_at(TUESDAY, 21, 30) - 1, ()),
        (_at(TUESDAY, 21, 30), (TUESDAY,)),
        (_at(TUESDAY, 23), (TUESDAY,)),
    ],
)
def test_a_report_is_due_from_half_an_hour_before_closing_to_the_end_of_its_window(
    now_ms: int, due: tuple[date, ...]
) -> None:
    """CUP-03, CUP-04, CUP-08"""
    assert reports_due(CAFE, frozenset(), now_ms) == due
    assert reports_due(CAFE, frozenset({MONDAY, TUESDAY}), now_ms) == ()


def test_the_evening_before_a_holiday_stays_due_and_the_holiday_never_is() -> None:
    """CUP-04, CUP-08, Ambiguity A4"""
    hours = StoreHours(CAFE.weekly, frozenset({TUESDAY}))

    assert reports_due(hours, frozenset(), _at(TUESDAY, 23)) == (MONDAY,)
    assert reports_due(hours, frozenset(), _at(TUESDAY + timedelta(days=1), 10)) == (MONDAY,)
