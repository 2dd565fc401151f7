"""Owns the page of cup holders: the number on the left with what is left, the calendar and the rounds on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.stock.left.view import OrderDialog, RoundsTile, StockTile, TakeOffDialog
from agent.stock.month.view import CalendarTile
from agent.stock.report.view import ReportTile
from agent.stock.viewmodel import StockViewModel
from agent.texts import Texts
from agent.ui.controls import Scroll, Strip, ToastHost
from agent.ui.page import TickingPage
from agent.ui.theme import Theme

TICK_MS = 15_000
WIDTH_MAX = 1240


class StockPage(TickingPage):
    """Renders ``vm.state``; decides nothing."""

    def __init__(self, vm: StockViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(vm, theme, every_ms=TICK_MS, parent=parent)
        self._vm, self._texts = vm, texts
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        self.complaint, self.hint = Strip(theme), Strip(theme)
        self.complaint.action.setObjectName("stock.seen")
        self.complaint.action.clicked.connect(self._seen)
        for strip in (self.complaint, self.hint):
            column.addWidget(strip)
        halves = QHBoxLayout()
        halves.setSpacing(12)
        left, right = QVBoxLayout(), QVBoxLayout()
        self.report = ReportTile(vm, theme, texts)
        self.stock = StockTile(vm, theme, texts)
        self.calendar = CalendarTile(vm, theme, texts)
        self.rounds = RoundsTile(theme, texts)
        for side, tiles in ((left, (self.report, self.stock)), (right, (self.calendar, self.rounds))):
            side.setSpacing(12)
            for tile in tiles:
                side.addWidget(tile)
            side.addStretch(1)
        self.stock.setFixedWidth(self.report.width())
        halves.addLayout(left)
        halves.addLayout(right, 1)
        column.addLayout(halves)
        column.addStretch(1)
        body.setMaximumWidth(WIDTH_MAX)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self._scroll = Scroll(theme, body)
        self._scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        whole.addWidget(self._scroll)
        self._order: OrderDialog | None = None
        self._off: TakeOffDialog | None = None
        self._toasts = ToastHost(theme, self)
        vm.on_change = self.render_state
        self.render_state()

    def _seen(self) -> None:
        complaint = self._vm.state.complaint
        if complaint is not None:
            self._vm.seen(complaint.op_id)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.report.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)  # a number may be typed at once

    def hideEvent(self, event: QHideEvent) -> None:
        self.report.field.edit.clearFocus()
        super().hideEvent(event)

    def render_state(self) -> None:
        state, t = self._vm.state, self._texts
        self.complaint.setVisible(state.complaint is not None)
        if state.complaint is not None:
            self.complaint.show_as(state.complaint.words, icon="circle-alert", tone="red", action=t._("Understood"))
        self.hint.setVisible(bool(state.hint))
        if state.hint:
            self.hint.show_as(state.hint, icon="cloud-off", tone="amber")
        self.report.render_report(state.report, state.before)
        self.stock.render_stock(state.stock)
        self.calendar.render_month(state.month)
        self.rounds.render_rounds(state.stock.rounds, state.stock.no_rounds)
        if state.order is not None and self._order is None:
            self._order = OrderDialog(self._vm, self.theme, t, self.window())
        if self._order is not None:
            self._order.render_order(state.order)
        if state.off is not None and self._off is None:
            self._off = TakeOffDialog(self._vm, self.theme, t, self.window())
        if self._off is not None:
            self._off.render_off(state.off)
        if state.said:
            self._toasts.show(state.said, icon="info", tone="neutral")
