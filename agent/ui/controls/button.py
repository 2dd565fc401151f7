"""Owns what is pressed: buttons of four kinds, icon buttons, filter chips, segments and switches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from agent.ui.controls.base import Control, PressControl
from agent.ui.paint import draw_line, elided, rounded
from agent.ui.theme import RADIUS_CONTROL, RADIUS_DIALOG, RADIUS_KEYCAP, RADIUS_SMALL, RADIUS_TABLET_CARD, Theme

Kind = Literal["main", "second", "third", "danger", "choice"]
Size = Literal["small", "choice", "normal", "card", "page", "tablet_small", "tablet", "tablet_big", "tablet_start"]


@dataclass(frozen=True)
class ButtonSize:
    height: int
    radius: int
    style: str
    weight: int
    padding: int
    icon: int


SIZES: dict[str, ButtonSize] = {
    "small": ButtonSize(44, RADIUS_SMALL, "body", 600, 14, 18),
    "choice": ButtonSize(48, RADIUS_CONTROL, "body", 600, 12, 20),
    "normal": ButtonSize(48, RADIUS_CONTROL, "button", 600, 20, 20),
    "card": ButtonSize(52, RADIUS_CONTROL, "button", 600, 20, 20),
    "page": ButtonSize(56, RADIUS_CONTROL, "button", 600, 24, 20),
    "tablet_small": ButtonSize(72, RADIUS_DIALOG, "t22", 600, 28, 24),
    "tablet": ButtonSize(100, RADIUS_DIALOG, "t28", 600, 32, 28),
    "tablet_big": ButtonSize(136, RADIUS_DIALOG, "t32", 700, 40, 36),
    "tablet_start": ButtonSize(136, RADIUS_TABLET_CARD, "t40", 700, 40, 40),
}


class Button(PressControl):
    """main: green, one a screen · second: outlined · third: words only · danger: red, after a reason only ·
    choice: outlined and left-aligned, red when checked (reject reasons)."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        *,
        kind: Kind = "second",
        size: Size = "normal",
        icon: str = "",
        icon_after: str = "",
        keycap: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._kind, self._size = kind, SIZES[size]
        self._icon, self._icon_after, self._keycap = icon, icon_after, keycap
        self.focus_radius = self._size.radius
        self.setText(text)
        self.setCheckable(kind == "choice")
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def set_kind(self, kind: Kind) -> None:
        if kind != self._kind:
            self._kind = kind
            self.update()

    def set_icon(self, icon: str) -> None:
        if icon != self._icon:
            self._icon = icon
            self.updateGeometry()
            self.update()

    def set_keycap(self, keycap: str) -> None:
        """The name of the hot-key, drawn as a small key-cap; empty for none."""
        if keycap != self._keycap:
            self._keycap = keycap
            self.update()

    # -- how big it is --------------------------------------------------------------------------------------------
    def _keycap_width(self) -> float:
        return self.theme.metrics("caption", 600).horizontalAdvance(self._keycap) + 14 if self._keycap else 0.0

    def _content_width(self) -> float:
        width = self.theme.metrics(self._size.style, self._size.weight).horizontalAdvance(self.text())
        for icon in (self._icon, self._icon_after):
            if icon:
                width += self._size.icon + (8 if self.text() else 0)
        return width + (self._keycap_width() + 8 if self._keycap else 0)

    def sizeHint(self) -> QSize:
        padding = 4 if self._kind == "third" else self._size.padding
        return QSize(max(44, int(self._content_width() + 0.99) + 2 * padding), self._size.height)

    def minimumSizeHint(self) -> QSize:
        return QSize(max(44, int(self._content_width() + 0.99) + 8), self._size.height)

    def text_fits(self) -> bool:
        return self._content_width() <= self.width() - 3

    # -- drawing --------------------------------------------------------------------------------------------------
    def _looks(self) -> tuple[QColor | None, QColor | None, QColor]:
        """Ground, edge and ink for the present state."""
        color = self.theme.color
        hot = self.isEnabled() and (self.underMouse() or self.isDown())
        if not self.isEnabled():
            return (None if self._kind == "third" else color("sunken")), None, color("ink3")
        if self._kind == "main":
            return color("green_hover" if hot else "green"), None, color("on_green")
        if self._kind == "danger":
            return color("red"), None, color("on_red")
        if self._kind == "third":
            return (color("pressed") if self.isDown() else None), None, color("ink" if hot else "ink2")
        if self._kind == "choice" and self.isChecked():
            return color("red_soft"), color("red"), color("red_ink")
        return color("pressed" if self.isDown() else "sunken" if hot else "surface"), color("edge"), color("ink")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground, edge, ink = self._looks()
        rect = QRectF(self.rect())
        thick = 2 if self._kind == "choice" and self.isChecked() else 1
        rounded(painter, rect, self._size.radius, ground, edge, thick)
        self._paint_content(painter, ink)

    def _paint_content(self, painter: QPainter, ink: QColor) -> None:
        style = self._size
        metrics = self.theme.metrics(style.style, style.weight)
        x: float = 13 if self._kind == "choice" else round((self.width() - self._content_width()) / 2)
        x = max(x, 2)
        middle = self.height() / 2
        if self._icon:
            self.theme.icons.paint(painter, self._icon, x, middle - style.icon / 2, style.icon, ink)
            x += style.icon + (8 if self.text() else 0)
        painter.setFont(self.theme.font(style.style, style.weight))
        painter.setPen(ink)
        room = self.width() - x - 2
        line = self.theme.line_height(style.style)
        draw_line(painter, elided(self.text(), metrics, room), metrics, x, middle - line / 2, line)
        x += metrics.horizontalAdvance(self.text())
        if self._icon_after:
            self.theme.icons.paint(painter, self._icon_after, x + 8, middle - style.icon / 2, style.icon, ink)
        if self._keycap:
            self._paint_keycap(painter, x + 8, ink)

    def _paint_keycap(self, painter: QPainter, x: float, ink: QColor) -> None:
        box = QRectF(round(x), round(self.height() / 2 - 11), round(self._keycap_width()), 22)
        edge = QColor(ink)
        edge.setAlphaF(0.8)
        rounded(painter, box, RADIUS_KEYCAP, None, edge)
        metrics = self.theme.metrics("caption", 600)
        painter.setFont(self.theme.font("caption", 600))
        painter.setPen(ink)
        draw_line(painter, self._keycap, metrics, box.x() + 7, box.y() + 2, 18)


