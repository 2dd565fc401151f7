"""Owns the list of rewards that were used: its filters, its pages, its sentences. No Qt (CPN-22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from agent.approval.words import join
from agent.dispatch import Dispatcher
from agent.rewards.looking import Looking, ReportsPort, as_of, missing
from agent.rewards.reports import USES
from agent.rewards.state import Row, UsesState
from agent.texts import Texts
from rules.calendar import local_day, months_after
from rules.reward_uses import UsePeriod, UsesBy, period_days
from sync.clock import Clock


class UsesViewModel:
    """All methods run on the screen's thread."""

    def __init__(
        self,
        *,
        reports: ReportsPort,
        clock: Clock,
        dispatcher: Dispatcher,
        texts: Texts,
        name_of: Callable[[str], str],
    ) -> None:
        """``name_of``: what people call whom an operation names."""
        self.on_change: Callable[[], None] = lambda: None
        self._clock, self._texts, self._name_of = clock, texts, name_of
        self._looking = Looking(reports, USES, clock, dispatcher, self._publish)
        self._period, self._by = UsePeriod.DAY, UsesBy.USE
        self._on: date | None = None  # None: today, whichever day that is
        self._coupon, self._page = "", 1
        self._shown = False
        self.state = UsesState()

    # -- in sight -----------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """It is about today again."""
        self._shown, self._on, self._page = True, None, 1
        self._look()

    def hide(self) -> None:
        self._shown = False

    def tick(self) -> None:
        if self._shown:
            self._looking.tick()

    def refresh(self) -> None:
        """The language changed."""
        self._publish()

    # -- filters ------------------------------------------------------------------------------------------------------

    def choose_period(self, period: str) -> None:
        self._period, self._page, self._coupon = UsePeriod(period), 1, ""
        self._look()

    def choose_by(self, by: str) -> None:
        self._by, self._page = UsesBy(by), 1
        self._look()

    def choose_coupon(self, definition_id: str) -> None:
        self._coupon, self._page = definition_id, 1
        self._look()

    def earlier(self) -> None:
        self._go(-1)

    def later(self) -> None:
        if self.state.later:
            self._go(1)

    def to_today(self) -> None:
        self._on, self._page, self._coupon = None, 1, ""
        self._look()

    def turn(self, by: int) -> None:
        """To the page before or behind."""
        if (by < 0 and self.state.fewer) or (by > 0 and self.state.more):
            self._page += by
            self._look()

    def _go(self, by: int) -> None:
        first, last = period_days(self._period, self._day())
        if self._period is UsePeriod.MONTH:
            moved = months_after(first, by)
        else:
            moved = first + timedelta(days=by * ((last - first).days + 1))
        self._on, self._page, self._coupon = min(moved, self._today()), 1, ""
        self._look()

    def _today(self) -> date:
        return local_day(self._clock.wall_ms())

    def _day(self) -> date:
        return self._on or self._today()

    def _look(self) -> None:
        params = {"period": self._period.value, "on": self._day().isoformat(), "by": self._by.value}
        if self._coupon:
            params["definition_id"] = self._coupon
        if self._page > 1:
            params["page"] = str(self._page)
        self._looking.at(params)
        self._publish()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        t = self._texts
        first, last = period_days(self._period, self._day())
        fields: dict[str, Any] = self._looking.report.fields if self._looking.report is not None else {}
        rows = tuple(self._row(one) for one in fields.get("rows", ()))
        page, pages = int(fields.get("page", 1)), int(fields.get("pages", 1))
        note = missing(t, self._looking) or ("" if rows else t._("Nothing was used in this time."))
        coupons = tuple((str(one["definition_id"]), str(one["name"])) for one in fields.get("coupons", ()))
        said, stale = as_of(t, self._looking)
        state = UsesState(
            period=self._period.value,
            by=self._by.value,
            span=f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} ~ {last:%m-%d}",
            later=last < self._today(),
            today="" if first <= self._today() <= last else t._("To today"),
            coupons=(("", t._("All rewards")), *coupons),
            coupon=self._coupon,
            rows=rows,
            note=note,
            page=t.n("{page} of {pages}", page=page, pages=pages) if pages > 1 else "",
            fewer=page > 1,
            more=page < pages,
            as_of=said,
            stale=stale,
        )
        if state != self.state:
            self.state = state
            self.on_change()

    def _row(self, one: dict[str, Any]) -> Row:
        t, at_ms, won = self._texts, int(one["at_ms"]), int(one["won"])
        points = one["reward"] == "points"
        what = t._("Points") if points else str(one["name"])
        figure = t.points(won) if points else t.won(won)
        time = f"{local_day(at_ms):%m-%d} {t.clock(at_ms)}"
        times = t.n("{n} times", n=t.number(int(one["uses"])))
        last = t.n("last {time}", time=time)
        match self._by:
            case UsesBy.CUSTOMER:
                return Row(str(one["nickname"]) or t._("Customer"), last, t.won(won), times)
            case UsesBy.REWARD:
                return Row(what, last, figure, times)
            case UsesBy.USE:
                who = t._("by itself") if one["decided_by"] is None else self._name_of(str(one["decided_by"]))
                return Row(what, join(str(one["nickname"]), who), figure, time)
