"""Owns the panel that asks why: four reasons, a field for one's own words, back and reject. Used by card and board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QWidget

from agent.approval import words
from agent.approval.cards import Reasons
from agent.approval.types import RejectReason
from agent.texts import Texts
from agent.ui.controls import Button, Control, Dialog, Input, Label
from agent.ui.theme import Theme

WIDTH = 350
_HALF = 171
_ICONS = {
    RejectReason.OUT_OF_STOCK: "package",
    RejectReason.OUT_OF_HOURS: "clock",
    RejectReason.CONDITION_MISMATCH: "circle-x",
    RejectReason.OTHER: "keyboard",
}


class ReasonsPanel(Control):
    """350 wide. ``render`` shows a state; presses come out as signals. The height follows from the state."""

    reason_pressed = Signal(str)
    typed = Signal(str)
    back_pressed = Signal()
    confirm_pressed = Signal()

    def __init__(self, theme: Theme, texts: Texts, name: str = "card", parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._texts = texts
        self.question = Label(theme, "", "body", weight=700, parent=self)
        self.choices: dict[RejectReason, Button] = {}
        for index, reason in enumerate(RejectReason):
            button = Button(theme, "", kind="choice", size="choice", icon=_ICONS[reason], parent=self)
            button.setObjectName(f"{name}.reason.{reason.value}")
            button.clicked.connect(lambda _checked=False, key=reason.value: self.reason_pressed.emit(key))
            column, row = index % 2, index // 2
            button.setGeometry(column * (_HALF + 8), 30 + row * 56, _HALF, 48)
            self.choices[reason] = button
        self.field = Input(theme, "", parent=self)
        self.field.edit.setObjectName(f"{name}.reason_text")
        self.field.edit.setMaxLength(200)
        self.field.edit.textEdited.connect(self.typed.emit)
        self.field.edit.returnPressed.connect(self.confirm_pressed.emit)
        self.note = Label(theme, "", "caption", color="ink2", elide=True, parent=self)
        self.back = Button(theme, "", size="card", parent=self)
        self.back.setObjectName(f"{name}.back")
        self.back.clicked.connect(self.back_pressed.emit)
        self.confirm = Button(theme, "", kind="danger", size="card", parent=self)
        self.confirm.setObjectName(f"{name}.reject_confirm")
        self.confirm.clicked.connect(self.confirm_pressed.emit)
        self.question.setGeometry(0, 0, WIDTH, 22)
        self.retext()

    def retext(self) -> None:
        t = self._texts
        self.question.set_text(t._("Why reject?"))
        for reason, button in self.choices.items():
            button.setText(words.reason(t, reason))
        self.field.set_placeholder(t._("Reason in a few words"))
        self.back.setText(t._("Back"))
        self.confirm.setText(t._("Reject now"))

    def render_state(self, reasons: Reasons) -> None:
        for reason, button in self.choices.items():
            button.setChecked(reason is reasons.chosen)
        top = 134 + 8
        self.field.setVisible(reasons.wants_text)
        if reasons.wants_text:
            self.field.setGeometry(0, top, WIDTH, 48)
            self.field.set_text(reasons.text)
            self.field.set_wrong(reasons.note_is_error)
            top += 56
        self.note.set_text(reasons.note)
        self.note.set_color("red_ink" if reasons.note_is_error else "ink2")
        self.note.setGeometry(0, top, WIDTH, 18)
        top += 18 + 14
        self.back.setGeometry(0, top, 112, 52)
        self.confirm.setGeometry(120, top, WIDTH - 120, 52)
        self.confirm.setEnabled(reasons.ready)
        self.setFixedSize(WIDTH, top + 52)

    def place(self, x: int, y: int) -> None:
        self.setGeometry(QRect(x, y, WIDTH, self.height()))


class AsksWhy(Protocol):
    """What a page's view-model offers to the dialog."""

    def choose_reason(self, reason: RejectReason) -> None: ...
    def type_reason(self, text: str) -> None: ...
    def dismiss(self) -> None: ...


class ReasonsDialog(Dialog):
    """The same panel in the middle of the window, for requests rejected from a board or a list."""

    def __init__(
        self, vm: AsksWhy, confirm: Callable[[], None], theme: Theme, texts: Texts, name: str, parent: QWidget
    ) -> None:
        super().__init__(theme, "", width=WIDTH + 48, parent=parent)
        self.panel_view = ReasonsPanel(theme, texts, name)
        self.panel_view.reason_pressed.connect(lambda key: vm.choose_reason(RejectReason(key)))
        self.panel_view.typed.connect(vm.type_reason)
        self.panel_view.back_pressed.connect(vm.dismiss)
        self.panel_view.confirm_pressed.connect(confirm)
        self.dismissed.connect(vm.dismiss)
        self.body.addWidget(self.panel_view, 0, Qt.AlignmentFlag.AlignHCenter)

    def show_asking(self, title: str, reasons: Reasons) -> None:
        """Open it for the request ``title``, or show what changed."""
        before = self.panel_view.height()
        self.title.set_text(title)
        self.panel_view.render_state(reasons)
        if not self.isVisible():
            self.open()
        elif self.panel_view.height() != before:
            self.fit()
