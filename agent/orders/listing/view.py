"""Owns the order list: column heads, recycled rows with their next step, and the question for a range of days."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.orders import words
from agent.orders.state import OrderRow, OrdersState
from agent.orders.viewmodel import parse_day
from agent.texts import Texts
from agent.ui.controls import Button, Chip, Control, Dialog, Input, Label, ListRow, Scroll, Tone
from agent.ui.paint import rounded
from agent.ui.theme import RADIUS_CARD, Theme
from rules.requests import OrderState

HEAD = 37
ROW = 72
_TONES: dict[str, Tone] = {"ink": "ink", "neutral": "neutral", "green": "green"}
_NUMBER_X, _STATE_X, _TITLE_X = 16, 88, 192  # in a row; the list has an edge of 1


class OrderRowView(ListRow):
    """One order: number, state, what and when, amount, and the one next step."""

    stepped = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget, *, first: bool) -> None:
        super().__init__(theme, ROW, first=first, parent=parent)
        self.order_id = ""
        self._step_width, self._title_x = 88, _TITLE_X
        self.setObjectName("orders.row")
        self.number = Label(theme, "", "button", weight=700, parent=self)
        self.chip = Chip(theme, "", parent=self)
        self.title = Label(theme, "", "body", weight=600, elide=True, parent=self)
        self.line = Label(theme, "", "caption", color="ink2", elide=True, parent=self)
        self.late = Label(theme, "", "caption", weight=700, color="amber_ink", parent=self)
        right = Qt.AlignmentFlag.AlignRight
        self.amount = Label(theme, "", "body", weight=600, align=right, parent=self)
        self.below = Label(theme, "", "caption", color="ink3", align=right, parent=self)
        self.step = Button(theme, "", size="small", parent=self)
        self.step.setObjectName("orders.step")
        self.step.clicked.connect(lambda: self.stepped.emit(self.order_id))

    def render_row(self, row: OrderRow, step_width: int, title_x: int) -> None:
        self.order_id = row.order_id
        self.number.set_text(row.number)
        tone = _TONES[row.state_tone]
        # On the sunken ground of the chosen row a neutral chip turns white.
        self.chip.show_as(row.state, icon=row.state_icon, tone="plain" if row.chosen and tone == "neutral" else tone)
        self.title.set_text(row.title)
        self.title.set_color("ink3" if row.gone else "ink")
        self.line.set_text(row.line)
        self.late.set_text(" · " + row.late if row.late else "")
        self.amount.set_text(row.amount)
        self.below.set_text(row.below_amount)
        self.step.setVisible(bool(row.step))
        self.step.setText(row.step)
        self.step.set_kind("main" if row.first_step else "second")
        self.setChecked(row.chosen)
        self.setAccessibleName(f"{row.number} {row.state} {row.title} {row.amount}")
        self._step_width, self._title_x = step_width, title_x
        self._arrange()

    def _arrange(self) -> None:
        width, middle, step_width = self.width(), ROW // 2, self._step_width
        self.number.setGeometry(_NUMBER_X, middle - 12, 72, 24)
        size = self.chip.sizeHint()
        self.chip.setGeometry(_STATE_X, middle - 14, size.width(), 28)
        right = width - 13 - step_width - 12
        self.step.setGeometry(width - 13 - step_width, middle - 22, step_width, 44)
        wide = max(self.amount.needed_width(), self.below.needed_width(), 72) + 2
        self.amount.setGeometry(right - wide, middle - 20, wide, 22)
        self.below.setGeometry(right - wide, middle + 2, wide, 18)
        left = self._title_x
        room = max(0, right - wide - 12 - left)
        self.title.setGeometry(left, middle - 20, room, 22)
        late = self.late.needed_width()
        line = min(max(0, room - late), self.line.needed_width())
        self.line.setGeometry(left, middle + 2, line, 18)
        self.late.setGeometry(left + line, middle + 2, late, 18)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)


class OrderList(Control):
    """Head, rows, and "show more". Rows are made as needed and used again."""

    row_pressed = Signal(str)
    step_pressed = Signal(str)
    more_pressed = Signal()

    def __init__(self, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        t = texts
        self._texts = t
        # The widest state and the widest next step decide, so that everything stands in columns.
        chips = (_chip_width(theme, words.state(t, state)) for state in OrderState)
        self._title_x = max(_TITLE_X, _STATE_X + max(chips) + 12)
        self._head = {
            _NUMBER_X: Label(theme, t._("Number"), "caption", color="ink2", parent=self),
            _STATE_X: Label(theme, t._("State"), "caption", color="ink2", parent=self),
            self._title_x: Label(theme, t._("Menu"), "caption", color="ink2", parent=self),
        }
        self._amount = Label(theme, t._("Amount"), "caption", color="ink2", parent=self)
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._rows: list[OrderRowView] = []
        self._chosen = ""
        self.more = Button(theme, "", kind="third", size="small")
        self.more.setObjectName("orders.more")
        self.more.clicked.connect(self.more_pressed.emit)
        self._column.insertWidget(0, self.more)
        self._scroll = Scroll(theme, self._body, self)
        self.empty = Label(theme, "", "body", color="ink3", parent=self)
        self._step_width = max(88, *(_button_width(theme, t._(word)) for word in ("Accept", "Mark ready")))

    def render_list(self, state: OrdersState) -> None:
        while len(self._rows) < len(state.rows):
            row = OrderRowView(self.theme, self._body, first=not self._rows)
            row.clicked.connect(lambda _checked=False, view=row: self.row_pressed.emit(view.order_id))
            row.stepped.connect(self.step_pressed.emit)
            self._column.insertWidget(len(self._rows), row)
            self._rows.append(row)
        for index, view in enumerate(self._rows):
            view.setVisible(index < len(state.rows))
            if index < len(state.rows):
                view.render_row(state.rows[index], self._step_width, self._title_x)
        self.more.setVisible(state.hidden > 0)
        self.more.setText(state.more_word)
        self.empty.set_text(state.empty)
        self.empty.setVisible(bool(state.empty))
        self._arrange()
        chosen = next((view for view in self._rows if view.isChecked() and view.isVisibleTo(self)), None)
        if chosen is not None and chosen.order_id != self._chosen:
            QTimer.singleShot(0, self._show_chosen)
        self._chosen = chosen.order_id if chosen is not None else ""

    def _show_chosen(self) -> None:
        for view in self._rows:
            if view.order_id == self._chosen and view.isChecked():
                self._scroll.ensureWidgetVisible(view, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        for x, label in self._head.items():
            label.setGeometry(x + 1, 10, label.needed_width() + 1, 18)
        wide = self._amount.needed_width()
        self._amount.setGeometry(self.width() - 14 - self._step_width - 12 - wide, 10, wide + 1, 18)
        self._scroll.setGeometry(QRect(1, HEAD, self.width() - 2, self.height() - HEAD - 8))
        wide = self.empty.needed_width()
        self.empty.setGeometry((self.width() - wide) // 2, HEAD + (self.height() - HEAD) // 2 - 16, wide + 1, 22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        rounded(painter, self.rect(), RADIUS_CARD, color("surface"), color("line"))
        painter.fillRect(1, HEAD - 1, self.width() - 2, 1, color("line"))


def _button_width(theme: Theme, word: str) -> int:
    return int(theme.metrics("body", 600).horizontalAdvance(word) + 0.99) + 28


def _chip_width(theme: Theme, word: str) -> int:
    return int(theme.metrics("caption", 600).horizontalAdvance(word) + 0.99) + 42


class RangeDialog(Dialog):
    """From and to as typed dates, and two usual ranges."""

    def __init__(
        self,
        theme: Theme,
        texts: Texts,
        parent: QWidget,
        *,
        last_days: Callable[[int], None],
        choose: Callable[..., None],
    ) -> None:
        t = texts
        super().__init__(theme, t._("Which days?"), width=420, parent=parent)
        self._texts, self._choose = texts, choose
        quick = QHBoxLayout()
        quick.setSpacing(8)
        for days, word in ((7, t._("Last 7 days")), (30, t._("Last 30 days"))):
            button = Button(theme, word, size="normal")
            button.setObjectName(f"orders.last_{days}")
            button.clicked.connect(self.hide)
            button.clicked.connect(lambda _checked=False, n=days: last_days(n))
            quick.addWidget(button, 1)
        self.body.addLayout(quick)
        self.first, self.last = Input(theme, "2026-11-01"), Input(theme, "2026-11-20")
        fields = QHBoxLayout()
        fields.setSpacing(8)
        for word, field in ((t._("From"), self.first), (t._("To"), self.last)):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(Label(theme, word, "caption", color="ink2"))
            column.addWidget(field)
            fields.addLayout(column, 1)
        self.body.addLayout(fields)
        self.problem = Label(theme, "", "caption", color="red_ink")
        self.body.addWidget(self.problem)
        row = QHBoxLayout()
        row.setSpacing(8)
        back = Button(theme, t._("Close"), size="card")
        back.clicked.connect(self.hide)
        show = Button(theme, t._("Show these days"), kind="main", size="card")
        show.setObjectName("orders.range_show")
        show.clicked.connect(self._take)
        row.addWidget(back, 1)
        row.addWidget(show, 2)
        self.body.addLayout(row)

    def _take(self) -> None:
        first, last = parse_day(self.first.text()), parse_day(self.last.text())
        self.first.set_wrong(first is None)
        self.last.set_wrong(last is None)
        if first is None or last is None:
            self.problem.set_text(self._texts._("Dates look like 2026-11-20"))
            return
        self.problem.set_text("")
        self.hide()
        self._choose(first, last)
