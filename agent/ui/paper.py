"""Owns printed text on screen: every letter in its cell, as the printer would place it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.assets import asset_path
from agent.ui.controls import Control
from agent.ui.theme import Theme

CELLS_MIN = 32  # the narrowest paper there is; shorter texts are not blown up
_PADDING, _CELL_MAX, _CELL_MIN = 20, 8.0, 5.0
PAPER_FAMILY = "NanumGothicCoding"


def cells(text: str) -> int:
    """Width on paper: Hangul and what CP949 prints double take two cells, marks on a letter none."""
    return sum(_cells_of(letter) for letter in text)


def _cells_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WFA" else 1


class Paper(Control):
    """A strip of paper with text rows; as wide as it is given, the cell size follows."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._rows: tuple[str, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_rows(self, rows: Sequence[str]) -> None:
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self.setAccessibleName("\n".join(self._rows))
            self.updateGeometry()
            self.update()

    def rows(self) -> tuple[str, ...]:
        return self._rows

    def _cell(self, width: int) -> float:
        across = max([CELLS_MIN, *(cells(row) for row in self._rows)])
        return max(_CELL_MIN, min(_CELL_MAX, (width - 2 * _PADDING) / across))

    def _line(self, width: int) -> float:
        return round(self._cell(width) * 2.75)

    def sizeHint(self) -> QSize:
        return QSize(320, self.heightForWidth(320))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 80)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return int(2 * _PADDING + max(len(self._rows), 3) * self._line(width))

    def text_fits(self) -> bool:
        across = max([0, *(cells(row) for row in self._rows)])
        return across * self._cell(self.width()) <= self.width() - 2 * _PADDING + 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        # Paper is the surface; in the dark as well, or the screen would glare.
        painter.fillRect(self.rect(), self.theme.color("surface"))
        cell, line = self._cell(self.width()), self._line(self.width())
        font = self._font(cell)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        across = max([CELLS_MIN, *(cells(row) for row in self._rows)])
        left = (self.width() - across * cell) / 2
        painter.setPen(self.theme.color("ink"))
        for index, row in enumerate(self._rows):
            baseline = round(_PADDING + index * line + (line + metrics.capHeight()) / 2)
            if row.strip() and set(row.strip()) <= set("-=─━_*"):
                self._paint_rule(painter, QRectF(left, baseline - line / 3, cells(row.rstrip()) * cell, 1))
                continue
            x = left
            for letter in row:
                count = _cells_of(letter)
                if not letter.isspace() and count:
                    centre = x + count * cell / 2
                    painter.drawText(QPointF(centre - metrics.horizontalAdvance(letter) / 2, baseline), letter)
                x += count * cell

    def _paint_rule(self, painter: QPainter, rect: QRectF) -> None:
        pen = painter.pen()
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.drawLine(rect.topLeft(), rect.topRight())
        painter.setPen(self.theme.color("ink"))

    def _font(self, cell: float) -> QFont:
        """Two cells an em, as on paper. The face is drawn for this: digits half as wide as Hangul."""
        load_paper_font()
        font = QFont(PAPER_FAMILY)
        font.setPixelSize(max(9, round(2 * cell)))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        font.setFeature(QFont.Tag("tnum"), 0)
        return font


def load_paper_font() -> None:
    """Register the bundled monospaced face with Qt; repeated calls do nothing."""
    if PAPER_FAMILY not in QFontDatabase.families():
        content = asset_path("fonts/NanumGothicCoding-Regular.ttf").read_bytes()
        QFontDatabase.addApplicationFontFromData(QByteArray(content))
