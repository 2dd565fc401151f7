"""Owns what the home page shows and forwards: waiting requests, today's figures, warnings, recovery. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Protocol

from agent.approval import words
from agent.approval.cards import Reasons, Ring
from agent.approval.item import SOON_MS
from agent.approval.types import DecisionRecord, RejectReason, RequestCard, RequestKind
from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.earn.types import EarnFigures
from agent.home import figures
from agent.home.notices import warning_of
from agent.home.state import ROWS_MAX, Asking, Board, BoardRow, Decision, Figures, HomeState, Recovery, Warn
from agent.link.troubles import Trouble
from agent.link.viewmodel import LinkPort
from agent.orders.types import OrderView
from agent.printing.types import PrinterState, PrinterWord
from agent.steady import Steady
from agent.texts import Texts
from rules.calendar import local_day
from sync.clock import Clock

WARNINGS_MAX = 2
DECISIONS_TODAY_MAX = 400  # more than a busy counter decides in a day
_PRINTER_TROUBLE = {PrinterWord.PAPER_OUT, PrinterWord.COVER_OPEN, PrinterWord.FAULT, PrinterWord.NOT_ANSWERING}


class Approvals(Protocol):
    @property
    def listeners(self) -> Listeners: ...
    def pending(self) -> tuple[RequestCard, ...]: ...
    def recent(self, limit: int = ...) -> tuple[DecisionRecord, ...]: ...


class Orders(Protocol):
    @property
    def listeners(self) -> Listeners: ...
    def list(self, day: date | None = ...) -> tuple[OrderView, ...]: ...


class Earn(Protocol):
    @property
    def listeners(self) -> Listeners: ...
    def today(self) -> EarnFigures: ...


class Decider(Protocol):
    """Decisions go through the pop-up stack, which shows what came of them."""

    def approve(self, request_id: str) -> None: ...
    def reject(self, request_id: str, reason: RejectReason, text: str = ...) -> None: ...
    def recover(self, request_id: str) -> None: ...


class HomeViewModel:
    def __init__(
        self,
        *,
        approvals: Approvals,
        orders: Orders,
        earn: Earn,
        link: LinkPort,
        decider: Decider,
        clock: Clock,
        dispatcher: Dispatcher,
        texts: Texts,
        printers: Callable[[], Sequence[PrinterState]] = tuple,
        troubles: Callable[[], Sequence[Trouble]] = tuple,
        people: Callable[[], Sequence[Warn]] = tuple,
        told: Callable[[], Sequence[Warn]] = tuple,
    ) -> None:
        """``people``: whose right is suspended; ``told``: urgent notices of the cloud (NTF-02)."""
        self.on_change: Callable[[], None] = lambda: None
        self.on_page: Callable[[str], None] = lambda _page: None
        self._approvals, self._orders, self._earn, self._link = approvals, orders, earn, link
        self._decider, self._clock, self._texts, self._printers = decider, clock, texts, printers
        self._troubles, self._people, self._told = troubles, people, told
        self._pending: tuple[RequestCard, ...] = ()
        self._read_mono_ms = 0
        self._rows = ROWS_MAX
        self._steady_rewards, self._steady_orders = Steady(clock), Steady(clock)
        self._asking: Asking | None = None
        self._recovery: Recovery | None = None
        self._records: tuple[DecisionRecord, ...] = ()
        self._orders_today: tuple[OrderView, ...] = ()
        self._earned = EarnFigures(0, 0, 0, 0, 0, 0)
        self._day: tuple[Figures, ...] = ()
        self._decisions: tuple[Decision, ...] = ()
        self._warnings: tuple[Warn, ...] = ()
        self._offline_as_of = ""
        self._online = True
        self._needs_attention = 0
        self._today = local_day(clock.wall_ms())
        self._shows_orders = True
        self.state = HomeState()
        self._shown = True
        sources = (
            (approvals.listeners, self._read_approvals),
            (orders.listeners, self._read_orders),
            (earn.listeners, self._read_earned),
            (link.listeners, self._read_link),
        )
        # Each source is read alone: a receipt that was read does not list the day's orders again.
        self._unsubscribe = [
            listeners.subscribe(Coalesced(dispatcher, partial(self._changed, read))) for listeners, read in sources
        ]
        self.refresh()

    def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def show(self) -> None:
        """The page came into sight: read everything anew."""
        self._shown = True
        self.refresh()

    def hide(self) -> None:
        """Out of sight: arrivals cost nothing."""
        self._shown = False

    # -- what people press ------------------------------------------------------------------------------------------
    def set_rows(self, rows: int) -> None:
        """How many request rows the page has room for."""
        rows = max(1, min(rows, ROWS_MAX))
        if rows != self._rows:
            self._rows = rows
            self._publish()

    def approve(self, request_id: str) -> None:
        if self._steady_rewards.at_rest(request_id) and self._steady_orders.at_rest(request_id):
            self._decider.approve(request_id)

    def ask_reject(self, request_id: str) -> None:
        """Open the question for the reason."""
        card = next((card for card in self._pending if card.request_id == request_id), None)
        if card is not None:
            self._asking = Asking(request_id, card.title, Reasons(note=words.kept(self._texts, card.kind)))
            self._publish()

    def choose_reason(self, reason: RejectReason) -> None:
        if self._asking is not None:
            self._asking = replace(self._asking, reasons=replace(self._asking.reasons, chosen=reason))
            self._publish()

    def type_reason(self, text: str) -> None:
        if self._asking is not None:
            self._asking = replace(self._asking, reasons=replace(self._asking.reasons, text=text))
            self._publish()

    def confirm_reject(self) -> None:
        asking = self._asking
        if asking is None or asking.reasons.chosen is None or not asking.reasons.ready:
            return
        self._asking = None
        self._decider.reject(asking.request_id, asking.reasons.chosen, asking.reasons.text)
        self._publish()

    def ask_recover(self, request_id: str) -> None:
        """Open the question whether to give the value back (APR-15)."""
        decision = next((d for d in self._decisions if d.request_id == request_id and d.can_recover), None)
        if decision is not None:
            t = self._texts
            title = t.n("Take back “{title}”?", title=decision.title)
            sentence = t._("The customer gets it back at once, and the owner is told.")
            self._recovery = Recovery(request_id, title, sentence, t._("Yes, take it back"))
            self._publish()

    def confirm_recover(self) -> None:
        recovery, self._recovery = self._recovery, None
        if recovery is not None:
            self._decider.recover(recovery.request_id)
            self._publish()

    def dismiss(self) -> None:
        """Close whichever question is open."""
        self._asking = self._recovery = None
        self._publish()

    def open_page(self, page: str) -> None:
        self.on_page(page)

    # -- what comes in ----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Read everything anew."""
        for read in (self._read_link, self._read_approvals, self._read_orders, self._read_earned):
            read()
        self._derive()

    def _changed(self, read: Callable[[], None]) -> None:
        if self._shown:
            read()
            self._derive()

    def _read_approvals(self) -> None:
        self._pending = self._approvals.pending()
        self._read_mono_ms = self._clock.mono_ms()
        if self._asking is not None and all(c.request_id != self._asking.request_id for c in self._pending):
            self._asking = None  # decided elsewhere meanwhile
        self._records = self._approvals.recent(DECISIONS_TODAY_MAX)

    def _read_orders(self) -> None:
        self._orders_today = self._orders.list(local_day(self._clock.wall_ms())) if self._shows_orders else ()

    def _read_earned(self) -> None:
        self._earned = self._earn.today()

    def _read_link(self) -> None:
        status, profile = self._link.status(), self._link.store_profile()
        self._online, self._needs_attention = status.online, status.needs_attention
        since = status.offline_since_wall_ms
        self._offline_as_of = self._texts.clock(since) if since is not None and not status.online else ""
        self._shows_orders = profile is None or profile.service_type.lower() not in ("reward", "reward_only")

    def _derive(self) -> None:
        """Figures, decisions and the warning out of what was read."""
        t, today = self._texts, local_day(self._clock.wall_ms())
        self._today = today
        remark = t.n("as of {time}", time=self._offline_as_of) if self._offline_as_of else t._("Today")
        of_today = [record for record in self._records if local_day(record.decided_ms) == today]
        tiles = [
            figures.rewards_today(t, of_today, self._earned, remark),
            figures.receipts_today(t, self._earned, remark),
        ]
        if self._shows_orders:
            tiles.insert(0, figures.orders_today(t, self._orders_today, remark))
        self._day = tuple(tiles)
        self._decisions = tuple(self._decision(record) for record in self._records[:ROWS_MAX])
        self._warnings = self._warn(self._needs_attention)
        self._publish()

    def tick(self) -> None:
        """A second passed: only countdowns can have changed, unless a new day began."""
        if local_day(self._clock.wall_ms()) != self._today:
            self.refresh()
        elif self._pending:
            self._publish()

    # -- what is shown ----------------------------------------------------------------------------------------------
    def _publish(self) -> None:
        t = self._texts
        state = HomeState(
            warning=self._warnings[0] if self._warnings else None,
            second_warning=self._warnings[1] if len(self._warnings) > 1 else None,
            rewards=self._reward_board(),
            orders=self._order_board() if self._shows_orders else None,
            figures=self._day,
            decisions_title=t._("Latest decisions"),
            decisions_count=t.n("{n} shown", n=len(self._decisions)),
            decisions_remark=t.n("last synced {time}", time=self._offline_as_of) if self._offline_as_of else "",
            decisions=self._decisions,
            no_decisions=t._("Decisions of today appear here"),
            asking=self._asking,
            recovery=self._recovery,
        )
        if state != self.state:
            for steady, board in ((self._steady_rewards, state.rewards), (self._steady_orders, state.orders)):
                steady.placed([row.request_id for row in board.rows] if board is not None else [])
            self.state = state
            self.on_change()

    def _reward_board(self) -> Board:
        t = self._texts
        cards = [card for card in self._pending if card.kind is not RequestKind.ORDER]
        foot = t._("No answer for 60 seconds: approved") if self._online else t._("Decisions are sent once connected")
        return Board(
            t._("Reward requests"),
            len(cards),
            self._board_rows(cards),
            foot=foot if cards else "",
            more=self._more(cards),
            more_word=self._more_word(cards),
            chip_icon="" if self._online else "cloud-off",
            chip="" if self._online else t._("Offline"),
            empty_icon="gift" if self._online else "cloud-off",
            empty_title=t._("The next request appears here at once"),
            empty_line="" if self._online else t._("Late ones arrive together, none is lost"),
        )

    def _order_board(self) -> Board:
        t = self._texts
        cards = [card for card in self._pending if card.kind is RequestKind.ORDER]
        return Board(
            t._("Order requests"),
            len(cards),
            self._board_rows(cards),
            more=self._more(cards),
            more_word=self._more_word(cards),
            remark="" if self._online else t._("Waiting for the line"),
            action_word=t._("See all") if self._online else "",
            action_page="orders",
            empty_icon="coffee" if self._online else "cloud-off",
            empty_title=t._("The next order appears here at once")
            if self._online
            else t._("New orders appear once connected"),
            empty_line="" if self._online else t._("Late ones arrive together, none is lost"),
        )

    def _more(self, cards: Sequence[RequestCard]) -> int:
        return max(0, len(cards) - self._rows)

    def _more_word(self, cards: Sequence[RequestCard]) -> str:
        more = self._more(cards)
        return self._texts.n("+{n} more", n=more) if more else ""

    def _board_rows(self, cards: Sequence[RequestCard]) -> tuple[BoardRow, ...]:
        return tuple(self._board_row(card) for card in cards[: self._rows])

    def _board_row(self, card: RequestCard) -> BoardRow:
        t = self._texts
        passed_ms = self._clock.mono_ms() - self._read_mono_ms
        left_ms = None if card.remaining_ms is None else max(0, card.remaining_ms - passed_ms)
        working = left_ms == 0 or card.asking
        urgent = left_ms is not None and left_ms < SOON_MS and not card.offline and not working
        ring = Ring.WORKING if working else Ring.QUIET if card.offline else Ring.AMBER if urgent else Ring.INK
        return BoardRow(
            card.request_id,
            words.KIND_ICONS[card.kind],
            card.title,
            words.join(card.nickname, words.meta(t, card)),
            words.soon(t, card.at_zero) if urgent else t._("Working") if working else "",
            None if left_ms is None or working else -(-left_ms // 1000),
            ring,
            working,
        )

    def _decision(self, record: DecisionRecord) -> Decision:
        t = self._texts
        icon, tone = words.outcome_look(record.state)
        time = t.clock(record.decided_ms)
        line = words.decision_line(t, record)
        return Decision(record.request_id, icon, tone, record.title, line, time, record.can_recover)

    def _warn(self, needs_attention: int) -> tuple[Warn, ...]:
        """Two strips at most: what costs points first, then what stops paper, urgent notices, whose right is
        suspended, the line."""
        t = self._texts
        found = [warning_of(t, trouble) for trouble in self._troubles()]
        if needs_attention:
            sentence = t.n("{n} entries need a look", n=needs_attention)
            found.insert(0, Warn(sentence, "circle-alert", "red", t._("Kept whole, the help desk is told")))
        stopped = next((p for p in self._printers() if p.status in _PRINTER_TROUBLE), None)
        if stopped is not None:
            sentence = {
                PrinterWord.PAPER_OUT: t._("The printer is out of paper. Slips wait and print by themselves later"),
                PrinterWord.COVER_OPEN: t._("The printer's cover is open. Slips wait and print by themselves later"),
                PrinterWord.FAULT: t._("The printer reports an error. Slips wait and print by themselves later"),
            }.get(stopped.status, t._("The printer does not answer. Slips wait and print by themselves later"))
            remark = t.n("{n} slips waiting", n=stopped.queued) if stopped.queued else ""
            found.append(Warn(sentence, "printer", "amber", remark, t._("Look"), "printing"))
        found.extend(self._told())
        found.extend(self._people())
        if not self._online:
            sentence = t._("The internet is down. What you enter is kept and sent later")
            found.append(Warn(sentence, "cloud-off", "amber", t._("Points, approvals and printing go on")))
        return tuple(sorted(found, key=lambda warn: warn.tone != "red"))[:WARNINGS_MAX]
