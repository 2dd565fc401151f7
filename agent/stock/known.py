"""Owns what the rules say of the numbers that a counter knows: how days stand, what becomes of a new one. No I/O.

Rules: CUP-03, 04, 06, 07, 08, 09.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from agent.stock.repository import Number
from agent.stock.types import Board, DayView, NotReported, Odd, Reported, ReportOutcome, Unchanged
from rules.consumption import (
    DayReport,
    ReportAnswer,
    day_report,
    edit_until_ms,
    judge_report,
    oddities,
    reports_due,
    usual_pieces,
    usual_range,
)
from rules.hours import StoreHours, business_day

BACK_DAYS = 31  # the business day before today's is found within a month


@dataclass(frozen=True)
class Known:
    """The cloud's numbers with our own unanswered ones on top, at one moment."""

    hours: StoreHours
    now_ms: int
    numbers: dict[date, Number]
    unsent: frozenset[date]

    @property
    def today(self) -> date:
        return business_day(self.hours, self.now_ms)

    @property
    def first(self) -> date:
        """Nothing is known of days before this one."""
        return min(self.numbers, default=self.today)

    def usual(self, day: date) -> int | None:
        return usual_pieces({on: one.pieces for on, one in self.numbers.items() if not one.late}, day)

    def due(self) -> tuple[date, ...]:
        """Nobody is reminded of days before the first report: the store may not have been there."""
        return tuple(day for day in reports_due(self.hours, self.numbers.keys(), self.now_ms) if day >= self.first)

    def view(self, day: date) -> DayView:
        number = self.numbers.get(day)
        late = number is not None and number.late
        stands = day_report(self.hours, day, self.now_ms, reported=number is not None, late=late)
        return DayView(
            day,
            stands,
            None if number is None else number.pieces,
            edit_until_ms(self.hours, day),
            day in self.unsent,
            before=stands in (DayReport.MISSING, DayReport.OPEN) and day < self.first,
        )

    def board(self, first: date, last: date) -> Board:
        """Both ends included."""
        usual = self.usual(self.today)
        return Board(
            self.view(self.today),
            self.view(self._business_day_before()),
            tuple(self.view(first + timedelta(days=ahead)) for ahead in range((last - first).days + 1)),
            self.due(),
            self.first,
            None if not usual else usual_range(usual),
            len(self.unsent),
        )

    def _business_day_before(self) -> date:
        days = (self.today - timedelta(days=back) for back in range(1, BACK_DAYS + 1))
        return next((day for day in days if self.hours.on(day) is not None), self.today - timedelta(days=1))

    def judge(self, day: date, pieces: int, *, sure: bool) -> ReportOutcome:
        """What becomes of a number, before anything is kept (CUP-04, CUP-06, CUP-09; Ambiguity A5)."""
        before = self.numbers.get(day)
        answer = judge_report(self.hours, day, pieces, self.now_ms, reported=before is not None)
        if answer not in (ReportAnswer.ACCEPTED, ReportAnswer.LATE):
            return NotReported(day, answer, edit_until_ms(self.hours, day))
        if before is not None and before.pieces == pieces:
            return Unchanged(day, pieces)
        yesterday = self.numbers.get(day - timedelta(days=1))
        compared = None if yesterday is None else yesterday.pieces
        found = oddities(pieces, self.usual(day), compared)
        if found and not sure:
            return Odd(day, pieces, found, compared)
        return Reported(day, pieces, answer is ReportAnswer.LATE)
