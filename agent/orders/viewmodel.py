"""Owns the orders page: filters, search, list with next steps, the chosen order beside it. No Qt (ORD-02..06, 17)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from agent.approval.cards import Reasons
from agent.approval.types import RejectReason
from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.logbook import topic
from agent.orders import words
from agent.orders.state import (
    ALL,
    RANGE,
    RESERVED,
    TODAY,
    YESTERDAY,
    DetailStep,
    FilterChipState,
    OrderAsking,
    OrderDetail,
    OrderRow,
    OrdersState,
)
from agent.orders.types import LIST_MAX, AdvanceOutcome, NotAllowed, OrderView, SoldOutOutcome
from agent.steady import Steady
from agent.texts import Texts
from rules.calendar import local_day
from rules.requests import OrderState
from rules.waiting import OrderTab
from sync.clock import Clock
from sync.errors import SyncError

LATE_MS = 12 * 60_000  # a drink that takes longer is said so in amber words
PAGE_ROWS = 60  # rows made at first and per "show more": a day's rush, not a year
RANGE_DAYS_MAX = 92
log = topic("orders")


class OrdersPort(Protocol):
    """What the page needs of ``agent.orders.service.OrdersService``."""

    @property
    def listeners(self) -> Listeners: ...
    def list(
        self,
        day: date | None = ...,
        state: OrderState | None = ...,
        channel: str | None = ...,
        search: str = ...,
        *,
        through: date | None = ...,
    ) -> tuple[OrderView, ...]: ...
    def for_later(self) -> tuple[OrderView, ...]: ...
    def advance(self, order_id: str, to: OrderState, actor: str) -> AdvanceOutcome: ...
    def say_sold_out(self, order_id: str, actor: str) -> SoldOutOutcome: ...


class RequestDecider(Protocol):
    """The pop-up stack: an order whose request still counts down is decided there, once."""

    def is_open(self, request_id: str) -> bool: ...
    def approve(self, request_id: str) -> None: ...
    def reject(self, request_id: str, reason: RejectReason, text: str = ...) -> None: ...


@dataclass
class _Choice:
    period: str = TODAY
    first: date | None = None
    last: date | None = None
    state: OrderState | None = None
    reserved: bool = False
    channel: str = ALL
    search: str = ""
    order_id: str = ""
    limit: int = PAGE_ROWS


class OrdersViewModel:
    def __init__(
        self,
        *,
        orders: OrdersPort,
        decider: RequestDecider,
        clock: Clock,
        dispatcher: Dispatcher,
        texts: Texts,
        actor: Callable[[], str],
        online: Callable[[], bool] = lambda: True,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._online = online
        self._orders, self._decider, self._clock, self._texts, self._actor = orders, decider, clock, texts, actor
        self._choice = _Choice()
        self._steady = Steady(clock)
        self._found: tuple[OrderView, ...] = ()
        self._reserved: tuple[OrderView, ...] = ()
        self._asking: OrderAsking | None = None
        self._said = ""
        self._shown = False
        self.state = OrdersState()
        self._unsubscribe = orders.listeners.subscribe(Coalesced(dispatcher, self._changed))
        self._publish()

    def close(self) -> None:
        self._unsubscribe()

    # -- in sight or not --------------------------------------------------------------------------------------------
    def show(self) -> None:
        """The page came into sight."""
        self._shown = True
        self.refresh()

    def hide(self) -> None:
        """Out of sight: arrivals cost nothing."""
        self._shown = False

    def _changed(self) -> None:
        if self._shown:
            self.refresh()

    def tick(self) -> None:
        """Minutes pass on the rows."""
        if self._shown:
            self._publish()

    # -- filters ----------------------------------------------------------------------------------------------------
    def set_search(self, text: str) -> None:
        self._choice.search = text
        self.refresh()

    def choose_period(self, period: str) -> None:
        """``today``, ``yesterday``; a range comes with ``choose_range``."""
        if period in (TODAY, YESTERDAY):
            self._choice.period, self._choice.first, self._choice.last = period, None, None
            self.refresh()

    def choose_range(self, first: date, last: date) -> None:
        """From and to, either way round, at most three months."""
        first, last = min(first, last), max(first, last)
        first = max(first, last - timedelta(days=RANGE_DAYS_MAX - 1))
        self._choice.period, self._choice.first, self._choice.last = RANGE, first, last
        self.refresh()

    def last_days(self, days: int) -> None:
        """A range that ends today."""
        today = local_day(self._clock.wall_ms())
        self.choose_range(today - timedelta(days=days - 1), today)

    def choose_state(self, key: str) -> None:
        self._choice.reserved = key == RESERVED
        self._choice.state = None if key in (ALL, RESERVED) else OrderState(key)
        self._choice.limit = PAGE_ROWS
        self._publish()

    def choose_channel(self, channel: str) -> None:
        self._choice.channel = channel
        self.refresh()

    def choose(self, order_id: str) -> None:
        """Open an order beside the list; again: close it."""
        self._choice.order_id = "" if order_id == self._choice.order_id else order_id
        self._publish()

    def show_more(self) -> None:
        self._choice.limit += PAGE_ROWS
        self._publish()

    # -- steps ------------------------------------------------------------------------------------------------------
    def advance(self, order_id: str) -> None:
        """The next step: accept, then ready (ORD-04)."""
        order = self._find(order_id)
        if order is None or not self._steady.at_rest(order_id):
            return
        if order.state is OrderState.NEW and order.request_id and self._decider.is_open(order.request_id):
            self._decider.approve(order.request_id)
            self._steady.changed(order_id)
            self.refresh()
            return
        to = {OrderState.NEW: OrderState.PREPARING, OrderState.PREPARING: OrderState.READY}.get(order.state)
        if to is not None:
            self._step(order_id, to)

    def ask_cancel(self, order_id: str) -> None:
        """A new order is cancelled here; a waiting request needs a reason (APR-08). The customer of an accepted one is
        told that it is sold out, and chooses (ORD-07)."""
        order = self._find(order_id)
        t = self._texts
        if order is not None and words.can_say_sold_out(order):
            title = t.n("Order {number} is sold out?", number=order.number)
            sentence = t._("The customer is told, and may cancel. Then coupon, points and payment go back at once.")
            self._asking = OrderAsking(order_id, title, None, sentence, t._("Tell the customer"))
            self._publish()
            return
        if order is None or order.state is not OrderState.NEW:
            return
        title = t.n("Cancel order {number}?", number=order.number)
        if order.request_id and self._decider.is_open(order.request_id):
            note = t._("The customer gets the payment back.")
            self._asking = OrderAsking(order_id, title, Reasons(note=note))
        else:
            sentence = t._("The customer is told, and gets the payment back.")
            self._asking = OrderAsking(order_id, title, None, sentence, t._("Yes, cancel the order"))
        self._publish()

    def choose_reason(self, reason: RejectReason) -> None:
        if self._asking is not None and self._asking.reasons is not None:
            self._asking = replace(self._asking, reasons=replace(self._asking.reasons, chosen=reason))
            self._publish()

    def type_reason(self, text: str) -> None:
        if self._asking is not None and self._asking.reasons is not None:
            self._asking = replace(self._asking, reasons=replace(self._asking.reasons, text=text))
            self._publish()

    def confirm_cancel(self) -> None:
        asking = self._asking
        order = self._find(asking.order_id) if asking is not None else None
        if asking is None or order is None:
            return
        if asking.reasons is None:
            self._asking = None
            if order.state is OrderState.NEW:
                self._step(order.order_id, OrderState.CANCELLED)
            else:
                self._say_sold_out(order.order_id)
        elif asking.reasons.chosen is not None and asking.reasons.ready and order.request_id:
            self._asking = None
            self._decider.reject(order.request_id, asking.reasons.chosen, asking.reasons.text)
            self.refresh()

    def dismiss(self) -> None:
        self._asking = None
        self._publish()

    def _step(self, order_id: str, to: OrderState) -> None:
        self._said = self._answer_to(order_id, to)
        self._steady.changed(order_id)
        self.refresh()
        self._said = ""

    def _say_sold_out(self, order_id: str) -> None:
        t = self._texts
        try:
            outcome = self._orders.say_sold_out(order_id, self._actor())
        except SyncError as problem:
            log.warning("message_not_saved", order=order_id, problem=type(problem).__name__)
            self._said = t._("Could not be saved. Please try again.")
        else:
            self._said = self._not_allowed(outcome) if isinstance(outcome, NotAllowed) else self._message_is_out()
        self.refresh()
        self._said = ""

    def _message_is_out(self) -> str:
        t = self._texts
        if self._online():
            return t._("The customer is told.")
        return t._("The internet is down: the message goes out later. Please call the customer.")

    def _not_allowed(self, outcome: NotAllowed) -> str:
        t = self._texts
        stands = words.state(t, outcome.state) if outcome.state is not None else t._("gone")
        return t.n("This order is already: {state}", state=stands)

    def _answer_to(self, order_id: str, to: OrderState) -> str:
        """Why the step was not taken; empty when it was."""
        t = self._texts
        try:
            outcome = self._orders.advance(order_id, to, self._actor())
        except SyncError as problem:
            log.warning("step_not_saved", order=order_id, problem=type(problem).__name__)
            return t._("Could not be saved. Please try again.")
        return self._not_allowed(outcome) if isinstance(outcome, NotAllowed) else ""

    # -- what is shown ----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """One question to the store, however long the time is: somebody may be typing."""
        channel = None if self._choice.channel == ALL else self._choice.channel
        first, last = self._span()
        found = self._orders.list(first, None, channel, self._choice.search, through=last)
        later = [one for one in self._orders.for_later() if self._fits(one)]
        # What waits for an answer is seen today, whichever day it is for; accepted ones have a list of their own.
        known = {one.order_id for one in found}
        waiting = [one for one in later if one.state is OrderState.NEW and one.order_id not in known]
        self._found = (*waiting, *found) if self._choice.period == TODAY else found
        self._reserved = tuple(one for one in later if one.state is not OrderState.NEW)
        self._publish()

    def _fits(self, order: OrderView) -> bool:
        """Channel and search, as the store's own list knows them."""
        text = self._choice.search.strip()
        return self._choice.channel in (ALL, order.channel) and (text in order.number or text in order.nickname)

    def _span(self) -> tuple[date, date]:
        """First and last day."""
        choice, today = self._choice, local_day(self._clock.wall_ms())
        if choice.first is not None and choice.last is not None:
            return choice.first, choice.last
        day = today if choice.period == TODAY else today - timedelta(days=1)
        return day, day

    def _find(self, order_id: str) -> OrderView | None:
        return next((order for order in (*self._found, *self._reserved) if order.order_id == order_id), None)

    def _wanted(self, now_ms: int) -> list[OrderView]:
        """What the chosen filter shows; what is made now is not mixed with what is for later (ORD-17)."""
        choice = self._choice
        if choice.reserved:
            return list(self._reserved)
        if choice.state is None:
            return list(self._found)
        found = [order for order in self._found if order.state is choice.state]
        return [order for order in found if order.tab(now_ms) is not OrderTab.RESERVED]

    def _publish(self) -> None:
        t, choice = self._texts, self._choice
        now_ms = self._clock.wall_ms()
        wanted = self._wanted(now_ms)
        shown = wanted[: choice.limit]
        detail = self._find(choice.order_id)
        state = OrdersState(
            search=choice.search,
            period=choice.period,
            period_word=_range_word(choice.first, choice.last) or t._("Range"),
            channel=choice.channel,
            chips=self._chips(now_ms),
            rows=tuple(self._row(order, now_ms) for order in shown),
            hidden=len(wanted) - len(shown),
            more_word=t.n("Show {n} more", n=min(PAGE_ROWS, len(wanted) - len(shown))),
            order_word=self._order_word(),
            empty="" if wanted else self._empty(),
            detail=self._detail(detail, now_ms) if detail is not None else None,
            asking=self._asking,
            said=self._said,
        )
        if state != self.state:
            self._steady.placed([row.order_id for row in state.rows])
            self.state = state
            self.on_change()

    def _order_word(self) -> str:
        if self._choice.reserved:
            return self._texts._("Soonest first")
        return self._texts._("Newest first") if len(self._found) < LIST_MAX else self._newest_only()

    def _newest_only(self) -> str:
        return self._texts.n("Newest {n} only", n=self._texts.number(LIST_MAX))

    def _empty(self) -> str:
        t = self._texts
        if self._choice.search:
            return t._("Nothing found. Try an order number or a nickname.")
        if self._choice.reserved:
            return t._("No order for later. Accepted ones for another time stand here.")
        if self._choice.state is not None or self._choice.channel != ALL:
            return t._("No order here. Another filter may have it.")
        return t._("No order yet. The next one appears here at once.")

    def _chips(self, now_ms: int) -> tuple[FilterChipState, ...]:
        t, chosen, reserved = self._texts, self._choice.state, self._choice.reserved
        chips = [FilterChipState(ALL, t._("All"), len(self._found), chosen is None and not reserved)]
        for state in OrderState:
            here = [order for order in self._found if order.state is state]
            count = sum(1 for order in here if order.tab(now_ms) is not OrderTab.RESERVED)
            chips.append(FilterChipState(state.value, words.state(t, state), count, chosen is state))
            if state is OrderState.PREPARING:
                chips.append(FilterChipState(RESERVED, t._("For later"), len(self._reserved), reserved))
        return tuple(chips)

    def _row(self, order: OrderView, now_ms: int) -> OrderRow:
        t = self._texts
        icon, tone = words.STATE_LOOKS[order.state]
        later = order.tab(now_ms) is OrderTab.RESERVED
        waiting = order.state in (OrderState.NEW, OrderState.PREPARING)
        # The customer of an order for later waits from its time on.
        passed_ms = now_ms - (order.created_ms if order.due_ms is None else order.due_ms)
        late = waiting and passed_ms >= (LATE_MS if order.due_ms is None else 0)
        line = f"{words.channel(t, order.channel)} {t.clock(order.created_ms)}"
        if order.due_ms is not None:
            line += f" · {words.due(t, order.due_ms, now_ms)}"
        elif waiting and not late:
            line += f" · {words.minutes(t, passed_ms)}"
        return OrderRow(
            order_id=order.order_id,
            number=order.number,
            state=t._("For later") if later else words.state(t, order.state),
            state_icon="calendar" if later else icon,
            state_tone=tone,
            title=words.summary(t, order.items),
            line=line,
            late=words.sold_out(t, order, now_ms)
            or (t.n("{time} waiting", time=words.minutes(t, passed_ms)) if late else ""),
            amount=t.won(order.paid_won),
            below_amount=words.paid_short(t, order),
            step=words.step(t, order.state),
            first_step=order.state is OrderState.NEW,
            gone=order.state is OrderState.CANCELLED,
            chosen=order.order_id == self._choice.order_id,
        )

    def _detail(self, order: OrderView, now_ms: int) -> OrderDetail:
        t = self._texts
        since_ms = order.created_ms if order.due_ms is None else order.due_ms
        passed = t.n("{time} waiting", time=words.minutes(t, now_ms - since_ms))
        if order.state not in (OrderState.NEW, OrderState.PREPARING) or now_ms - since_ms < 60_000:
            passed = ""
        parts = [order.nickname, t.n("ordered {time}", time=t.clock(order.created_ms)), passed]
        return OrderDetail(
            order_id=order.order_id,
            number=order.number,
            channel=words.channel(t, order.channel),
            channel_icon=words.CHANNEL_ICONS.get(order.channel, "shopping-bag"),
            line=" · ".join(part for part in parts if part),
            steps=_steps(t, order.state),
            items=(
                *((str(item.qty), item.name, " · ".join(item.options), t.won(item.amount_won)) for item in order.items),
                *(("", word, "", amount) for word, amount in words.rewards(t, order)),
            ),
            note=" · ".join(part for part in (words.sold_out(t, order, now_ms), order.note) if part),
            payment=words.payment(t, order.payment),
            total=t.won(order.paid_won),
            step=words.step(t, order.state),
            cancel=self._cancel_word(order),
            first_step=order.state is OrderState.NEW,
        )

    def _cancel_word(self, order: OrderView) -> str:
        if words.can_say_sold_out(order):
            return self._texts._("Sold out")
        return self._texts._("Cancel order") if order.state is OrderState.NEW else ""


def _steps(t: Texts, current: OrderState) -> tuple[DetailStep, ...]:
    """New, preparing, ready: what is done, where it stands, what comes."""
    if current is OrderState.CANCELLED:
        return (DetailStep(words.state(t, current), "circle-x", "red_ink"),)
    path: Sequence[OrderState] = (OrderState.NEW, OrderState.PREPARING, OrderState.READY)
    at = path.index(current)
    steps = []
    for index, state in enumerate(path):
        done = index < at or current is OrderState.READY
        icon = "circle-check" if done else "loader-circle" if index == at else "circle"
        tone = "green_ink" if done else "ink" if index == at else "ink3"
        steps.append(DetailStep(words.state(t, state), icon, tone))
    return tuple(steps)


def _range_word(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return ""
    return f"{first.month}/{first.day}–{last.month}/{last.day}"


def parse_day(text: str) -> date | None:
    """``2026-11-20``, ``20261120`` or ``2026.11.20``; None for anything else."""
    digits = "".join(ch for ch in text if ch.isascii() and ch.isdigit())
    if len(digits) != 8:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
