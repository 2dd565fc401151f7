"""Owns the sold-out page: search and categories on top, one row an item with what can be said of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.menu.state import MenuRow, MenuState
from agent.menu.viewmodel import MenuViewModel
from agent.texts import Texts
from agent.ui.controls import (
    Button,
    Chip,
    Control,
    FilterChip,
    Ground,
    Input,
    Label,
    Scroll,
    Strip,
    ToastHost,
    Tone,
)
from agent.ui.paint import rounded
from agent.ui.theme import RADIUS_CARD, Theme

ROW = 68
SEARCH_PAUSE_MS = 150
_TONES: dict[str, Tone] = {"neutral": "neutral", "green": "green", "amber": "amber"}


class MenuRowView(Control):
    """One item: name and price, how it stands, and the one or two things that can be said of it."""

    def __init__(self, vm: MenuViewModel, theme: Theme, parent: QWidget, *, first: bool) -> None:
        super().__init__(theme, parent)
        self._first, self._menu_id = first, ""
        self.setFixedHeight(ROW)
        self.setObjectName("menu.row")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 13, 0)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        self.name = Label(theme, "", "body", weight=600, elide=True)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        words.addWidget(self.name)
        words.addWidget(self.line)
        words.addStretch(1)
        row.addLayout(words, 1)
        self.chip = Chip(theme, "")
        row.addWidget(self.chip)
        self.today = self._button(vm.sold_out_today)
        self.released = self._button(vm.sold_out_until_released)
        self.back = self._button(vm.back_on_sale)
        for button in (self.today, self.released, self.back):
            row.addWidget(button)

    def _button(self, press: Callable[[str], None]) -> Button:
        button = Button(self.theme, "", size="small", parent=self)
        button.clicked.connect(lambda: press(self._menu_id))
        return button

    def render_row(self, row: MenuRow, width: int) -> None:
        """``width``: of one button, so that everything stands in columns."""
        self._menu_id = row.menu_id
        for button, name in ((self.today, "today"), (self.released, "released"), (self.back, "back")):
            button.setObjectName(f"menu.{name}.{row.menu_id}")  # a hand aims at one item, wherever it stands
        self.today.setFixedWidth(width)
        self.released.setFixedWidth(width)
        self.back.setFixedWidth(2 * width + 8)
        self.name.set_text(row.name)
        self.line.set_text(row.line)
        self.chip.show_as(row.state, icon=row.icon, tone=_TONES[row.tone])
        for button, word in ((self.today, row.today), (self.released, row.released), (self.back, row.back)):
            button.setText(word)
            button.setVisible(bool(word))
            button.setAccessibleName(f"{row.name}: {word}")
        self.setAccessibleName(f"{row.name} {row.line} {row.state}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._first:
            QPainter(self).fillRect(0, 0, self.width(), 1, self.theme.color("line"))


class MenuList(Control):
    """The rows in a card; made as needed and used again."""

    def __init__(self, vm: MenuViewModel, theme: Theme, texts: Texts, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._vm = vm
        metrics = theme.metrics("body", 600)
        said = (texts._("Today only"), texts._("Until released"))
        self._button_width = int(max(metrics.horizontalAdvance(word) for word in said) + 0.99) + 28
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._rows: list[MenuRowView] = []
        self._scroll = Scroll(theme, self._body, self)
        self.empty = Label(theme, "", "body", color="ink3", parent=self)

    def render_list(self, state: MenuState) -> None:
        while len(self._rows) < len(state.rows):
            row = MenuRowView(self._vm, self.theme, self._body, first=not self._rows)
            self._column.insertWidget(len(self._rows), row)
            self._rows.append(row)
        for index, view in enumerate(self._rows):
            view.setVisible(index < len(state.rows))
            if index < len(state.rows):
                view.render_row(state.rows[index], self._button_width)
        self.empty.set_text(state.empty)
        self.empty.setVisible(bool(state.empty))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        self._scroll.setGeometry(QRect(1, 8, self.width() - 2, self.height() - 16))
        wide = self.empty.needed_width()
        self.empty.setGeometry((self.width() - wide) // 2, self.height() // 2 - 11, wide + 1, 22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        rounded(QPainter(self), self.rect(), RADIUS_CARD, self.theme.color("surface"), self.theme.color("line"))


class SoldOutView(Ground):
    """Stands over the orders page while it is open. Renders ``vm.state``; decides nothing."""

    def __init__(self, vm: MenuViewModel, theme: Theme, texts: Texts, parent: QWidget) -> None:
        super().__init__(theme, "bg", parent=parent)
        self._vm = vm
        self.back = Button(theme, texts._("To the orders"), icon="arrow-left", size="small", parent=self)
        self.back.setObjectName("menu.close")
        self.back.clicked.connect(vm.close)
        self.search = Input(theme, texts._("Name on the menu"), icon="search", height=44, parent=self)
        self.search.edit.setObjectName("menu.search")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_PAUSE_MS)
        self._pause.timeout.connect(lambda: vm.set_search(self.search.text()))
        self.search.edit.textEdited.connect(lambda _text: self._pause.start())
        self.hint = Strip(theme, self)
        self._chips: list[FilterChip] = []
        self._keys: list[str] = []
        self.list = MenuList(vm, theme, texts, self)
        self._toasts = ToastHost(theme, self)

    def render_state(self) -> None:
        state = self._vm.state
        if not state.open:
            self._pause.stop()
            return
        if not self.search.edit.hasFocus() and self.search.text() != state.search:
            self.search.set_text(state.search)
        self._render_chips(state)
        self.hint.setVisible(bool(state.hint))
        if state.hint:
            self.hint.show_as(state.hint, icon="cloud-off", tone="amber")
        self.list.render_list(state)
        if state.said:
            self._toasts.show(state.said, icon="info", tone="neutral")
        self._arrange()

    def _render_chips(self, state: MenuState) -> None:
        self._keys = [chip.key for chip in state.chips]
        while len(self._chips) < len(state.chips):
            index = len(self._chips)
            view = FilterChip(self.theme, "", self)
            view.clicked.connect(lambda _checked=False, at=index: self._vm.choose(self._keys[at]))
            view.show()
            self._chips.append(view)
        for index, view in enumerate(self._chips):
            view.setVisible(index < len(state.chips))
            if index < len(state.chips):
                chip = state.chips[index]
                view.setText(chip.word)
                view.setObjectName(f"menu.filter.{index}")
                view.set_count(chip.count)
                view.setChecked(chip.chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        side, top = (24, 20) if self.width() >= 1040 else (16, 12)
        right = self.width() - side
        back = self.back.sizeHint().width()
        self.back.setGeometry(side, top, back, 44)
        self.search.setGeometry(side + back + 12, top, right - side - back - 12, 44)
        y = top + 56
        x = side
        for index, chip in enumerate(self._chips):
            if index >= len(self._keys):
                break
            size = chip.sizeHint()
            if x > side and x + size.width() > right:
                x, y = side, y + 52
            chip.setGeometry(x, y, size.width(), 44)
            x += size.width() + 8
        y += 56
        if self._vm.state.hint:
            self.hint.setGeometry(side, y, right - side, 48)
            y += 60
        self.list.setGeometry(side, y, right - side, self.height() - top - y)
