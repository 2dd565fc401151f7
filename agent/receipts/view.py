"""Owns the receipts page: what was printed, what was read out of it, and what became of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.receipts.view_copies import CopyButtons
from agent.receipts.view_question import QuestionTile
from agent.receipts.viewmodel import Chip, ListRow, OpenDocument, ReceiptsViewModel
from agent.receipts.words import Tone
from agent.texts import Texts
from agent.ui.controls import Control, Disc, FilterChip, Hint, Input, Label, Line, PressControl, Scroll, Tile
from agent.ui.page import Page
from agent.ui.paint import draw_line, elided, rounded
from agent.ui.paper import Paper
from agent.ui.paragraph import paragraph
from agent.ui.rows import RowList
from agent.ui.theme import Theme

ROW_HEIGHT = 68
SHOWN_WITH_ROWS = (Chip.LEARNED, Chip.COUPONS)
_GROUNDS: dict[Tone, tuple[str, str]] = {
    Tone.GOOD: ("green_soft", "green_ink"),
    Tone.WAITING: ("sunken", "ink2"),
    Tone.ASK: ("amber_soft", "amber_ink"),
    Tone.QUIET: ("sunken", "ink2"),
}
_DISCS = {Tone.GOOD: "green", Tone.WAITING: "neutral", Tone.ASK: "amber", Tone.QUIET: "neutral"}


class ReceiptsView(Page):
    """List on the left, the opened document on the right; everything from 900 px up side by side."""

    def __init__(self, vm: ReceiptsViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(vm, theme, parent)
        self._vm, self._texts = vm, texts
        self.setObjectName("receipts")
        self._row = QHBoxLayout(self)
        self._row.setSpacing(16)
        self._list, self._detail = _ListTile(vm, theme, texts), _Detail(theme, texts, vm.answer, vm.print_again)
        self._row.addWidget(self._list)
        self._row.addWidget(self._detail, 1)
        keeps_its_place = self._detail.sizePolicy()
        keeps_its_place.setRetainSizeWhenHidden(True)  # An empty day must not move the list.
        self._detail.setSizePolicy(keeps_its_place)
        vm.on_change = self.render_state
        self.render_state()

    def render_state(self) -> None:
        self._list.render_state()
        chosen = self._vm.state.chosen
        self._detail.setVisible(chosen is not None)
        if chosen is not None:
            self._detail.show_document(chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.width() < 1100
        self._row.setContentsMargins(*((16, 12, 16, 12) if narrow else (24, 20, 24, 20)))
        self._list.setFixedWidth(372 if narrow else 440)
        self._detail.fit(narrow=narrow)
        super().resizeEvent(event)


class _ListTile(Tile):
    def __init__(self, vm: ReceiptsViewModel, theme: Theme, texts: Texts) -> None:
        super().__init__(theme)
        self._vm = vm
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 12, 1, 12)
        column.setSpacing(8)
        head = QVBoxLayout()
        head.setContentsMargins(12, 0, 12, 4)
        head.setSpacing(8)
        self.search = Input(theme, texts._("Amount, receipt number, last four digits"), icon="search", height=44)
        self.search.edit.setObjectName("receipts.search")
        self.search.edit.textChanged.connect(vm.set_search)
        head.addWidget(self.search)
        self.chips = {
            Chip.TODAY: FilterChip(theme, texts._("Today")),
            Chip.TO_CHECK: FilterChip(theme, texts._("To check")),
            Chip.WITHOUT_NUMBER: FilterChip(theme, texts._("No number")),
            Chip.LEARNED: FilterChip(theme, texts._("Learned")),
            Chip.COUPONS: FilterChip(theme, texts._("Coupons")),
        }
        line, learned = QHBoxLayout(), QHBoxLayout()
        for key, chip in self.chips.items():
            chip.setObjectName(f"receipts.chip.{key.value}")
            chip.clicked.connect(lambda _checked=False, chosen=key: vm.choose_chip(chosen))
            (learned if key in SHOWN_WITH_ROWS else line).addWidget(chip)
        for chips in (line, learned):
            chips.setSpacing(6)
            chips.addStretch(1)
            head.addLayout(chips)
        column.addLayout(head)
        self.rows: RowList[ListRow, ReceiptRowView] = RowList(
            theme,
            ROW_HEIGHT,
            make_row=lambda parent, press: ReceiptRowView(theme, press, parent),
            fill_row=ReceiptRowView.show_row,
            on_choose=vm.choose,
        )
        self.empty = paragraph(theme, align=Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.rows, 1)
        self.spare = QWidget()
        around = QHBoxLayout(self.spare)
        around.setContentsMargins(24, 40, 24, 0)
        around.addWidget(self.empty)
        column.addWidget(self.spare)
        column.addStretch(0)

    def render_state(self) -> None:
        state = self._vm.state
        self.search.set_text(state.search)
        for key, chip in self.chips.items():
            # What was learned, and coupons to give, show themselves when there is something.
            chip.setVisible(key not in SHOWN_WITH_ROWS or bool(state.counts.get(key)) or key is state.chip)
            chip.set_count(state.counts.get(key, 0))
            chip.setChecked(key is state.chip and not state.search.strip())
        self.rows.setVisible(bool(state.rows))
        self.spare.setVisible(not state.rows)
        self.empty.set_text(state.empty)
        chosen = state.chosen.document_id if state.chosen else ""
        self.rows.show_rows(state.rows, chosen)


class ReceiptRowView(PressControl):
    """Time, amount, what it is, and the outcome as a chip; painted as one, for speed."""

    def __init__(self, theme: Theme, press: Callable[[], None], parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.clicked.connect(press)
        self._row: ListRow | None = None
        self.focus_radius = 4
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # The list as a whole takes the keyboard.

    def show_row(self, row: ListRow, chosen: bool) -> None:
        self.setChecked(chosen)
        if row != self._row:
            self._row = row
            self.setObjectName(f"receipts.row.{row.document_id}")
            self.setAccessibleName(f"{row.time} {row.amount} {row.chip}")
            self.update()

    def nextCheckState(self) -> None:
        """The view-model says which row is chosen, not the press."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        row = self._row
        if row is None:
            return
        painter, color, theme = QPainter(self), self.theme.color, self.theme
        if self.isChecked() or self.isDown() or self.underMouse():
            painter.setOpacity(1.0 if self.isChecked() else 0.5)
            painter.fillRect(self.rect(), color("sunken"))
            painter.setOpacity(1.0)
        painter.fillRect(0, 0, self.width(), 1, color("line"))
        if self.isChecked():
            painter.fillRect(0, 0, 3, self.height(), color("ink"))
        room = self.width() - 72 - 16 - self._paint_chip(painter, row) - 8
        for text, style, weight, token, x, top, line, wide in (
            (row.time, "body", 500, "ink2", 16, 23, 22, 52),
            (row.amount, "button", 700, "ink", 72, 13, 24, room),
            (row.line, "caption", 500, "ink2", 72, 38, 18, room),
        ):
            metrics = theme.metrics(style, weight)
            painter.setFont(theme.font(style, weight))
            painter.setPen(color(token))
            draw_line(painter, elided(text, metrics, wide), metrics, x, top, line)

    def _paint_chip(self, painter: QPainter, row: ListRow) -> int:
        metrics = self.theme.metrics("caption", 600)
        width = int(metrics.horizontalAdvance(row.chip) + 0.99) + 42
        ground, ink = _GROUNDS[row.tone]
        if self.isChecked() and ground == "sunken":
            ground = "surface"
        left, top = self.width() - 16 - width, (self.height() - 28) / 2
        rounded(painter, QRectF(left, top, width, 28), 14, self.theme.color(ground))
        self.theme.icons.paint(painter, row.icon, left + 10, top + 6, 16, self.theme.color(ink))
        painter.setFont(self.theme.font("caption", 600))
        painter.setPen(self.theme.color(ink))
        draw_line(painter, row.chip, metrics, left + 32, top + 5, 18)
        return width


