"""Owns the page of rewards: its parts, one at a time."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from agent.rewards.paper.view import PaperView
from agent.rewards.paper.viewmodel import PaperViewModel
from agent.texts import Texts
from agent.ui.controls import Scroll
from agent.ui.page import TickingPage
from agent.ui.theme import Theme

TICK_MS = 250  # the countdown of what was read


class RewardsPage(TickingPage):
    """Renders what its view-models say."""

    def __init__(self, paper: PaperViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(paper, theme, every_ms=TICK_MS, parent=parent)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 16, 16, 16)
        self.paper = PaperView(paper, theme, texts)
        column.addWidget(self.paper)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self._scroll = Scroll(theme, body)
        self._scroll.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        whole.addWidget(self._scroll)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.paper.take_keyboard()
