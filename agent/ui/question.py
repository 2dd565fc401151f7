"""Owns a question over a page: a sentence and what can be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QWidget

from agent.ui.controls import Button, Dialog, Label
from agent.ui.controls.button import Kind
from agent.ui.theme import Theme


@dataclass(frozen=True)
class Answer:
    """A button: its object name, what it does, its words where they never change, and its share of the row."""

    name: str
    press: Callable[[], None]
    word: str = ""
    kind: Kind = "second"
    icon: str = ""
    share: int = 1


class Question(Dialog):
    """Escape is the answer that changes nothing."""

    def __init__(
        self, theme: Theme, parent: QWidget, *answers: Answer, escape: Callable[[], None], width: int = 420
    ) -> None:
        super().__init__(theme, "", width=width, parent=parent)
        self.sentence = Label(theme, "", "body", color="ink2", wrap=True)
        self.body.addWidget(self.sentence)
        row = QHBoxLayout()
        row.setSpacing(8)
        for answer in answers:
            self.last = Button(theme, answer.word, kind=answer.kind, size="card", icon=answer.icon)
            self.last.setObjectName(answer.name)
            self.last.clicked.connect(answer.press)
            row.addWidget(self.last, answer.share)
        self.body.addLayout(row)
        self.dismissed.connect(escape)

    def ask(self, title: str, sentence: str, word: str | None = None) -> None:
        """Opens it. ``word``: of the last answer, which is not there when it is empty; None: as it is."""
        self.title.set_text(title)
        self.sentence.set_text(sentence)
        if word is not None:
            self.last.setVisible(bool(word))
            self.last.setText(word)
        if not self.isVisible():
            self.open()
