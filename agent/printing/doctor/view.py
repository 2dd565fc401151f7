"""Owns the printer doctor's screen: the steps, the paper, and what to tap."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.printing.doctor.viewmodel import DoctorViewModel, Option, StepLine
from agent.texts import Texts
from agent.ui.controls import (
    Button,
    Control,
    Disc,
    Ground,
    IconButton,
    Input,
    Label,
    PaperPicture,
    PressControl,
    Scroll,
    Strip,
    Tile,
)
from agent.ui.paint import draw_line, elided, rounded
from agent.ui.paragraph import paragraph
from agent.ui.theme import RADIUS_CONTROL, Theme

OPTION_HEIGHT = 64
_OPTIONS_MAX = 6
_STEPS = 7


class DoctorView(Ground):
    def __init__(
        self,
        vm: DoctorViewModel,
        theme: Theme,
        texts: Texts,
        picture: Callable[[], bytes],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "bg", parent=parent)
        self._vm, self._picture, self._drawn = vm, picture, False
        self.setObjectName("doctor")
        self._row = QHBoxLayout(self)
        self._row.setSpacing(16)
        self._steps = _Steps(theme, texts, vm)
        self._sheet = Tile(theme)
        around = QVBoxLayout(self._sheet)
        around.setContentsMargins(12, 12, 12, 12)
        self.paper = PaperPicture(theme, texts._("The strip of paper"))
        around.addWidget(Scroll(theme, self.paper))
        self._row.addWidget(self._steps)
        self._row.addWidget(self._sheet, 1)
        self._row.addLayout(self._build_right(theme, texts), 1)
        vm.on_change = self.render_state

    def _build_right(self, theme: Theme, texts: Texts) -> QVBoxLayout:
        vm = self._vm
        self.title = paragraph(theme, "page", color="ink")
        self.sentence = paragraph(theme)
        self.problem = Strip(theme)
        self.problem.setObjectName("doctor.problem")
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self.title)
        column.addWidget(self.sentence)
        column.addWidget(self.problem)
        self.options: list[_OptionButton] = []
        body = QWidget()
        listing = QVBoxLayout(body)
        listing.setContentsMargins(0, 0, 0, 0)
        listing.setSpacing(8)
        for index in range(_OPTIONS_MAX):
            option = _OptionButton(theme)
            option.setObjectName(f"doctor.option.{index}")
            option.clicked.connect(lambda _checked=False, at=index: vm.choose(self.options[at].key))
            self.options.append(option)
            listing.addWidget(option)
        listing.addStretch(1)
        column.addWidget(Scroll(theme, body), 1)
        self.address = Input(theme, texts._("Its address, as in 192.168.0.31"))
        self.address.edit.setObjectName("doctor.address")
        self.try_address = Button(theme, texts._("Try"))
        self.try_address.setObjectName("doctor.try")
        self.try_address.clicked.connect(lambda: vm.try_address(self.address.text()))
        self.address.edit.returnPressed.connect(lambda: vm.try_address(self.address.text()))
        typed = QHBoxLayout()
        typed.setSpacing(8)
        typed.addWidget(self.address, 1)
        typed.addWidget(self.try_address)
        self.again = Button(theme, "", icon="rotate-ccw")
        self.again.setObjectName("doctor.again")
        self.again.clicked.connect(self._again)
        self.way_out = Button(theme, "", icon="circle-x")
        self.way_out.setObjectName("doctor.way_out")
        self.way_out.clicked.connect(vm.nothing_came)
        self.main = Button(theme, "", kind="main", size="page", icon="check")
        self.main.setObjectName("doctor.main")
        self.main.clicked.connect(vm.go_on)
        column.addLayout(typed)
        for button in (self.again, self.way_out, self.main):
            column.addWidget(button)
        return column

    def _again(self) -> None:
        if self._vm.state.takes_address:
            self._vm.search()
        else:
            self._vm.print_again()

    def render_state(self) -> None:
        state = self._vm.state
        self._steps.show_steps(state.steps)
        self.title.set_text(state.title)
        self.sentence.set_text(state.sentence)
        self.problem.show_as(state.problem, icon="triangle-alert", tone="amber")
        self.problem.setVisible(bool(state.problem))
        for index, option in enumerate(self.options):
            shown = index < len(state.options)
            option.setVisible(shown)
            if shown:
                option.show_option(state.options[index], state.options[index].key == state.chosen)
        for part in (self.address, self.try_address):
            part.setVisible(state.takes_address)
        for button, text in ((self.again, state.again), (self.way_out, state.way_out), (self.main, state.main_label)):
            button.setText(text)
            button.setVisible(bool(text))
        self.main.setEnabled(bool(state.chosen) or not state.options)
        if state.shows_paper and not self._drawn:
            self._drawn = True
            self.paper.set_png(self._picture())
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        self._vm.show()
        self.render_state()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        narrow = self.width() < 1100
        self._row.setContentsMargins(*((16, 12, 16, 12) if narrow else (24, 20, 24, 20)))
        self._steps.setFixedWidth(248 if narrow else 264)
        # The paper itself lies on the counter; its picture is a help that a small screen has no room for.
        self._sheet.setVisible(self._vm.state.shows_paper and not narrow)


class _Steps(Tile):
    """Where one is, and the way back."""

    def __init__(self, theme: Theme, texts: Texts, vm: DoctorViewModel) -> None:
        super().__init__(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 12, 12)
        column.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.back = IconButton(theme, "arrow-left", texts._("Back"))
        self.back.setObjectName("doctor.back")
        self.back.clicked.connect(vm.back)
        head.addWidget(self.back)
        head.addWidget(Label(theme, texts._("Set up a printer"), "section", elide=True), 1)
        column.addLayout(head)
        self._lines = [_StepRow(theme) for _ in range(_STEPS)]
        for line in self._lines:
            column.addWidget(line)
        column.addStretch(1)

    def show_steps(self, steps: tuple[StepLine, ...]) -> None:
        for number, (row, step) in enumerate(zip(self._lines, steps, strict=True), start=1):
            row.show_step(number, step)


class _StepRow(Control):
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
            self.disc.show_as(letter=str(number), tone="shop" if self._now else "neutral")
        self.title.set_text(step.title)
        self.line.set_text(step.line)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._now:
            rounded(QPainter(self), self.rect(), RADIUS_CONTROL, self.theme.color("sunken"))


class _OptionButton(PressControl):
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
