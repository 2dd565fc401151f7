"""Owns how reading a coupon's paper looks: the field that a scanner types into, and the card of what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.rewards.paper.viewmodel import PaperViewModel
from agent.rewards.state import PaperCard
from agent.texts import Texts
from agent.ui.controls import Button, CountdownRing, Disc, Hint, IconView, Input, Label, Tile
from agent.ui.theme import Theme

WIDTH_MAX = 760
SOON_S = 15
_DISCS = {"neutral": "neutral", "green": "green", "amber": "amber", "red": "red"}


class PaperView(QWidget):
    """Renders ``vm.panel``; decides nothing. The field has the keyboard as long as the page is in sight."""

    def __init__(self, vm: PaperViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vm, self._texts = vm, texts
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._reading(theme))
        column.addWidget(self._card(theme))
        column.addStretch(1)
        self.setMaximumWidth(WIDTH_MAX)
        vm.on_change = self.render_panel
        self.render_panel()

    def _reading(self, theme: Theme) -> Tile:
        t, vm = self._texts, self._vm
        tile = Tile(theme)
        column = QVBoxLayout(tile)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(10)
        column.addWidget(Label(theme, t._("Use a coupon on paper"), "section", elide=True))
        guide = t._("Read the QR or bar code of the slip with the scanner, or type the code below it.")
        column.addWidget(Label(theme, guide, "caption", color="ink2", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(8)
        self.field = Input(theme, t._("Code of the slip"), icon="qr-code", height=52, style="button")
        self.field.edit.setObjectName("rewards.code")
        self.field.edit.textEdited.connect(vm.type)
        self.field.edit.returnPressed.connect(vm.submit)
        self.check = Button(theme, t._("Check"), kind="second", size="card")
        self.check.setObjectName("rewards.check")
        self.check.clicked.connect(vm.submit)
        row.addWidget(self.field, 1)
        row.addWidget(self.check)
        column.addLayout(row)
        self.problem = Label(theme, "", "caption", weight=600, color="red_ink", wrap=True)
        self.offline = Label(theme, "", "caption", weight=600, color="amber_ink", wrap=True)
        column.addWidget(self.problem)
        column.addWidget(self.offline)
        return tile

    def _card(self, theme: Theme) -> Tile:
        self.card = Tile(theme)
        self.card.setObjectName("rewards.card")
        column = QVBoxLayout(self.card)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(12)
        self.disc = Disc(theme, icon="ticket")
        said = QVBoxLayout()
        said.setSpacing(0)
        self.title = Label(theme, "", "section", elide=True)
        self.line = Label(theme, "", "body", color="ink2", elide=True)
        said.addWidget(self.title)
        said.addWidget(self.line)
        self.ring = CountdownRing(theme)
        head.addWidget(self.disc, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(said, 1)
        head.addWidget(self.ring)
        column.addLayout(head)
        self.figure = Label(theme, "", "figure", elide=True)
        column.addWidget(self.figure)
        self.hint = Hint(theme)
        row = QHBoxLayout(self.hint)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        self.hint_icon = IconView(theme, "info", 20, "ink2")
        self.hint_words = Label(theme, "", "body", wrap=True)
        row.addWidget(self.hint_icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.hint_words, 1)
        column.addWidget(self.hint)
        column.addWidget(self._buttons(theme))
        return self.card

    def _buttons(self, theme: Theme) -> QWidget:
        self.buttons = QWidget()
        row = QHBoxLayout(self.buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.leave = Button(theme, "", kind="second", size="page")
        self.leave.setObjectName("rewards.leave")
        self.leave.clicked.connect(self._left)
        self.use = Button(theme, "", kind="main", size="page", icon="check")
        self.use.setObjectName("rewards.use")
        self.use.clicked.connect(self._used)
        row.addWidget(self.leave, 1)
        row.addWidget(self.use, 2)
        return self.buttons

    def _used(self) -> None:
        self._vm.use()
        self.take_keyboard()

    def _left(self) -> None:
        self._vm.leave()
        self.take_keyboard()

    def take_keyboard(self) -> None:
        """The next slip may be read at once."""
        self.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._vm.type("")
            self.take_keyboard()
            return
        super().keyPressEvent(event)

    def render_panel(self) -> None:
        t, panel = self._texts, self._vm.panel
        self.field.set_text(panel.typed)
        self.field.set_wrong(panel.wrong)
        if panel.wrong:
            self.field.edit.selectAll()  # what is typed or read next takes its place
        self.check.setText(t._("Checking…") if panel.asking else t._("Check"))
        for label, words in ((self.problem, panel.problem), (self.offline, panel.offline)):
            label.setVisible(bool(words))
            label.set_text(words)
        self.card.setVisible(panel.card is not None)
        if panel.card is not None:
            self._render_card(panel.card)

    def _render_card(self, card: PaperCard) -> None:
        self.disc.show_as(icon=card.icon, tone=_DISCS[card.tone])
        self.title.set_text(card.title)
        self.line.set_text(card.line)
        self.line.setVisible(bool(card.line))
        self.ring.setVisible(card.left_s is not None)
        self.ring.set_left(card.left_s, "amber" if card.left_s is not None and card.left_s < SOON_S else "ink")
        self.figure.set_text(card.figure)
        self.figure.set_color("green_ink" if card.tone == "green" else "ink")
        self.figure.setVisible(bool(card.figure))
        ink = "ink2" if card.tone == "neutral" else f"{card.tone}_ink"
        self.hint.set_ground("sunken" if card.tone == "neutral" else f"{card.tone}_soft")
        self.hint_icon.set_icon("info" if card.tone in ("neutral", "green") else card.icon, ink)
        self.hint_words.set_text(card.hint)
        self.hint_words.set_color(ink)
        self.hint.setVisible(bool(card.hint))
        self.buttons.setVisible(bool(card.use))
        self.use.setText(card.use)
        self.leave.setText(card.leave)
