"""Owns a month of daily reports as cells: what was used, what is missing (CUP-07). No Qt."""

from __future__ import annotations

from datetime import date

from agent.stock import words
from agent.stock.state import Cell, Month
from agent.stock.types import Board, DayView
from agent.texts import Texts
from rules.consumption import DayReport

_WEEKDAYS = {"ko": tuple("일월화수목금토"), "en": ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")}
_LOOKS = {
    DayReport.DONE: ("", "green"),
    DayReport.LATE: ("clock", "amber"),
    DayReport.OPEN: ("pencil", "red"),
    DayReport.MISSING: ("circle-alert", "red"),
    DayReport.CLOSED: ("moon", ""),
    DayReport.AHEAD: ("", ""),
}


def month_of(t: Texts, board: Board, chosen: date) -> Month:
    """Whole weeks, Sunday first."""
    first, last = board.days[0].day, board.days[-1].day
    today = board.today.day
    cells = [Cell()] * ((first.weekday() + 1) % 7)
    cells += [_cell(t, one, today, chosen) for one in board.days]
    cells += [Cell()] * (-len(cells) % 7)
    written = sum(one.stands is DayReport.DONE for one in board.days)
    missing = sum(one.stands is DayReport.MISSING and not one.before for one in board.days)
    count = t.n("{n} reported", n=written)
    if missing:
        count += " · " + t.n("{n} missing", n=missing)
    return Month(
        title=f"{first.year}년 {first.month}월" if t.language == "ko" else f"{first:%B} {first.year}",
        weekdays=_WEEKDAYS[t.language],
        cells=tuple(cells),
        earlier=first > min(board.first, today).replace(day=1),
        later=last < today,
        count=count,
    )


def _cell(t: Texts, one: DayView, today: date, chosen: date) -> Cell:
    mark, tone = ("", "") if one.before else _LOOKS[one.stands]
    if one.unsent:
        mark = "cloud-upload"
    figure = "" if one.pieces is None else t.number(one.pieces)
    said = f"{words.day_words(t, one.day)} {figure} {'' if one.before else words.chip_of(t, one).words}"
    return Cell(
        day=one.day.isoformat(),
        number=str(one.day.day),
        figure=figure,
        mark=mark,
        tone=tone,
        today=one.day == today,
        chosen=one.day == chosen,
        pressable=one.stands is DayReport.OPEN or (one.stands is not DayReport.AHEAD and not one.before),
        said=said,
    )
