"""Owns the few shapes everything is drawn with: sharp rounded rectangles, lines of text, floating shadows."""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QMargins, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from agent.ui.theme import RADIUS_CARD, Theme

SHADOW_MARGINS = QMargins(32, 32, 32, 48)  # how far a floating card's shadow reaches beyond it


def rounded(
    painter: QPainter,
    rect: QRectF | QRect,
    radius: float,
    fill: QColor | None = None,
    edge: QColor | None = None,
    width: float = 1,
) -> None:
    """A rounded rectangle whose edge lies inside ``rect`` and falls on whole pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(rect)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    if edge is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, radius, radius)
        return
    inset = width / 2
    painter.setPen(QPen(edge, width))
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)


def elided(text: str, metrics: QFontMetricsF, width: float) -> str:
    """The text, shortened with an ellipsis when it is wider than ``width``."""
    if metrics.horizontalAdvance(text) <= width + 0.5:
        return text
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, width))


def draw_line(painter: QPainter, text: str, metrics: QFontMetricsF, x: float, top: float, line: float) -> None:
    """One line of text, vertically centred in a line box as browsers do it, with the painter's font and pen."""
    baseline = top + (line - metrics.ascent() - metrics.descent()) / 2 + metrics.ascent()
    painter.drawText(QPointF(x, round(baseline)), text)


def break_lines(text: str, metrics: QFontMetricsF, width: float) -> list[str]:
    """Break between phrases only: at blanks and given line ends, never inside a Korean word."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        current = ""
        for word in paragraph.split(" "):
            candidate = f"{current} {word}" if current else word
            if current and metrics.horizontalAdvance(candidate) > width + 0.5:
                lines.append(current)
                current = word
            else:
                current = candidate
        lines.append(current)
    return lines


class Shadow:
    """The one floating shadow as a nine-patch: computed once per mode, drawn by stretching nine pieces."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._cache: dict[str, QPixmap] = {}

    def paint(self, painter: QPainter, rect: QRect) -> None:
        """Draw the shadow of a card that covers ``rect``."""
        pixmap = self._cache.get(self._theme.mode)
        if pixmap is None:
            pixmap = self._cache[self._theme.mode] = _shadow_pixmap(self._theme)
        m, corner = SHADOW_MARGINS, RADIUS_CARD + 16
        outer = rect.marginsAdded(m)
        side = pixmap.width() - m.left() - m.right()
        xs = (0, m.left() + corner, m.left() + side - corner, pixmap.width())
        ys = (0, m.top() + corner, m.top() + side - corner, pixmap.height())
        tx = (outer.left(), rect.left() + corner, rect.right() + 1 - corner, outer.right() + 1)
        ty = (outer.top(), rect.top() + corner, rect.bottom() + 1 - corner, outer.bottom() + 1)
        if tx[2] < tx[1] or ty[2] < ty[1]:  # smaller than two corners: squeeze the whole picture
            painter.drawPixmap(outer, pixmap)
            return
        for row in range(3):
            for column in range(3):
                target = QRect(tx[column], ty[row], tx[column + 1] - tx[column], ty[row + 1] - ty[row])
                source = QRect(xs[column], ys[row], xs[column + 1] - xs[column], ys[row + 1] - ys[row])
                painter.drawPixmap(target, pixmap, source)


def _shadow_pixmap(theme: Theme) -> QPixmap:
    """0 12 32 ink 16 % and 0 2 6 ink 10 % around a rounded square; in the dark a black of 60 %."""
    if theme.mode == "light":
        return QPixmap.fromImage(_shadow_image(theme.color("ink").rgb(), 0.16, 0.10))
    return QPixmap.fromImage(_shadow_image(QColor("black").rgb(), 0.60, 0.30))


@cache
def _shadow_image(ink: int, far: float, near: float) -> QImage:
    """The same for every window: twenty thousand points, a tenth of a second."""
    m = SHADOW_MARGINS
    side = 2 * (RADIUS_CARD + 16) + 4
    width, height = side + m.left() + m.right(), side + m.top() + m.bottom()
    far_x = _blurred_span(width, m.left(), side, 16.0)
    far_y = _blurred_span(height, m.top() + 12, side, 16.0)
    base = QColor.fromRgb(ink)
    red, green, blue = base.red(), base.green(), base.blue()
    pixels = bytearray(width * height * 4)
    at = 0
    for y in range(height):
        for x in range(width):
            distance = _rounded_distance(x - m.left(), y - m.top() - 2, side, RADIUS_CARD)
            soft = 0.5 * math.erfc(distance / 3.0 / math.sqrt(2)) if distance < 10 else 0.0
            alpha = 1 - (1 - far * far_x[x] * far_y[y]) * (1 - near * soft)
            pixels[at] = round(blue * alpha)
            pixels[at + 1] = round(green * alpha)
            pixels[at + 2] = round(red * alpha)
            pixels[at + 3] = round(255 * alpha)
            at += 4
    image = QImage(bytes(pixels), width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()


def _blurred_span(length: int, start: int, side: int, sigma: float) -> list[float]:
    scale = sigma * math.sqrt(2)

    def covered(at: float) -> float:
        return 0.5 * (math.erf((at - start) / scale) - math.erf((at - start - side) / scale))

    return [covered(at + 0.5) for at in range(length)]


def _rounded_distance(x: float, y: float, side: int, radius: int) -> float:
    half = side / 2
    dx, dy = abs(x + 0.5 - half) - half + radius, abs(y + 0.5 - half) - half + radius
    return math.hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - radius
