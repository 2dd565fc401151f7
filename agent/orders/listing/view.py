"""Owns the order list: column heads, recycled rows with their next step, and the question for a range of days."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.orders.viewmodel import OrderRow, OrdersState, parse_day
from agent.texts import Texts
from agent.ui.controls import Button, Chip, Control, Dialog, Input, Label, ListRow, Scroll, Span, Tone
from agent.ui.paint import rounded
from agent.ui.theme import RADIUS_CARD, Theme

HEAD = 37
ROW = 72
_TONES: dict[str, Tone] = {"ink": "ink", "neutral": "neutral", "green": "green"}
_NUMBER_X, _STATE_X, _TITLE_X = 17, 89, 193


class OrderRowView(ListRow):
    """One order: number, state, what and when, amount, and the one next step."""

    stepped = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, ROW, parent=parent)
        self.order_id = ""
        self._step_width = 88
        self.setObjectName("orders.row")
        self.number = Label(theme, "", "button", weight=700, parent=self)
        self.chip = Chip(theme, "", parent=self)
        self.title = Label(theme, "", "body", weight=600, elide=True, parent=self)
        self.line = Label(theme, "", "caption", color="ink2", elide=True, parent=self)
        right = Qt.AlignmentFlag.AlignRight
        self.amount = Label(theme, "", "body", weight=600, align=right, parent=self)
        self.below = Label(theme, "", "caption", color="ink3", align=right, parent=self)
        self.step = Button(theme, "", size="small", parent=self)
        self.step.setObjectName("orders.step")
        self.step.clicked.connect(lambda: self.stepped.emit(self.order_id))

    def render_row(self, row: OrderRow, step_width: int) -> None:
        self.order_id = row.order_id
        self.number.set_text(row.number)
        tone = _TONES[row.state_tone]
        # On the sunken ground of the chosen row a neutral chip turns white.
        self.chip.show_as(row.state, icon=row.state_icon, tone="plain" if row.chosen and tone == "neutral" else tone)
        self.title.set_text(row.title)
        self.title.set_color("ink3" if row.gone else "ink")
        spans = [Span(row.line)]
        if row.late:
            spans += [Span(" · "), Span(row.late, 700, "amber_ink")]
        self.line.set_spans(spans)
        self.amount.set_text(row.amount)
        self.below.set_text(row.below_amount)
        self.step.setVisible(bool(row.step))
        self.step.setText(row.step)
        self.step.set_kind("main" if row.first_step else "second")
        self.setChecked(row.chosen)
        self.setAccessibleName(f"{row.number} {row.state} {row.title} {row.amount}")
        self._arrange(step_width)

    def _arrange(self, step_width: int) -> None:
        width, middle = self.width(), ROW // 2
        self._step_width = step_width
        self.number.setGeometry(_NUMBER_X, middle - 12, 72, 24)
        size = self.chip.sizeHint()
        self.chip.setGeometry(_STATE_X, middle - 14, size.width(), 28)
        right = width - 13 - step_width - 12
        self.step.setGeometry(width - 13 - step_width, middle - 22, step_width, 44)
        wide = max(self.amount.needed_width(), self.below.needed_width(), 72) + 2
        self.amount.setGeometry(right - wide, middle - 20, wide, 22)
        self.below.setGeometry(right - wide, middle + 2, wide, 18)
        left = max(_TITLE_X, _STATE_X + size.width() + 12)
        room = max(0, right - wide - 12 - left)
        self.title.setGeometry(left, middle - 20, room, 22)
        self.line.setGeometry(left, middle + 2, room, 18)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange(self._step_width)
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
        self._head = {
            _NUMBER_X: Label(theme, t._("Number"), "caption", color="ink2", parent=self),
            _STATE_X: Label(theme, t._("State"), "caption", color="ink2", parent=self),
            _TITLE_X: Label(theme, t._("Menu"), "caption", color="ink2", parent=self),
        }
        self._amount = Label(theme, t._("Amount"), "caption", color="ink2", parent=self)
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._rows: list[OrderRowView] = []
        self.more = Button(theme, "", kind="third", size="small")
        self.more.setObjectName("orders.more")
        self.more.clicked.connect(self.more_pressed.emit)
        self._column.insertWidget(0, self.more)
        self._scroll = Scroll(theme, self._body, self)
        self.empty = Label(theme, "", "body", color="ink3", parent=self)
        # The widest next step decides, so that buttons stand in one column.
        self._step_width = max(88, *(_button_width(theme, t._(word)) for word in ("Accept", "Mark ready")))

    def render_list(self, state: OrdersState) -> None:
        while len(self._rows) < len(state.rows):
            row = OrderRowView(self.theme, self._body)
            row.clicked.connect(lambda _checked=False, view=row: self.row_pressed.emit(view.order_id))
            row.stepped.connect(self.step_pressed.emit)
            self._column.insertWidget(len(self._rows), row)
            self._rows.append(row)
        for index, view in enumerate(self._rows):
            view.setVisible(index < len(state.rows))
            if index < len(state.rows):
                view.render_row(state.rows[index], self._step_width)
        self.more.setVisible(state.hidden > 0)
        self.more.setText(state.more_word)
        self.empty.set_text(state.empty)
        self.empty.setVisible(bool(state.empty))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        for x, label in self._head.items():
            label.setGeometry(x, 10, label.needed_width() + 1, 18)
        wide = self._amount.needed_width()
        self._amount.setGeometry(self.width() - 13 - self._step_width - 12 - wide, 10, wide + 1, 18)
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
