"""Owns the sold-out page: find an item, mark it for today or until released, put it back. No Qt (MNU-02, 09, 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.logbook import topic
from agent.menu.state import ALL, SOLD_OUT, MenuChip, MenuRow, MenuState
from agent.menu.types import ItemView, MarkOutcome, MenuView, NotOnMenu
from agent.steady import Steady
from agent.texts import Texts, mark
from rules.menu import NotOnSale, SoldOutKind
from sync.clock import Clock
from sync.errors import SyncError

log = topic("orders")


class MenuPort(Protocol):
    """What the page needs of ``agent.menu.service.MenuService``."""

    @property
    def listeners(self) -> Listeners: ...
    def menu(self) -> MenuView: ...
    def mark(self, menu_id: str, kind: SoldOutKind | None, actor: str) -> MarkOutcome: ...


class MenuViewModel:
    """Closed at first; while it is closed only the word on its door is kept. All methods run on the screen's thread."""

    def __init__(
        self,
        *,
        menu: MenuPort,
        online: Callable[[], bool],
        clock: Clock,
        dispatcher: Dispatcher,
        texts: Texts,
        actor: Callable[[], str],
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._menu, self._online, self._texts, self._actor = menu, online, texts, actor
        self._steady = Steady(clock)
        self._found = MenuView()
        self._open, self._search, self._chosen, self._said = False, "", ALL, ""
        self.state = MenuState()
        self._unsubscribe = menu.listeners.subscribe(Coalesced(dispatcher, self.refresh))
        self.refresh()

    def close_down(self) -> None:
        self._unsubscribe()

    # -- open and closed ----------------------------------------------------------------------------------------------

    def open(self) -> None:
        self._open, self._search, self._chosen = True, "", ALL
        self.refresh()

    def close(self) -> None:
        self._open = False
        self._publish()

    # -- finding ------------------------------------------------------------------------------------------------------

    def set_search(self, text: str) -> None:
        self._search = text
        self._publish()

    def choose(self, key: str) -> None:
        """A category, everything, or what is sold out."""
        self._chosen = key
        self._publish()

    # -- marking ------------------------------------------------------------------------------------------------------

    def sold_out_today(self, menu_id: str) -> None:
        """MNU-09"""
        self._mark(menu_id, SoldOutKind.TODAY)

    def sold_out_until_released(self, menu_id: str) -> None:
        """MNU-10"""
        self._mark(menu_id, SoldOutKind.UNTIL_RELEASED)

    def back_on_sale(self, menu_id: str) -> None:
        self._mark(menu_id, None)

    def _mark(self, menu_id: str, kind: SoldOutKind | None) -> None:
        if not self._steady.at_rest(menu_id):
            return
        t = self._texts
        try:
            outcome = self._menu.mark(menu_id, kind, self._actor())
        except SyncError as problem:
            log.warning("mark_not_saved", menu=menu_id, problem=type(problem).__name__)
            self._said = t._("Could not be saved. Please try again.")
        else:
            self._said = t._("This is no longer on the menu.") if isinstance(outcome, NotOnMenu) else ""
        self._steady.changed(menu_id)
        self.refresh()
        self._said = ""

    # -- what is shown ------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The menu, the line or the day has changed."""
        self._found = self._menu.menu()
        self._publish()

    def _publish(self) -> None:
        state = self._state()
        if state != self.state:
            self._steady.placed([row.menu_id for row in state.rows])
            self.state = state
            self.on_change()

    def _state(self) -> MenuState:
        t, items = self._texts, self._found.items
        sold_out = sum(item.sold_out is not None for item in items)
        door = t.n("Sold out · {n}", n=sold_out) if sold_out else t._("Sold out")
        if not self._open:
            return MenuState(door=door)
        shown = [item for item in items if self._wanted(item)]
        offline = t._("The internet is down. What you mark here counts at once and is sent when it is back.")
        return MenuState(
            open=True,
            door=door,
            search=self._search,
            chips=self._chips(sold_out),
            rows=tuple(self._row(item) for item in shown),
            empty="" if shown else self._empty(),
            hint="" if self._online() else offline,
            said=self._said,
        )

    def _wanted(self, item: ItemView) -> bool:
        text = self._search.strip().casefold()
        if text and text not in item.name.casefold() and text not in item.name_en.casefold():
            return False
        if self._chosen == SOLD_OUT:
            return item.sold_out is not None
        return self._chosen in (ALL, item.category_id)

    def _empty(self) -> str:
        t = self._texts
        if not self._found.items:
            return t._("No menu yet. Your headquarters or the console puts it together.")
        if self._search.strip():
            return t._("Nothing found on the menu.")
        return t._("Nothing is sold out.") if self._chosen == SOLD_OUT else t._("Nothing in this category.")

    def _chips(self, sold_out: int) -> tuple[MenuChip, ...]:
        t, items = self._texts, self._found.items
        chips = [
            MenuChip(ALL, t._("All"), len(items), self._chosen == ALL),
            MenuChip(SOLD_OUT, t._("Sold out"), sold_out, self._chosen == SOLD_OUT),
        ]
        for one in self._found.categories:
            count = sum(item.category_id == one.category_id for item in items)
            chips.append(MenuChip(one.category_id, one.name, count, self._chosen == one.category_id))
        return tuple(chips)

    def _row(self, item: ItemView) -> MenuRow:
        t = self._texts
        name = item.name_en if t.language == "en" and item.name_en else item.name
        line = t.won(item.price_won)
        if item.unsent:
            line += " · " + t._("not sent yet")
        state, icon, tone = _LOOKS[item.sold_out or item.why]
        marked = item.sold_out is not None
        return MenuRow(
            item.menu_id,
            name,
            line,
            t._(state),
            icon,
            tone,
            today="" if marked else t._("Today only"),
            released="" if marked else t._("Until released"),
            back=t._("Back on sale") if marked else "",
        )


_LOOKS: dict[SoldOutKind | NotOnSale | None, tuple[str, str, str]] = {
    None: (mark("On sale"), "check", "green"),
    SoldOutKind.TODAY: (mark("Sold out today"), "ban", "amber"),
    SoldOutKind.UNTIL_RELEASED: (mark("Sold out"), "ban", "amber"),
    NotOnSale.HIDDEN: (mark("Hidden"), "eye-off", "neutral"),
    NotOnSale.NOT_HERE: (mark("Not sold here"), "circle-minus", "neutral"),
    NotOnSale.PERIOD: (mark("Not on these days"), "calendar", "neutral"),
    NotOnSale.TIME: (mark("Not at this hour"), "clock", "neutral"),
}
