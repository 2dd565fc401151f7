"""Owns the customer's window: greeting, keypad and outcome, built once and switched without waiting (AGT-03)."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QStackedLayout, QWidget

from agent.tablet.fit import Fit
from agent.tablet.rendering import TabletState
from agent.tablet.screen import SUM_PAGES, Page
from agent.tablet.slip.view import SlipPage
from agent.tablet.spend.view import ChoosePage, SumPage
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Texts
from agent.ui.controls import Button, Control, CountdownRing, Label
from agent.ui.cup import CupPicture
from agent.ui.customer import Brand, IconLine, OutcomeMark, ReceiptCard
from agent.ui.keypad import Keys, NumberLine
from agent.ui.marked import BigFigure, MarkedLabel
from agent.ui.theme import Theme

_CENTRE = Qt.AlignmentFlag.AlignHCenter


class TabletView(Control):
    """A window or part of one; any size from 600 px up, standing or lying."""

    def __init__(self, vm: TabletViewModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._vm = vm
        self._shown: TabletState | None = None
        self.setObjectName("tablet")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.idle, self.keypad, self.outcome = IdlePage(theme, vm), KeypadPage(theme, vm), OutcomePage(theme, vm)
        self.sum, self.choose, self.slip = SumPage(theme, vm), ChoosePage(theme, vm), SlipPage(theme, vm)
        self._pages = (self.idle, self.keypad, self.outcome, self.sum, self.choose, self.slip)
        self._stack = QStackedLayout(self)
        for page in self._pages:
            self._stack.addWidget(page)
        self._timer = QTimer(self)
        self._timer.timeout.connect(vm.tick)
        vm.on_change = self.render_state
        self.render_state()

    def warm_up(self) -> None:
        """Lays out and paints every page once, so that no customer is the first."""
        for page in self._pages:
            page.resize(self.size())
            page.grab()
        self.outcome.figure.warm_up()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self.warm_up)

    def render_state(self) -> None:
        state = self._vm.state
        if state == self._shown:
            return
        texts = self._vm.texts
        page = self._page_of(state.page)
        page.show_state(state, texts)
        if page is self.outcome and (self._shown is None or self._shown.page is not state.page):
            self.outcome.rest()
        self._stack.setCurrentWidget(page)
        self._shown = state
        self._run_timer()

    def _page_of(self, page: Page) -> IdlePage | KeypadPage | SumPage | ChoosePage | SlipPage | OutcomePage:
        if page in SUM_PAGES:
            return self.sum
        pages: dict[Page, IdlePage | KeypadPage | ChoosePage | SlipPage] = {
            Page.IDLE: self.idle,
            Page.KEYPAD: self.keypad,
            Page.AMOUNT: self.choose,
            Page.SLIP: self.slip,
        }
        return pages.get(page, self.outcome)

    def _run_timer(self) -> None:
        wanted = self._vm.next_tick_ms
        if wanted is None:
            self._timer.stop()
        elif not self._timer.isActive() or self._timer.interval() != wanted:
            self._timer.start(wanted)

    # -- keyboard, touches beside the buttons, size ----------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        vm, key = self._vm, event.key()
        if event.matches(QKeySequence.StandardKey.Paste):
            vm.paste(QGuiApplication.clipboard().text())
        elif len(event.text()) == 1 and event.text().isascii() and event.text().isprintable():
            vm.key(event.text())
        elif key == Qt.Key.Key_Backspace:
            vm.back()
        elif key == Qt.Key.Key_Delete:
            vm.clear()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if vm.take_scan():
                return
            enter = {
                Page.SLIP: vm.go_on,
                Page.IDLE: vm.start,
                Page.KEYPAD: vm.submit,
                Page.PAYMENT: vm.go_on,
                Page.OWN: vm.go_on,
            }
            (enter | {Page.AMOUNT: vm.ask}).get(vm.state.page, vm.done)()
        elif key == Qt.Key.Key_Escape:
            {Page.IDLE: vm.touch, Page.KEYPAD: vm.skip}.get(vm.state.page, vm.done)()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._vm.touch()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        fit = Fit.of(self.width(), self.height())
        for page in self._pages:
            page.fit(fit)
        super().resizeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self.theme.color("bg"))


class IdlePage(QWidget):
    """Brand, one sentence, one button. Placed by hand: the sentence stands in the middle of the glass."""

    def __init__(self, theme: Theme, vm: TabletViewModel) -> None:
        super().__init__()
        self._fit = Fit.of(1280, 800)
        self.brand, self.picture = Brand(theme, self), CupPicture(theme, self)
        self.headline = MarkedLabel(theme, "t56", parent=self)
        self.line = Label(theme, "", "t28", weight=500, color="ink2", wrap=True, parent=self)
        self.start = Button(theme, "", kind="main", size="tablet_start", icon="phone", parent=self)
        self.start.setObjectName("tablet.start")
        self.start.clicked.connect(vm.start)
        self.slip = Button(theme, "", kind="third", size="tablet_small", icon="receipt-text", parent=self)
        self.slip.setObjectName("tablet.slip")
        self.slip.clicked.connect(vm.bring_slip)
        self.language = Button(theme, "", kind="third", size="tablet_small", icon="languages", parent=self)
        self.language.setObjectName("tablet.language")
        self.language.clicked.connect(vm.toggle_language)
        self.privacy, self.waiting = IconLine(theme, "shield-check", self), IconLine(theme, "receipt-text", self)
        self.waiting.setObjectName("tablet.waiting")

    def show_state(self, state: TabletState, texts: Texts) -> None:
        self.brand.show_shop(state.shop)
        self.headline.set_text(state.headline)
        self.line.set_text(state.line)
        self.start.setText(texts._("Type a number"))
        self.slip.setText(texts._("I have a slip"))
        self.slip.setVisible(state.takes_slips)
        self.language.setText(state.other_language)
        self.privacy.show_line(texts._("Your number is used for points only"))
        self.waiting.show_line(state.quiet)
        self.waiting.setVisible(bool(state.quiet))
        self._place()

    def fit(self, fit: Fit) -> None:
        self._fit = fit
        self._place()

    def _place(self) -> None:
        fit = self._fit
        width = fit.width
        self.brand.setGeometry(fit.margin, fit.header_top, width // 2, 48)
        language = self.language.sizeHint()
        self.language.setGeometry(
            width - fit.margin - language.width(), fit.header_top - 12, language.width(), language.height()
        )
        self.headline.set_look("t40" if fit.compact else "t56", centred=fit.portrait)
        self.line.set_style("t22" if fit.compact else "t28", 500)
        self.line.set_align(_CENTRE if fit.portrait else Qt.AlignmentFlag.AlignLeft)
        self.start.setFixedHeight(fit.start_height)
        place = self._place_portrait if fit.portrait else self._place_landscape
        place(fit)

    def _place_landscape(self, fit: Fit) -> None:
        column = min(528, fit.width // 2 - fit.margin - 16) if fit.width < 1600 else 640
        self.picture.set_side(fit.picture)
        self.picture.move(fit.width * 3 // 4 - fit.picture // 2, (fit.height - fit.picture) // 2)
        head, sub = self.headline.heightForWidth(column), self.line.heightForWidth(column)
        gap = 16 if fit.compact else 24
        below = 0 if self.slip.isHidden() else self.slip.sizeHint().height() + 8
        top = (fit.height - head - 18 - sub - 2 * gap - fit.start_height - below) // 2
        self.headline.setGeometry(fit.margin, top, column, head)
        self.line.setGeometry(fit.margin, top + head + 18, column, sub)
        self.start.setGeometry(fit.margin, top + head + 18 + sub + 2 * gap, column, fit.start_height)
        self._place_slip(column)
        foot = fit.height - fit.header_top - 40
        self.privacy.setGeometry(fit.margin, foot, column, 32)
        half = fit.width // 2 + 16
        self.waiting.setGeometry(half, foot, fit.width - half - fit.margin, 32)

    def _place_portrait(self, fit: Fit) -> None:
        width, inner = fit.width, fit.width - 2 * fit.margin
        self.picture.set_side(fit.picture)
        top = 132 * fit.height // 1280
        self.picture.move((width - fit.picture) // 2, top)
        head, sub = self.headline.heightForWidth(inner), self.line.heightForWidth(inner)
        words = top + fit.picture + 36
        self.headline.setGeometry(fit.margin, words, inner, head)
        self.line.setGeometry(fit.margin, words + head + 16, inner, sub)
        below = 0 if self.slip.isHidden() else self.slip.sizeHint().height()
        button = fit.height - 120 - below - fit.start_height
        self.start.setGeometry(fit.margin, button, inner, fit.start_height)
        self._place_slip(inner)
        needed = min(inner, self.waiting.needed_width())
        self.waiting.setGeometry((width - needed) // 2, (words + head + sub + 16 + button) // 2 - 16, needed, 32)
        needed = min(inner, self.privacy.needed_width())
        self.privacy.setGeometry((width - needed) // 2, fit.height - 76, needed, 32)

    def _place_slip(self, column: int) -> None:
        needed = self.slip.sizeHint()
        width = min(column, needed.width() + 48)
        left = self.start.x() + (column - width) // 2
        self.slip.setGeometry(left, self.start.geometry().bottom() + 5, width, needed.height())


class KeypadPage(QWidget):
    """What was paid, the covered number, twelve keys, and the way out."""

    def __init__(self, theme: Theme, vm: TabletViewModel) -> None:
        super().__init__()
        self.brand, self.receipt, self.keys = Brand(theme, self), ReceiptCard(theme, self), Keys(theme, self)
        self.caption = Label(theme, "", "t22", weight=600, color="ink2", parent=self)
        self.number = NumberLine(theme, self)
        self.number.setObjectName("tablet.number")
        self.hint = IconLine(theme, "shield-check", self)
        self.submit = Button(theme, "", kind="main", size="tablet_big", icon="check", parent=self)
        self.submit.setObjectName("tablet.submit")
        self.submit.clicked.connect(vm.submit)
        self.use = Button(theme, "", kind="second", size="tablet", icon="coins", parent=self)
        self.use.setObjectName("tablet.use_points")
        self.use.clicked.connect(vm.use_points)
        self.skip = Button(theme, "", kind="third", size="tablet_small", icon_after="chevron-right", parent=self)
        self.skip.setObjectName("tablet.skip")
        self.skip.clicked.connect(vm.skip)
        for digit, key in self.keys.digits.items():
            key.setObjectName(f"tablet.key.{digit}")
        self.keys.clear.setObjectName("tablet.clear")
        self.keys.back.setObjectName("tablet.back")
        self.keys.digit.connect(vm.press_digit)
        self.keys.clear.struck.connect(vm.clear)
        self.keys.back.struck.connect(vm.back)
        self._fit = Fit.of(1280, 800)
        self._row = (0, 0, 400, 104)

    def show_state(self, state: TabletState, texts: Texts) -> None:
        problem = state.hint_is_problem
        self.brand.show_shop(state.shop)
        self.receipt.show_receipt(state.receipt_title, state.receipt_line, known=state.offer is not None)
        self.caption.set_text(texts._("Mobile number"))
        self.number.set_shown(state.number)
        self.hint.show_line(
            state.hint, icon="circle-alert" if problem else "shield-check", color="red_ink" if problem else "ink2"
        )
        self._place_hint()
        self.submit.setText(texts._("Earn points"))
        self.submit.setEnabled(state.can_submit)
        self.use.setText(texts._("Use points"))
        self.use.setEnabled(state.can_submit)
        if self.use.isVisibleTo(self) != state.can_use_points:
            self.use.setVisible(state.can_use_points)
            self._place_buttons()
        if self.skip.text() != texts._("Go on without a number"):
            self.skip.setText(texts._("Go on without a number"))
            self._place_skip()
        self.keys.show_words(texts._("Clear\nall"), texts._("Delete the last digit"))

    def fit(self, fit: Fit) -> None:
        self._fit = fit
        side, tight = fit.side, fit.compact
        column = fit.width - 2 * side if fit.portrait else fit.width // 2 - side - 40
        top = 20 if tight else 28
        card, line, button = (92, 76, 80) if tight else (114, 104, 104)
        self.brand.setGeometry(side, top, column, 48)
        self.receipt.fit(large=not tight)
        self.receipt.setGeometry(side, top + 48 + (20 if tight else 28), column, card)
        below = self.receipt.geometry().bottom() + 1
        self.caption.setGeometry(side, below + (24 if tight else 48), column, 32)
        self.number.setFixedHeight(line)
        self.number.setGeometry(side, self.caption.geometry().bottom() + 1, column, line)
        self._row = (side, fit.height - 72 - button - (8 if tight else 56), column, button)
        self._place_buttons()
        self._place_hint()
        if fit.portrait:
            first, last = self.number.geometry().bottom() + 81, self.submit.y() - (16 if tight else 24)
            self.keys.setGeometry(0, first, fit.width, last - first)
            self.keys.place(fit.key_gap, side, 12 if tight else 20)
        else:
            self.keys.setGeometry(fit.width // 2, 0, fit.width - fit.width // 2, fit.height)
            self.keys.place(fit.key_gap, 32 if tight else 56, 24 if tight else 48)
        self._place_skip()

    def _place_buttons(self) -> None:
        """Earning is the wider one of the two: it is what nearly everybody comes for."""
        left, top, column, height = self._row
        earn = column if self.use.isHidden() else (column - 16) * 55 // 100
        for button in (self.submit, self.use):
            button.setFixedHeight(height)
        self.submit.setGeometry(left, top, earn, height)
        self.use.setGeometry(left + earn + 16, top, column - earn - 16, height)

    def _place_hint(self) -> None:
        under = self.number.geometry().bottom() + (9 if self._fit.compact else 17)
        self.hint.setGeometry(self.number.x(), under, self.number.width(), self.hint.height_for(self.number.width()))

    def _place_skip(self) -> None:
        needed = self.skip.sizeHint()
        middle = self._row[0] + self._row[2] // 2
        under = self.submit.geometry().bottom() + 1 + (2 if self._fit.compact else 12)
        width = needed.width() + 48
        self.skip.setGeometry(middle - width // 2, under, width, needed.height())


# A finger that hammers on "earn" must not also press what appears under it.
REST_MS = 300
_OUTCOME_LOOKS = {
    Page.EARNED: ("check", "done"),
    Page.WAITING: ("receipt-text", "green"),
    Page.EXPIRED: ("timer", "amber"),
    Page.TOO_MANY: ("hand", "amber"),
    Page.NO_NUMBER: ("coffee", "green"),
    Page.TROUBLE: ("triangle-alert", "amber"),
    Page.ASKING: ("coffee", "green"),
    Page.SPENT: ("check", "done"),
    Page.NOT_SPENT: ("hand", "amber"),
    Page.NO_SLIP: ("receipt-text", "amber"),
}


class OutcomePage(QWidget):
    """Every answer: the figure first and huge, then the sentence, then the way home."""

    def __init__(self, theme: Theme, vm: TabletViewModel) -> None:
        super().__init__()
        self._fit = Fit.of(1280, 800)
        self.brand = Brand(theme, self)
        self.ring = CountdownRing(theme, 56, 5, "t22", self)
        self.ring_words = Label(theme, "", "t22", weight=500, color="ink2", parent=self)
        self.mark = OutcomeMark(theme, self)
        self.figure = BigFigure(theme, self)
        self.figure.setObjectName("tablet.result")
        self.headline = MarkedLabel(theme, "t40", centred=True, parent=self)
        self.headline.setObjectName("tablet.headline")
        self.line = MarkedLabel(theme, "t22", color="ink2", marked_weight=700, centred=True, parent=self)
        self.quiet = IconLine(theme, "info", self)
        self.again = Button(theme, "", kind="second", size="tablet", icon="chevron-left", parent=self)
        self.again.setObjectName("tablet.again")
        self.again.clicked.connect(vm.again)
        self.done = Button(theme, "", kind="main", size="tablet", parent=self)
        self.done.setObjectName("tablet.done")
        self.done.clicked.connect(vm.done)
        self._placed_for: tuple[object, ...] = ()
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.timeout.connect(lambda: self._let_press(True))

    def _let_press(self, allowed: bool) -> None:
        for button in (self.done, self.again):
            button.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not allowed)

    def rest(self) -> None:
        """Right after a page turned, fingers do not count; keyboard and screen reader do."""
        self._let_press(False)
        self._resting.start(REST_MS)

    def show_state(self, state: TabletState, texts: Texts) -> None:
        self.brand.show_shop(state.shop)
        self.ring.set_left(state.closes_in_s, total_s=max(1, state.closes_of_s))
        self.ring_words.set_text(state.closes_words)
        for part in (self.ring, self.ring_words):
            part.setVisible(state.closes_in_s is not None)
        self.mark.show_as(*_OUTCOME_LOOKS.get(state.page, ("info", "green")))
        self.figure.set_text(state.figure, "green_ink" if state.figure.startswith("+") else "ink2")
        self.figure.setVisible(bool(state.figure))
        self.headline.set_text(state.headline)
        self.line.set_text(state.line)
        self.quiet.show_line(state.quiet)
        self.quiet.setVisible(bool(state.quiet))
        self.again.setText(state.again)
        self.again.setVisible(bool(state.again))
        waits = state.page is Page.ASKING
        self.done.setText(texts._("To the first screen") if waits else texts._("Done"))
        self.done.set_kind("second" if waits else "main")
        words = (state.page, state.headline, state.quiet, state.again, state.closes_words, texts.language, self._fit)
        if words != self._placed_for:
            self._placed_for = words
            self._place()

    def fit(self, fit: Fit) -> None:
        self._fit = fit
        self._placed_for = ()
        self._place()

    def _place(self) -> None:
        fit, side = self._fit, self._fit.side
        tight, inner = fit.compact, self._fit.width - 2 * self._fit.side
        words = self.ring_words.needed_width()
        self.ring_words.setGeometry(fit.width - side - words, fit.header_top + 8, words, 32)
        self.ring.move(fit.width - side - words - 16 - 56, fit.header_top - 4)
        self.brand.setGeometry(side, fit.header_top, self.ring.x() - side - 24, 48)
        figure = not self.figure.isHidden()
        self.figure.set_largest(104 if tight else 160)
        self.headline.set_look("t40" if figure or tight else "t56", centred=True)
        self.line.set_look("t22" if figure or tight else "t26", centred=True)
        mark = 72 if tight else 104
        self.mark.setFixedSize(mark, mark)
        button = 80 if tight else 96
        parts: list[tuple[QWidget, int, int]] = [(self.mark, mark, 16 if tight else 32)]
        if figure:
            parts.append((self.figure, self.figure.height(), 8 if tight else 20))
        parts.append((self.headline, self.headline.heightForWidth(inner), 4 if tight else 12))
        parts.append((self.line, self.line.heightForWidth(inner), 20 if tight else 48))
        parts.append((self.done, button, 0))
        if not self.quiet.isHidden():
            parts.append((self.quiet, self.quiet.height_for(inner), 0))
            parts[-2] = (self.done, button, 16 if tight else 24)
        self._stack_up(parts, inner)

    def _stack_up(self, parts: list[tuple[QWidget, int, int]], inner: int) -> None:
        """One under the other, the whole in the middle of what is left below the header."""
        fit = self._fit
        total = sum(height + gap for _part, height, gap in parts)
        head = fit.header_top + 56
        top = max(head, head + (fit.height - head - total) * (40 if fit.portrait else 45) // 100)
        for part, height, gap in parts:
            if part is self.mark:
                part.move((fit.width - height) // 2, top)
            elif part is self.done:
                self._place_buttons(top, height, inner)
            elif part is self.quiet:
                needed = min(inner, self.quiet.needed_width())
                part.setGeometry((fit.width - needed) // 2, top, needed, height)
            else:
                part.setGeometry(fit.side, top, inner, height)
            top += height + gap

    def _place_buttons(self, top: int, height: int, inner: int) -> None:
        one = min(432, (inner - 16) // 2 if not self.again.isHidden() else inner)
        for button in (self.done, self.again):
            button.setFixedHeight(height)
        if self.again.isHidden():
            self.done.setGeometry((self._fit.width - one) // 2, top, one, height)
            return
        left = (self._fit.width - 2 * one - 16) // 2
        self.again.setGeometry(left, top, one, height)
        self.done.setGeometry(left + one + 16, top, one, height)
