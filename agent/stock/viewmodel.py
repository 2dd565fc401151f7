"""Owns the page of cup holders: type a number and save it, look back, see what is left, order. No Qt (CUP-01 to 26)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.logbook import topic
from agent.steady import Steady
from agent.stock import words
from agent.stock.calendar import month_of
from agent.stock.state import (
    BeforePanel,
    Complaint,
    Note,
    OrderQuestion,
    Quick,
    ReportPanel,
    RoundRow,
    StockPanel,
    StockState,
    TakeOffQuestion,
)
from agent.stock.types import (
    Board,
    DayView,
    NotOrdered,
    NotReported,
    NotTakenOff,
    Odd,
    OrderOutcome,
    Refused,
    Reported,
    ReportOutcome,
    RoundView,
    StockView,
    TakeOffOutcome,
    Unchanged,
)
from agent.texts import Texts
from rules.calendar import local_day
from rules.consumption import DayReport
from rules.cupholders import ORDER_UNIT
from sync.clock import Clock
from sync.errors import SyncError

log = topic("stock")
TYPED_MAX = 7  # one more than any number that counts, so that too many is said and not swallowed
ROUNDS_SHOWN = 5
SAVE, CONFIRM = "save", "confirm"


class StockPort(Protocol):
    """What the page needs of ``agent.stock.service.StockService``."""

    @property
    def listeners(self) -> Listeners: ...
    def board(self, first: date, last: date) -> Board: ...
    def stock(self) -> StockView: ...
    def refused(self) -> tuple[Refused, ...]: ...
    def report(self, day: date, pieces: int, actor: str, *, sure: bool = False) -> ReportOutcome: ...
    def order(self, pieces: int, actor: str) -> OrderOutcome: ...
    def take_off(self, collected: int, soiled: int, actor: str) -> TakeOffOutcome: ...
    def needs_owner(self, actor: str) -> bool: ...
    def seen(self, op_id: str) -> None: ...


class Door(Protocol):
    """Asks for the owner's PIN (``agent.staff.viewmodel.PinViewModel``)."""

    def ask_owner(self, heading: str, then: Callable[[str, str], None]) -> None: ...


@dataclass(frozen=True)
class _Asked:
    """What the open question about an order holds. ``percent`` 0: another quantity is typed."""

    percent: int = 100
    typed: str = ""
    problem: str = ""


