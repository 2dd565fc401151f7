"""Owns the first run: the store code on the right, where one stands on the left."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.enroll.viewmodel import EnrollScreen, EnrollViewModel, Step, Tone
from agent.texts import Texts
from agent.ui.codeboxes import CodeBoxes
from agent.ui.controls import Button, Chip, Control, Disc, Ground, IconView, Input, Label, Tile
from agent.ui.customer import BrandDisc
from agent.ui.logo import Logo
from agent.ui.paint import rounded
from agent.ui.paragraph import paragraph
from agent.ui.theme import Theme


class EnrollView(Ground):
    """Fills a window from 1024 × 600 up."""

    def __init__(self, vm: EnrollViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(theme, "bg", parent=parent)
        self._vm, self._texts = vm, texts
        self.setObjectName("enroll")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._rail, self._form = _Rail(theme), _Form(theme, vm)
        self._aside = QHBoxLayout()
        self._aside.addWidget(self._form)
        self._aside.addStretch(1)
        row.addWidget(self._rail)
        row.addLayout(self._aside, 1)
        vm.on_change = self.render_state
        self.render_state()
        self._form.boxes.setFocus(Qt.FocusReason.OtherFocusReason)

    def render_state(self) -> None:
        self._rail.show_state(self._vm.state, self._texts)
        self._form.show_state(self._vm.state, self._texts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow, low = self.width() < 1280, self.height() < 700
        self._rail.setFixedWidth(288 if narrow else 384)
        self._rail.fit(low=low, narrow=narrow)
        side = 48 if narrow else 96
        self._aside.setContentsMargins(side, 0, 0, 0)
        self._form.setFixedWidth(min(650, self.width() - self._rail.width() - 2 * side))
        self._form.fit(low=low)
        super().resizeEvent(event)


class _Rail(Ground):
    """Whose program this is, and the two steps."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "sunken")
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        brand = QHBoxLayout()
        brand.setSpacing(12)
        brand.addWidget(Logo(theme, 36))
        brand.addWidget(Label(theme, "WithFoM", "page"))
        brand.addStretch(1)
        self.motto = paragraph(theme)
        self.steps = (_StepLine(theme, 1), _StepLine(theme, 2))
        self.promise = paragraph(theme, "caption")
        self._column.addLayout(brand)
        self._column.addSpacing(12)
        self._column.addWidget(self.motto)
        self._column.addSpacing(56)
        for step in self.steps:
            self._column.addWidget(step)
            self._column.addSpacing(20)
        self._column.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(IconView(theme, "clock", 18, "ink2"), 0, Qt.AlignmentFlag.AlignTop)
        foot.addWidget(self.promise, 1)
        self._column.addLayout(foot)

    def fit(self, *, low: bool, narrow: bool) -> None:
        side, top = (32 if narrow else 48), (32 if low else 48)
        self._column.setContentsMargins(side, top, 24, top)

    def show_state(self, state: EnrollScreen, texts: Texts) -> None:
        found = state.step is Step.FOUND
        self.motto.set_text(texts._("A lighter counter, closer regulars"))
        self.promise.set_text(texts._("Done within three minutes"))
        words = (
            (texts._("Connect the store"), texts._("8-letter code")),
            (texts._("Check the store"), texts._("See its name, then start")),
        )
        for index, (step, (title, line)) in enumerate(zip(self.steps, words, strict=True)):
            step.show_step(title, line, "done" if found and index == 0 else "now" if found == bool(index) else "later")


class _StepLine(QWidget):
    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.mark = _StepMark(theme, number)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title, self.line = Label(theme, "", "button", weight=700), Label(theme, "", "caption", color="ink2")
        words.addWidget(self.title)
        words.addWidget(self.line)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_step(self, title: str, line: str, looks: str) -> None:
        self.title.set_text(title)
        self.title.set_color("ink3" if looks == "later" else "ink")
        self.line.set_text(line)
        self.mark.show_as(looks)


