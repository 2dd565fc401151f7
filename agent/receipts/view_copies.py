"""Owns the buttons below a receipt's paper that print it once more: one a printer, and what was printed so far."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from agent.receipts.asking import Choice
from agent.ui.controls import Button
from agent.ui.paragraph import paragraph
from agent.ui.theme import Theme


class CopyButtons(QWidget):
    """Hidden where nothing can be printed and nothing was."""

    def __init__(self, theme: Theme, on_press: Callable[[str], None]) -> None:
        super().__init__()
        self._theme, self._on_press = theme, on_press
        self._shown: tuple[Choice, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 12, 12, 0)
        self._column.setSpacing(8)
        self.said = paragraph(theme)
        self.said.setObjectName("receipts.copied")
        self._column.addWidget(self.said)
        self.buttons: list[Button] = []
        self.setVisible(False)

    def show_choices(self, choices: tuple[Choice, ...], said: str) -> None:
        self.setVisible(bool(choices or said))
        self.said.set_text(said)
        self.said.setVisible(bool(said))
        if choices == self._shown:
            return
        self._shown = choices
        for button in self.buttons:
            self._column.removeWidget(button)
            button.setParent(None)
            button.deleteLater()
        self.buttons = [self._button(choice) for choice in choices]

    def _button(self, choice: Choice) -> Button:
        button = Button(self._theme, choice.text, size="small", icon="printer")
        button.setObjectName(f"receipts.copy.{choice.key}")
        button.clicked.connect(lambda _checked=False, key=choice.key: self._on_press(key))
        self._column.addWidget(button)
        return button
