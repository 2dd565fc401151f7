"""Owns text with emphasis: sentences in which ``[…]`` is set off in green, and one figure as large as it may be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.ui.controls import Control
from agent.ui.theme import TYPE, Theme

_MARKS = re.compile(r"([\[\]])")


@dataclass(frozen=True)
class _Run:
    text: str
    marked: bool


class MarkedLabel(Control):
    """Lines broken at blanks and given line ends, never inside a word. ``[`` and ``]`` turn emphasis on and off."""

    def __init__(
        self,
        theme: Theme,
        style: str,
        *,
        weight: int | None = None,
        color: str = "ink",
        marked_weight: int | None = None,
        centred: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._text, self._style, self._color, self._centred = "", style, color, centred
        self._weight = weight or TYPE[style].weight
        self._marked_weight = marked_weight or self._weight
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def text(self) -> str:
        return self._text.replace("[", "").replace("]", "")

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(self.text())
            self.updateGeometry()
            self.update()

    def set_color(self, color: str) -> None:
        if color != self._color:
            self._color = color
            self.update()

    def set_look(self, style: str, *, centred: bool) -> None:
        if (style, centred) != (self._style, self._centred):
            self._style, self._centred = style, centred
            self.updateGeometry()
            self.update()

    def _metrics(self, marked: bool) -> QFontMetricsF:
        return self.theme.metrics(self._style, self._marked_weight if marked else self._weight)

    def _words(self, paragraph: str, marked: bool) -> tuple[list[list[_Run]], bool]:
        """Words of one paragraph as runs; a word may change its emphasis in the middle (``[1%]가``)."""
        words: list[list[_Run]] = []
        for word in paragraph.split(" "):
            runs = []
            for part in _MARKS.split(word):
                if part in ("[", "]"):
                    marked = part == "["
                elif part:
                    runs.append(_Run(part, marked))
            words.append(runs)
        return words, marked

    def _lines(self, width: float) -> list[list[_Run]]:
        """Centred text is balanced: no single word is left over on its last line."""
        lines = self._broken(width)
        if self._centred and len(lines) > self._text.count("\n") + 1:
            step = width / 40
            narrower = width - step
            while narrower > width / 2 and len(tighter := self._broken(narrower)) == len(lines):
                lines, narrower = tighter, narrower - step
        return lines

    def _broken(self, width: float) -> list[list[_Run]]:
        lines: list[list[_Run]] = []
        marked = False
        for paragraph in self._text.split("\n"):
            words, marked = self._words(paragraph, marked)
            current: list[_Run] = []
            for word in words:
                joint = [_Run(" ", False)] if current else []
                if current and self._width([*current, *joint, *word]) > width + 0.5:
                    lines.append(current)
                    current = list(word)
                else:
                    current = [*current, *joint, *word]
            lines.append(current)
        return lines

    def _width(self, runs: list[_Run]) -> float:
        return sum(self._metrics(run.marked).horizontalAdvance(run.text) for run in runs)

    def needed_width(self) -> int:
        return int(max(self._width(line) for line in self._lines(1e9)) + 0.99)

    def sizeHint(self) -> QSize:
        return QSize(self.needed_width(), self.heightForWidth(10_000))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.theme.line_height(self._style))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return len(self._lines(width)) * self.theme.line_height(self._style)

    def text_fits(self) -> bool:
        lines = self._lines(self.width())
        wide = max((self._width(line) for line in lines), default=0.0)
        return wide <= self.width() + 1 and len(lines) * self.theme.line_height(self._style) <= self.height() + 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        line = self.theme.line_height(self._style)
        own = self._metrics(False)
        top = 0.0
        for runs in self._lines(self.width()):
            x = round((self.width() - self._width(runs)) / 2) if self._centred else 0.0
            baseline = round(top + (line - own.ascent() - own.descent()) / 2 + own.ascent())
            for run in runs:
                painter.setFont(self.theme.font(self._style, self._marked_weight if run.marked else self._weight))
                painter.setPen(self.theme.color("green_ink" if run.marked else self._color))
                painter.drawText(QPointF(x, baseline), run.text)
                x += self._metrics(run.marked).horizontalAdvance(run.text)
            top += line


class BigFigure(Control):
    """One figure such as ``+45P``, at 160 px or as large as the room allows; never cut."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._text, self._px, self._color = "", 160, "green_ink"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_largest(160)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str, color: str = "green_ink") -> None:
        if (text, color) != (self._text, self._color):
            self._text, self._color = text, color
            self.setAccessibleName(text)
            self.update()

    def set_largest(self, px: int) -> None:
        self._px = px
        self.setFixedHeight(round(px * 0.86))
        self.update()

    def warm_up(self) -> None:
        """Rasterise the glyphs before a customer waits for them."""
        kept, self._text = self._text, "+0123456789,P"
        self.grab()
        self._text = kept

    def _font(self) -> QFont:
        font = QFont(self.theme.font("t_result"))
        font.setPixelSize(self._px)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, -0.02 * self._px)
        width = QFontMetricsF(font).horizontalAdvance(self._text)
        if width > self.width() > 0:
            px = max(40, int(self._px * self.width() / width))
            font.setPixelSize(px)
            font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, -0.02 * px)
        return font

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = self._font()
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(self.theme.color(self._color))
        baseline = (self.height() + metrics.capHeight()) / 2
        x = (self.width() - metrics.horizontalAdvance(self._text)) / 2
        painter.drawText(QPointF(round(x), round(baseline)), self._text)
