"""Owns the page of rewards: a paper to use, what was used, the boards; one at a time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from agent.rewards.boards.viewmodel import BoardsViewModel
from agent.rewards.paper.view import PaperView
from agent.rewards.paper.viewmodel import PaperViewModel
from agent.rewards.uses.viewmodel import UsesViewModel
from agent.texts import Texts
from agent.ui.controls import Ground, Scroll, SegmentedControl
from agent.ui.page import Ticking
from agent.ui.theme import Theme

TICK_MS = 250  # the countdown of what was read
PAPER, USES, BOARDS = "paper", "uses", "boards"


class RewardsPage(Ground):
    """Only the part that is in sight reads and ticks; the others are built when they are first opened."""

    def __init__(
        self,
        paper: PaperViewModel,
        uses: UsesViewModel,
        boards: BoardsViewModel,
        theme: Theme,
        texts: Texts,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "bg", parent=parent)
        self._lives: dict[str, Ticking] = {PAPER: paper, USES: uses, BOARDS: boards}
        self._current = PAPER
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 0, 0)
        whole.setSpacing(0)
        words = [(PAPER, texts._("Use a slip")), (USES, texts._("What was used")), (BOARDS, texts._("Boards"))]
        self.tabs = SegmentedControl(theme, words, PAPER)
        self.tabs.changed.connect(self.open_part)
        whole.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignLeft)
        self._stack = QStackedWidget()
        whole.addWidget(self._stack, 1)
        self.paper = PaperView(paper, theme, texts)
        self._built: dict[str, QWidget] = {PAPER: _framed(theme, self.paper)}
        self._stack.addWidget(self._built[PAPER])
        self._builders: dict[str, Callable[[], QWidget]] = {
            USES: lambda: _uses(uses, theme, texts),
            BOARDS: lambda: _boards(boards, theme, texts),
        }
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(lambda: self._lives[self._current].tick())

    def open_part(self, part: str) -> None:
        """Show one part; the scanner's field has the keyboard on its own part only."""
        self.tabs.set_current(part)
        if part == self._current:
            return
        self._lives[self._current].hide()
        self._current = part
        if part not in self._built:
            self._built[part] = _framed(self.theme, self._builders[part]())
            self._stack.addWidget(self._built[part])
        self._stack.setCurrentWidget(self._built[part])
        self._lives[part].show()
        if part == PAPER:
            self.paper.take_keyboard()

    def showEvent(self, event: QShowEvent) -> None:
        self._lives[self._current].show()
        super().showEvent(event)
        self._timer.start()
        if self._current == PAPER:
            self.paper.take_keyboard()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        self._lives[self._current].hide()
        super().hideEvent(event)


def _framed(theme: Theme, content: QWidget) -> QWidget:
    body = QWidget()
    column = QVBoxLayout(body)
    column.setContentsMargins(0, 12, 16, 16)
    column.addWidget(content)
    scroll = Scroll(theme, body)
    scroll.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return scroll


def _uses(vm: UsesViewModel, theme: Theme, texts: Texts) -> QWidget:
    from agent.rewards.uses.view import UsesView

    return UsesView(vm, theme, texts)


def _boards(vm: BoardsViewModel, theme: Theme, texts: Texts) -> QWidget:
    from agent.rewards.boards.view import BoardsView

    return BoardsView(vm, theme, texts)
