"""Owns the mark of the program: a cup on green. Drawn, not loaded."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from agent.ui.controls import Control
from agent.ui.paint import rounded
from agent.ui.theme import Theme


class Logo(Control):
    """A cup on green, 28 square."""

    def __init__(self, theme: Theme, size: int = 28, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setFixedSize(size, size)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rounded(painter, self.rect(), self.width() * 0.28, self.theme.color("green"))
        painter.scale(self.width() / 28, self.height() / 28)
        pen = QPen(self.theme.color("on_green"), 1.8)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        cup = QPainterPath(QPointF(7.6, 11.2))
        cup.lineTo(8.8, 19.4)
        cup.quadTo(9.0, 21, 10.6, 21)
        cup.lineTo(17.4, 21)
        cup.quadTo(19.0, 21, 19.2, 19.4)
        cup.lineTo(20.4, 11.2)
        painter.drawPath(cup)
        painter.drawLine(QPointF(6.8, 8.9), QPointF(21.2, 8.9))
        painter.drawLine(QPointF(6.8, 8.9), QPointF(7.4, 11.6))
        painter.drawLine(QPointF(21.2, 8.9), QPointF(20.6, 11.6))
        painter.drawLine(QPointF(8.4, 14.2), QPointF(19.6, 14.2))
