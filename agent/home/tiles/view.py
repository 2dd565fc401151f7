"""Owns the figure tiles and the row of the last decisions."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from agent.home.state import Decision, Figure, Figures
from agent.ui.controls import Chip, Control, Disc, Label, PressControl
from agent.ui.controls.marks import Tone
from agent.ui.paint import draw_line, elided, rounded
from agent.ui.theme import RADIUS_CARD, Theme

FIGURES_MAX = 3
_FIGURE_STYLES: tuple[str, ...] = ("figure", "page", "section")
_NARROW = 330  # below this width a tile shows two figures
_CHIP_TONES: dict[str, Tone] = {"amber": "amber", "red": "red", "green": "green"}


class FiguresTile(PressControl):
    """Up to three figures of the day; pressing it opens the page behind them."""

    page_pressed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._figures = Figures("", "", ())
        self.focus_radius = RADIUS_CARD
        self.title = Label(theme, "", "section", parent=self)
        self.remark = Label(theme, "", "caption", color="ink3", parent=self)
        self.chip = Chip(theme, "", parent=self)
        self.clicked.connect(lambda: self.page_pressed.emit(self._figures.action_page))

    def render_figures(self, figures: Figures) -> None:
        self._figures = figures
        self.title.set_text(figures.title)
        self.remark.set_text(figures.remark)
        self.chip.show_as(figures.chip, icon=figures.chip_icon, tone=_CHIP_TONES[figures.chip_tone])
        pressable = bool(figures.action_page)
        self.setEnabled(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if pressable else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if pressable else Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(figures.title)
        self._arrange()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        head = 52 if self.height() >= 140 else 44
        self.title.setGeometry(17, (head - 24) // 2 + 1, self.title.needed_width() + 2, 24)
        for part, shown in ((self.remark, bool(self._figures.remark)), (self.chip, bool(self._figures.chip))):
            part.setVisible(shown)
            size = part.sizeHint()
            part.setGeometry(self.width() - 13 - size.width(), (head - size.height()) // 2 + 1, *_pair(size))

    def _columns(self) -> tuple[Figure, ...]:
        return self._figures.figures[: FIGURES_MAX if self.width() >= _NARROW else 2]

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        hot = bool(self._figures.action_page) and (self.isDown() or self.underMouse())
        rounded(painter, self.rect(), RADIUS_CARD, color("surface"), color("edge" if hot else "line"))
        columns = self._columns()
        if not columns:
            return
        top = 52 if self.height() >= 140 else 44
        step = (self.width() - 1) / len(columns)
        for index, figure in enumerate(columns):
            x = round(index * step)
            if index:
                painter.fillRect(x, top + 3, 1, 70, color("line"))
            self._paint_figure(painter, figure, x + 17 - (1 if index else 0), top, step - 25)

    def _paint_figure(self, painter: QPainter, figure: Figure, x: int, top: int, room: float) -> None:
        color, metrics = self.theme.color, self.theme.metrics
        caption = metrics("caption")
        painter.setFont(self.theme.font("caption"))
        painter.setPen(color("ink2"))
        draw_line(painter, elided(figure.label, caption, room), caption, x, top, 18)
        painter.setPen(color("ink3"))
        draw_line(painter, elided(figure.third, caption, room), caption, x, top + 56, 18)
        style = _figure_style(self.theme, figure, room)
        large = metrics(style)
        painter.setFont(self.theme.font(style))
        painter.setPen(color(figure.tone))
        draw_line(painter, figure.value, large, x, top + 21, 36)
        after = x + large.horizontalAdvance(figure.value) + 2
        painter.setFont(self.theme.font("caption"))
        painter.setPen(color("ink2"))
        baseline_shift = 25  # the unit stands on the figure's baseline
        draw_line(painter, figure.unit, caption, round(after), top + 8 + baseline_shift, 18)

    def text_fits(self) -> bool:
        columns = self._columns()
        if not columns:
            return True
        room = (self.width() - 1) / len(columns) - 25
        caption = self.theme.metrics("caption")
        return all(
            _figure_width(self.theme, _figure_style(self.theme, f, room), f) <= room
            and max(caption.horizontalAdvance(f.label), caption.horizontalAdvance(f.third)) <= room + 8
            for f in columns
        )


def _figure_width(theme: Theme, style: str, figure: Figure) -> float:
    return (
        theme.metrics(style).horizontalAdvance(figure.value)
        + 2
        + theme.metrics("caption").horizontalAdvance(figure.unit)
    )


def _figure_style(theme: Theme, figure: Figure, room: float) -> str:
    """A long figure is written smaller rather than cut or run over its neighbour."""
    return next((style for style in _FIGURE_STYLES if _figure_width(theme, style, figure) <= room), _FIGURE_STYLES[-1])


class DecisionCell(PressControl):
    """One of the last decisions; pressable while it can be taken back."""

    recover_pressed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._decision: Decision | None = None
        self.focus_radius = 10
        self.setObjectName("home.decision")
        self.disc = Disc(theme, size=36, parent=self)
        self.title = Label(theme, "", "body", weight=700, elide=True, parent=self)
        self.line = Label(theme, "", "caption", color="ink2", elide=True, parent=self)
        self.time = Label(theme, "", "caption", color="ink3", parent=self)
        self.clicked.connect(self._press)

    def render_decision(self, decision: Decision) -> None:
        self._decision = decision
        self.disc.show_as(icon=decision.icon, tone=decision.tone)
        self.title.set_text(decision.title)
        self.line.set_text(decision.line)
        self.time.set_text(decision.time)
        can = decision.can_recover
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if can else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if can else Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(f"{decision.title} {decision.line} {decision.time}")

    def _press(self) -> None:
        if self._decision is not None and self._decision.can_recover:
            self.recover_pressed.emit(self._decision.request_id)

    def resizeEvent(self, event: QResizeEvent) -> None:
        tall = self.height() > 60
        middle = self.height() // 2
        disc, left = (36, 48) if tall else (32, 40)
        self.disc.setFixedSize(disc, disc)
        self.disc.move(0, middle - disc // 2)
        room = max(0, self.width() - left - 4)
        top = middle - (29 if tall else 20)
        self.title.setGeometry(left, top, room, 22)
        self.line.setGeometry(left, top + 22, room, 18)
        self.time.setVisible(tall)
        self.time.setGeometry(left, top + 40, room, 18)
        super().resizeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        can = self._decision is not None and self._decision.can_recover
        if can and (self.underMouse() or self.isDown()):
            rounded(QPainter(self), self.rect().adjusted(-8, 0, 0, 0), 10, self.theme.color("sunken"))


class DecisionsTile(Control):
    """The last five decisions side by side; as many as have room for their words."""

    recover_pressed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._shown = 0
        self._inside = True
        self.cells = [DecisionCell(theme, self) for _ in range(5)]
        for cell in self.cells:
            cell.recover_pressed.connect(self.recover_pressed.emit)
        self.empty = Label(theme, "", "body", color="ink3", parent=self)
        self.head_title = Label(theme, "", "section")
        self.head_count = Label(theme, "", "body", weight=600, color="ink3")
        self.head_remark = Label(theme, "", "caption", color="ink3")

    def render_decisions(self, decisions: tuple[Decision, ...], empty: str) -> None:
        self._shown = len(decisions)
        for cell, decision in zip(self.cells, decisions, strict=False):
            cell.render_decision(decision)
        self.empty.set_text("" if decisions else empty)
        self._arrange()
        self.update()

    def set_head(self, inside: bool) -> None:
        """Title inside the tile (roomy) or above it (small screens)."""
        if inside is self._inside and self.head_title.parentWidget() is not None:
            return
        self._inside = inside
        for part in (self.head_title, self.head_count, self.head_remark):
            part.setParent(self if inside else self.parentWidget())
            part.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        top = 50 if self._inside else 0
        height = self.height() - top
        step = self.width() / len(self.cells)
        cell_height = 80 if self._inside else min(56, height - 8)
        for index, cell in enumerate(self.cells):
            cell.setVisible(index < self._shown)
            x = round(index * step) + (17 if index == 0 else 17 if self._inside else 13)
            right = round((index + 1) * step)
            middle = top + height // 2 - (8 if self._inside else 0)
            cell.setGeometry(x, middle - cell_height // 2, right - x, cell_height)
        self.empty.setVisible(not self._shown)
        wide = self.empty.needed_width()
        self.empty.setGeometry((self.width() - wide) // 2, top + height // 2 - 15, wide + 1, 22)

    def place_head(self, x: int, y: int, width: int) -> None:
        """Lay the title line out at (x, y), ``width`` wide, in whichever parent it has."""
        title = self.head_title.needed_width()
        self.head_title.setGeometry(x, y, title + 1, 24)
        self.head_count.setGeometry(x + title + 8, y + 1, self.head_count.needed_width() + 1, 22)
        remark = self.head_remark.needed_width()
        self.head_remark.setGeometry(x + width - remark, y + 3, remark + 1, 18)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        rounded(painter, self.rect(), RADIUS_CARD, color("surface"), color("line"))
        top = 62 if self._inside else 16
        bottom = self.height() - (27 if self._inside else 16)
        step = self.width() / len(self.cells)
        for index in range(1, min(self._shown, len(self.cells))):
            painter.fillRect(round(index * step), top, 1, bottom - top, color("line"))


def _pair(size: QSize) -> tuple[int, int]:
    return size.width(), size.height()
