"""Owns the calendar of daily reports: a month of cells, and the way to the months before."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout

from agent.stock.state import Cell, Month
from agent.stock.viewmodel import StockViewModel
from agent.texts import Texts
from agent.ui.controls import IconButton, Label, PressControl, Tile
from agent.ui.paint import draw_line, elided, rounded
from agent.ui.theme import RADIUS_SMALL, Theme

CELL_HEIGHT = 52
WEEKS_MAX = 6
_GROUNDS = {"green": ("green_soft", "green_ink"), "amber": ("amber_soft", "amber_ink"), "red": ("red_soft", "red_ink")}


class DayCell(PressControl):
    """A day: its number, what was used, a mark; the chosen one has an edge of ink, today a heavy number."""

    def __init__(self, vm: StockViewModel, theme: Theme) -> None:
        super().__init__(theme)
        self._cell = Cell()
        self.focus_radius = RADIUS_SMALL
        self.setFixedHeight(CELL_HEIGHT)
        self.setMinimumWidth(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: vm.choose(self._cell.day))
        self._show_pressable(False)  # a corner of the calendar without a day

    def sizeHint(self) -> QSize:
        return QSize(60, CELL_HEIGHT)

    def render_cell(self, cell: Cell) -> None:
        if cell == self._cell:
            return
        self._cell = cell
        self.setObjectName(f"stock.day.{cell.day}")
        self._show_pressable(cell.pressable)
        self.setAccessibleName(cell.said)
        self.update()

    def _show_pressable(self, pressable: bool) -> None:
        self.setEnabled(pressable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if pressable else Qt.FocusPolicy.NoFocus)

    def paintEvent(self, _event: QPaintEvent) -> None:
        cell, color = self._cell, self.theme.color
        if not cell.day:
            return
        painter = QPainter(self)
        ground, ink = _GROUNDS.get(cell.tone, ("surface", "ink3"))
        if cell.pressable and (self.isDown() or self.underMouse()) and not cell.tone:
            ground = "sunken"
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        edge = color("ink") if cell.chosen else color("edge") if cell.pressable and self.underMouse() else None
        rounded(painter, box, RADIUS_SMALL, color(ground), edge, 2 if cell.chosen else 1)
        weight = 700 if cell.today else 500
        metrics = self.theme.metrics("caption", weight)
        painter.setFont(self.theme.font("caption", weight))
        painter.setPen(color("ink" if cell.today else ink if cell.tone else "ink2" if cell.pressable else "ink3"))
        draw_line(painter, cell.number, metrics, 9, 6, 18)
        room = self.width() - 18
        if cell.mark:
            top = 7 if cell.figure else 28
            self.theme.icons.paint(painter, cell.mark, self.width() - 25 if cell.figure else 9, top, 16, color(ink))
        if cell.figure:
            metrics = self.theme.metrics("body", 600)
            painter.setFont(self.theme.font("body", 600))
            painter.setPen(color(ink))
            text = elided(cell.figure, metrics, room)
            draw_line(painter, text, metrics, self.width() - 9 - metrics.horizontalAdvance(text), 25, 22)


class CalendarTile(Tile):
    """Renders a ``Month``."""

    def __init__(self, vm: StockViewModel, theme: Theme, texts: Texts) -> None:
        super().__init__(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(4)
        self.title = Label(theme, "", "section")
        self.count = Label(theme, "", "caption", color="ink2", elide=True)
        self.earlier = IconButton(theme, "chevron-left", texts._("The month before"))
        self.earlier.setObjectName("stock.earlier")
        self.earlier.clicked.connect(vm.earlier)
        self.later = IconButton(theme, "chevron-right", texts._("The month after"))
        self.later.setObjectName("stock.later")
        self.later.clicked.connect(vm.later)
        head.addSpacing(4)
        head.addWidget(self.title)
        head.addSpacing(8)
        head.addWidget(self.count, 1)
        head.addWidget(self.earlier)
        head.addWidget(self.later)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(4)
        self._weekdays = [Label(theme, "", "caption", color="ink2") for _ in range(7)]
        for place, label in enumerate(self._weekdays):
            grid.addWidget(label, 0, place, Qt.AlignmentFlag.AlignHCenter)
            grid.setColumnStretch(place, 1)
        self.cells = [DayCell(vm, theme) for _ in range(7 * WEEKS_MAX)]
        for place, cell in enumerate(self.cells):
            grid.addWidget(cell, 1 + place // 7, place % 7)
        column.addLayout(grid)

    def render_month(self, month: Month) -> None:
        self.title.set_text(month.title)
        self.count.set_text(month.count)
        for button, may in ((self.earlier, month.earlier), (self.later, month.later)):
            button.setEnabled(may)
        for label, word in zip(self._weekdays, month.weekdays, strict=True):
            label.set_text(word)
        for place, view in enumerate(self.cells):
            view.setVisible(place < len(month.cells))
            view.render_cell(month.cells[place] if place < len(month.cells) else Cell())
