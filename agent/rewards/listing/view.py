"""Owns a list of plain rows: two lines of words, a figure with a remark; rows are made as needed and used again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.rewards.state import Row
from agent.ui.controls import Control, Label
from agent.ui.theme import Theme

_RIGHT = Qt.AlignmentFlag.AlignRight


class RowView(Control):
    """One row; ``inset`` px of ground at its sides."""

    def __init__(self, theme: Theme, inset: int, *, first: bool) -> None:
        super().__init__(theme)
        self._first, self._inset = first, inset
        row = QHBoxLayout(self)
        row.setContentsMargins(inset, 8, inset, 8)
        row.setSpacing(12)
        left, right = QVBoxLayout(), QVBoxLayout()
        self.title = Label(theme, "", "body", weight=600, elide=True)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        self.figure = Label(theme, "", "body", weight=600, align=_RIGHT)
        self.remark = Label(theme, "", "caption", color="ink2", align=_RIGHT)
        for column, labels in ((left, (self.title, self.line)), (right, (self.figure, self.remark))):
            column.setSpacing(0)
            for label in labels:
                column.addWidget(label)
        row.addLayout(left, 1)
        row.addLayout(right)

    def render_row(self, row: Row) -> None:
        for label, text in (
            (self.title, row.title),
            (self.line, row.line),
            (self.figure, row.figure),
            (self.remark, row.remark),
        ):
            label.set_text(text)
            label.setVisible(bool(text))
        self.setAccessibleName(" ".join(part for part in (row.title, row.line, row.figure, row.remark) if part))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._first:
            QPainter(self).fillRect(self._inset, 0, self.width() - 2 * self._inset, 1, self.theme.color("line"))


class Rows(QWidget):
    """The rows, one below the other."""

    def __init__(self, theme: Theme, inset: int = 16) -> None:
        super().__init__()
        self._theme, self._inset = theme, inset
        self._rows: list[RowView] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def render_rows(self, rows: Sequence[Row]) -> None:
        while len(self._rows) < len(rows):
            made = RowView(self._theme, self._inset, first=not self._rows)
            self._rows.append(made)
            self._column.addWidget(made)
        for index, view in enumerate(self._rows):
            view.setVisible(index < len(rows))
            if index < len(rows):
                view.render_row(rows[index])
