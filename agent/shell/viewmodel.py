"""Owns the frame around the pages: whose shop, who is on duty, how much waits behind the bell and the tabs. No Qt."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from agent.approval.types import RequestCard, RequestKind
from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.link.viewmodel import LinkPort
from agent.notices.types import Told
from agent.notices.words import notice_words, page_of
from agent.texts import Texts, mark
from sync.errors import SyncError

NOTICES_SHOWN = 7  # further ones come up as these are seen
_GRADES = {
    "gold": mark("Gold"),
    "silver": mark("Silver"),
    "bronze": mark("Bronze"),
    "platinum": mark("Platinum"),
    "vip": mark("VIP"),
}
_SERVICES = {
    "composite": mark("Composite"),
    "order": mark("Orders only"),
    "reward": mark("Rewards only"),
    "reward_only": mark("Rewards only"),
}


class PendingPort(Protocol):
    @property
    def listeners(self) -> Listeners: ...
    def pending(self) -> tuple[RequestCard, ...]: ...


class NoticesPort(Protocol):
    """What the bell needs of ``agent.notices.service.NoticeService``."""

    @property
    def listeners(self) -> Listeners: ...
    def bell(self) -> tuple[Told, ...]: ...
    def acknowledge(self, notice_id: str, actor: str) -> bool: ...


class DuePort(Protocol):
    """What the tab of cup holders needs of ``agent.stock.service.StockService``."""

    @property
    def listeners(self) -> Listeners: ...
    def due(self) -> tuple[date, ...]: ...


@dataclass(frozen=True)
class Staff:
    """Who is on duty at this counter."""

    name: str = ""
    role: str = ""


@dataclass(frozen=True)
class BellLine:
    """One line behind the bell: where it leads, and the notice that pressing it acknowledges."""

    page: str
    words: str
    notice_id: str = ""


@dataclass(frozen=True)
class HeaderState:
    shop: str = ""
    letter: str = ""
    plan: str = ""
    grade: str = ""
    service: str = ""
    staff: Staff = Staff()
    bell: int = 0
    bell_lines: tuple[BellLine, ...] = ()  # what waits first, then notices, urgent ones first (APR-29, NTF-02)
    badges: tuple[tuple[str, int], ...] = ()
    shows_orders: bool = True


class ShellViewModel:
    def __init__(
        self,
        *,
        approvals: PendingPort,
        link: LinkPort,
        dispatcher: Dispatcher,
        texts: Texts,
        notices: NoticesPort,
        stock: DuePort,
        actor: Callable[[], str],
        staff: Callable[[], Staff] = Staff,
    ) -> None:
        """``actor`` is who acknowledges a notice, as operations name them."""
        self.on_change: Callable[[], None] = lambda: None
        self._approvals, self._link, self._texts, self._staff = approvals, link, texts, staff
        self._notices, self._actor, self._stock = notices, actor, stock
        self.state = HeaderState()
        refresh = Coalesced(dispatcher, self.refresh)
        self._unsubscribe = [source.listeners.subscribe(refresh) for source in (approvals, link, notices, stock)]
        self.refresh()

    def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def refresh(self) -> None:
        t = self._texts
        profile = self._link.store_profile()
        cards = self._approvals.pending()
        orders = sum(1 for card in cards if card.kind is RequestKind.ORDER)
        rewards = len(cards) - orders
        attention = self._link.status().needs_attention
        told = self._notices.bell()
        lines = [
            BellLine("home", t.n("{n} reward requests are waiting", n=rewards) if rewards else ""),
            BellLine("orders", t.n("{n} order requests are waiting", n=orders) if orders else ""),
            BellLine("home", t.n("{n} entries need a look", n=attention) if attention else ""),
            *(BellLine(page_of(one), notice_words(t, one), one.notice_id) for one in told[:NOTICES_SHOWN]),
        ]
        service = profile.service_type if profile is not None else ""
        self.state = HeaderState(
            shop=profile.name if profile is not None else "",
            letter=profile.name[:1] if profile is not None else "",
            plan=profile.plan.upper() if profile is not None else "",
            grade=self._word(_GRADES, profile.grade) if profile is not None else "",
            service=self._word(_SERVICES, service),
            staff=self._staff(),
            bell=rewards + orders + attention + len(told),
            bell_lines=tuple(line for line in lines if line.words),
            badges=(("home", rewards), ("orders", orders), ("stock", len(self._stock.due()))),
            shows_orders=service.lower() not in ("reward", "reward_only"),  # ORD-01
        )
        self.on_change()

    def press(self, line: BellLine) -> None:
        """Somebody chose a line of the bell: a notice is seen with that, what waits goes on waiting."""
        if line.notice_id:
            with contextlib.suppress(SyncError):  # the line stays, and so does what it says
                self._notices.acknowledge(line.notice_id, self._actor())

    def _word(self, words: dict[str, str], key: str) -> str:
        """The word for a known key; a shop without a grade shows none, an unknown one as it came."""
        if key.lower() in ("", "normal", "none"):
            return ""
        return self._texts._(words.get(key.lower(), key))
