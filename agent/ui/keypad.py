"""Owns the customer's keypad: keys that answer to the press, and the number line that covers what was typed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.ui.controls import Control, PressControl
from agent.ui.paint import draw_line, rounded
from agent.ui.theme import RADIUS_DIALOG, Theme

KEY_MIN = 72
_TOUCHES = (QEvent.Type.TouchBegin, QEvent.Type.TouchEnd, QEvent.Type.TouchCancel)


class KeypadKey(PressControl):
    """One key. ``struck`` comes with the press, not the release, and for every finger: two thumbs may overlap."""

    struck = Signal()

    def __init__(
        self, theme: Theme, text: str = "", *, icon: str = "", boxed: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._icon, self._boxed = icon, boxed
        self.focus_radius = RADIUS_DIALOG
        self.setText(text)
        self.setAccessibleName(text)
        self.setMinimumSize(KEY_MIN, KEY_MIN)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.pressed.connect(self.struck.emit)

    def event(self, event: QEvent) -> bool:
        if event.type() in _TOUCHES:
            began = event.type() is QEvent.Type.TouchBegin
            self.setDown(began)
            if began:
                self.struck.emit()
            event.accept()
            return True
        return super().event(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # The second of two fast taps is a tap.

    def sizeHint(self) -> QSize:
        return QSize(KEY_MIN, KEY_MIN)

    def _style(self) -> tuple[str, int]:
        return ("t_key", 600) if self._boxed else ("t22", 600)

    def text_fits(self) -> bool:
        metrics = self.theme.metrics(*self._style())
        return all(metrics.horizontalAdvance(line) <= self.width() - 8 for line in self.text().split("\n"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        if self._boxed:
            ground = color("pressed" if self.isDown() else "raised")
            rounded(painter, self.rect(), RADIUS_DIALOG, ground, color("edge" if self.isDown() else "line"))
        elif self.isDown():
            rounded(painter, self.rect(), RADIUS_DIALOG, color("line"))
        ink = color("ink" if self._boxed else "ink2")
        if self._icon:
            size = 40
            left, top = (self.width() - size) / 2, (self.height() - size) / 2
            self.theme.icons.paint(painter, self._icon, left, top, size, ink)
            return
        style = self._style()
        metrics, line = self.theme.metrics(*style), self.theme.line_height(style[0])
        painter.setFont(self.theme.font(*style))
        painter.setPen(ink)
        lines = self.text().split("\n")
        top = (self.height() - line * len(lines)) / 2
        for text in lines:
            draw_line(painter, text, metrics, round((self.width() - metrics.horizontalAdvance(text)) / 2), top, line)
            top += line


class NumberLine(Control):
    """``010-••••-•••8`` in large cells over a 3 px line. It is given masked text and knows no other."""

    _CELL, _GAP, _DOT = 38.0, 44.0, 11.0  # digit cell, hyphen cell and dot radius at 60 px
    _WIDTH = 11 * _CELL + 2 * _GAP

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._shown = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(104)

    def set_shown(self, shown: str) -> None:
        if shown != self._shown:
            self._shown = shown
            self.setAccessibleName(shown)
            self.update()

    def shown(self) -> str:
        return self._shown

    def minimumSizeHint(self) -> QSize:
        return QSize(280, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = min(1.0, (self.width() - 12) / self._WIDTH, (self.height() - 24) / 72)
        font = QFont(self.theme.font("t_number"))
        font.setPixelSize(max(18, int(60 * scale)))
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        ink, middle, x = self.theme.color("ink"), (self.height() - 3) / 2, 0.0
        baseline = round(middle + metrics.capHeight() / 2)
        for glyph in self._shown:
            cell = (self._GAP if glyph == "-" else self._CELL) * scale
            centre = x + cell / 2
            if glyph == "•":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink)
                painter.drawEllipse(QPointF(centre, middle), self._DOT * scale, self._DOT * scale)
            elif glyph == "-":
                half = self._DOT * scale
                bar = QRectF(centre - half, middle - 2 * scale, 2 * half, 5 * scale)
                painter.fillRect(bar, self.theme.color("ink3"))
            else:
                painter.setPen(ink)
                painter.drawText(QPointF(round(centre - metrics.horizontalAdvance(glyph) / 2), baseline), glyph)
            x += cell
        painter.fillRect(QRectF(x + 5, middle - 28 * scale, 3, 56 * scale), self.theme.color("green"))
        painter.fillRect(0, self.height() - 3, self.width(), 3, ink)


class Keys(Control):
    """The ground with twelve keys, as on a phone; ``digit`` says which one was struck."""

    digit = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.digits = {digit: KeypadKey(theme, digit, parent=self) for digit in "1234567890"}
        for digit, key in self.digits.items():
            key.struck.connect(lambda struck=digit: self.digit.emit(struck))
        self.clear = KeypadKey(theme, boxed=False, parent=self)
        self.back = KeypadKey(theme, icon="delete", boxed=False, parent=self)

    def show_words(self, clear: str, back: str) -> None:
        self.clear.setText(clear)
        self.back.setAccessibleName(back)

    def place(self, gap: int, across: int, down: int) -> None:
        """Lay the keys out with ``across`` px of ground at the sides and ``down`` px above and below."""
        width = (self.width() - 2 * across - 2 * gap) / 3
        height = (self.height() - 2 * down - 3 * gap) / 4
        keys = [*(self.digits[digit] for digit in "123456789"), self.clear, self.digits["0"], self.back]
        for index, key in enumerate(keys):
            row, column = divmod(index, 3)
            left, top = across + column * (width + gap), down + row * (height + gap)
            right, bottom = left + width, top + height
            key.setGeometry(round(left), round(top), round(right) - round(left), round(bottom) - round(top))

    def paintEvent(self, _event: QPaintEvent) -> None:
        ground = "sunken" if self.theme.mode == "light" else "surface"
        QPainter(self).fillRect(self.rect(), self.theme.color(ground))
