"""The tray icon: says how the line is, opens the counter, ends the program."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from agent.link.viewmodel import LinkState
from agent.texts import Texts
from agent.ui.theme import Theme

ICON_PX = 32


class Tray:
    """Where the desktop has no tray, nothing is shown and closing the window ends the program."""

    def __init__(self, theme: Theme, texts: Texts, *, on_open: Callable[[], None], on_quit: Callable[[], None]) -> None:
        self._theme, self._texts = theme, texts
        self._menu = QMenu()
        self._open = QAction(self._menu)
        self._quit = QAction(self._menu)
        self._open.triggered.connect(lambda: on_open())
        self._quit.triggered.connect(lambda: on_quit())
        self._menu.addActions([self._open, self._quit])
        self._icon = QSystemTrayIcon(_icon(theme, "store"))
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(lambda reason: self._activated(reason, on_open))
        self.retext()

    @staticmethod
    def available() -> bool:
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        self._icon.show()

    def hide(self) -> None:
        self._icon.hide()

    def retext(self) -> None:
        self._open.setText(self._texts._("Open the counter"))
        self._quit.setText(self._texts._("Quit WithFoM"))

    def say(self, link: LinkState, waiting: int) -> None:
        """The state of the line as the tool tip and the picture; also how much waits behind the bell."""
        behind = " · " + self._texts.n("{n} notices", n=waiting) if waiting else ""
        self._icon.setToolTip(f"WithFoM · {link.text}{behind}")
        self._icon.setIcon(_icon(self._theme, link.icon))

    def _activated(self, reason: QSystemTrayIcon.ActivationReason, on_open: Callable[[], None]) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            on_open()


def _icon(theme: Theme, name: str) -> QIcon:
    return QIcon(theme.icons.pixmap(name, ICON_PX, theme.color("green"), 1.0))