class _Detail(QWidget):
    """Verdict on top, paper and facts below it."""

    def __init__(
        self, theme: Theme, texts: Texts, on_answer: Callable[[str], None], on_copy: Callable[[str], None]
    ) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        self.verdict = _Verdict(theme)
        self.verdict.setObjectName("receipts.verdict")
        column.addWidget(self.verdict)
        self.question = QuestionTile(theme, on_answer)
        self.question.setObjectName("receipts.question")
        column.addWidget(self.question)
        below = QHBoxLayout()
        below.setSpacing(16)
        self.paper = Paper(theme)
        self.paper.setObjectName("receipts.paper")
        self.ground = ground = Hint(theme, "sunken", radius=16)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(16, 16, 4, 16)
        holder = QWidget()
        held = QVBoxLayout(holder)
        held.setContentsMargins(0, 0, 12, 0)
        self.paper.setMaximumWidth(460)  # Wider paper does not exist.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.paper, 1_000)
        middle.addStretch(1)
        held.addLayout(middle)
        held.addStretch(1)
        inside.addWidget(Scroll(theme, holder))
        self.copies = CopyButtons(theme, on_copy)
        inside.addWidget(self.copies)
        self.facts = _Facts(theme, texts)
        self.facts.setObjectName("receipts.facts")
        below.addWidget(ground, 1)
        below.addWidget(self.facts, 1)
        column.addLayout(below, 1)

    def fit(self, *, narrow: bool) -> None:
        self.facts.setFixedWidth(240 if narrow else 318)

    def show_document(self, document: OpenDocument) -> None:
        self.verdict.show_document(document)
        self.question.show_question(document.question)
        self.ground.setVisible(bool(document.paper))
        self.paper.set_rows(document.paper)
        self.copies.show_choices(document.copies, document.copied)
        # What asks was not read for certain: the paper says it.
        self.facts.setVisible(document.question is None or document.question.beside_facts)
        self.facts.show_facts(document.facts)


