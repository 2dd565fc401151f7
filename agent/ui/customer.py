"""Owns the customer's screen's own parts: brand, quiet lines, the card of the payment, the mark over an outcome."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.ui.controls import Control, Disc, IconView, Label, Tile
from agent.ui.marked import MarkedLabel
from agent.ui.theme import RADIUS_DIALOG, Theme


class Brand(QWidget):
    """The shop's disc and name."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.disc = BrandDisc(theme, self)
        self.name = Label(theme, "", "t26", weight=700, elide=True)
        row.addWidget(self.disc)
        row.addWidget(self.name, 1)

    def show_shop(self, shop: str) -> None:
        self.disc.set_letter(shop[:1])
        self.name.set_text(shop)


class BrandDisc(Control):
    """The shop's first letter on its own colour, large enough for a customer."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._letter = ""
        self.setFixedSize(48, 48)

    def set_letter(self, letter: str) -> None:
        if letter != self._letter:
            self._letter = letter
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("avatar"))
        painter.drawEllipse(self.rect())
        painter.setFont(self.theme.font("t22", 700))
        painter.setPen(self.theme.color("on_avatar"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._letter)


class IconLine(QWidget):
    """A small icon and a quiet sentence."""

    _ICON, _GAP = 26, 12

    def __init__(self, theme: Theme, icon: str, parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._GAP)
        self.icon = IconView(theme, icon, self._ICON, "ink2")
        self.label = Label(theme, "", "t22", weight=500, color="ink2", wrap=True)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.label, 1)

    def show_line(self, text: str, *, icon: str = "", color: str = "ink2") -> None:
        self.label.set_text(text)
        self.label.set_color(color)
        if icon:
            self.icon.set_icon(icon, color)

    def needed_width(self) -> int:
        return self._ICON + self._GAP + self.label.needed_width() + 2

    def height_for(self, width: int) -> int:
        return max(32, self.label.heightForWidth(width - self._ICON - self._GAP))


class ReceiptCard(Tile):
    """The payment that waits for a number, or the word that one may type first."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, radius=RADIUS_DIALOG, parent=parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(16)
        self.disc = Disc(theme, icon="receipt-text", tone="green", size=56)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = Label(theme, "", "t32", weight=700)
        self.line = MarkedLabel(theme, "t22", color="ink2", marked_weight=700)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.line)
        words.addStretch(1)
        row.addWidget(self.disc)
        row.addLayout(words, 1)

    def fit(self, *, large: bool) -> None:
        self.title.set_style("t32" if large else "t26", 700)

    def show_receipt(self, title: str, line: str, *, known: bool) -> None:
        self.disc.show_as(icon="receipt-text", tone="green" if known else "neutral")
        self.title.set_text(title)
        self.line.set_text(line)


class OutcomeMark(Control):
    """The large disc over an outcome: solid green with a check when points were earned, soft otherwise."""

    _GROUNDS: ClassVar = {
        "done": ("green", "on_green"),
        "green": ("green_soft", "green_ink"),
        "amber": ("amber_soft", "amber_ink"),
    }

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._icon, self._tone = "check", "done"
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_as(self, icon: str, tone: str) -> None:
        if (icon, tone) != (self._icon, self._tone):
            self._icon, self._tone = icon, tone
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = self._GROUNDS[self._tone]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color(ground))
        painter.drawEllipse(self.rect())
        size = self.width() * 6 // 10 if self._tone == "done" else self.width() // 2
        at = (self.width() - size) / 2
        pixmap = self.theme.icons.pixmap(
            self._icon, size, self.theme.color(ink), self.devicePixelRatioF(), 3.0 if self._tone == "done" else 2.0
        )
        painter.drawPixmap(round(at), round(at), pixmap)
