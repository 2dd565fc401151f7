"""Owns what every page of the counter's window does: it lives while it is in sight."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from agent.ui.controls import Ground
from agent.ui.theme import Theme


class InSight(Protocol):
    """A view-model that reads when its page comes into sight, and costs nothing while it is out of it."""

    def show(self) -> None: ...

    def hide(self) -> None: ...


class Ticking(InSight, Protocol):
    """One that also looks at the clock now and then."""

    def tick(self) -> None: ...


class Page(Ground):
    """The ground of a page; ``life`` is its view-model."""

    def __init__(self, life: InSight, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "bg", parent=parent)
        self._life = life

    def showEvent(self, event: QShowEvent) -> None:
        self._life.show()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._life.hide()
        super().hideEvent(event)


class TickingPage(Page):
    """A page whose view-model ticks every ``every_ms`` while it is in sight."""

    def __init__(self, life: Ticking, theme: Theme, *, every_ms: int, parent: QWidget | None = None) -> None:
        super().__init__(life, theme, parent)
        self._timer = QTimer(self)
        self._timer.setInterval(every_ms)
        self._timer.timeout.connect(life.tick)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)
