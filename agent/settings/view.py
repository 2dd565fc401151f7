"""Owns the settings page: one row a setting, in force at once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.settings.viewmodel import SettingsViewModel
from agent.texts import Texts
from agent.ui import hotkey
from agent.ui.controls import (
    Button,
    Control,
    Ground,
    IconView,
    Input,
    Label,
    Scroll,
    SegmentedControl,
    Select,
    Strip,
    Switch,
    Tile,
)
from agent.ui.question import Answer, Question
from agent.ui.theme import Theme


class SettingsView(Ground):
    """Renders the settings; every change is kept at once."""

    def __init__(self, vm: SettingsViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(theme, "bg", parent=parent)
        self._vm, self._texts = vm, texts
        t = texts
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(Label(theme, t._("Settings"), "page"))
        self.message = Strip(theme)
        column.addWidget(self.message)
        current = vm.state.settings
        self.language = SegmentedControl(theme, [("ko", "한국어"), ("en", "English")], current.language)
        self.theme_choice = SegmentedControl(
            theme,
            [("system", t._("Like the computer")), ("light", t._("Light")), ("dark", t._("Dark"))],
            current.theme,
        )
        self.motion = Switch(theme, t._("Motion"))
        self.sound = Switch(theme, t._("Sound"))
        self.hotkey = Select(theme, vm.state.hotkeys, current.hotkey)
        self.alerts = Select(theme, vm.state.alert_modes or (("", ""),), vm.state.alert_mode)
        for name in ("language", "theme_choice", "motion", "sound", "hotkey", "alerts"):
            getattr(self, name).setObjectName(f"settings.{name}")
        looks: list[tuple[str, str, str, QWidget]] = [
            ("languages", t._("Language"), t._("All screens of this computer"), self.language),
            ("sun-moon", t._("Appearance"), t._("Dark is easier on the eyes at night"), self.theme_choice),
            ("sparkles", t._("Motion"), t._("Cards slide in; off on slow computers"), self.motion),
        ]
        counter: list[tuple[str, str, str, QWidget]] = [
            ("volume-2", t._("Sound"), t._("A short chime when a request or an order arrives"), self.sound),
        ]
        if vm.state.alert_modes:
            counter.append(("bell", t._("New orders"), t._("A card, a ticket, or both"), self.alerts))
        else:
            self.alerts.setParent(self)
            self.alerts.hide()
        self.pos_model = Select(theme, vm.state.pos_models or (("", ""),), vm.state.pos_model)
        self.pos_typed = Input(theme, t._("Another name"), height=44)
        self.pos_typed.setFixedWidth(170)
        self.pos_model.setObjectName("settings.pos_model")
        self.pos_model.setAccessibleName(t._("POS model"))
        self.pos_typed.edit.setObjectName("settings.pos_typed")
        till = _side_by_side(self.pos_model, self.pos_typed)
        if vm.state.pos_models:
            line = t._("What shops with the same one have learned is tried first")
            counter.append(("receipt-text", t._("POS model"), line, till))
        else:
            till.setParent(self)
            till.hide()
        if hotkey.available():
            counter.append(
                ("keyboard", t._("Hot-key for approval"), t._("Only while a card is on screen"), self.hotkey)
            )
        else:
            self.hotkey.setParent(self)
            self.hotkey.hide()
        self.leave = Button(theme, t._("Leave"), size="card")
        self.leave.setObjectName("settings.leave")
        self.leave.clicked.connect(vm.ask_leave)
        computer: list[tuple[str, str, str, QWidget]] = [
            ("unplug", t._("Leave the store"), t._("Only when everything is sent"), self.leave),
        ]
        groups = [(t._("Looks"), looks), (t._("At the counter"), counter)]
        if vm.state.can_leave:
            groups.append((t._("This computer"), computer))
        else:
            self.leave.setParent(self)
            self.leave.hide()
        self._question: Question | None = None
        for title, rows in groups:
            column.addWidget(Label(theme, title, "section"))
            column.addWidget(_group(theme, rows))
        column.addStretch(1)
        if vm.state.version:
            column.addWidget(Label(theme, t.n("Version {v}", v=vm.state.version), "caption", color="ink3"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroll(theme, body))
        self.language.changed.connect(lambda key: vm.change(language=key))
        self.theme_choice.changed.connect(lambda key: vm.change(theme=key))
        self.motion.toggled.connect(lambda on: vm.change(animations=on))
        self.sound.toggled.connect(lambda on: vm.change(sound=on))
        self.hotkey.chosen.connect(lambda key: vm.change(hotkey=key))
        self.alerts.chosen.connect(vm.choose_alerts)
        self.pos_model.chosen.connect(vm.choose_pos_model)
        self.pos_typed.edit.editingFinished.connect(self._pos_typed)
        vm.on_change = self.render_state
        self.render_state()

    def _pos_typed(self) -> None:
        name = self.pos_typed.edit.text().strip()
        if name:
            self.pos_typed.set_text("")
            self._vm.choose_pos_model(name)

    def render_state(self) -> None:
        state = self._vm.state
        settings = state.settings
        self.language.set_current(settings.language)
        self.theme_choice.set_current(settings.theme)
        self.hotkey.set_current(settings.hotkey)
        self.alerts.set_current(state.alert_mode)
        if state.pos_models:
            self.pos_model.set_options(state.pos_models)
            self.pos_model.set_current(state.pos_model)
        for switch, on in ((self.motion, settings.animations), (self.sound, settings.sound)):
            switch.blockSignals(True)
            switch.setChecked(on)
            switch.blockSignals(False)
            switch.update()
        self._render_question()
        self.message.setVisible(bool(state.message))
        if state.message:
            self.message.show_as(state.message, icon="triangle-alert", tone="amber")

    def _render_question(self) -> None:
        question = self._vm.state.leave
        if question is not None:
            if self._question is None:
                stay = Answer("settings.leave_stay", self._vm.dismiss, self._texts._("Stay"))
                leave = Answer("settings.leave_confirm", self._vm.confirm_leave, kind="main", icon="unplug", share=2)
                self._question = Question(self.theme, self.window(), stay, leave, escape=self._vm.dismiss, width=460)
            self._question.ask(question.title, question.sentence, question.confirm_word)
        elif self._question is not None:
            self._question.hide()


def _side_by_side(*controls: QWidget) -> QWidget:
    held = QWidget()
    row = QHBoxLayout(held)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for control in controls:
        row.addWidget(control)
    return held


def _group(theme: Theme, rows: list[tuple[str, str, str, QWidget]]) -> QWidget:
    tile = Tile(theme)
    tile.setMaximumWidth(960)
    column = QVBoxLayout(tile)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for index, (icon, title, line, control) in enumerate(rows):
        column.addWidget(_Row(theme, icon, title, line, control, first=index == 0))
    return tile


class _Row(Control):
    def __init__(self, theme: Theme, icon: str, title: str, line: str, control: QWidget, *, first: bool) -> None:
        super().__init__(theme)
        self._first = first
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 14, 16, 14)
        row.setSpacing(12)
        row.addWidget(IconView(theme, icon, 20))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(theme, title, "body", weight=600, elide=True))
        words.addWidget(Label(theme, line, "caption", color="ink2", elide=True))
        row.addLayout(words, 1)
        if not control.accessibleName():
            control.setAccessibleName(title)
        row.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._first:
            QPainter(self).fillRect(16, 0, self.width() - 32, 1, self.theme.color("line"))