class _StepMark(Control):
    """A number in a disc: filled for now, outlined for later, a check for done."""

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__(theme)
        self._number, self._looks = str(number), "later"
        self.setFixedSize(32, 32)

    def show_as(self, looks: str) -> None:
        if looks != self._looks:
            self._looks = looks
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, color = QPainter(self), self.theme.color
        if self._looks == "done":
            rounded(painter, self.rect(), 16, color("green_soft"))
            self.theme.icons.paint(painter, "check", 7, 7, 18, color("green_ink"))
            return
        now = self._looks == "now"
        rounded(painter, self.rect(), 16, color("ink") if now else None, None if now else color("edge"))
        painter.setFont(self.theme.font("body", 700))
        painter.setPen(color("on_ink" if now else "ink3"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._number)


class _Form(QWidget):
    """Title, boxes, the answer, the address, one main button."""

    def __init__(self, theme: Theme, vm: EnrollViewModel) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self.language = Button(theme, "", kind="second", size="small", icon="languages")
        self.language.setObjectName("enroll.language")
        self.language.clicked.connect(vm.toggle_language)
        self._top = _gap(self._column)
        self.title = paragraph(theme, "number", color="ink")
        self.where = paragraph(theme)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self.title, 1)
        head.addWidget(self.language, 0, Qt.AlignmentFlag.AlignTop)
        self._column.addLayout(head)
        self._column.addSpacing(8)
        self.boxes = CodeBoxes(theme)
        self.boxes.setObjectName("enroll.code")
        self.boxes.typed.connect(vm.type_text)
        self.boxes.back.connect(vm.back)
        self.boxes.cleared.connect(vm.clear)
        self.boxes.pasted.connect(lambda: vm.paste(QGuiApplication.clipboard().text()))
        self.boxes.submitted.connect(vm.redeem)
        self.paste = Button(theme, "", kind="third", size="small", icon="clipboard-paste")
        self.paste.setObjectName("enroll.paste")
        self.paste.clicked.connect(lambda: vm.paste(QGuiApplication.clipboard().text()))
        self.answer = _Answer(theme)
        self.answer.setObjectName("enroll.answer")
        self.address_name = Label(theme, "", "caption", weight=600, color="ink2")
        self.address = Input(theme, "https://", icon="cloud")
        self.address.edit.setObjectName("enroll.address")
        self.address.edit.textEdited.connect(vm.set_address)
        self.address.edit.returnPressed.connect(vm.redeem)
        self.address_problem = paragraph(theme, "caption", weight=600, color="red_ink")
        for widget, gap in ((self.where, 20), (self.boxes, 4)):
            self._column.addWidget(widget)
            self._column.addSpacing(gap)
        self._column.addWidget(self.paste, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addSpacing(4)
        self._column.addWidget(self.answer)
        self._column.addStretch(1)
        self._column.addWidget(self.address_name)
        self._column.addSpacing(6)
        self._column.addWidget(self.address)
        self._column.addSpacing(4)
        self._column.addWidget(self.address_problem)
        self._bottom = _gap(self._column)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        self.no_code = paragraph(theme)
        self.redeem = Button(theme, "", kind="main", size="page")
        self.redeem.setObjectName("enroll.redeem")
        self.redeem.setMinimumWidth(280)
        self.redeem.clicked.connect(vm.redeem)
        self.start = Button(theme, "", kind="main", size="page", icon_after="chevron-right")
        self.start.setObjectName("enroll.start")
        self.start.setMinimumWidth(280)
        self.start.clicked.connect(vm.go_on)
        foot.addWidget(self.no_code, 1, Qt.AlignmentFlag.AlignVCenter)
        foot.addWidget(self.redeem)
        foot.addWidget(self.start)
        self._column.addLayout(foot)

    def fit(self, *, low: bool) -> None:
        self._column.setContentsMargins(0, 24 if low else 48, 0, 24 if low else 40)
        self._top.setFixedHeight(0 if low else 72)
        self._bottom.setFixedHeight(8 if low else 40)

    def show_state(self, state: EnrollScreen, texts: Texts) -> None:
        typing, found = state.step is Step.CODE, state.step is Step.FOUND
        self.language.setText("English" if texts.language == "ko" else "한국어")
        self.title.set_text(texts._("Enter the 8 letters of your store code"))
        self.where.set_text(
            texts._("Your owner or headquarters makes it under “Devices”. It works once, for 10 minutes.")
        )
        looks = "found" if found else "refused" if state.tone is Tone.REFUSED else "typing"
        self.boxes.show_code(state.code, looks)
        self.paste.setText(texts._("Paste"))
        self.paste.setEnabled(typing)
        self.answer.show_state(state, texts)
        self.address_name.set_text(texts._("Cloud address"))
        self.address.set_text(state.address)
        self.address.edit.setReadOnly(not typing)
        # An empty field is not yet a mistake; a wrong one is named at once.
        wrong = bool(state.address_problem) and bool(state.address.strip())
        self.address.set_wrong(wrong)
        self.address_problem.set_text(state.address_problem if wrong else " ")
        self.no_code.set_text("" if found else texts._("No code? Ask your owner or headquarters."))
        self.redeem.setVisible(not found)
        self.redeem.setText(texts._("Connect this store") if typing else texts._("Asking for your store…"))
        self.redeem.setEnabled(state.can_redeem)
        self.start.setVisible(found)
        self.start.setText(texts._("Start with this store"))


class _Answer(Tile):
    """What came back: the shop, or why not and what to do; before that, nothing."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 16, 20, 16)
        row.setSpacing(16)
        self.shop, self.disc = BrandDisc(theme, self), Disc(theme, size=48)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = paragraph(theme, "dialog", color="ink")
        self.line = paragraph(theme)
        words.addWidget(self.title)
        words.addWidget(self.line)
        self.plan = Chip(theme, "")
        self.found = Chip(theme, "", icon="circle-check", tone="green")
        row.addWidget(self.shop, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.disc, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(words, 1)
        row.addWidget(self.plan, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.found, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_state(self, state: EnrollScreen, texts: Texts) -> None:
        found = state.step is Step.FOUND
        title, line = (state.shop, state.shop_line) if found else (state.message, state.message_line)
        self.setVisible(bool(title))
        self.title.set_text(title)
        self.title.set_style("body" if state.tone is Tone.HINT else "dialog", 600 if state.tone is Tone.HINT else 700)
        self.line.set_text(line)
        self.line.setVisible(bool(line))
        self.shop.set_letter(state.shop[:1])
        self.shop.setVisible(found)
        self.disc.setVisible(not found)
        if state.tone is Tone.REFUSED:
            self.disc.show_as(icon="circle-alert", tone="red")
        else:
            self.disc.show_as(icon="info", tone="neutral")
        self.plan.show_as(state.plan)
        self.plan.setVisible(found and bool(state.plan))
        self.found.show_as(texts._("Found"), icon="circle-check", tone="green")
        self.found.setVisible(found)


def _gap(column: QVBoxLayout) -> QWidget:
    """A gap whose height follows the window."""
    gap = QWidget()
    column.addWidget(gap)
    return gap
