"""Owns the tile that asks: a sentence and its answers as buttons, in as many rows as they need."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QVBoxLayout

from agent.receipts.asking import Question
from agent.ui.controls import Button, Tile
from agent.ui.paragraph import paragraph
from agent.ui.theme import Theme

A_ROW = 3  # buttons; the names of meanings are long


class QuestionTile(Tile):
    """Hidden while there is nothing to ask."""

    def __init__(self, theme: Theme, on_answer: Callable[[str], None]) -> None:
        super().__init__(theme)
        self._on_answer = on_answer
        self._shown: Question | None = None
        self.buttons: dict[str, Button] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        self.text = paragraph(theme, "section", color="ink", weight=600)
        column.addWidget(self.text)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        column.addLayout(self._grid)
        self.setVisible(False)

    def show_question(self, question: Question | None) -> None:
        self.setVisible(question is not None)
        if question is None or question == self._shown:
            return
        self._shown = question
        self.text.set_text(question.text)
        for button in self.buttons.values():
            self._grid.removeWidget(button)
            button.setParent(None)
            button.deleteLater()
        self.buttons = {}
        for place, choice in enumerate(question.choices):
            button = Button(self.theme, choice.text, kind="main" if choice.main else "second")
            button.setObjectName(f"receipts.answer.{choice.key}")
            button.clicked.connect(lambda _checked=False, key=choice.key: self._on_answer(key))
            self._grid.addWidget(button, *divmod(place, A_ROW))
            self.buttons[choice.key] = button