class IconButton(PressControl):
    """A 44 px square with one icon; the accessible name is its word. A count sits on its corner."""

    def __init__(self, theme: Theme, icon: str, name: str, *, size: int = 44, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._icon = icon
        self._count = 0
        self.focus_radius = 10
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFixedSize(size, size)

    def set_icon(self, icon: str) -> None:
        self._icon = icon
        self.update()

    def set_count(self, count: int) -> None:
        """How many wait; 0 shows nothing, more than 99 shows 99+."""
        if count != self._count:
            self._count = count
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        if self.isDown() or (self.underMouse() and self.isEnabled()):
            rounded(painter, self.rect(), 10, color("sunken"))
        ink = color("ink" if self.isEnabled() else "ink3")
        at = (self.width() - 22) / 2
        self.theme.icons.paint(painter, self._icon, at, at, 22, ink)
        if self._count:
            paint_badge(painter, self.theme, self._count, self.width() / 2 + 12, 11, right=self.width())


def paint_badge(
    painter: QPainter, theme: Theme, count: int, x: float, y: float, size: int = 20, *, right: float | None = None
) -> None:
    """A round count with its centre at (x, y); wider for two digits, and then not over the edge at ``right``."""
    text = str(count) if count <= 99 else "99+"
    metrics = theme.metrics("caption", 700)
    width = max(float(size), metrics.horizontalAdvance(text) + 10)
    x = x if right is None else min(x, right - width / 2)
    rounded(painter, QRectF(x - width / 2, y - size / 2, width, size), size / 2, theme.color("ink"))
    painter.setFont(theme.font("caption", 700))
    painter.setPen(theme.color("on_ink"))
    draw_line(painter, text, metrics, round(x - metrics.horizontalAdvance(text) / 2), y - 9, 18)


class FilterChip(PressControl):
    """A 44 px pill that filters a list: word and count; chosen is ink."""

    def __init__(self, theme: Theme, text: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._count: int | None = None
        self.focus_radius = 22
        self.setCheckable(True)
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_count(self, count: int | None) -> None:
        if count != self._count:
            self._count = count
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        width = self.theme.metrics("body", 600).horizontalAdvance(self.text()) + 32
        if self._count is not None:
            width += self.theme.metrics("body", 500).horizontalAdvance(str(self._count)) + 6
        return QSize(int(width + 0.99), 44)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def text_fits(self) -> bool:
        return self.width() >= self.sizeHint().width() - 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        chosen = self.isChecked()
        ground = color("ink" if chosen else "sunken" if self.isDown() or self.underMouse() else "surface")
        rounded(painter, self.rect(), 22, ground, None if chosen else color("line"))
        weight = 600 if chosen else 500
        metrics = self.theme.metrics("body", weight)
        painter.setFont(self.theme.font("body", weight))
        painter.setPen(color("on_ink" if chosen else "ink2"))
        draw_line(painter, self.text(), metrics, 16, 11, 22)
        if self._count is not None:
            x = 16 + metrics.horizontalAdvance(self.text()) + 6
            painter.setPen(color("on_ink" if chosen else "ink3"))
            draw_line(painter, str(self._count), metrics, x, 11, 22)


class SegmentedControl(Control):
    """Two to four choices in one box; exactly one is chosen. Emits ``changed`` with its key."""

    changed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        options: Sequence[tuple[str, str] | tuple[str, str, str]],
        current: str,
        *,
        compact: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._buttons: dict[str, _Segment] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(0)
        for option in options:
            segment = _Segment(theme, option[1], option[2] if len(option) == 3 else "", compact)
            segment.clicked.connect(lambda _checked=False, key=option[0]: self._choose(key))
            self._buttons[option[0]] = segment
            row.addWidget(segment)
        self._current = current
        self.set_current(current)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def current(self) -> str:
        return self._current

    def button(self, key: str) -> PressControl:
        """The pressable part for one key, for object names and tests."""
        return self._buttons[key]

    def set_current(self, key: str) -> None:
        """Show ``key`` as chosen without emitting. Raises KeyError for an unknown key."""
        self._buttons[key].setChecked(True)
        self._current = key
        for other, segment in self._buttons.items():
            segment.setChecked(other == key)

    def set_texts(self, texts: dict[str, str]) -> None:
        for key, text in texts.items():
            self._buttons[key].setText(text)
            self._buttons[key].updateGeometry()

    def _choose(self, key: str) -> None:
        before = self._current
        self.set_current(key)
        if key != before:
            self.changed.emit(key)

    def paintEvent(self, _event: QPaintEvent) -> None:
        rounded(QPainter(self), self.rect(), RADIUS_CONTROL, self.theme.color("sunken"))


class _Segment(PressControl):
    def __init__(self, theme: Theme, text: str, icon: str, compact: bool) -> None:
        super().__init__(theme)
        self._icon, self._compact = icon, compact
        self.focus_radius = 10
        self.setCheckable(True)
        self.setText(text)

    def _style(self) -> tuple[str, int]:
        return "caption" if self._compact else "body", 600 if self.isChecked() else 500

    def sizeHint(self) -> QSize:
        style = self._style()[0]
        width = self.theme.metrics(style, 600).horizontalAdvance(self.text()) + (25 if self._compact else 28)
        return QSize(max(44, int(width + 0.99) + (26 if self._icon else 0)), 44)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def text_fits(self) -> bool:
        return self.width() >= self.sizeHint().width() - 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        box = QRectF(self.rect()).adjusted(0, 4, 0, -4)
        if self.isChecked():
            rounded(painter, box, 9, color("raised"), color("line"))
        elif self.underMouse():
            rounded(painter, box, 9, color("pressed") if self.isDown() else None, None)
        style, weight = self._style()
        metrics = self.theme.metrics(style, weight)
        ink = color("ink" if self.isChecked() else "ink2")
        width = metrics.horizontalAdvance(self.text()) + (26 if self._icon else 0)
        x = round((self.width() - width) / 2)
        if self._icon:
            self.theme.icons.paint(painter, self._icon, x, 13, 18, ink)
            x += 26
        painter.setFont(self.theme.font(style, weight))
        painter.setPen(ink)
        line = self.theme.line_height(style)
        draw_line(painter, self.text(), metrics, x, (self.height() - line) / 2, line)


class Switch(PressControl):
    """On or off, at once. 52 × 44 to touch, the track is 28 high; the thumb carries a check when on."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.focus_radius = 14
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setFixedSize(52, 44)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        on = self.isChecked()
        track = QRectF(0, 8, 52, 28)
        rounded(painter, track, 14, color("green" if on else "sunken"), None if on else color("edge"))
        thumb = QRectF(27 if on else 3, 11, 22, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("on_green" if on else "edge"))
        painter.drawEllipse(thumb)
        if on:
            self.theme.icons.paint(painter, "check", thumb.x() + 4, thumb.y() + 4, 14, color("green"))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.EnabledChange:
            self.update()
        return super().event(event)
