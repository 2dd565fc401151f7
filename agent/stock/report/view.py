"""Owns the tile in which a day's number is typed and saved: a field, a pad of keys, one button."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from agent.stock.state import BeforePanel, Note, ReportPanel
from agent.stock.viewmodel import StockViewModel
from agent.texts import Texts
from agent.ui.controls import Button, Chip, Hint, IconView, Input, Label, Line, Tile, Tone
from agent.ui.theme import Theme

WIDTH = 436
_KEY, _GAP = (56, 48), 8
_NOTE_ROOM = WIDTH - 2 * 16 - 2 * 12 - 30  # beside the icon
_CHIP_TONES: dict[str, Tone] = {"neutral": "neutral", "green": "green", "amber": "amber", "red": "red"}
_INKS = {"neutral": "ink2", "green": "green_ink", "amber": "amber_ink", "red": "red_ink"}


def show_chip(chip: Chip, note: Note) -> None:
    """A chip as a note says; gone where there is nothing to say."""
    chip.setVisible(bool(note.words))
    if note.words:
        chip.show_as(note.words, icon=note.icon, tone=_CHIP_TONES[note.tone])


class ReportTile(Tile):
    """Renders a ``ReportPanel`` and the day before."""

    def __init__(self, vm: StockViewModel, theme: Theme, texts: Texts) -> None:
        super().__init__(theme)
        self._vm = vm
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.title = Label(theme, "", "section", elide=True)
        self.chip = Chip(theme, "")
        head.addWidget(self.title, 1)
        head.addWidget(self.chip)
        column.addLayout(head)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        column.addWidget(self.line)
        work = QHBoxLayout()
        work.setSpacing(16)
        work.addLayout(self._left(theme), 1)
        work.addWidget(self._pad(theme, texts))
        column.addLayout(work)
        column.addWidget(self._note(theme))
        self.rule = Line(theme)
        column.addWidget(self.rule)
        column.addWidget(self._day_before(theme))

    def _left(self, theme: Theme) -> QVBoxLayout:
        left = QVBoxLayout()
        left.setSpacing(10)
        self.field = Input(theme, "", height=60, style="figure")
        self.field.setObjectName("stock.field")
        self.field.edit.setObjectName("stock.number")
        self.field.edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.edit.textEdited.connect(self._vm.type)
        self.field.edit.returnPressed.connect(self._vm.save)
        self.save = Button(theme, "", kind="main", size="page")
        self.save.setObjectName("stock.save")
        self.save.clicked.connect(self._vm.save)
        self.usual = Label(theme, "", "caption", color="ink2", wrap=True)
        self.back = Button(theme, "", kind="third", size="small", icon="undo-2")
        self.back.setObjectName("stock.today")
        self.back.clicked.connect(self._vm.to_today)
        for part in (self.field, self.save, self.usual):
            left.addWidget(part)
        left.addStretch(1)
        left.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        return left

    def _pad(self, theme: Theme, texts: Texts) -> QWidget:
        pad = QWidget()
        pad.setFixedSize(3 * _KEY[0] + 2 * _GAP, 4 * _KEY[1] + 3 * _GAP)  # a long note below takes nothing from it
        grid = QGridLayout(pad)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(_GAP)
        self.keys: dict[str, Button] = {}
        for place, key in enumerate(("1", "2", "3", "4", "5", "6", "7", "8", "9", "00", "0", "back")):
            erases = key == "back"
            button = Button(theme, "" if erases else key, size="normal", icon="delete" if erases else "")
            button.setObjectName(f"stock.key.{key}")
            button.setAccessibleName(texts._("Erase") if erases else key)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the field keeps the keyboard
            button.setFixedSize(*_KEY)
            button.clicked.connect(self._vm.back if erases else lambda _on=False, said=key: self._struck(said))
            self.keys[key] = button
            grid.addWidget(button, place // 3, place % 3)
        return pad

    def _struck(self, key: str) -> None:
        for digit in key:
            self._vm.digit(digit)

    def _note(self, theme: Theme) -> QWidget:
        self.note = Hint(theme)
        row = QHBoxLayout(self.note)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        self.note_icon = IconView(theme, "info", 20, "ink2")
        self.note_words = Label(theme, "", "body", weight=600, wrap=True)
        row.addWidget(self.note_icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.note_words, 1)
        self.note.setObjectName("stock.note")
        return self.note

    def _day_before(self, theme: Theme) -> QWidget:
        self.day_before = QWidget()
        row = QHBoxLayout(self.day_before)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        said = QVBoxLayout()
        said.setSpacing(0)
        self.before_title = Label(theme, "", "body", weight=600, elide=True)
        self.before_line = Label(theme, "", "caption", color="ink2", elide=True)
        said.addWidget(self.before_title)
        said.addWidget(self.before_line)
        self.before_chip = Chip(theme, "")
        self.before_action = Button(theme, "", size="small")
        self.before_action.setObjectName("stock.before")
        self.before_action.clicked.connect(lambda: self._vm.choose(self._vm.state.before.day))
        row.addLayout(said, 1)
        row.addWidget(self.before_chip)
        row.addWidget(self.before_action)
        return self.day_before

    def render_report(self, panel: ReportPanel, before: BeforePanel) -> None:
        self.title.set_text(panel.title)
        self.line.set_text(panel.line)
        show_chip(self.chip, panel.chip)
        self.field.set_text(panel.typed)
        self.field.set_placeholder(panel.placeholder)
        self.field.set_wrong(panel.wrong)
        self.save.setText(panel.save)
        self.usual.set_text(panel.usual)
        self.usual.setVisible(bool(panel.usual))
        self.back.setText(panel.back)
        self.back.setVisible(bool(panel.back))
        self._show_note(Note(panel.question, "circle-question-mark", "amber") if panel.question else panel.note)
        for part in (self.rule, self.day_before):
            part.setVisible(bool(before.title))
        self.before_title.set_text(before.title)
        self.before_line.set_text(before.line)
        show_chip(self.before_chip, before.chip)
        self.before_action.setText(before.action)
        self.before_action.setVisible(bool(before.action))
        self.before_action.setAccessibleName(f"{before.title}: {before.action}")

    def _show_note(self, note: Note) -> None:
        self.note.setVisible(bool(note.words))
        if not note.words:
            return
        ink = _INKS[note.tone]
        self.note.set_ground("sunken" if note.tone == "neutral" else f"{note.tone}_soft")
        self.note_icon.set_icon(note.icon, ink)
        self.note_words.set_text(note.words)
        self.note_words.set_color(ink)
        # A page that scrolls asks nobody how high a wrapped text becomes.
        high = self.note_words.heightForWidth(_NOTE_ROOM)
        self.note_words.setFixedHeight(high)
        self.note.setFixedHeight(high + 20)