class StockViewModel:
    """All methods run on the screen's thread."""

    def __init__(
        self,
        *,
        stock: StockPort,
        door: Door,
        has_owner: Callable[[], bool],
        online: Callable[[], bool],
        clock: Clock,
        dispatcher: Dispatcher,
        texts: Texts,
        actor: Callable[[], str],
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._stock, self._door, self._has_owner, self._online = stock, door, has_owner, online
        self._clock, self._texts, self._actor = clock, texts, actor
        self._steady = Steady(clock)
        self._chosen: date | None = None  # None: today, whichever day that is
        self._month: date | None = None  # None: the month of today
        self._typed, self._wrong = "", False
        self._note = Note()
        self._odd: Odd | None = None
        self._order: _Asked | None = None
        self._off: TakeOffQuestion | None = None
        self._said = ""
        self.state = StockState()
        self._board = stock.board(*self._span(local_day(clock.wall_ms())))
        self._left = stock.stock()
        self._unsubscribe = stock.listeners.subscribe(Coalesced(dispatcher, self.refresh))
        self.refresh()

    def close_down(self) -> None:
        self._unsubscribe()

    # -- in sight -----------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """The page was opened: it is about today again."""
        self._chosen = self._month = self._odd = None
        self._typed, self._wrong, self._note = "", False, Note()
        self.refresh()

    def hide(self) -> None:
        self._order = self._off = None

    def tick(self) -> None:
        """Windows end and days turn while somebody looks."""
        self.refresh()

    # -- one number ---------------------------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """What the field holds now."""
        if text != self._typed:
            self._typed, self._wrong, self._odd, self._note = text, False, None, Note()
            self._publish()

    def digit(self, digit: str) -> None:
        """A key of the pad."""
        if len(self._typed) < TYPED_MAX:
            self.type(self._typed + digit)

    def back(self) -> None:
        self.type(self._typed[:-1])

    def save(self) -> None:
        """The number counts; an odd one after a second press (CUP-06, CUP-09)."""
        if not self._steady.at_rest(SAVE):
            return
        t, day = self._texts, self._day()
        count = _count(self._typed)
        if count is None:
            self._wrong = True
            words_ = t._("Digits only, please.") if self._typed.strip() else t._("How many cup holders went out?")
            self._note = Note(words_, "circle-alert", "red")
            self._publish()
            return
        sure = self._odd is not None and (self._odd.day, self._odd.pieces) == (day, count)
        try:
            outcome = self._stock.report(day, count, self._actor(), sure=sure)
        except SyncError as problem:
            log.warning("report_not_saved", problem=type(problem).__name__)
            self._note = Note(t._("Could not be saved. Please try again."), "circle-alert", "red")
        else:
            self._take(outcome)
        self._steady.changed(SAVE)
        self.refresh()

    def _take(self, outcome: ReportOutcome) -> None:
        t = self._texts
        self._odd, self._wrong = None, False
        match outcome:
            case Odd():
                self._odd, self._note = outcome, Note()
            case NotReported():
                self._wrong = True
                self._note = Note(words.not_reported_words(t, outcome), "circle-alert", "red")
            case Unchanged():
                number = words.pieces(t, outcome.pieces)
                self._done(Note(t.n("It is {n} already.", n=number), "info", "neutral"))
            case Reported():
                self._done(self._saved(outcome))

    def _done(self, note: Note) -> None:
        self._chosen, self._typed, self._note = None, "", note

    def _saved(self, done: Reported) -> Note:
        t = self._texts
        said = t.n("{day}: {n} saved.", day=words.short_day(done.day), n=words.pieces(t, done.pieces))
        if done.late:
            return Note(said + " " + t._("Too late to count as reported."), "clock", "amber")
        if not self._online():
            return Note(said + " " + t._("It is sent when the internet is back."), "cloud-upload", "green")
        return Note(said, "circle-check", "green")

    def choose(self, day: str) -> None:
        """A day of the calendar, or the day before (CUP-04, CUP-07). One whose window is over is said to be so."""
        found = next((one for one in (*self._board.days, self._board.before) if one.day.isoformat() == day), None)
        if found is None or found.stands is DayReport.AHEAD:
            return
        self._typed, self._odd, self._wrong, self._note = "", None, False, Note()
        if found.pieces is not None and self._clock.wall_ms() > found.until_ms:
            t = self._texts
            line = t.n("{day}: {n}.", day=words.short_day(found.day), n=words.pieces(t, found.pieces))
            self._note = Note(line + " " + t._("The time to change it is over."), "lock", "neutral")
        else:
            self._chosen = None if found.day == self._board.today.day else found.day
        self._publish()

    def to_today(self) -> None:
        self._typed, self._odd, self._wrong, self._note, self._chosen = "", None, False, Note(), None
        self._publish()

    # -- the calendar -------------------------------------------------------------------------------------------------

    def earlier(self) -> None:
        if self.state.month.earlier:
            self._turn_to((self._shown_month() - timedelta(days=1)).replace(day=1))

    def later(self) -> None:
        if self.state.month.later:
            self._turn_to((self._shown_month() + timedelta(days=31)).replace(day=1))

    def _turn_to(self, month: date) -> None:
        """A day that is out of sight is not written by mistake."""
        self._month = month
        self.to_today()
        self.refresh()

    def _shown_month(self) -> date:
        return self._month or self._board.today.day.replace(day=1)

    def _span(self, first: date) -> tuple[date, date]:
        """A whole month."""
        start = first.replace(day=1)
        return start, (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    # -- ordering -----------------------------------------------------------------------------------------------------

    def ask_order(self) -> None:
        """The button under the stock (CUP-18)."""
        self._order = _Asked()
        self._publish()

    def choose_quick(self, percent: int) -> None:
        """CUP-19"""
        if self._order is not None:
            self._order = _Asked(percent)
            self._publish()

    def type_quantity(self, text: str) -> None:
        if self._order is not None and text != self._order.typed:
            self._order = _Asked(0 if text.strip() else 100, text)
            self._publish()

    def cancel_order(self) -> None:
        self._order = None
        self._publish()

    def confirm_order(self) -> None:
        """The owner orders; anybody else fetches the owner first (RBA-01)."""
        asked, t, actor = self._order, self._texts, self._actor()
        if asked is None or not self._steady.at_rest(CONFIRM):
            return
        self._steady.changed(CONFIRM)
        wanted = self._quantity(asked)
        if wanted is None:
            self._order = replace(asked, problem=t._("Orders are made in thousands: 1,000, 2,000, 3,000 …"))
        elif not self._stock.needs_owner(actor):
            self._send_order(wanted, actor)
            return
        elif self._has_owner():
            self._order = None
            heading = t.n("Owner: order {n} cup holders", n=t.number(wanted))
            self._publish()
            self._door.ask_owner(heading, lambda owner, _key: self._send_order(wanted, owner))
            return
        else:
            problem = t._("Only the owner orders. Ask your headquarters to set up the owner's PIN.")
            self._order = replace(asked, problem=problem)
        self._publish()

    def _send_order(self, wanted: int, actor: str) -> None:
        t = self._texts
        self._order = None
        try:
            outcome: OrderOutcome = self._stock.order(wanted, actor)
        except SyncError as problem:
            log.warning("order_not_saved", problem=type(problem).__name__)
            self._said = t._("Could not be saved. Please try again.")
        else:
            if isinstance(outcome, NotOrdered):
                self._said = words.not_ordered_words(t, outcome.code)
            elif self._online():
                self._said = t.n("{n} cup holders ordered", n=t.number(wanted))
            else:
                self._said = t.n("{n} cup holders: sent when the internet is back", n=t.number(wanted))
        self.refresh()
        self._said = ""

    def _quantity(self, asked: _Asked) -> int | None:
        if asked.percent:
            return dict(self._left.quick)[asked.percent]
        count = _count(asked.typed)
        return count if count and count % ORDER_UNIT == 0 else None

    # -- what is gone unused ------------------------------------------------------------------------------------------

    def ask_off(self) -> None:
        """The button for collected and soiled ones (CUP-26)."""
        t, now = self._texts, self._left.in_use
        if now is None:
            return
        advice = t.n("Round {n}: {m} came. Write how many in all.", n=now.number, m=t.number(now.received))
        self._off = TakeOffQuestion(advice, str(now.collected or ""), str(now.soiled or ""))
        self._publish()

    def type_off(self, collected: str, soiled: str) -> None:
        if self._off is not None:
            self._off = replace(self._off, collected=collected, soiled=soiled, problem="")
            self._publish()

    def cancel_off(self) -> None:
        self._off = None
        self._publish()

    def confirm_off(self) -> None:
        """An empty field is none."""
        asked, t = self._off, self._texts
        if asked is None or not self._steady.at_rest(CONFIRM):
            return
        self._steady.changed(CONFIRM)
        counts = [_count(text or "0") for text in (asked.collected.strip(), asked.soiled.strip())]
        if None in counts:
            self._off = replace(asked, problem=t._("Digits only, please."))
            self._publish()
            return
        collected, soiled = (count or 0 for count in counts)
        try:
            outcome = self._stock.take_off(collected, soiled, self._actor())
        except SyncError as problem:
            log.warning("taken_off_not_saved", problem=type(problem).__name__)
            self._off = replace(asked, problem=t._("Could not be saved. Please try again."))
        else:
            if isinstance(outcome, NotTakenOff):
                problem_ = t.n("No more than came: {n}.", n=t.number(outcome.most))
                self._off = replace(asked, problem=problem_)
            else:
                self._off = None
                gone = t.number(collected + soiled)
                self._said = t.n("{n} taken off what is left", n=gone)
        self.refresh()
        self._said = ""

    # -- what was refused ---------------------------------------------------------------------------------------------

    def seen(self, op_id: str) -> None:
        try:
            self._stock.seen(op_id)
        except SyncError as problem:  # it stays, and so does what it says
            log.warning("refusal_not_forgotten", problem=type(problem).__name__)
        self.refresh()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Numbers, stock, the line or the day have changed."""
        self._board = self._stock.board(*self._span(self._shown_month()))
        self._left = self._stock.stock()
        if self._chosen is not None and self._view().day != self._chosen:
            self._chosen = None  # the day turned
        self._publish()

    def _publish(self) -> None:
        refused = self._stock.refused()
        t = self._texts
        state = StockState(
            report=self._report(),
            before=self._before(),
            month=month_of(t, self._board, self._day()),
            stock=self._panel(),
            hint=self._hint(),
            complaint=Complaint(refused[0].op_id, words.refused_words(t, refused[0])) if refused else None,
            order=None if self._order is None else self._question(self._order),
            off=self._off,
            said=self._said,
        )
        if state != self.state:
            self.state = state
            self.on_change()

    def _day(self) -> date:
        return self._chosen or self._board.today.day

    def _view(self) -> DayView:
        if self._chosen is None:
            return self._board.today
        days = (*self._board.days, self._board.before)
        return next((one for one in days if one.day == self._chosen), self._board.today)

    def _hint(self) -> str:
        t = self._texts
        if not self._online():
            return t._("The internet is down. What you type here is kept and sent when it is back.")
        return ""

    def _report(self) -> ReportPanel:
        t, view, today = self._texts, self._view(), self._board.today.day
        is_today = view.day == today
        open_ = self._clock.wall_ms() <= view.until_ms
        line = words.until_words(t, view, today) if open_ else t._("Too late to count as reported, but kept.")
        fine = self._board.fine
        usual = "" if fine is None else t.n("Usual: {a} to {b}", a=t.number(fine[0]), b=t.number(fine[1]))
        return ReportPanel(
            title=t._("Cup holders used today") if is_today else words.day_words(t, view.day),
            line=f"{words.day_words(t, view.day)} · {line}" if is_today else line,
            chip=words.chip_of(t, view),
            typed=self._typed,
            placeholder=t._("How many?") if view.pieces is None else t.n("Now {n}", n=t.number(view.pieces)),
            save=t._("Save") if self._odd is None else t._("Right, save it"),
            note=self._note,
            question="" if self._odd is None else words.odd_words(t, self._odd),
            usual=usual,
            back="" if is_today else t._("To today"),
            wrong=self._wrong,
        )

    def _before(self) -> BeforePanel:
        t, view, today = self._texts, self._board.before, self._board.today.day
        if view.before and view.stands is not DayReport.OPEN:
            return BeforePanel()
        yesterday = view.day == today - timedelta(days=1)
        name = t._("Yesterday") if yesterday else t._("The business day before")
        title = f"{name} {words.short_day(view.day)}"
        open_ = self._clock.wall_ms() <= view.until_ms
        if view.pieces is not None:
            title += f" · {words.pieces(t, view.pieces)}"
            action = t._("Correct it") if open_ else ""
        else:
            action = t._("Type it in")
        line = words.until_words(t, view, today) if open_ else t._("The time to change it is over.")
        return BeforePanel(title, line, words.chip_of(t, view), action, view.day.isoformat())

    def _panel(self) -> StockPanel:
        t, left = self._texts, self._left
        parts = []
        if left.expected_days is not None:
            parts.append(t.n("for about {n} days", n=t.number(left.expected_days)))
        if left.daily_average:
            parts.append(t.n("{n} a day", n=t.number(left.daily_average)))
        parts.append(t.n("used {n}", n=t.number(left.used)))
        if left.in_use is not None and (gone := left.in_use.collected + left.in_use.soiled):
            parts.append(t.n("gone unused {n}", n=t.number(gone)))
        if left.over_reported:
            more = t.number(left.over_reported)
            chip = Note(t.n("{n} more used than received", n=more), "triangle-alert", "amber")
        elif left.low:
            chip = Note(t._("Time to order"), "triangle-alert", "amber")
        elif left.received:
            chip = Note(t._("Enough"), "circle-check", "green")
        else:
            chip = Note()
        return StockPanel(
            figure=words.pieces(t, left.stock),
            of=t.n("of {n} received", n=t.number(left.received)) if left.received else t._("Nothing received yet"),
            rate_percent=left.stock_rate_bp // 100,
            low=left.low,
            chip=chip,
            line=" · ".join(parts),
            door=t._("Order cup holders") if left.may_order else "",
            off_door="" if left.in_use is None else t._("Collected or soiled"),
            why_not="" if left.may_order else t._("The store is at rest now."),
            rounds=tuple(self._round(one) for one in left.rounds[:ROUNDS_SHOWN]),
            no_rounds="" if left.rounds else t._("No orders yet."),
        )

    def _round(self, one: RoundView) -> RoundRow:
        t = self._texts
        name = t._("New order") if one.number is None else t.n("Round {n}", n=one.number)
        title = f"{name} · {words.pieces(t, one.ordered)}"
        ordered = t.n("ordered {day}", day=words.short_day(local_day(one.ordered_ms)))
        if one.number is None:
            return RoundRow(title, ordered, Note(t._("Kept, to be sent"), "cloud-upload", "amber"))
        if one.received is None or one.received_ms is None:
            return RoundRow(title, ordered, Note(t._("On its way"), "package", "neutral"))
        came = t.n("{n} came {day}", n=t.number(one.received), day=words.short_day(local_day(one.received_ms)))
        return RoundRow(title, f"{ordered} · {came}", Note(t._("Received"), "circle-check", "green"))

    def _question(self, asked: _Asked) -> OrderQuestion:
        t, left = self._texts, self._left
        wanted = self._quantity(asked)
        names = {100: t._("Proposed"), 150: t._("Half more"), 200: t._("Twice")}
        proposed = t.number(left.proposed)
        return OrderQuestion(
            advice=t.n("{n} are proposed by what you use a day.", n=proposed),
            quick=tuple(
                Quick(percent, f"{names[percent]} {t.number(count)}", asked.percent == percent)
                for percent, count in left.quick
            ),
            typed=asked.typed,
            confirm=t._("Order") if wanted is None else t.n("Order {n}", n=t.number(wanted)),
            warning=t._("Once it is ordered it is on its way, and a change may not be possible."),
            problem=asked.problem,
        )


def _count(text: str) -> int | None:
    """What somebody typed as a whole number; None for anything else."""
    plain = text.replace(",", "").strip()
    return int(plain) if plain.isdecimal() else None
