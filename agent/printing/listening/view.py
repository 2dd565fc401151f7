"""Owns the screen on which an owner sets the capture up: the steps, what to tap or type, and the card."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.printing.listening.viewmodel import ListeningViewModel
from agent.printing.listening.ways import Part
from agent.printing.steps.view import OptionButton, Steps
from agent.texts import Texts
from agent.ui.controls import Button, Hint, IconView, Input, Label, Scroll, Tile
from agent.ui.page import TickingPage
from agent.ui.paragraph import paragraph
from agent.ui.theme import RADIUS_CONTROL, Theme

_TICK_MS = 1_000
_OPTIONS_MAX = 6
_STEPS = 5
_PARTS, _LINES_MAX = 2, 4
_WIDTH_MAX = 760  # answers as wide as a large window would be hard to read


class ListeningView(TickingPage):
    def __init__(self, vm: ListeningViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(vm, theme, every_ms=_TICK_MS, parent=parent)
        self._vm = vm
        self.setObjectName("listening")
        self._row = QHBoxLayout(self)
        self._row.setSpacing(24)
        self._steps = Steps(theme, texts, texts._("POS receipts"), _STEPS)
        self._steps.back.setObjectName("listening.back")
        self._steps.back.clicked.connect(vm.back)
        self._row.addWidget(self._steps)
        right = QWidget()
        right.setMaximumWidth(_WIDTH_MAX)
        self._fill(QVBoxLayout(right), theme)
        self._row.addWidget(right, 1)
        self._row.addStretch(0)
        vm.on_change = self.render_state  # it says so when it is first shown

    def _fill(self, column: QVBoxLayout, theme: Theme) -> None:
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.title = paragraph(theme, "page", color="ink")
        self.sentence = paragraph(theme)
        self.problem = Notice(theme, "triangle-alert", "amber")
        self.problem.setObjectName("listening.problem")
        self.said = Notice(theme, "circle-check", "green")
        self.said.setObjectName("listening.said")
        for part in (self.title, self.sentence, self.problem, self.said):
            column.addWidget(part)
        column.addWidget(Scroll(theme, self._body(theme)), 1)
        self.caption = Label(theme, "", "caption", color="ink2", elide=True)
        column.addWidget(self.caption)
        column.addLayout(self._field(theme))
        column.addLayout(self._foot(theme))

    def _body(self, theme: Theme) -> QWidget:
        body = QWidget()
        listing = QVBoxLayout(body)
        listing.setContentsMargins(0, 4, 0, 0)
        listing.setSpacing(8)
        self.options: list[OptionButton] = []
        for index in range(_OPTIONS_MAX):
            option = OptionButton(theme)
            option.setObjectName(f"listening.option.{index}")
            option.clicked.connect(lambda _checked=False, at=index: self._vm.choose(self.options[at].key))
            self.options.append(option)
            listing.addWidget(option)
        self.parts = [PartTile(theme) for _ in range(_PARTS)]
        for part in self.parts:
            listing.addWidget(part)
        listing.addStretch(1)
        return body

    def _field(self, theme: Theme) -> QHBoxLayout:
        self.field = Input(theme)
        self.field.edit.setObjectName("listening.field")
        self.field.edit.textEdited.connect(self._vm.type_text)
        self.field.edit.returnPressed.connect(self._vm.take_typed)
        self.take = Button(theme, "")
        self.take.setObjectName("listening.take")
        self.take.clicked.connect(self._vm.take_typed)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.take)
        return row

    def _foot(self, theme: Theme) -> QHBoxLayout:
        self.again = Button(theme, "", icon="rotate-ccw")
        self.off = Button(theme, "", icon="power")
        self.card = Button(theme, "", size="page", icon="printer")
        self.own = Button(theme, "", size="page", icon="printer")
        self.main = Button(theme, "", kind="main", size="page", icon="check")
        for name, button, act in (
            ("again", self.again, self._vm.search),
            ("off", self.off, self._vm.switch_off),
            ("card", self.card, self._vm.print_card),
            ("own", self.own, self._vm.use_own),
            ("main", self.main, self._vm.go_on),
        ):
            button.setObjectName(f"listening.{name}")
            button.clicked.connect(act)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.again)
        row.addWidget(self.off)
        row.addWidget(self.card)
        row.addWidget(self.own)
        row.addWidget(self.main, 1)
        return row

    def render_state(self) -> None:
        state = self._vm.state
        self._steps.show_steps(state.steps)
        self.title.set_text(state.title)
        self.sentence.set_text(state.sentence)
        self.sentence.setVisible(bool(state.sentence))
        self.problem.show_text(state.problem)
        self.said.show_text(state.said)
        for index, option in enumerate(self.options):
            shown = index < len(state.options)
            option.setVisible(shown)
            if shown:
                option.show_option(state.options[index], state.options[index].key == state.chosen)
        for index, part in enumerate(self.parts):
            part.setVisible(index < len(state.parts))
            if index < len(state.parts):
                part.show_part(state.parts[index])
        self.field.setVisible(bool(state.input_label))
        self.field.edit.setAccessibleName(state.input_label)
        self.caption.setVisible(bool(state.input_label))
        self.caption.set_text(state.input_label)
        self.field.set_text(state.typed)
        self.field.set_wrong(bool(state.problem))
        for button, text in (
            (self.take, state.take_label),
            (self.again, state.again),
            (self.off, state.off_label),
            (self.card, state.card_label),
            (self.own, state.own_label),
            (self.main, state.main_label),
        ):
            button.setText(text)
            button.setVisible(bool(text))
        self.main.setEnabled(not state.busy)
        self.card.setEnabled(not state.busy)
        self.own.setEnabled(not state.busy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.width() < 1100
        self._row.setContentsMargins(*((16, 12, 16, 12) if narrow else (24, 20, 24, 20)))
        self._steps.setFixedWidth(248 if narrow else 264)
        super().resizeEvent(event)


class Notice(Hint):
    """A sentence that may need two lines, on the ground of its tone."""

    def __init__(self, theme: Theme, icon: str, tone: str) -> None:
        super().__init__(theme, f"{tone}_soft", radius=RADIUS_CONTROL)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        self.text = paragraph(theme, weight=600, color=f"{tone}_ink")
        row.addWidget(IconView(theme, icon, 20, f"{tone}_ink"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)

    def show_text(self, text: str) -> None:
        self.text.set_text(text)
        self.setVisible(bool(text))


class PartTile(Tile):
    """One piece of the card, its lines numbered as on paper."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        self.heading = paragraph(theme, "section", color="ink")
        column.addWidget(self.heading)
        self.lines: list[tuple[QWidget, Label]] = []
        for number in range(1, _LINES_MAX + 1):
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
            count = Label(theme, f"{number}.", "body", weight=700)
            count.setFixedWidth(20)
            text = paragraph(theme, color="ink")
            row.addWidget(count, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(text, 1)
            self.lines.append((line, text))
            column.addWidget(line)

    def show_part(self, part: Part) -> None:
        self.heading.set_text(part.heading)
        for index, (line, text) in enumerate(self.lines):
            line.setVisible(index < len(part.lines))
            text.set_text(part.lines[index] if index < len(part.lines) else "")
