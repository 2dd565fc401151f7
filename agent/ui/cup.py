"""Owns the one picture of the customer's screen: a cup, a sleeve with a check, three coins. Drawn, not loaded."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.ui.controls import Control
from agent.ui.theme import DARK, Theme

_SIDE = 472.0  # the picture is drawn in these units and scaled as a whole


class CupPicture(Control):
    """A square picture; painted once per size and mode, then copied."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._kept: QPixmap | None = None
        self._kept_for: tuple[int, float, str] = (0, 0.0, "")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_side(self, side: int) -> None:
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, _event: QPaintEvent) -> None:
        wanted = (self.width(), self.devicePixelRatioF(), self.theme.mode)
        if self._kept is None or wanted != self._kept_for:
            self._kept, self._kept_for = self._painted(wanted[0], wanted[1]), wanted
        QPainter(self).drawPixmap(0, 0, self._kept)

    def _painted(self, side: int, dpr: float) -> QPixmap:
        pixmap = QPixmap(round(side * dpr), round(side * dpr))
        pixmap.setDevicePixelRatio(dpr)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(side / _SIDE, side / _SIDE)
        painter.setPen(Qt.PenStyle.NoPen)
        self._ground(painter)
        self._cup(painter)
        for x, y, radius, letter in ((372.0, 167.0, 30.0, "P"), (100.0, 268.0, 23.0, "P"), (384.0, 311.0, 16.0, "")):
            self._coin(painter, x, y, radius, letter)
        painter.end()
        return pixmap

    def _ground(self, painter: QPainter) -> None:
        painter.setBrush(self.theme.color("sunken"))
        painter.drawEllipse(QRectF(0, 0, _SIDE, _SIDE))
        painter.setBrush(self.theme.color("line"))
        painter.drawEllipse(QRectF(122, 385, 238, 28))

    def _cup(self, painter: QPainter) -> None:
        color = self.theme.color
        paper = _mixed(color("on_avatar"), QColor("white"), 75)
        painter.setPen(QPen(_mixed(color("line"), color("edge"), 20), 2))
        painter.setBrush(paper)
        painter.drawPath(_cup_body())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("green") if self.theme.mode == "light" else _mixed(color("green"), QColor("black"), 30))
        sleeve = painter.brush().color()
        painter.drawPolygon(_between(221, 330))
        painter.setBrush(_mixed(sleeve, QColor("black"), 16))
        painter.drawPolygon(_between(221, 235))
        painter.setBrush(paper)
        painter.drawEllipse(QPointF(236, 278), 31, 31)
        pen = QPen(sleeve, 8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([QPointF(222, 279), QPointF(232, 289), QPointF(251, 269)]))
        painter.setPen(Qt.PenStyle.NoPen)
        self._lid(painter)

    def _lid(self, painter: QPainter) -> None:
        brown = self.theme.color("avatar")
        top = QPainterPath(QPointF(154, 116))
        top.lineTo(162, 88)
        top.quadTo(164, 82, 170, 82)
        top.lineTo(302, 82)
        top.quadTo(308, 82, 310, 88)
        top.lineTo(318, 116)
        top.closeSubpath()
        painter.setBrush(_mixed(brown, QColor("white"), 9))
        painter.drawPath(top)
        painter.setBrush(_mixed(brown, QColor("black"), 35))
        painter.drawRoundedRect(QRectF(261, 92, 30, 8), 4, 4)
        painter.setBrush(brown)
        painter.drawRoundedRect(QRectF(133, 115, 206, 32), 12, 12)

    def _coin(self, painter: QPainter, x: float, y: float, radius: float, letter: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DARK.amber))  # The bright amber in both modes: a coin is a picture, not a warning.
        painter.drawEllipse(QPointF(x, y), radius, radius)
        font = QFont(self.theme.font("t28", 800))
        font.setPixelSize(int(radius * 1.05))
        painter.setFont(font)
        painter.setPen(self.theme.color("avatar"))
        painter.drawText(QRectF(x - radius, y - radius, 2 * radius, 2 * radius), Qt.AlignmentFlag.AlignCenter, letter)


def _edge_x(y: float) -> float:
    """Half the width of the cup at height ``y``: 89 under the lid, 69 at the bottom."""
    return 89 - (y - 147) * 20 / 252


def _between(top: float, bottom: float) -> QPolygonF:
    return QPolygonF(
        [
            QPointF(236 - _edge_x(top), top),
            QPointF(236 + _edge_x(top), top),
            QPointF(236 + _edge_x(bottom), bottom),
            QPointF(236 - _edge_x(bottom), bottom),
        ]
    )


def _cup_body() -> QPainterPath:
    path = QPainterPath(QPointF(236 - _edge_x(140), 140))
    path.lineTo(236 + _edge_x(140), 140)
    path.lineTo(236 + _edge_x(386), 386)
    path.quadTo(236 + _edge_x(399), 399, 292, 399)
    path.lineTo(180, 399)
    path.quadTo(236 - _edge_x(399), 399, 236 - _edge_x(386), 386)
    path.closeSubpath()
    return path


def _mixed(base: QColor, other: QColor, percent: int) -> QColor:
    rest = 100 - percent
    return QColor(
        (base.red() * rest + other.red() * percent) // 100,
        (base.green() * rest + other.green() * percent) // 100,
        (base.blue() * rest + other.blue() * percent) // 100,
    )
