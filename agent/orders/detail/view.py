"""Owns the chosen order: who, where it stands, what was ordered, what to do next."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from agent.orders.state import DetailStep, OrderDetail
from agent.texts import Texts
from agent.ui.controls import Button, Chip, Control, IconView, Label, Scroll
from agent.ui.paint import break_lines, draw_line, elided, rounded
from agent.ui.theme import RADIUS_CARD, RADIUS_CONTROL, RADIUS_SMALL, Theme

_PAD = 21
_BAR = 10  # where the scroll bar stands when there is much
_LOW = 420  # lower than this: items left, amount and buttons right


class StepsBox(Control):
    """New › preparing › ready."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._steps: tuple[DetailStep, ...] = ()

    def render_steps(self, steps: tuple[DetailStep, ...]) -> None:
        if steps != self._steps:
            self._steps = steps
            self.setAccessibleName(" · ".join(step.word for step in steps))
            self.update()

    def _widths(self) -> list[float]:
        metrics = self.theme.metrics("caption", 600)
        return [22 + metrics.horizontalAdvance(step.word) for step in self._steps]

    def text_fits(self) -> bool:
        return sum(self._widths()) + 24 + 28 * max(0, len(self._steps) - 1) <= self.width()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        rounded(painter, self.rect(), RADIUS_SMALL, color("sunken"))
        widths = self._widths()
        if not widths:
            return
        free = self.width() - 28 - sum(widths)
        gap = free / max(1, len(widths) - 1)
        x, middle = 14.0, self.height() / 2
        metrics = self.theme.metrics("caption", 600)
        for index, (step, width) in enumerate(zip(self._steps, widths, strict=True)):
            self.theme.icons.paint(painter, step.icon, x, middle - 9, 18, color(step.tone))
            painter.setFont(self.theme.font("caption", 600))
            painter.setPen(color("ink" if step.tone != "ink3" else "ink3"))
            draw_line(painter, step.word, metrics, round(x + 23), middle - 9, 18)
            x += width
            if index < len(widths) - 1:
                self.theme.icons.paint(painter, "chevron-right", x + gap / 2 - 8, middle - 8, 16, color("ink3"))
                x += gap


