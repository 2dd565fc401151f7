"""Owns long lists: only the rows in sight exist, so that a thousand receipts cost as much as ten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from agent.ui.controls import Scroll
from agent.ui.theme import Theme


class Keyed(Protocol):
    """Something with an identity that outlives a refresh."""

    @property
    def key(self) -> str: ...


T = TypeVar("T", bound=Keyed)
R = TypeVar("R", bound=QWidget)


class RowList(Scroll, Generic[T, R]):
    """Scrolls rows of one height. ``make_row(parent, press)`` builds an empty row that calls ``press`` when pressed;
    ``fill_row(row, content, chosen)`` gives it a content."""

    def __init__(
        self,
        theme: Theme,
        row_height: int,
        *,
        make_row: Callable[[QWidget, Callable[[], None]], R],
        fill_row: Callable[[R, T, bool], None],
        on_choose: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        self._body = QWidget()
        super().__init__(theme, self._body, parent)
        self.setWidgetResizable(False)
        self._height, self._make_row, self._fill_row, self._on_choose = row_height, make_row, fill_row, on_choose
        self._rows: Sequence[T] = ()
        self._chosen = ""
        self._pool: list[R] = []
        self._keys: list[str] = []  # which content each row of the pool shows now
        self.verticalScrollBar().valueChanged.connect(self._fill)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_rows(self, rows: Sequence[T], chosen: str) -> None:
        moved = chosen != self._chosen
        self._rows, self._chosen = rows, chosen
        self._measure()
        if moved:
            self._reveal()
        self._fill()

    def chosen_index(self) -> int:
        return next((index for index, row in enumerate(self._rows) if row.key == self._chosen), -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._rows:
            super().keyPressEvent(event)
            return
        index = min(max(self.chosen_index() + step, 0), len(self._rows) - 1)
        self._on_choose(self._rows[index].key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()
        self._fill()

    def _measure(self) -> None:
        height = max(len(self._rows) * self._height, 1)
        # The page moves by the step of one row; the bar takes no room of its own.
        self._body.setFixedSize(max(self.viewport().width(), 1), height)
        self.verticalScrollBar().setSingleStep(self._height // 2)

    def _reveal(self) -> None:
        index = self.chosen_index()
        if index >= 0:
            self.ensureVisible(0, index * self._height + self._height // 2, 0, self._height // 2)

    def _fill(self) -> None:
        first = self.verticalScrollBar().value() // self._height
        wanted = min(self.viewport().height() // self._height + 2, max(len(self._rows) - first, 0))
        while len(self._pool) < wanted:
            self._keys.append("")
            self._pool.append(self._make_row(self._body, self._press(len(self._pool))))
        for index, widget in enumerate(self._pool):
            if index >= wanted:
                widget.hide()
                continue
            content = self._rows[first + index]
            self._keys[index] = content.key
            widget.setGeometry(0, (first + index) * self._height, self._body.width(), self._height)
            self._fill_row(widget, content, content.key == self._chosen)
            widget.show()

    def _press(self, index: int) -> Callable[[], None]:
        return lambda: self._on_choose(self._keys[index])
