"""Owns text on screen: one-line, elided, wrapped between phrases, or made of differently weighted spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.ui.controls.base import Control
from agent.ui.paint import break_lines, draw_line, elided
from agent.ui.theme import Theme


@dataclass(frozen=True)
class Span:
    """A run of text with its own weight, colour token and type style (None: the label's). One that `gives_way` is
    shortened first, so that what stands behind it stays."""

    text: str
    weight: int | None = None
    color: str | None = None
    style: str | None = None
    gives_way: bool = False


class Label(Control):
    """Text in one type style. ``elide``: one line, shortened when narrow. ``wrap``: as many lines as needed."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        style: str = "body",
        *,
        weight: int | None = None,
        color: str = "ink",
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        elide: bool = False,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._spans: tuple[Span, ...] = (Span(text),)
        self._style, self._weight, self._color = style, weight, color
        self._align, self._elide, self._wrap = align, elide, wrap
        horizontal = QSizePolicy.Policy.Ignored if elide else QSizePolicy.Policy.Preferred
        # A fixed height would stop a wrapped text at the height it has when nothing needs to wrap.
        vertical = QSizePolicy.Policy.Minimum if wrap else QSizePolicy.Policy.Fixed
        policy = QSizePolicy(QSizePolicy.Policy.Preferred if wrap else horizontal, vertical)
        policy.setHeightForWidth(wrap)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(text)

    # -- what it says ---------------------------------------------------------------------------------------------
    def text(self) -> str:
        return "".join(span.text for span in self._spans)

    def set_text(self, text: str) -> None:
        self.set_spans((Span(text),))

    def set_spans(self, spans: Sequence[Span]) -> None:
        """Several runs on one line; a wrapped label takes one run per call of ``set_text`` only."""
        if tuple(spans) == self._spans:
            return
        before = self.sizeHint()
        self._spans = tuple(spans)
        self.setAccessibleName(self.text())
        if self._wrap or (not self._elide and self.sizeHint() != before):
            self.updateGeometry()
        self.update()

    def set_color(self, color: str) -> None:
        if color != self._color:
            self._color = color
            self.update()

    def set_style(self, style: str, weight: int | None = None) -> None:
        if (style, weight) != (self._style, self._weight):
            self._style, self._weight = style, weight
            self.updateGeometry()
            self.update()

    def set_align(self, align: Qt.AlignmentFlag) -> None:
        self._align = align
        self.update()

    # -- how big it is --------------------------------------------------------------------------------------------
    def _width_of(self, span: Span) -> float:
        return self._metrics(span).horizontalAdvance(span.text)

    def _metrics(self, span: Span) -> QFontMetricsF:
        return self.theme.metrics(span.style or self._style, span.weight or self._weight)

    def needed_width(self) -> int:
        """The width at which nothing is cut, for the longest line."""
        if self._wrap or len(self._spans) == 1:
            metrics = self._metrics(self._spans[0])
            widest = max((metrics.horizontalAdvance(line) for line in self.text().split("\n")), default=0.0)
            return int(widest + 0.99)
        return int(sum(self._width_of(span) for span in self._spans) + 0.99)

    def _line_count(self) -> int:
        return self.text().count("\n") + 1

    def sizeHint(self) -> QSize:
        line = self.theme.line_height(self._style)
        if self._wrap:
            width = min(self.needed_width(), 480)
            return QSize(width, self.heightForWidth(width))
        return QSize(self.needed_width(), line * self._line_count())

    def minimumSizeHint(self) -> QSize:
        line = self.theme.line_height(self._style)
        if self._elide:
            return QSize(min(self.needed_width(), 24), line)
        if self._wrap:
            metrics = self._metrics(self._spans[0])
            words = self.text().replace("\n", " ").split(" ")
            return QSize(int(max(metrics.horizontalAdvance(word) for word in words) + 0.99), line)
        return self.sizeHint()

    def hasHeightForWidth(self) -> bool:
        return self._wrap

    def heightForWidth(self, width: int) -> int:
        lines = break_lines(self.text(), self._metrics(self._spans[0]), width)
        return len(lines) * self.theme.line_height(self._style)

    def text_fits(self) -> bool:
        if self._elide:
            return True
        if self._wrap:
            wide = max((self._metrics(self._spans[0]).horizontalAdvance(w) for w in self.text().split()), default=0.0)
            return wide <= self.width() + 1 and self.heightForWidth(self.width()) <= self.height() + 1
        return self.needed_width() <= self.width() + 1 and self.sizeHint().height() <= self.height() + 1

    def is_shortened(self) -> bool:
        """True when an elided label does not show all of its text; the full text is then its tooltip."""
        return self._elide and self.needed_width() > self.width() + 1

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._elide:
            self.setToolTip(self.text() if self.is_shortened() else "")
        return super().event(event)

    # -- drawing --------------------------------------------------------------------------------------------------
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        line = self.theme.line_height(self._style)
        if len(self._spans) == 1:
            self._paint_lines(painter, line)
        else:
            self._paint_spans(painter, line)

    def _paint_lines(self, painter: QPainter, line: int) -> None:
        span = self._spans[0]
        metrics = self._metrics(span)
        width = self.width()
        if self._wrap:
            lines = break_lines(span.text, metrics, width)
        elif self._elide:
            lines = [elided(span.text, metrics, width)]
        else:
            lines = span.text.split("\n")
        painter.setFont(self.theme.font(span.style or self._style, span.weight or self._weight))
        painter.setPen(self.theme.color(span.color or self._color if self.isEnabled() else "ink3"))
        top = (self.height() - line * len(lines)) / 2 if not self._wrap else 0
        for text in lines:
            draw_line(painter, text, metrics, self._left(metrics.horizontalAdvance(text)), top, line)
            top += line

    def _paint_spans(self, painter: QPainter, line: int) -> None:
        room = float(self.width())
        x = self._left(min(room, sum(self._width_of(span) for span in self._spans)))
        top = (self.height() - line) / 2
        # All runs share the baseline of the label's own style.
        own = self.theme.metrics(self._style, self._weight)
        baseline = round(top + (line - own.ascent() - own.descent()) / 2 + own.ascent())
        for index, span in enumerate(self._spans):
            metrics = self._metrics(span)
            rest = sum(self._width_of(later) for later in self._spans[index + 1 :])
            left = room - x
            text = span.text
            if self._elide and span.gives_way:
                text = elided(text, metrics, left - rest)
            elif self._elide and metrics.horizontalAdvance(text) + rest > left + 0.5:
                whole = metrics.horizontalAdvance(text) <= left - metrics.horizontalAdvance("…")
                text = text if whole else elided(text + "…", metrics, left)
            painter.setFont(self.theme.font(span.style or self._style, span.weight or self._weight))
            painter.setPen(self.theme.color(span.color or self._color))
            painter.drawText(int(x) if x == int(x) else round(x), baseline, text)
            x += metrics.horizontalAdvance(text)
            if text != span.text and not span.gives_way:
                break

    def _left(self, text_width: float) -> float:
        if self._align & Qt.AlignmentFlag.AlignRight:
            return round(self.width() - text_width)
        if self._align & Qt.AlignmentFlag.AlignHCenter:
            return round((self.width() - text_width) / 2)
        return 0.0


class IconView(Control):
    """An icon that says something; give it an accessible name when no word stands beside it."""

    def __init__(self, theme: Theme, name: str, size: int = 18, color: str = "ink2", parent: QWidget | None = None):
        super().__init__(theme, parent)
        self._name, self._size, self._color = name, size, color
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_icon(self, name: str, color: str | None = None) -> None:
        if (name, color or self._color) != (self._name, self._color):
            self._name, self._color = name, color or self._color
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.theme.icons.paint(QPainter(self), self._name, 0, 0, self._size, self.theme.color(self._color))


class Disc(Control):
    """A round patch with an icon or one letter: outcomes (36), people and shops (28, 32)."""

    TONES: ClassVar[dict[str, tuple[str, str]]] = {
        "green": ("green_soft", "green_ink"),
        "amber": ("amber_soft", "amber_ink"),
        "red": ("red_soft", "red_ink"),
        "neutral": ("sunken", "ink2"),
        "shop": ("avatar", "on_avatar"),
        "chosen": ("ink", "on_ink"),
    }

    def __init__(
        self,
        theme: Theme,
        *,
        icon: str = "",
        letter: str = "",
        tone: str = "neutral",
        size: int = 36,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._icon, self._letter, self._tone = icon, letter, tone
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_as(self, *, icon: str = "", letter: str = "", tone: str = "neutral") -> None:
        if (icon, letter, tone) != (self._icon, self._letter, self._tone):
            self._icon, self._letter, self._tone = icon, letter, tone
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = self.TONES[self._tone]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color(ground))
        painter.drawEllipse(self.rect())
        if self._icon:
            size = {36: 20, 56: 24}.get(self.width(), max(16, self.width() // 4 * 2))
            at = (self.width() - size) / 2
            self.theme.icons.paint(painter, self._icon, at, at, size, self.theme.color(ink))
        elif self._letter:
            painter.setFont(self.theme.font("caption", 700))
            painter.setPen(self.theme.color(ink))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._letter)
