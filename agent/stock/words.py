"""Owns the words about cup holders: days, why a number was not taken, what is odd about one. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from agent.home.state import Warn
from agent.notices.types import Told
from agent.stock.state import Note
from agent.stock.types import DayView, NotReported, Odd, Refused
from agent.texts import Texts, mark
from rules.calendar import local_day, moment_ms
from rules.consumption import DayReport, Oddity, ReportAnswer
from rules.notices import NoticeKind
from sync.protocol import OpKind

NOON = 720


def pieces(t: Texts, count: int) -> str:
    return t.n("{n} pieces", n=t.number(count))


def day_words(t: Texts, day: date) -> str:
    """``11월 20일 금요일``."""
    return t.date(moment_ms(day, NOON))


def short_day(day: date) -> str:
    return f"{day:%m-%d}"


def until_words(t: Texts, day: DayView, today: date) -> str:
    """Until when a number may be changed: ``10:00`` today, with the day otherwise."""
    on = local_day(day.until_ms)
    clock = t.clock(day.until_ms)
    return t.n("Can be changed until {time}", time=clock if on == today else f"{short_day(on)} {clock}")


_STANDS = {
    DayReport.DONE: Note(mark("Reported"), "circle-check", "green"),
    DayReport.LATE: Note(mark("Reported late"), "clock", "amber"),
    DayReport.OPEN: Note(mark("Not reported yet"), "circle-alert", "red"),
    DayReport.MISSING: Note(mark("No report"), "circle-alert", "red"),
    DayReport.CLOSED: Note(mark("Closed that day"), "moon", "neutral"),
    DayReport.AHEAD: Note(mark("Still to come"), "calendar", "neutral"),
}


def chip_of(t: Texts, day: DayView) -> Note:
    """How a day stands; a number that waits for the line counts as reported (CUP-03, UXR-09)."""
    if day.unsent:
        tone = "amber" if day.stands is DayReport.LATE else "green"
        return Note(t._("Kept, to be sent"), "cloud-upload", tone)
    found = _STANDS[day.stands]
    if day.before:  # the store may not have been there: it is no fault that needs red
        found = replace(found, icon="pencil", tone="neutral")
    return Note(t._(found.words), found.icon, found.tone)


def odd_words(t: Texts, odd: Odd) -> str:
    """What looks odd, and the question (CUP-06, CUP-09)."""
    number, before = pieces(t, odd.pieces), pieces(t, odd.day_before or 0)
    if Oddity.SURGE in odd.oddities:
        return t.n("{n}: three times the day before ({m}) or more. Is that right?", n=number, m=before)
    if Oddity.DROP in odd.oddities:
        return t.n("{n}: far below the day before ({m}). Was it a holiday?", n=number, m=before)
    return t.n("{n}: far from the usual. Is that right?", n=number)


def not_reported_words(t: Texts, refused: NotReported) -> str:
    day = short_day(refused.day)
    match refused.answer:
        case ReportAnswer.READ_ONLY:
            when = f"{short_day(local_day(refused.until_ms))} {t.clock(refused.until_ms)}"
            return t.n("{day} could be changed until {when}. It stays as it is.", day=day, when=when)
        case ReportAnswer.NOT_YET:
            return t.n("{day} has not begun yet.", day=day)
        case _:
            return t._("That is too many for a day. Please look at the number again.")


_REFUSED = {
    "report_read_only": mark("The time to change it was over, or another counter was faster."),
    "report_not_yet": mark("That day had not begun. Please check this computer's clock."),
    "report_quantity": mark("That is no number of cup holders for a day."),
    "not_allowed": mark("Only the owner may order."),
    "store_not_open": mark("The store is at rest now."),
    "stock_quantity": mark("Orders are made in thousands."),
    "device_suspended": mark("This counter is suspended. Call the help desk."),
}


def refused_words(t: Texts, one: Refused) -> str:
    """What the cloud did not take, and why."""
    why = t._(_REFUSED.get(one.code, mark("Head office looks at it. You may try again.")))
    number = pieces(t, one.pieces)
    if one.kind == OpKind.STOCK_TAKE_OFF:
        why = t._("Please look at the numbers again.")
        return t.n("{n} collected or soiled: not taken. {why}", n=number, why=why)
    if one.day is None:
        return t.n("The order of {n} was not taken. {why}", n=number, why=why)
    return t.n("{day}: {n} was not taken. {why}", day=short_day(one.day), n=number, why=why)


def not_ordered_words(t: Texts, code: str) -> str:
    return t._(_REFUSED.get(code, mark("It could not be ordered. Please try again.")))


def missing_warnings(t: Texts, due: Sequence[date], urgent: Sequence[Told]) -> tuple[Warn, ...]:
    """For the home page: days that should be reported now and that no notice speaks of yet (CUP-08)."""
    told = {one.text("day") for one in urgent if one.kind == NoticeKind.REPORT_MISSING.value}
    days = [day for day in due if day.isoformat() not in told]
    return tuple(
        Warn(
            t.n("The report of {day} is missing", day=short_day(day)),
            "clipboard-list",
            "amber",
            "",
            t._("Report now"),
            "stock",
        )
        for day in days
    )
