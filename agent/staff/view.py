"""Owns the dialog for a PIN as pictured: people on the left, dots and keys on the right."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.staff.viewmodel import PinPerson, PinState, PinViewModel
from agent.texts import Texts
from agent.ui.controls import Button, Chip, Control, Dialog, Disc, IconButton, IconView, Label, PressControl
from agent.ui.keypad import KeypadKey
from agent.ui.paint import rounded
from agent.ui.theme import RADIUS_CONTROL, Theme
from rules.pin import PIN_DIGITS

WIDTH = 744
HEIGHT = 552
LEFT = 328
KEY = (108, 72)
GAP = 8


class PinDialog(Dialog):
    """Renders a ``PinState`` over the counter's window; digits may be typed too."""

    def __init__(self, vm: PinViewModel, theme: Theme, texts: Texts, parent: QWidget) -> None:
        super().__init__(theme, "", width=WIDTH, parent=parent)
        self._vm, self._texts = vm, texts
        self.setObjectName("pin")
        self.title.hide()
        self._rows: list[PersonRow] = []
        layout = self.panel.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        halves = QHBoxLayout()
        halves.setSpacing(0)
        halves.addLayout(self._people())
        halves.addWidget(self._keys(theme), 1)
        self.body.addLayout(halves)
        self.dismissed.connect(vm.dismiss)
        vm.on_change = self.render_state
        self.render_state()

    def _people(self) -> QVBoxLayout:
        theme = self.theme
        column = QVBoxLayout()
        column.setContentsMargins(16, 24, 16, 20)
        column.setSpacing(4)
        self.heading = Label(theme, "", "section", wrap=True)
        self.heading.setFixedWidth(LEFT - 60)
        head = QHBoxLayout()
        head.setContentsMargins(14, 0, 14, 8)
        head.addWidget(self.heading)
        column.addLayout(head)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        column.addLayout(self._list)
        column.addStretch(1)
        self.leave = Button(theme, "", size="small")
        self.leave.setObjectName("pin.leave")
        self.leave.clicked.connect(self._vm.leave)
        column.addWidget(self.leave)
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 8, 14, 0)
        foot.setSpacing(8)
        foot.addWidget(IconView(theme, "info", 18, "ink2"))
        self.foot = Label(theme, "", "caption", color="ink2", wrap=True)
        self.foot.setFixedWidth(LEFT - 90)
        foot.addWidget(self.foot, 1)
        column.addLayout(foot)
        return column

    def _keys(self, theme: Theme) -> Sunken:
        ground = Sunken(theme)
        ground.setFixedHeight(HEIGHT)
        column = QVBoxLayout(ground)
        column.setContentsMargins(36, 12, 14, 16)
        column.setSpacing(8)
        top = QHBoxLayout()
        top.addStretch(1)
        self.close_button = IconButton(theme, "x", "")
        self.close_button.setObjectName("pin.close")
        self.close_button.clicked.connect(self._vm.dismiss)
        top.addWidget(self.close_button)
        column.addLayout(top)
        self.who = Label(theme, "", "section", align=Qt.AlignmentFlag.AlignHCenter)
        self.dots = Dots(theme)
        self.note = Label(theme, "", "body", align=Qt.AlignmentFlag.AlignHCenter, wrap=True)
        self.note.setFixedHeight(44)
        inner = QVBoxLayout()
        inner.setContentsMargins(0, 0, 22, 0)
        inner.setSpacing(8)
        inner.addWidget(self.who)
        inner.addWidget(self.dots)
        self.pad = Pad(theme, self._vm)
        inner.addWidget(self.pad, 0, Qt.AlignmentFlag.AlignHCenter)
        self._answers = QVBoxLayout()
        self._answers.setSpacing(8)
        inner.addLayout(self._answers)
        inner.addWidget(self.note)
        inner.addStretch(1)
        column.addLayout(inner, 1)
        return ground

    def render_state(self) -> None:
        state = self._vm.state
        if not state.open:
            self.hide()
            return
        t = self._texts
        self.heading.set_text(state.heading)
        self.foot.set_text(t._("Your name stands in the log of decisions. Requests keep coming up meanwhile."))
        self.close_button.setAccessibleName(t._("Close"))
        self.leave.setText(t._("Sign out"))
        self.leave.setVisible(state.may_leave)
        self.pad.retext(t)
        self._render_people(state.people)
        self._render_answers(state)
        self.who.set_text(state.title)
        self.dots.show_typed(state.typed)
        self.note.set_text(t._("Checking…") if state.busy else state.note)
        self.note.set_color("red_ink" if state.note_is_error else "ink2")
        self.pad.setEnabled(not state.busy)
        self.fit()
        if not self.isVisible():
            self.open()

    def _render_people(self, people: tuple[PinPerson, ...]) -> None:
        while len(self._rows) < len(people):
            row = PersonRow(self.theme, self._vm)
            self._rows.append(row)
            self._list.addWidget(row)
        for index, row in enumerate(self._rows):
            row.setVisible(index < len(people))
            if index < len(people):
                row.show_person(people[index], self._texts)

    def _render_answers(self, state: PinState) -> None:
        while (item := self._answers.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for index, (key, words) in enumerate(state.choices):
            button = Button(self.theme, words, kind="main" if index == 0 else "second", size="card")
            button.setObjectName(f"pin.answer.{key}")
            button.clicked.connect(lambda chosen=key: self._vm.answer(chosen))
            self._answers.addWidget(button)
        self.pad.setVisible(not state.choices)
        self.dots.setVisible(not state.choices)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() in tuple("0123456789") and event.text():
            self._vm.digit(event.text())
        elif event.key() == Qt.Key.Key_Backspace:
            self._vm.back()
        else:
            super().keyPressEvent(event)


class Sunken(Control):
    """The right half, with the panel's rounded corners."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        rounded(painter, box, 20, self.theme.color("sunken"))
        painter.fillRect(QRectF(0, 0, 24, box.height()), self.theme.color("sunken"))
        painter.fillRect(QRectF(0, 0, 1, box.height()), self.theme.color("line"))


class Dots(Control):
    """How many digits are typed, and no more than that."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._typed = 0
        self.setFixedHeight(44)

    def show_typed(self, typed: int) -> None:
        self._typed = typed
        self.setAccessibleName(f"{typed}/{PIN_DIGITS}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.theme.color("ink")
        step = 36
        left = (self.width() - step * (PIN_DIGITS - 1)) / 2
        for index in range(PIN_DIGITS):
            painter.setPen(QPen(ink if index < self._typed else self.theme.color("edge"), 2))
            painter.setBrush(ink if index < self._typed else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(left + index * step, self.height() / 2), 9, 9)


class Pad(Control):
    """Twelve keys."""

    def __init__(self, theme: Theme, vm: PinViewModel) -> None:
        super().__init__(theme)
        width, height = KEY
        self.setFixedSize(3 * width + 2 * GAP, 4 * height + 3 * GAP)
        self.digits = {digit: KeypadKey(theme, digit, parent=self) for digit in "1234567890"}
        for digit, key in self.digits.items():
            key.setObjectName(f"pin.{digit}")
            key.struck.connect(lambda struck=digit: vm.digit(struck))
        self.clear = KeypadKey(theme, boxed=False, parent=self)
        self.clear.struck.connect(vm.clear)
        self.back = KeypadKey(theme, icon="delete", boxed=False, parent=self)
        self.back.struck.connect(vm.back)
        keys = [*(self.digits[digit] for digit in "123456789"), self.clear, self.digits["0"], self.back]
        for index, key in enumerate(keys):
            row, column = divmod(index, 3)
            key.setGeometry(column * (width + GAP), row * (height + GAP), width, height)

    def retext(self, t: Texts) -> None:
        self.clear.setText(t._("Clear"))
        self.back.setAccessibleName(t._("Delete a digit"))


class PersonRow(PressControl):
    """Letter, name and role; the chosen one in a frame."""

    def __init__(self, theme: Theme, vm: PinViewModel) -> None:
        super().__init__(theme)
        self._person: PinPerson | None = None
        self.focus_radius = RADIUS_CONTROL
        self.setFixedHeight(72)
        self.setMinimumWidth(LEFT - 34)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(12)
        self.disc = Disc(theme, size=44)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.name = Label(theme, "", "body", weight=700, elide=True)
        self.role = Label(theme, "", "caption", color="ink2")
        words.addStretch(1)
        words.addWidget(self.name)
        words.addWidget(self.role)
        words.addStretch(1)
        self.duty = Chip(theme, "")
        self.key = IconView(theme, "key-round", 20, "ink2")
        row.addWidget(self.disc)
        row.addLayout(words, 1)
        row.addWidget(self.duty)
        row.addWidget(self.key)
        self.clicked.connect(lambda: vm.choose(self._person.employee_id) if self._person is not None else None)

    def show_person(self, person: PinPerson, t: Texts) -> None:
        self._person = person
        self.setObjectName(f"pin.person.{person.employee_id}")
        self.setAccessibleName(person.name)
        self.disc.show_as(letter=person.letter)
        self.name.set_text(person.name)
        self.role.set_text(person.role)
        self.duty.show_as(t._("On duty"))
        self.duty.setVisible(person.on_duty)
        self.key.setVisible(person.owner)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._person is not None and self._person.chosen:
            box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            rounded(QPainter(self), box, RADIUS_CONTROL, self.theme.color("sunken"), self.theme.color("ink"), 2)