class _Verdict(Control):
    """What became of it and why: the sentence that answers the customer at the counter."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._tone = Tone.QUIET
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 18, 20, 18)
        row.setSpacing(16)
        self.disc = Disc(theme, size=48)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = paragraph(theme, "reward", color="ink")
        self.why = paragraph(theme)
        words.addWidget(self.title)
        words.addWidget(self.why)
        row.addWidget(self.disc, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_document(self, document: OpenDocument) -> None:
        self.title.set_text(document.title)
        self.why.set_text(document.why)
        self.disc.show_as(icon=document.icon, tone=_DISCS[document.tone])
        if document.tone is not self._tone:
            self._tone = document.tone
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        asks = self._tone is Tone.ASK
        edge = self.theme.color("amber" if asks else "line")
        rounded(QPainter(self), self.rect(), 16, self.theme.color("surface"), edge, 2 if asks else 1)


class _Facts(Tile):
    """Label and value, one under the other; nothing that was not on the paper."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme)
        self._shown: tuple[tuple[str, str], ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(0)
        title = Label(theme, texts._("What was read"), "section")
        column.addWidget(title)
        column.addSpacing(8)
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        column.addLayout(self._column)
        column.addStretch(1)

    def show_facts(self, facts: tuple[tuple[str, str], ...]) -> None:
        if facts == self._shown:
            return
        self._shown = facts
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for label, value in facts:
            self._column.addWidget(Line(self.theme))
            self._column.addWidget(_Fact(self.theme, label, value))


class _Fact(QWidget):
    def __init__(self, theme: Theme, label: str, value: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 7, 0, 7)
        row.setSpacing(12)
        name = Label(theme, label, "body", color="ink2")
        said = paragraph(theme, text=value, color="ink", weight=600, align=Qt.AlignmentFlag.AlignRight)
        row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(said, 1, Qt.AlignmentFlag.AlignTop)
