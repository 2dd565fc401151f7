"""Owns the counter's window: header, side bar, one page at a time. Pages are built when they are first opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from agent.link.view import LinkPill
from agent.link.viewmodel import LinkViewModel
from agent.shell.header import Header
from agent.shell.nav import SIDE_FROM, Nav, NavEntry
from agent.shell.viewmodel import ShellViewModel
from agent.texts import Texts
from agent.ui.controls import FocusRing, Ground, ToastHost
from agent.ui.theme import Theme

MINIMUM = (1024, 600)
LINK_TICK_MS = 10_000


def _nothing() -> None:
    """The page wants to know nothing."""


@dataclass(frozen=True)
class Page:
    """One entry of the side bar. ``title`` and ``short`` are English source texts; ``build`` makes the page when it
    is first opened, and again after the language changed; ``refresh`` lets its view-model speak the new language."""

    key: str
    title: str
    short: str
    icon: str
    build: Callable[[], QWidget]
    refresh: Callable[[], None] = _nothing


class MainWindow(Ground):
    """``close_hides``: the window's cross only hides it, the program goes on in the tray."""

    closed = Signal()

    def __init__(
        self,
        theme: Theme,
        texts: Texts,
        pages: Sequence[Page],
        *,
        shell: ShellViewModel,
        link: LinkViewModel,
        version: str = "",
        close_hides: bool = False,
    ) -> None:
        super().__init__(theme, "bg")
        self._texts, self._pages, self._shell, self._link = texts, {page.key: page for page in pages}, shell, link
        self._version, self._close_hides = version, close_hides
        self._views: dict[str, QWidget] = {}
        self._current = ""
        self.setWindowTitle("WithFoM")
        self.setMinimumSize(*MINIMUM)
        self.pill = LinkPill(link, theme)
        self.header = Header(theme, texts, self.pill)
        self.header.page_pressed.connect(self.open_page)
        self.header.line_pressed.connect(shell.press)
        self.header.status_pressed.connect(self._tell_status)
        self._stack = QStackedWidget()
        self._below = QHBoxLayout()
        self._below.setContentsMargins(0, 0, 0, 0)
        self._below.setSpacing(0)
        self.nav = self._make_nav()
        self._below.addWidget(self.nav)
        self._below.addWidget(self._stack, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(self._below, 1)
        self.toasts = ToastHost(theme, self)
        self.focus_ring = FocusRing(theme, self)
        self._timer = QTimer(self)
        self._timer.setInterval(LINK_TICK_MS)
        self._timer.timeout.connect(link.tick)
        self._timer.start()
        for index, key in enumerate(self._pages, start=1):
            shortcut = QShortcut(f"Ctrl+{index}", self)
            shortcut.activated.connect(lambda chosen=key: self.open_page(chosen))
        shell.on_change = self._render_shell
        self._render_shell()
        self.open_page(pages[0].key)

    # -- pages ------------------------------------------------------------------------------------------------------
    @property
    def current_page(self) -> str:
        return self._current

    def page(self, key: str) -> QWidget:
        """The widget of a page, built if it was never opened. Raises KeyError for an unknown page."""
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = self._pages[key].build()
            self._stack.addWidget(view)
        return view

    def open_page(self, key: str) -> None:
        """Show a page; an unknown key (a page of a later version) changes nothing."""
        if key not in self._pages:
            return
        self._current = key
        self._stack.setCurrentWidget(self.page(key))
        self.nav.choose(key)

    def retext(self) -> None:
        """The language changed: build the frame's words and the open page anew, the others when they are opened."""
        for page in self._pages.values():
            page.refresh()
        self._shell.refresh()
        self._link.refresh()
        self.header.retext()
        old_nav, self.nav = self.nav, self._make_nav()
        self._below.replaceWidget(old_nav, self.nav)
        old_nav.deleteLater()
        old, self._views = self._views, {}
        for view in old.values():
            self._stack.removeWidget(view)
            view.deleteLater()
        self._render_shell()
        self.open_page(self._current)

    def _make_nav(self) -> Nav:
        t = self._texts
        entries = [NavEntry(page.key, t._(page.title), t._(page.short), page.icon) for page in self._pages.values()]
        nav = Nav(self.theme, entries, t.n("Version {v}", v=self._version) if self._version else "")
        nav.chosen.connect(self.open_page)
        nav.set_rail(self.width() < SIDE_FROM)
        return nav

    # -- frame ------------------------------------------------------------------------------------------------------
    def _render_shell(self) -> None:
        state = self._shell.state
        self.header.render_header(state)
        self.nav.set_badges(state.badges)
        hidden = set() if state.shows_orders else {"orders"}
        self.nav.show_only(set(self._pages) - hidden)
        if self._current in hidden:
            self.open_page(next(iter(self._pages)))

    def _tell_status(self) -> None:
        state = self._link.state
        tone = "neutral" if state.tone == "green" else state.tone
        self.toasts.show(state.detail_title, state.detail, icon=state.icon, tone="green" if state.online else tone)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.nav.set_rail(self.width() < SIDE_FROM)
        super().resizeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._close_hides:
            event.ignore()
            self.hide()
            return
        self.closed.emit()
        super().closeEvent(event)

    def bring_forward(self) -> None:
        """Somebody asked for the window: tray, bell, "+N more" or a second start of the program."""
        if self.isMinimized():
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
