"""Owns the way between pages: a side bar of words on wide windows, a rail of icons on narrow ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.ui.controls import Ground, Label, PressControl, paint_badge
from agent.ui.paint import draw_line, elided, rounded
from agent.ui.theme import RADIUS_SMALL, Theme

SIDE_WIDTH = 184
RAIL_WIDTH = 72
SIDE_FROM = 1280  # window width


@dataclass(frozen=True)
class NavEntry:
    key: str
    title: str
    short: str  # for the rail
    icon: str


class NavItem(PressControl):
    """One page: 44 high with word and count, or 52 high with icon over word."""

    def __init__(self, theme: Theme, entry: NavEntry, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.entry = entry
        self._count = 0
        self._rail = False
        self.focus_radius = RADIUS_SMALL
        self.setCheckable(True)
        self.setObjectName(f"nav.{entry.key}")
        self.setText(entry.title)
        self.setAccessibleName(entry.title)

    def set_rail(self, rail: bool) -> None:
        self._rail = rail
        self.setFixedHeight(52 if rail else 44)
        self.setToolTip(self.entry.title if rail else "")
        self.update()

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(59 if self._rail else 167, 52 if self._rail else 44)

    def _word_room(self) -> float:
        return self.width() - 4 if self._rail else self.width() - 44 - (36 if self._count else 8)

    def _word(self) -> tuple[str, str, int]:
        style = "caption" if self._rail else "body"
        weight = 600 if self.isChecked() else 500
        # A long English title gives way to its short word rather than to dots.
        wide = self.theme.metrics("body", 600).horizontalAdvance(self.entry.title) > self._word_room()
        return (self.entry.short if self._rail or wide else self.entry.title), style, weight

    def text_fits(self) -> bool:
        word, style, weight = self._word()
        return self.theme.metrics(style, weight).horizontalAdvance(word) <= self._word_room()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        if self.isChecked() or self.isDown() or self.underMouse():
            ground = color("sunken") if self.isChecked() or self.isDown() else color("bg")
            rounded(painter, QRectF(self.rect()), RADIUS_SMALL, ground)
        word, style, weight = self._word()
        ink = color("ink" if self.isChecked() else "ink2")
        metrics = self.theme.metrics(style, weight)
        painter.setFont(self.theme.font(style, weight))
        painter.setPen(ink)
        word = elided(word, metrics, self._word_room())
        if self._rail:
            x = round((self.width() - metrics.horizontalAdvance(word)) / 2)
            draw_line(painter, word, metrics, x, 28, 18)
            self.theme.icons.paint(painter, self.entry.icon, (self.width() - 20) / 2, 6, 20, ink)
            if self._count:
                paint_badge(painter, self.theme, self._count, self.width() / 2 + 14, 12, 18, right=self.width())
            return
        draw_line(painter, word, metrics, 44, 11, 22)
        self.theme.icons.paint(painter, self.entry.icon, 12, 12, 20, ink)
        if self._count:
            paint_badge(painter, self.theme, self._count, self.width() - 23, 22, 22)


class Nav(Ground):
    """All pages; the window's width decides between side bar and rail."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, entries: Sequence[NavEntry], foot: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, "surface", line="right", parent=parent)
        self._column = QVBoxLayout(self)
        self.items: dict[str, NavItem] = {}
        for entry in entries:
            item = NavItem(theme, entry)
            item.clicked.connect(lambda _checked=False, key=entry.key: self.choose(key, tell=True))
            self.items[entry.key] = item
            self._column.addWidget(item)
        self._column.addStretch(1)
        self._foot = Label(theme, foot, "caption", color="ink3")
        foot_row = QHBoxLayout()
        foot_row.addSpacing(12)
        foot_row.addWidget(self._foot)
        foot_row.addStretch(1)
        self._column.addLayout(foot_row)
        self.set_rail(False)

    def set_rail(self, rail: bool) -> None:
        self.setFixedWidth(RAIL_WIDTH if rail else SIDE_WIDTH)
        self._column.setContentsMargins(*((6, 6, 7, 8) if rail else (8, 12, 9, 16)))
        self._column.setSpacing(0 if rail else 2)
        self._foot.setVisible(not rail)
        for item in self.items.values():
            item.set_rail(rail)

    def set_badges(self, badges: Sequence[tuple[str, int]]) -> None:
        for key, count in badges:
            if key in self.items:
                self.items[key].set_count(count)

    def show_only(self, keys: set[str]) -> None:
        for key, item in self.items.items():
            item.setVisible(key in keys)

    def choose(self, key: str, *, tell: bool = False) -> None:
        for other, item in self.items.items():
            item.setChecked(other == key)
        if tell:
            self.chosen.emit(key)
