"""Owns the printer doctor's screen: the steps, the paper, and what to tap."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.printing.doctor.viewmodel import DoctorViewModel
from agent.printing.steps.view import OptionButton, Steps
from agent.texts import Texts
from agent.ui.controls import (
    Button,
    Ground,
    Input,
    PaperPicture,
    Scroll,
    Strip,
    Tile,
)
from agent.ui.paragraph import paragraph
from agent.ui.theme import Theme

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
        self._steps = Steps(theme, texts, texts._("Set up a printer"), _STEPS)
        self._steps.back.setObjectName("doctor.back")
        self._steps.back.clicked.connect(vm.back)
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
        self.options: list[OptionButton] = []
        body = QWidget()
        listing = QVBoxLayout(body)
        listing.setContentsMargins(0, 0, 0, 0)
        listing.setSpacing(8)
        for index in range(_OPTIONS_MAX):
            option = OptionButton(theme)
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
