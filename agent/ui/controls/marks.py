"""Owns small marks that say a state: chips, the status pill and the countdown ring."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.ui.controls.base import Control, PressControl
from agent.ui.paint import draw_line, elided, rounded
from agent.ui.theme import Theme

Tone = Literal["neutral", "plain", "ink", "green", "amber", "red"]
TONES: dict[str, tuple[str, str]] = {
    "neutral": ("sunken", "ink2"),
    "plain": ("surface", "ink2"),
    "ink": ("ink", "on_ink"),
    "green": ("green_soft", "green_ink"),
    "amber": ("amber_soft", "amber_ink"),
    "red": ("red_soft", "red_ink"),
}


class Chip(Control):
    """28 high, icon 16 and a word 13/600. Says something, cannot be pressed."""

    def __init__(
        self, theme: Theme, text: str, *, icon: str = "", tone: Tone = "neutral", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._text, self._icon, self._tone = text, icon, tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(text)

    def text(self) -> str:
        return self._text

    def show_as(self, text: str, *, icon: str = "", tone: Tone = "neutral") -> None:
        if (text, icon, tone) != (self._text, self._icon, self._tone):
            self._text, self._icon, self._tone = text, icon, tone
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        width = self.theme.metrics("caption", 600).horizontalAdvance(self._text) + 20 + (22 if self._icon else 0)
        return QSize(int(width + 0.99), 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def text_fits(self) -> bool:
        return self.width() >= self.sizeHint().width() - 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground, ink = (self.theme.color(name) for name in TONES[self._tone])
        rounded(painter, self.rect(), self.height() / 2, ground)
        x = 10.0
        if self._icon:
            self.theme.icons.paint(painter, self._icon, x, (self.height() - 16) / 2, 16, ink)
            x += 22
        painter.setFont(self.theme.font("caption", 600))
        painter.setPen(ink)
        draw_line(painter, self._text, self.theme.metrics("caption", 600), x, (self.height() - 18) / 2, 18)


class StatusPill(PressControl):
    """The one honest word about the connection: 32 high inside a 44 px target, icon 18 and 13/600."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._icon, self._tone = "circle-check", "green"
        self.focus_radius = 16
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_as(self, text: str, icon: str, tone: Tone) -> None:
        if (text, icon, tone) != (self.text(), self._icon, self._tone):
            self._icon, self._tone = icon, tone
            self.setText(text)
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(int(self.theme.metrics("caption", 600).horizontalAdvance(self.text()) + 10 + 18 + 8 + 12.99), 44)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def text_fits(self) -> bool:
        return self.width() >= self.sizeHint().width() - 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground, ink = (self.theme.color(name) for name in TONES[self._tone])
        top = (self.height() - 32) / 2
        rounded(painter, QRectF(0, top, self.width(), 32), 16, ground)
        self.theme.icons.paint(painter, self._icon, 10, top + 7, 18, ink)
        painter.setFont(self.theme.font("caption", 600))
        painter.setPen(ink)
        metrics = self.theme.metrics("caption", 600)
        draw_line(painter, elided(self.text(), metrics, self.width() - 46), metrics, 36, top + 7, 18)


RingTone = Literal["ink", "amber", "quiet", "working"]


class CountdownRing(Control):
    """Seconds left as a number and an arc from 12 o'clock. Repaints itself only, and only when a second passed."""

    def __init__(
        self, theme: Theme, size: int = 56, stroke: int = 5, style: str = "dialog", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._stroke, self._style = stroke, style
        self._left_s: int | None = None
        self._total_s = 60
        self._tone: RingTone = "ink"
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_left(self, left_s: int | None, tone: RingTone = "ink", total_s: int = 60) -> None:
        """Show ``left_s`` of ``total_s`` seconds; None draws an empty ring; tone ``working`` a quarter arc."""
        if (left_s, tone, total_s) != (self._left_s, self._tone, self._total_s):
            self._left_s, self._tone, self._total_s = left_s, tone, total_s
            self.setAccessibleName("" if left_s is None else str(left_s))
            self.update()

    @property
    def left_s(self) -> int | None:
        return self._left_s

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = self.theme.color
        inset = self._stroke / 2
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        pen = QPen(color("line"), self._stroke)
        painter.setPen(pen)
        painter.drawEllipse(box)
        arc_token = {"ink": "ink", "amber": "amber", "quiet": "ink3", "working": "ink3"}[self._tone]
        pen.setColor(color(arc_token))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if self._tone == "working":
            painter.drawArc(box, 90 * 16, -90 * 16)
            return
        if self._left_s is None:
            return
        share = min(1.0, max(0.0, self._left_s / self._total_s))
        if share > 0:
            painter.drawArc(box, 90 * 16, -round(share * 360 * 16))
        text = str(self._left_s)
        metrics = self.theme.metrics(self._style, 700)
        painter.setFont(self.theme.font(self._style, 700))
        number = {"ink": "ink", "amber": "amber_ink", "quiet": "ink3", "working": "ink3"}[self._tone]
        painter.setPen(color(number))
        line = self.theme.line_height(self._style)
        x = round((self.width() - metrics.horizontalAdvance(text)) / 2)
        draw_line(painter, text, metrics, x, (self.height() - line) / 2, line)
