"""Owns the slip editor: the text on the left, the paper it makes on the right."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from agent.printing.editor.viewmodel import SlipEditorViewModel
from agent.texts import Texts
from agent.ui.controls import (
    Button,
    Ground,
    IconButton,
    Label,
    Menu,
    PaperPicture,
    Scroll,
    Select,
    Strip,
    Switch,
    TextArea,
    Tile,
)
from agent.ui.paper import PAPER_FAMILY, load_paper_font
from agent.ui.paragraph import paragraph
from agent.ui.question import Answer, Question
from agent.ui.theme import Theme

_TYPING_MS = 200  # the paper is drawn anew when somebody rests, not with every letter
_LOGO_BYTES_MAX = 8_000_000


class SlipEditorView(Ground):
    def __init__(self, vm: SlipEditorViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(theme, "bg", parent=parent)
        self._vm, self._texts = vm, texts
        self.setObjectName("slips")
        self._column = QVBoxLayout(self)
        self._column.setSpacing(12)
        self.said = Strip(theme)
        self.said.setObjectName("slips.said")
        self._body = QHBoxLayout()
        self._body.setSpacing(16)
        self._body.addLayout(self._build_left(theme, texts), 1)
        self.preview = PaperPicture(theme, texts._("How it comes out of the printer"))
        self.preview.setObjectName("slips.preview")
        self._sheet = Tile(theme)
        around = QVBoxLayout(self._sheet)
        around.setContentsMargins(8, 8, 8, 8)
        around.addWidget(Scroll(theme, self.preview))
        self._body.addWidget(self._sheet)
        self._column.addLayout(self._build_head(theme, texts))
        self._column.addWidget(self.said)
        self._column.addLayout(self._body, 1)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._typed)
        self._question: Question | None = None
        self._png = b""
        vm.on_change = self.render_state

    def _build_head(self, theme: Theme, texts: Texts) -> QHBoxLayout:
        vm = self._vm
        self.back = IconButton(theme, "arrow-left", texts._("Back to the printers"))
        self.back.setObjectName("slips.back")
        self.back.clicked.connect(lambda: self._now(vm.close))
        self.kind = Select(theme, vm.state.kinds or (("", ""),), vm.state.kind)
        self.kind.setObjectName("slips.kind")
        self.kind.setAccessibleName(texts._("Slips"))
        self.kind.chosen.connect(self._choose)
        self.by_itself = Switch(theme, "")
        self.by_itself.setObjectName("slips.by_itself")
        self.by_itself.toggled.connect(vm.print_by_itself)
        self.by_itself_words = Label(theme, "", "body", color="ink2")
        self.logo = Button(theme, "", size="small", icon="palette")
        self.logo.setObjectName("slips.logo")
        self.logo.clicked.connect(self._logo)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.back)
        head.addWidget(Label(theme, texts._("Slips"), "page"))
        head.addWidget(self.kind)
        head.addStretch(1)
        head.addWidget(self.by_itself_words)
        head.addWidget(self.by_itself)
        head.addWidget(self.logo)
        return head

    def _build_left(self, theme: Theme, texts: Texts) -> QVBoxLayout:
        vm = self._vm
        load_paper_font()
        self.text = TextArea(theme, texts._("What the slip says"), family=PAPER_FAMILY)
        self.text.setObjectName("slips.text")
        self.text.typed.connect(lambda _text: self._letter())
        self.filler = Button(theme, texts._("Put in …"), size="small", icon="plus")
        self.filler.setObjectName("slips.filler")
        self.filler.clicked.connect(self._offer_fillers)
        self.marks = paragraph(
            theme,
            "caption",
            text=texts._("^ centre · # large · * bold · ! white on black · a | b columns · --- line"),
        )
        self.save = Button(theme, texts._("Save"), kind="main", icon="check")
        self.save.setObjectName("slips.save")
        self.save.clicked.connect(lambda: self._now(vm.save))
        self.undo = Button(theme, texts._("Discard"), icon="undo-2")
        self.undo.setObjectName("slips.undo")
        self.undo.clicked.connect(lambda: self._now(vm.undo))
        self.reset = Button(theme, texts._("Original"), icon="rotate-ccw")
        self.reset.setObjectName("slips.reset")
        self.reset.clicked.connect(lambda: self._now(vm.reset))
        helps = QHBoxLayout()
        helps.setSpacing(12)
        helps.addWidget(self.filler)
        helps.addWidget(self.marks, 1, Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.save, 1)
        row.addWidget(self.undo)
        row.addWidget(self.reset)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self.text, 1)
        column.addLayout(helps)
        column.addLayout(row)
        return column

    # -- what people do -------------------------------------------------------------------------------------------
    def _letter(self) -> None:
        self._typing.start()
        self.save.setEnabled(True)  # whether it can be kept is known when the paper is drawn, or when it is pressed

    def _typed(self) -> None:
        self._vm.type(self.text.edit.toPlainText())

    def _now(self, act: object) -> None:
        """The button means what stands there, also within the pause after the last letter."""
        assert callable(act), "a method of the view-model"
        self._typing.stop()
        self._typed()
        act()

    def _choose(self, kind: str) -> None:
        self._now(lambda: self._vm.choose(kind))

    def _offer_fillers(self) -> None:
        fillers = [(name, f"{name}   {value}") for name, value in self._vm.state.fillers]
        Menu(self.theme, fillers, "", self.text.insert, self.filler).open_below(self.filler)

    def _logo(self) -> None:
        if self._vm.state.has_logo:
            self._vm.set_logo(None)
            return
        path, _kind = QFileDialog.getOpenFileName(
            self, self._texts._("Choose a logo"), "", "PNG, JPEG (*.png *.jpg *.jpeg)"
        )
        if path:
            self.take_logo(Path(path))

    def take_logo(self, path: Path) -> None:
        """The chosen file as logo; one that cannot be read is no picture."""
        try:
            picture = path.read_bytes() if path.stat().st_size <= _LOGO_BYTES_MAX else b""
        except OSError:
            picture = b""
        self._vm.set_logo(picture)

    # -- what is shown --------------------------------------------------------------------------------------------
    def render_state(self) -> None:
        state = self._vm.state
        self.kind.set_options(state.kinds)
        self.kind.set_current(state.kind)
        if not self._typing.isActive():
            self.text.set_text(state.text)
        if state.problem:
            remark = self._texts._("Not saved yet; slips print as before.")
            self.said.show_as(state.problem, icon="triangle-alert", tone="amber", remark=remark)
        else:
            self.said.show_as(state.said, icon="circle-check", tone="green")
        self.said.setVisible(bool(state.problem or state.said))
        self.save.setEnabled(state.can_save)
        self.undo.setVisible(state.changed)
        self.reset.setVisible(state.can_reset and not state.changed)
        self.logo.setText(self._texts._("Take the logo away") if state.has_logo else self._texts._("Logo"))
        for part in (self.by_itself, self.by_itself_words):
            part.setVisible(state.prints_by_itself is not None)
        self.by_itself_words.set_text(state.by_itself_label)
        self.by_itself.setAccessibleName(state.by_itself_label)
        self.by_itself.blockSignals(True)
        self.by_itself.setChecked(bool(state.prints_by_itself))
        self.by_itself.blockSignals(False)
        if state.preview_png != self._png:
            self._png = state.preview_png
            self.preview.set_png(self._png)
        self._render_question(state.asking)

    def _render_question(self, asking: str) -> None:
        if asking:
            if self._question is None:
                go = Answer("slips.let_go", self._vm.discard, self._texts._("Let it go"))
                stay = Answer("slips.stay", self._vm.stay, self._texts._("Go on editing"), kind="main")
                self._question = Question(self.theme, self.window(), go, stay, escape=self._vm.stay, width=440)
            self._question.ask(self._texts._("Not saved"), asking)
        elif self._question is not None:
            self._question.hide()

    def showEvent(self, event: QShowEvent) -> None:
        self._vm.show()
        self.render_state()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.width() < 1100
        self._column.setContentsMargins(*((16, 12, 16, 12) if narrow else (24, 20, 24, 20)))
        self._sheet.setFixedWidth(384 if narrow else 520)
        super().resizeEvent(event)
