"""Owns the tiles of what is left and of the rounds, and the question before an order."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.stock.report.view import show_chip
from agent.stock.state import OrderQuestion, RoundRow, StockPanel, TakeOffQuestion
from agent.stock.viewmodel import StockViewModel
from agent.texts import Texts
from agent.ui.controls import Button, Chip, Control, Dialog, FilterChip, IconView, Input, Label, Tile
from agent.ui.paint import rounded
from agent.ui.theme import Theme


class Bar(Control):
    """How much of what was received is left, amber when it is time to order."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._percent, self._low = 0, False
        self.setFixedHeight(10)

    def show_share(self, percent: int, *, low: bool) -> None:
        if (percent, low) != (self._percent, self._low):
            self._percent, self._low = percent, low
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        rounded(painter, box, 5, self.theme.color("sunken"))
        if self._percent > 0:
            box.setWidth(max(10.0, box.width() * min(self._percent, 100) / 100))
            rounded(painter, box, 5, self.theme.color("amber" if self._low else "green"))


class StockTile(Tile):
    """Renders a ``StockPanel`` without its rounds."""

    def __init__(self, vm: StockViewModel, theme: Theme, texts: Texts) -> None:
        super().__init__(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(Label(theme, texts._("Cup holders left"), "section"), 1)
        self.chip = Chip(theme, "")
        head.addWidget(self.chip)
        column.addLayout(head)
        figures = QHBoxLayout()
        figures.setSpacing(10)
        self.figure = Label(theme, "", "figure")
        self.of = Label(theme, "", "body", color="ink2", elide=True)
        figures.addWidget(self.figure)
        figures.addWidget(self.of, 1)
        column.addLayout(figures)
        self.bar = Bar(theme)
        column.addWidget(self.bar)
        self.line = Label(theme, "", "caption", color="ink2", wrap=True)
        column.addWidget(self.line)
        self.door = Button(theme, "", size="normal", icon="package")
        self.door.setObjectName("stock.order")
        self.door.clicked.connect(vm.ask_order)
        doors = QHBoxLayout()
        doors.setSpacing(8)
        doors.addWidget(self.door, 1)
        self.off_door = Button(theme, "", kind="third", size="normal")
        self.off_door.setObjectName("stock.off")
        self.off_door.clicked.connect(vm.ask_off)
        doors.addWidget(self.off_door)
        column.addLayout(doors)
        self.why_not = Label(theme, "", "caption", color="ink2", wrap=True)
        column.addWidget(self.why_not)

    def render_stock(self, panel: StockPanel) -> None:
        show_chip(self.chip, panel.chip)
        self.figure.set_text(panel.figure)
        self.of.set_text(panel.of)
        self.bar.show_share(panel.rate_percent, low=panel.low)
        self.line.set_text(panel.line)
        self.door.setText(panel.door)
        self.door.setVisible(bool(panel.door))
        self.off_door.setText(panel.off_door)
        self.off_door.setVisible(bool(panel.off_door))
        self.why_not.set_text(panel.why_not)
        self.why_not.setVisible(bool(panel.why_not))


class RoundsTile(Tile):
    """The newest orders and their deliveries."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 10)
        self._column.setSpacing(2)
        self._column.addWidget(Label(theme, texts._("Orders and deliveries"), "section"))
        self.empty = Label(theme, "", "body", color="ink2")
        self._column.addWidget(self.empty)
        self._rows: list[_Round] = []

    def render_rounds(self, rounds: tuple[RoundRow, ...], empty: str) -> None:
        while len(self._rows) < len(rounds):
            self._rows.append(_Round(self.theme))
            self._column.addWidget(self._rows[-1])
        for index, view in enumerate(self._rows):
            view.setVisible(index < len(rounds))
            if index < len(rounds):
                view.render_round(rounds[index])
        self.empty.set_text(empty)
        self.empty.setVisible(bool(empty))


class _Round(Control):
    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setFixedHeight(52)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        said = QVBoxLayout()
        said.setSpacing(0)
        said.addStretch(1)
        self.title = Label(theme, "", "body", weight=600, elide=True)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        said.addWidget(self.title)
        said.addWidget(self.line)
        said.addStretch(1)
        self.chip = Chip(theme, "")
        row.addLayout(said, 1)
        row.addWidget(self.chip)

    def render_round(self, row: RoundRow) -> None:
        self.title.set_text(row.title)
        self.line.set_text(row.line)
        show_chip(self.chip, row.chip)


class OrderDialog(Dialog):
    """Three quick quantities, a field for another one, and what an order means (CUP-18, CUP-19)."""

    def __init__(self, vm: StockViewModel, theme: Theme, texts: Texts, parent: QWidget) -> None:
        super().__init__(theme, texts._("How many cup holders?"), width=480, parent=parent)
        self._vm = vm
        self.advice = Label(theme, "", "body", color="ink2", wrap=True)
        self.body.addWidget(self.advice)
        self._quick = QHBoxLayout()
        self._quick.setSpacing(8)
        self._quick.addStretch(1)
        self.body.addLayout(self._quick)
        self.chips: dict[int, FilterChip] = {}
        self.body.addWidget(Label(theme, texts._("Another quantity, in thousands"), "caption", color="ink2"))
        self.field = Input(theme, "5,000")
        self.field.edit.setObjectName("stock.quantity")
        self.field.edit.textEdited.connect(vm.type_quantity)
        self.field.edit.returnPressed.connect(vm.confirm_order)
        self.body.addWidget(self.field)
        self.problem = Label(theme, "", "caption", color="red_ink", wrap=True)
        self.body.addWidget(self.problem)
        warning = QHBoxLayout()
        warning.setSpacing(8)
        warning.addWidget(IconView(theme, "info", 18, "ink2"), 0, Qt.AlignmentFlag.AlignTop)
        self.warning = Label(theme, "", "caption", color="ink2", wrap=True)
        warning.addWidget(self.warning, 1)
        self.body.addLayout(warning)
        row = QHBoxLayout()
        row.setSpacing(8)
        cancel = Button(theme, texts._("Cancel"), size="card")
        cancel.setObjectName("stock.order.cancel")
        cancel.clicked.connect(vm.cancel_order)
        self.confirm = Button(theme, "", kind="main", size="card")
        self.confirm.setObjectName("stock.order.confirm")
        self.confirm.clicked.connect(vm.confirm_order)
        row.addWidget(cancel, 1)
        row.addWidget(self.confirm, 2)
        self.body.addLayout(row)
        self.dismissed.connect(vm.cancel_order)

    def render_order(self, question: OrderQuestion | None) -> None:
        if question is None:
            self.hide()
            return
        self.advice.set_text(question.advice)
        for quick in question.quick:
            chip = self.chips.get(quick.percent)
            if chip is None:
                chip = self.chips[quick.percent] = FilterChip(self.theme, "")
                chip.setObjectName(f"stock.quick.{quick.percent}")
                chip.clicked.connect(lambda _on=False, percent=quick.percent: self._vm.choose_quick(percent))
                self._quick.insertWidget(self._quick.count() - 1, chip)
            chip.setText(quick.word)
            chip.updateGeometry()
            chip.setChecked(quick.chosen)
        self.field.set_text(question.typed)
        self.field.set_wrong(bool(question.problem))
        self.problem.set_text(question.problem)
        self.problem.setVisible(bool(question.problem))
        self.warning.set_text(question.warning)
        self.confirm.setText(question.confirm)
        self.fit()
        if not self.isVisible():
            self.open()


class TakeOffDialog(Dialog):
    """Two figures of the newest delivery: collected again, and soiled (CUP-26)."""

    def __init__(self, vm: StockViewModel, theme: Theme, texts: Texts, parent: QWidget) -> None:
        super().__init__(theme, texts._("Collected or soiled cup holders"), width=480, parent=parent)
        self._vm = vm
        self.advice = Label(theme, "", "body", color="ink2", wrap=True)
        self.body.addWidget(self.advice)
        fields = QHBoxLayout()
        fields.setSpacing(12)
        self.collected = self._field(fields, texts._("Collected again"), "stock.collected")
        self.soiled = self._field(fields, texts._("Soiled, thrown away"), "stock.soiled")
        self.body.addLayout(fields)
        self.problem = Label(theme, "", "caption", color="red_ink", wrap=True)
        self.body.addWidget(self.problem)
        row = QHBoxLayout()
        row.setSpacing(8)
        cancel = Button(theme, texts._("Cancel"), size="card")
        cancel.setObjectName("stock.off.cancel")
        cancel.clicked.connect(vm.cancel_off)
        confirm = Button(theme, texts._("Save"), kind="main", size="card")
        confirm.setObjectName("stock.off.confirm")
        confirm.clicked.connect(vm.confirm_off)
        row.addWidget(cancel, 1)
        row.addWidget(confirm, 2)
        self.body.addLayout(row)
        self.dismissed.connect(vm.cancel_off)

    def _field(self, fields: QHBoxLayout, word: str, name: str) -> Input:
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(Label(self.theme, word, "caption", color="ink2"))
        field = Input(self.theme, "0")
        field.edit.setObjectName(name)
        field.edit.setAccessibleName(word)
        field.edit.textEdited.connect(lambda _text: self._vm.type_off(self.collected.text(), self.soiled.text()))
        field.edit.returnPressed.connect(self._vm.confirm_off)
        column.addWidget(field)
        fields.addLayout(column, 1)
        return field

    def render_off(self, question: TakeOffQuestion | None) -> None:
        if question is None:
            self.hide()
            return
        self.advice.set_text(question.advice)
        for field, text in ((self.collected, question.collected), (self.soiled, question.soiled)):
            field.set_text(text)
            field.set_wrong(bool(question.problem))
        self.problem.set_text(question.problem)
        self.problem.setVisible(bool(question.problem))
        self.fit()
        if not self.isVisible():
            self.open()