class ItemsBox(Control):
    """What was ordered, and the customer's note. As tall as it needs."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._items: tuple[tuple[str, str, str, str], ...] = ()
        self._note = ""

    def render_items(self, items: tuple[tuple[str, str, str, str], ...], note: str) -> None:
        self._items, self._note = items, note
        self.setAccessibleName(", ".join(f"{qty} {name}" for qty, name, _options, _amount in items))
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _note_lines(self) -> list[str]:
        if not self._note:
            return []
        return break_lines(self._note, self.theme.metrics("body"), max(60, self.width() - 52))

    def _item_height(self, options: str) -> int:
        return 67 if options else 52

    def _fit(self) -> None:
        height = sum(self._item_height(options) for _q, _n, options, _a in self._items)
        lines = self._note_lines()
        self.setFixedHeight(height + (len(lines) * 22 + 20 if lines else 0) + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        y = 0
        for index, (qty, name, options, amount) in enumerate(self._items):
            if index:
                painter.fillRect(0, y, self.width(), 1, color("line"))
            self._paint_item(painter, y + 12, qty, name, options, amount)
            y += self._item_height(options)
        lines = self._note_lines()
        if not lines:
            return
        box = QRectF(0, y, self.width(), len(lines) * 22 + 20)
        rounded(painter, box, RADIUS_CONTROL, None, color("line"))
        self.theme.icons.paint(painter, "info", 13, y + 12, 18, color("ink"))
        painter.setFont(self.theme.font("body"))
        painter.setPen(color("ink"))
        for number, line in enumerate(lines):
            draw_line(painter, line, self.theme.metrics("body"), 39, y + 10 + number * 22, 22)

    def _paint_item(self, painter: QPainter, y: int, qty: str, name: str, options: str, amount: str) -> None:
        color, metrics = self.theme.color, self.theme.metrics
        if qty:
            rounded(painter, QRectF(0, y, 28, 28), 8, color("sunken"))
        count = metrics("body", 700)
        painter.setFont(self.theme.font("body", 700))
        painter.setPen(color("ink"))
        draw_line(painter, qty, count, round((28 - count.horizontalAdvance(qty)) / 2), y + 3, 22)
        right = metrics("body", 600)
        wide = right.horizontalAdvance(amount)
        painter.setFont(self.theme.font("body", 600))
        draw_line(painter, amount, right, round(self.width() - _BAR - wide), y, 22)
        title = metrics("button", 600)
        painter.setFont(self.theme.font("button", 600))
        draw_line(painter, elided(name, title, self.width() - _BAR - wide - 52), title, 40, y, 24)
        if options:
            small = metrics("caption")
            painter.setFont(self.theme.font("caption"))
            painter.setPen(color("ink2"))
            draw_line(painter, elided(options, small, self.width() - 40), small, 40, y + 24, 18)


class OrderDetailView(Control):
    step_pressed = Signal(str)
    cancel_pressed = Signal(str)

    def __init__(self, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._detail: OrderDetail | None = None
        self._foot_line = 0
        self.number = Label(theme, "", "number", parent=self)
        self.channel = Chip(theme, "", parent=self)
        self.line = Label(theme, "", "body", color="ink2", elide=True, parent=self)
        self.steps = StepsBox(theme, self)
        self.items = ItemsBox(theme)
        self._scroll = Scroll(theme, self.items, self)
        self.payment = Label(theme, "", "button", weight=600, parent=self)
        self.total = Label(theme, "", "page", align=Qt.AlignmentFlag.AlignRight, parent=self)
        self.cancel = Button(theme, "", size="card", icon="x", parent=self)
        self.cancel.setObjectName("orders.cancel")
        self.cancel.clicked.connect(lambda: self.cancel_pressed.emit(self._id()))
        self.step = Button(theme, "", kind="main", size="card", icon="check", parent=self)
        self.step.setObjectName("orders.detail_step")
        self.step.clicked.connect(lambda: self.step_pressed.emit(self._id()))
        self.empty_icon = IconView(theme, "receipt-text", 28, "ink3", parent=self)
        self.empty = Label(theme, texts._("Choose an order to see it here"), "body", color="ink3", parent=self)
        self._parts = (self.number, self.channel, self.line, self.steps, self._scroll, self.payment, self.total)

    def _id(self) -> str:
        return self._detail.order_id if self._detail is not None else ""

    def render_detail(self, detail: OrderDetail | None) -> None:
        self._detail = detail
        for part in self._parts:
            part.setVisible(detail is not None)
        self.empty.setVisible(detail is None)
        self.empty_icon.setVisible(detail is None)
        self.cancel.setVisible(detail is not None and bool(detail.cancel))
        self.step.setVisible(detail is not None and bool(detail.step))
        if detail is not None:
            self.number.set_text(detail.number)
            self.channel.show_as(detail.channel, icon=detail.channel_icon)
            self.line.set_text(detail.line)
            self.steps.render_steps(detail.steps)
            self.items.render_items(detail.items, detail.note)
            self.payment.set_text(detail.payment)
            self.total.set_text(detail.total)
            self.cancel.setText(detail.cancel)
            self.step.setText(detail.step)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        wide = self.empty.needed_width()
        middle = self.height() // 2
        self.empty_icon.move((self.width() - 28) // 2, middle - 40)
        self.empty.setGeometry((self.width() - wide) // 2, middle, wide + 1, 22)
        if self._detail is None:
            return
        if self.height() < _LOW:
            self._arrange_low()
        else:
            self._arrange_tall()

    def _head(self, x: int, y: int, width: int) -> None:
        self.number.setGeometry(x, y, self.number.needed_width() + 1, 40)
        chip = self.channel.sizeHint()
        self.channel.setGeometry(x + width - chip.width(), y + 6, chip.width(), 28)
        self.line.setGeometry(x, y + 42, width, 22)

    def _foot(self, x: int, bottom: int, width: int) -> int:
        """Buttons and total from the bottom up; the y where they begin."""
        top = bottom
        has_cancel, has_step = bool(self._detail and self._detail.cancel), bool(self._detail and self._detail.step)
        if has_cancel or has_step:
            top -= 52
            cancel = max(130, self.cancel.sizeHint().width()) if has_cancel else 0
            self.cancel.setGeometry(x, top, cancel, 52)
            offset = cancel + 8 if has_cancel else 0
            self.step.setGeometry(x + offset, top, width - offset, 52)
            top -= 14
        top -= 36
        self.payment.setGeometry(x, top + 4, self.payment.needed_width() + 1, 24)
        total = self.total.needed_width() + 1
        self.total.setGeometry(x + width - total, top, total, 32)
        return top - 10

    def _arrange_tall(self) -> None:
        width = self.width() - 2 * _PAD
        self._head(_PAD, 21, width)
        self.steps.setGeometry(_PAD, 99, width, 40)
        self._foot_line = self._foot(_PAD, self.height() - _PAD, width)
        self._scroll.setGeometry(_PAD, 143, width, self._foot_line - 143 - 6)

    def _arrange_low(self) -> None:
        half = (self.width() - 3 * _PAD) // 2
        self._head(_PAD, 12, half)
        self._scroll.setGeometry(_PAD, 84, half, self.height() - 84 - 12)
        right = 2 * _PAD + half
        width = self.width() - right - _PAD
        self.steps.setGeometry(right, 16, width, 40)
        self._foot_line = 0
        self._foot(right, self.height() - 16, width)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rounded(painter, self.rect(), RADIUS_CARD, self.theme.color("surface"), self.theme.color("line"))
        if self._detail is not None and self._foot_line and self.height() >= _LOW:
            painter.fillRect(_PAD, self._foot_line, self.width() - 2 * _PAD, 1, self.theme.color("line"))
