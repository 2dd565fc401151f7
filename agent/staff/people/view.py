"""Owns the page about people on the screen: who may take back, and what the owner has to know."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.staff.people.viewmodel import NoticeRow, PeopleViewModel, PersonRow
from agent.texts import Texts
from agent.ui.controls import Button, Control, Disc, Ground, Label, Scroll, Strip, Tile
from agent.ui.theme import Theme

WIDTH_MAX = 960


class PeopleView(Ground):
    """Renders ``vm.state``; decides nothing."""

    def __init__(self, vm: PeopleViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(theme, "bg", parent=parent)
        self._vm, self._texts = vm, texts
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label(theme, texts._("People"), "page"))
        self.message = Strip(theme)
        column.addWidget(self.message)
        self.nobody = Label(theme, "", "body", color="ink2", wrap=True)
        column.addWidget(self.nobody)
        self.people = _RowTile(theme)
        column.addWidget(self.people)
        self.foot = Label(theme, "", "caption", color="ink2", wrap=True)
        column.addWidget(self.foot)
        column.addWidget(Label(theme, texts._("For the owner"), "section"))
        self.notices = _RowTile(theme)
        column.addWidget(self.notices)
        self.no_notices = Label(theme, "", "body", color="ink2", wrap=True)
        column.addWidget(self.no_notices)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroll(theme, body))
        vm.on_change = self.render_state
        self.render_state()

    def render_state(self) -> None:
        state = self._vm.state
        self.message.setVisible(bool(state.message))
        if state.message:
            self.message.show_as(state.message, icon="triangle-alert", tone="amber")
        for label, words in ((self.nobody, state.nobody), (self.foot, state.foot), (self.no_notices, state.no_notices)):
            label.set_text(words)
            label.setVisible(bool(words))
        for index, person in enumerate(state.people):
            row = self.people.row(index)
            row.show_person(person)
        self.people.keep(len(state.people))
        for index, notice in enumerate(state.notices):
            self.notices.row(index).show_notice(notice)
        self.notices.keep(len(state.notices))
        for index in range(len(state.people)):
            self.people.row(index).on_press = self._vm.press


class _RowTile(Tile):
    """A tile of rows; rows that are not needed any more are hidden and used again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setMaximumWidth(WIDTH_MAX)
        self._rows: list[_Row] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def row(self, index: int) -> _Row:
        while len(self._rows) <= index:
            row = _Row(self.theme, first=not self._rows)
            self._rows.append(row)
            self._column.addWidget(row)
        return self._rows[index]

    def keep(self, count: int) -> None:
        for index, row in enumerate(self._rows):
            row.setVisible(index < count)
        self.setVisible(count > 0)


class _Row(Control):
    def __init__(self, theme: Theme, *, first: bool) -> None:
        super().__init__(theme)
        self._first, self._key = first, ""
        self.on_press: Callable[[str], None] = lambda _key: None
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(12)
        self.disc = Disc(theme, icon="user")
        row.addWidget(self.disc)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = Label(theme, "", "body", weight=600, elide=True)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        words.addWidget(self.title)
        words.addWidget(self.line)
        row.addLayout(words, 1)
        self.action = Button(theme, "", size="card")
        self.action.setObjectName("people.action")
        self.action.clicked.connect(lambda: self.on_press(self._key))
        row.addWidget(self.action, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_person(self, person: PersonRow) -> None:
        self._key = person.employee_id
        self._show(person.icon, person.tone, person.name, person.line)
        self.action.setText(person.action)
        self.action.setVisible(bool(person.action))

    def show_notice(self, notice: NoticeRow) -> None:
        self._show(notice.icon, notice.tone, notice.sentence, notice.when)
        self.action.hide()

    def _show(self, icon: str, tone: str, title: str, line: str) -> None:
        self.disc.show_as(icon=icon, tone=tone)
        self.title.set_text(title)
        self.line.set_text(line)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._first:
            QPainter(self).fillRect(16, 0, self.width() - 32, 1, self.theme.color("line"))
