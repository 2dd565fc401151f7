"""Owns the customer's letter keys: five in a row, and below them the two that take letters away."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from agent.ui.controls import Control
from agent.ui.keypad import KeypadKey
from agent.ui.theme import Theme

_ROW = 5


class LetterKeys(Control):
    """The ground with the keys; ``letter`` says which one was struck."""

    letter = Signal(str)

    def __init__(self, theme: Theme, letters: str, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.letters = {letter: KeypadKey(theme, letter, parent=self) for letter in letters}
        for letter, key in self.letters.items():
            key.struck.connect(lambda struck=letter: self.letter.emit(struck))
        self.clear = KeypadKey(theme, boxed=False, parent=self)
        self.back = KeypadKey(theme, icon="delete", boxed=False, parent=self)

    def show_words(self, clear: str, back: str) -> None:
        self.clear.setText(clear)
        self.back.setAccessibleName(back)

    def place(self, gap: int, across: int, down: int) -> None:
        """Lay the keys out with ``across`` px of ground at the sides and ``down`` px above and below."""
        rows = -(-len(self.letters) // _ROW) + 1
        width = (self.width() - 2 * across - (_ROW - 1) * gap) / _ROW
        height = (self.height() - 2 * down - (rows - 1) * gap) / rows
        for index, key in enumerate(self.letters.values()):
            row, column = divmod(index, _ROW)
            self._put(key, across + column * (width + gap), down + row * (height + gap), width, height)
        last = down + (rows - 1) * (height + gap)
        wide = 2 * width + gap
        self._put(self.clear, across, last, wide, height)
        self._put(self.back, self.width() - across - wide, last, wide, height)

    @staticmethod
    def _put(key: KeypadKey, left: float, top: float, width: float, height: float) -> None:
        right, bottom = left + width, top + height
        key.setGeometry(round(left), round(top), round(right) - round(left), round(bottom) - round(top))

    def paintEvent(self, _event: QPaintEvent) -> None:
        ground = "sunken" if self.theme.mode == "light" else "surface"
        QPainter(self).fillRect(self.rect(), self.theme.color(ground))
