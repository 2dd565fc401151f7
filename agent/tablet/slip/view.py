"""Owns the page of the customer's window that takes a claim slip: eight boxes, twenty letters, or a scanner."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from agent.tablet.fit import Fit
from agent.tablet.rendering import TabletState
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Texts
from agent.ui.codeboxes import CodeBoxes
from agent.ui.controls import Button
from agent.ui.customer import Brand, IconLine
from agent.ui.letterkeys import LetterKeys
from agent.ui.marked import MarkedLabel
from agent.ui.theme import Theme
from rules.claims import CODE_LETTERS


class SlipPage(QWidget):
    """A question, the letters as they are typed, their keys, and the way back."""

    def __init__(self, theme: Theme, vm: TabletViewModel) -> None:
        super().__init__()
        self.brand, self.keys = Brand(theme, self), LetterKeys(theme, CODE_LETTERS, self)
        self.caption = MarkedLabel(theme, "t40", parent=self)
        self.code = CodeBoxes(theme, self)
        self.code.setObjectName("tablet.code")
        self.code.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.code.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)  # the keys beside it type
        self.hint = IconLine(theme, "info", self)
        self.go_on = Button(theme, "", kind="main", size="tablet_big", parent=self)
        self.go_on.setObjectName("tablet.slip_go_on")
        self.go_on.clicked.connect(vm.go_on)
        self.leave = Button(theme, "", kind="third", size="tablet_small", icon="chevron-left", parent=self)
        self.leave.setObjectName("tablet.slip_leave")
        self.leave.clicked.connect(vm.done)
        for letter, key in self.keys.letters.items():
            key.setObjectName(f"tablet.letter.{letter}")
        self.keys.letter.connect(vm.press_letter)
        self.keys.clear.struck.connect(vm.clear)
        self.keys.back.struck.connect(vm.back)
        self._fit = Fit.of(1280, 800)

    def show_state(self, state: TabletState, texts: Texts) -> None:
        self.brand.show_shop(state.shop)
        self.caption.set_text(texts._("Eight letters\non your slip"))
        self.code.show_code(state.code, "found" if state.can_go_on else "typing")
        self.hint.show_line(texts._("A scanner reads the QR code as well"))
        self.go_on.setText(texts._("Next"))
        self.go_on.setEnabled(state.can_go_on)
        self.leave.setText(texts._("To the first screen"))
        self.keys.show_words(texts._("Clear\nall"), texts._("Delete the last letter"))
        self._place()

    def fit(self, fit: Fit) -> None:
        self._fit = fit
        self._place()

    def _place(self) -> None:
        fit, side, tight = self._fit, self._fit.side, self._fit.compact
        column = fit.width - 2 * side if fit.portrait else fit.width // 2 - side - 40
        button = 80 if tight else 104
        self.brand.setGeometry(side, 20 if tight else 28, column, 48)
        head = self.caption.heightForWidth(column)
        self.caption.setGeometry(side, self.brand.geometry().bottom() + (16 if tight else 40), column, head)
        under = self.caption.geometry().bottom() + (12 if tight else 32)
        self.code.setGeometry(side, under, column, self.code.height())
        under = self.code.geometry().bottom() + (12 if tight else 20)
        self.hint.setGeometry(side, under, column, self.hint.height_for(column))
        self.go_on.setFixedHeight(button)
        self.go_on.setGeometry(side, fit.height - 72 - button - (8 if tight else 56), column, button)
        needed = self.leave.sizeHint()
        under = self.go_on.geometry().bottom() + (3 if tight else 13)
        self.leave.setGeometry(side, under, needed.width() + 48, needed.height())
        if fit.portrait:
            first = self.hint.geometry().bottom() + 24
            self.keys.setGeometry(0, first, fit.width, self.go_on.y() - 24 - first)
            self.keys.place(fit.key_gap, side, 12 if tight else 20)
        else:
            self.keys.setGeometry(fit.width // 2, 0, fit.width - fit.width // 2, fit.height)
            self.keys.place(fit.key_gap, 32 if tight else 56, 24 if tight else 48)
