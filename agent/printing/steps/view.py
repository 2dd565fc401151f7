"""Owns what screens of several steps share: the list of steps with the way back, and answers to tap."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from agent.printing.doctor.viewmodel import Option, StepLine
from agent.texts import Texts
from agent.ui.controls import Control, Disc, IconButton, Label, PressControl, Tile
from agent.ui.paint import draw_line, elided, rounded
from agent.ui.theme import RADIUS_CONTROL, Theme

OPTION_HEIGHT = 64


class Steps(Tile):
    """Where one is, and the way back."""

    def __init__(self, theme: Theme, texts: Texts, title: str, count: int) -> None:
        super().__init__(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 12, 12)
        column.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.back = IconButton(theme, "arrow-left", texts._("Back"))
        head.addWidget(self.back)
        head.addWidget(Label(theme, title, "section", elide=True), 1)
        column.addLayout(head)
        self._lines = [StepRow(theme) for _ in range(count)]
        for line in self._lines:
            column.addWidget(line)
        column.addStretch(1)

    def show_steps(self, steps: tuple[StepLine, ...]) -> None:
        for number, (row, step) in enumerate(zip(self._lines, steps, strict=True), start=1):
            row.show_step(number, step)


class StepRow(Control):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(12)
        self.disc = Disc(theme, letter="1", size=36)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = Label(theme, "", "body", weight=700, elide=True)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        words.addWidget(self.title)
        words.addWidget(self.line)
        row.addWidget(self.disc)
        row.addLayout(words, 1)
        self._now = False

    def show_step(self, number: int, step: StepLine) -> None:
        self._now = step.state == "now"
        if step.state == "done":
            self.disc.show_as(icon="check", tone="green")
        else:
            self.disc.show_as(letter=str(number), tone="chosen" if self._now else "neutral")
        self.title.set_text(step.title)
        self.line.set_text(step.line)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._now:
            rounded(QPainter(self), self.rect(), RADIUS_CONTROL, self.theme.color("sunken"))


class OptionButton(PressControl):
    """One answer: the number that stands on the paper, what it means, and a mark when it is tapped."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.key = ""
        self._option = Option("", "", "")
        self._is_chosen = False
        self.focus_radius = RADIUS_CONTROL
        self.setFixedHeight(OPTION_HEIGHT)

    def show_option(self, option: Option, chosen: bool) -> None:
        self.key, self._option, self._is_chosen = option.key, option, chosen
        self.setText(f"{option.number} {option.text} {option.remark}".strip())
        self.setAccessibleName(self.text())
        self.update()

    def text_fits(self) -> bool:
        metrics = self.theme.metrics("button", 600)
        return bool(self._option.remark) or metrics.horizontalAdvance(self._option.text) <= self._room()

    def _room(self) -> int:
        return self.width() - (72 if self._option.number else 20) - 44

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        ground = color("green_soft" if self._is_chosen else "sunken" if self.underMouse() else "surface")
        edge = color("green" if self._is_chosen else "edge")
        rounded(painter, self.rect(), RADIUS_CONTROL, ground, edge, 2 if self._is_chosen else 1)
        left = 20
        if self._option.number:
            circle = self.rect().adjusted(12, 12, 12 + 40 - self.width(), -12)
            rounded(painter, circle, 20, color("green") if self._is_chosen else None, color("ink"), 2)
            metrics = self.theme.metrics("button", 700)
            painter.setFont(self.theme.font("button", 700))
            painter.setPen(color("surface" if self._is_chosen else "ink"))
            wide = metrics.horizontalAdvance(self._option.number)
            draw_line(painter, self._option.number, metrics, 12 + (40 - wide) / 2, 20, 24)
            left = 72
        metrics = self.theme.metrics("button", 600)
        painter.setFont(self.theme.font("button", 600))
        painter.setPen(color("ink"))
        top = 9 if self._option.remark else 20
        draw_line(painter, elided(self._option.text, metrics, self._room()), metrics, left, top, 24)
        if self._option.remark:
            metrics = self.theme.metrics("caption", 500)
            painter.setFont(self.theme.font("caption", 500))
            painter.setPen(color("ink2"))
            draw_line(painter, elided(self._option.remark, metrics, self._room()), metrics, left, 35, 18)
        if self._is_chosen:
            self.theme.icons.paint(painter, "check", self.width() - 40, 20, 24, color("green_ink"))
