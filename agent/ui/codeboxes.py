"""Owns the eight boxes of a store code: one field that looks like eight, for typing, pasting and scanners."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.ui.controls import Control
from agent.ui.paint import draw_line, rounded
from agent.ui.theme import RADIUS_CONTROL, Theme

_COUNT, _HEIGHT, _GAP, _DASH = 8, 84, 8, 40


class CodeBoxes(Control):
    """Shows a code; tells what was typed. Which letters count is not its business."""

    typed = Signal(str)
    back = Signal()
    cleared = Signal()
    pasted = Signal()
    submitted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._code, self._looks = "", "typing"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        # The keys themselves are wanted, not the Hangul that an input method makes of them.
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)

    def show_code(self, code: str, looks: str) -> None:
        """``looks``: ``typing``, ``found`` (green) or ``refused`` (red)."""
        if (code, looks) != (self._code, self._looks):
            self._code, self._looks = code, looks
            self.setAccessibleName(code)
            self.update()

    def code(self) -> str:
        return self._code

    def sizeHint(self) -> QSize:
        return QSize(650, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(_COUNT * 44 + 7 * _GAP + _DASH, _HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.pasted.emit()
        elif event.key() == Qt.Key.Key_Backspace:
            self.back.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Escape):
            self.cleared.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit()
        elif event.text() and event.text().isprintable():
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        # Tab leaves the field; every other key is for it, also one that a menu would like to have.
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = (self.width() - 6 * _GAP - _DASH) / _COUNT
        metrics, line = self.theme.metrics("entry", 700), self.theme.line_height("entry")
        painter.setFont(self.theme.font("entry", 700))
        x = 0.0
        for index in range(_COUNT):
            box = QRectF(round(x), 0, round(x + side) - round(x), self.height())
            edge, width = self._edge(index)
            rounded(painter, box, RADIUS_CONTROL, self.theme.color("surface"), self.theme.color(edge), width)
            letter = self._code[index : index + 1]
            painter.setPen(self.theme.color("ink"))
            left = round(box.center().x() - metrics.horizontalAdvance(letter) / 2)
            draw_line(painter, letter, metrics, left, (self.height() - line) / 2, line)
            x += side + (_DASH if index == 3 else _GAP)
            if index == 3:
                middle = round(x - _DASH / 2)
                painter.fillRect(middle - 11, self.height() // 2 - 1, 22, 2, self.theme.color("ink3"))

    def _edge(self, index: int) -> tuple[str, int]:
        if self._looks == "found":
            return "green", 2
        if self._looks == "refused":
            return "red", 2
        if self.hasFocus() and index == min(len(self._code), _COUNT - 1):
            return "ink", 2
        return ("green", 2) if index < len(self._code) else ("edge", 1)
