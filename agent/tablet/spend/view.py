"""Owns two pages of the customer's window: typing a sum, and choosing how many points with the bill beside it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from agent.tablet.fit import Fit
from agent.tablet.rendering import TabletState
from agent.tablet.spending import Choice, ChoiceWords
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Texts
from agent.ui.controls import Button, Label, PressControl, Tile
from agent.ui.customer import Brand, IconLine
from agent.ui.keypad import Keys
from agent.ui.marked import MarkedLabel
from agent.ui.paint import draw_line, rounded
from agent.ui.theme import RADIUS_DIALOG, RADIUS_TABLET_CARD, Theme

_RIGHT = Qt.AlignmentFlag.AlignRight


class SumPage(QWidget):
    """A question, the sum as it is typed, twelve keys, and the way out to earning alone."""

    def __init__(self, theme: Theme, vm: TabletViewModel) -> None:
        super().__init__()
        self.brand, self.keys = Brand(theme, self), Keys(theme, self)
        self.caption = MarkedLabel(theme, "t40", parent=self)
        self.sum = Label(theme, "", "t56", weight=700, color="green_ink", parent=self)
        self.sum.setObjectName("tablet.sum")
        self.hint = IconLine(theme, "info", self)
        self.go_on = Button(theme, "", kind="main", size="tablet_big", parent=self)
        self.go_on.setObjectName("tablet.go_on")
        self.go_on.clicked.connect(vm.go_on)
        self.earn = Button(theme, "", kind="third", size="tablet_small", icon="chevron-left", parent=self)
        self.earn.setObjectName("tablet.earn_only")
        self.earn.clicked.connect(vm.earn_only)
        for digit, key in self.keys.digits.items():
            key.setObjectName(f"tablet.sum.{digit}")
        self.keys.digit.connect(vm.press_digit)
        self.keys.clear.struck.connect(vm.clear)
        self.keys.back.struck.connect(vm.back)
        self._fit = Fit.of(1280, 800)

    def show_state(self, state: TabletState, texts: Texts) -> None:
        spend = state.spend
        problem = spend.hint_is_problem
        self.brand.show_shop(state.shop)
        self.caption.set_text(spend.caption)
        self.sum.set_text(spend.typed or "–")
        self.sum.set_color("ink3" if not spend.typed else "red_ink" if problem else "green_ink")
        self.hint.show_line(
            spend.hint, icon="circle-alert" if problem else "info", color="red_ink" if problem else "ink2"
        )
        self.go_on.setText(texts._("Next"))
        self.go_on.setEnabled(spend.can_go_on)
        self.earn.setText(texts._("Earn only, use nothing"))
        self.keys.show_words(texts._("Clear\nall"), texts._("Delete the last digit"))
        self._place()

    def fit(self, fit: Fit) -> None:
        self._fit = fit
        self._place()

    def _place(self) -> None:
        fit, side, tight = self._fit, self._fit.side, self._fit.compact
        column = fit.width - 2 * side if fit.portrait else fit.width // 2 - side - 40
        top = 20 if tight else 28
        button = 80 if tight else 104
        self.brand.setGeometry(side, top, column, 48)
        head = self.caption.heightForWidth(column)
        self.caption.setGeometry(side, top + 48 + (24 if tight else 56), column, head)
        self.sum.setGeometry(side, self.caption.geometry().bottom() + (8 if tight else 24), column, 72)
        under = self.sum.geometry().bottom() + 8
        self.hint.setGeometry(side, under, column, self.hint.height_for(column))
        self.go_on.setFixedHeight(button)
        self.go_on.setGeometry(side, fit.height - 72 - button - (8 if tight else 56), column, button)
        width = self.earn.sizeHint().width() + 48
        self.earn.setGeometry(
            side, self.go_on.geometry().bottom() + (3 if tight else 13), width, self.earn.sizeHint().height()
        )
        if fit.portrait:
            first = self.hint.geometry().bottom() + 24
            self.keys.setGeometry(0, first, fit.width, self.go_on.y() - 24 - first)
            self.keys.place(fit.key_gap, side, 12 if tight else 20)
        else:
            self.keys.setGeometry(fit.width // 2, 0, fit.width - fit.width // 2, fit.height)
            self.keys.place(fit.key_gap, 32 if tight else 56, 24 if tight else 48)


class ChoiceButton(PressControl):
    """A sum and what it does; green and ticked by its edge when chosen."""

    def __init__(self, theme: Theme, choice: Choice, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.choice = choice
        self._line, self._chosen = "", False
        self.focus_radius = RADIUS_DIALOG
        self.setObjectName(f"tablet.choice.{choice.value}")

    def show_words(self, words: ChoiceWords) -> None:
        self.setText(words.title)
        self.setAccessibleName(f"{words.title}, {words.line}")
        self.setEnabled(words.possible)
        if (words.line, words.chosen) != (self._line, self._chosen):
            self._line, self._chosen = words.line, words.chosen
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 112)

    def text_fits(self) -> bool:
        title, line = self.theme.metrics("t28", 700), self.theme.metrics("t22", 500)
        room = self.width() - 16
        return title.horizontalAdvance(self.text()) <= room and line.horizontalAdvance(self._line) <= room

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        if not self.isEnabled():
            ground, edge, ink, quiet = color("sunken"), None, color("ink3"), color("ink3")
        elif self._chosen:
            ground, edge, ink, quiet = color("green_soft"), color("green"), color("green_ink"), color("green_ink")
        else:
            ground = color("pressed" if self.isDown() else "surface")
            edge, ink, quiet = color("edge"), color("ink"), color("ink2")
        rounded(painter, self.rect(), RADIUS_DIALOG, ground, edge)
        if self._chosen and edge is not None:
            rounded(painter, self.rect().adjusted(1, 1, -1, -1), RADIUS_DIALOG - 1, ground, edge)
        top = (self.height() - 38 - 32) / 2
        for text, style, weight, ink_, height in (
            (self.text(), "t28", 700, ink, 38),
            (self._line, "t22", 500, quiet, 32),
        ):
            metrics = self.theme.metrics(style, weight)
            painter.setFont(self.theme.font(style, weight))
            painter.setPen(ink_)
            draw_line(painter, text, metrics, round((self.width() - metrics.horizontalAdvance(text)) / 2), top, height)
            top += height


class BillCard(Tile):
    """How the payment comes out: order, points, what is left as the largest figure, what it earns; and the button."""

    def __init__(self, theme: Theme, vm: TabletViewModel, parent: QWidget) -> None:
        super().__init__(theme, radius=RADIUS_TABLET_CARD, parent=parent)
        self._tight = False
        self.title = Label(theme, "", "t26", weight=700, parent=self)
        self._names = [Label(theme, "", "t22", color="ink2", parent=self) for _ in range(4)]
        self._values = [Label(theme, "", "t22", weight=700, align=_RIGHT, parent=self) for _ in range(3)]
        self.left = Label(theme, "", "t40", weight=700, align=_RIGHT, parent=self)
        self.left.setObjectName("tablet.left")
        self.note = Label(theme, "", "t22", color="ink2", align=Qt.AlignmentFlag.AlignHCenter, parent=self)
        self.press = Button(theme, "", kind="main", size="tablet", parent=self)
        self.press.setObjectName("tablet.use")
        self.press.clicked.connect(vm.ask)

    def show_state(self, state: TabletState, texts: Texts) -> None:
        spend = state.spend
        self.title.set_text(texts._("This is how you pay"))
        names = [*(row[0] for row in spend.rows), spend.left_title, spend.gain[0] if spend.gain[1] else ""]
        for label, name in zip(self._names, names, strict=False):
            label.set_text(name)
        values = [*((row[1], row[2]) for row in spend.rows), (spend.gain[1], True)]
        for label, (value, green) in zip(self._values, values, strict=False):
            label.set_text(value)
            label.set_color("green_ink" if green else "ink")
        self.left.set_text(spend.left)
        self.note.set_text(texts._("The staff confirm it"))
        self.press.setText(spend.press)
        self.press.setEnabled(spend.can_go_on)

    def place(self, *, tight: bool) -> None:
        """Lays out its lines for the size it has."""
        width, inner = self.width(), self.width() - 64
        step, top = (40, 16) if tight else (50, 28)
        half = inner * 2 // 5  # figures need the room
        self.title.setGeometry(32, top, inner, 36)
        top += 36 + (4 if tight else 16)
        for row in range(2):
            self._names[row].setGeometry(32, top, half, 32)
            self._values[row].setGeometry(32 + half, top, inner - half, 32)
            top += step
        top += 4 if tight else 16
        self._names[2].setGeometry(32, top + 10, half, 32)
        self.left.setGeometry(32 + half, top, inner - half, 52)
        top += 52 + (4 if tight else 12)
        self._names[3].setGeometry(32, top, half, 32)
        self._values[2].setGeometry(32 + half, top, inner - half, 32)
        button = 80 if tight else 104
        self.press.setFixedHeight(button)
        self.press.setGeometry(32, self.height() - button - (16 if tight else 32), width - 64, button)
        self.note.setGeometry(32, self.press.y() - 32 - (4 if tight else 12), inner, 32)


class ChoosePage(QWidget):
    """Four sums on the left, the bill on the right; standing, one above the other."""

    def __init__(self, theme: Theme, vm: TabletViewModel) -> None:
        super().__init__()
        self.brand = Brand(theme, self)
        self.headline = MarkedLabel(theme, "t40", parent=self)
        self.choices = [ChoiceButton(theme, choice, self) for choice in Choice]
        for button in self.choices:
            button.clicked.connect(lambda _checked=False, chosen=button.choice: vm.choose(chosen))
        self.note = IconLine(theme, "info", self)
        self.bill = BillCard(theme, vm, self)
        self.earn = Button(theme, "", kind="third", size="tablet_small", icon="chevron-left", parent=self)
        self.earn.setObjectName("tablet.earn_instead")
        self.earn.clicked.connect(vm.earn_only)
        self._fit = Fit.of(1280, 800)

    def show_state(self, state: TabletState, texts: Texts) -> None:
        self.brand.show_shop(state.shop)
        self.headline.set_text(texts._("How many points?"))
        for button, words in zip(self.choices, state.spend.choices, strict=False):
            button.show_words(words)
        self.note.show_line(state.spend.note)
        self.bill.show_state(state, texts)
        self.earn.setText(texts._("Earn only, use nothing"))
        self._place()

    def fit(self, fit: Fit) -> None:
        self._fit = fit
        self._place()

    def _place(self) -> None:
        fit, side, tight = self._fit, self._fit.side, self._fit.compact
        inner = fit.width - 2 * side
        column = inner if fit.portrait else (inner - 48) * 6 // 10
        top = fit.header_top
        self.brand.setGeometry(side, top, column, 48)
        top += 48 + (12 if tight else 28)
        head = self.headline.heightForWidth(column)
        self.headline.setGeometry(side, top, column, head)
        top += head + (12 if tight else 24)
        wide, high = (column - 16) // 2, 88 if tight else 112
        for index, button in enumerate(self.choices):
            row, place = divmod(index, 2)
            button.setGeometry(side + place * (wide + 16), top + row * (high + 16), wide, high)
        top += 2 * high + 16 + (12 if tight else 24)
        note = self.note.height_for(column)
        self.note.setGeometry(side, top, column, note)
        top += note + 24
        foot = fit.height - 72 - (8 if tight else 32)
        width = self.earn.sizeHint().width() + 48
        self.earn.setGeometry(side, foot, width, self.earn.sizeHint().height())
        if fit.portrait:
            self.bill.setGeometry(side, top, inner, foot - 16 - top)
        else:
            left = side + column + 48
            first = fit.header_top + (0 if tight else 80)
            self.bill.setGeometry(left, first, fit.width - side - left, fit.height - first - (16 if tight else 48))
        self.bill.place(tight=tight or self.bill.height() < 480)
