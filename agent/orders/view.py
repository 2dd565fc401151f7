"""Owns the orders page: filters on top, the list, and the chosen order beside it (below it on small screens)."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from agent.approval.reasons.view import ReasonsDialog
from agent.menu.view import SoldOutView
from agent.menu.viewmodel import MenuViewModel
from agent.orders import words
from agent.orders.detail.view import OrderDetailView
from agent.orders.listing.view import OrderList, RangeDialog
from agent.orders.state import ALL, RANGE, TODAY, YESTERDAY
from agent.orders.viewmodel import OrdersViewModel
from agent.texts import Texts
from agent.ui.controls import (
    Button,
    FilterChip,
    Input,
    Label,
    SegmentedControl,
    Select,
    ToastHost,
)
from agent.ui.page import TickingPage
from agent.ui.question import Answer, Question
from agent.ui.theme import Theme

BESIDE_FROM = 1040  # page width; narrower pages show the detail below
DETAIL_WIDTH = 376
TICK_MS = 15_000
SEARCH_PAUSE_MS = 150


class OrdersView(TickingPage):
    """Renders ``vm.state``; decides nothing."""

    def __init__(
        self,
        vm: OrdersViewModel,
        theme: Theme,
        texts: Texts,
        menu: MenuViewModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(vm, theme, every_ms=TICK_MS, parent=parent)
        self._vm, self._texts, self._menu = vm, texts, menu
        t = texts
        self.search = Input(theme, t._("Order number or nickname"), icon="search", height=44, parent=self)
        self.search.edit.setObjectName("orders.search")
        self.search.set_text(vm.state.search)
        self.period = SegmentedControl(
            theme,
            [(TODAY, t._("Today")), (YESTERDAY, t._("Yesterday")), (RANGE, vm.state.period_word, "calendar")],
            vm.state.period,
            parent=self,
        )
        self.channel = Select(theme, self._channels(), vm.state.channel, self)
        self.channel.setObjectName("orders.channel")
        self.channel.setAccessibleName(t._("Channel"))
        self.chips: dict[str, FilterChip] = {}
        for chip in vm.state.chips:
            self._add_chip(chip.key, chip.word)
        self.order_word = Label(theme, "", "caption", color="ink3", parent=self)
        self.list = OrderList(theme, texts, self)
        self.detail = OrderDetailView(theme, texts, self)
        self._range: RangeDialog | None = None
        self._reasons: ReasonsDialog | None = None
        self._question: Question | None = None
        self._toasts = ToastHost(theme, self)
        self.menu_door = Button(theme, menu.state.door, icon="ban", size="small", parent=self)
        self.menu_door.setObjectName("orders.menu")
        self.sold_out = SoldOutView(menu, theme, texts, self)
        self._connect()
        vm.on_change = self.render_state
        menu.on_change = self.render_menu
        self.render_state()
        self.render_menu()

    def _connect(self) -> None:
        vm = self._vm
        self._pause = QTimer(self)  # search while typing, but not at every key of a fast typist
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_PAUSE_MS)
        self._pause.timeout.connect(lambda: vm.set_search(self.search.text()))
        self.search.edit.textEdited.connect(lambda _text: self._pause.start())
        self.period.changed.connect(self._choose_period)
        self.period.button(RANGE).clicked.connect(self._open_range)
        self.channel.chosen.connect(vm.choose_channel)
        self.list.row_pressed.connect(vm.choose)
        self.list.step_pressed.connect(vm.advance)
        self.list.more_pressed.connect(vm.show_more)
        self.detail.step_pressed.connect(vm.advance)
        self.detail.cancel_pressed.connect(vm.ask_cancel)
        self.menu_door.clicked.connect(self._menu.open)

    def _channels(self) -> list[tuple[str, str]]:
        t = self._texts
        return [(ALL, t._("All channels")), *((name, words.channel(t, name)) for name in words.CHANNELS)]

    def _add_chip(self, key: str, word: str) -> None:
        chip = FilterChip(self.theme, word, self)
        chip.setObjectName(f"orders.filter.{key}")
        chip.clicked.connect(lambda _checked=False, chosen=key: self._vm.choose_state(chosen))
        self.chips[key] = chip

    def _choose_period(self, key: str) -> None:
        if key != RANGE:
            self._vm.choose_period(key)

    def _open_range(self) -> None:
        self.period.set_current(self._vm.state.period)
        if self._range is None:
            vm = self._vm
            self._range = RangeDialog(
                self.theme, self._texts, self.window(), last_days=vm.last_days, choose=vm.choose_range
            )
        self._range.open()

    # -- state ------------------------------------------------------------------------------------------------------
    def render_state(self) -> None:
        state = self._vm.state
        self.period.set_current(state.period)
        self.period.set_texts({RANGE: state.period_word})
        self.channel.set_current(state.channel)
        for chip in state.chips:
            view = self.chips[chip.key]
            view.set_count(chip.count)
            view.setChecked(chip.chosen)
        self.order_word.set_text(state.order_word)
        self.list.render_list(state)
        self.detail.render_detail(state.detail)
        self._render_question()
        if state.said:
            self._toasts.show(state.said, icon="info", tone="neutral")
        self._arrange()

    def render_menu(self) -> None:
        """What is sold out stands over the orders while it is open."""
        state = self._menu.state
        self.menu_door.setText(state.door)
        self.sold_out.render_state()
        self.sold_out.setVisible(state.open)
        parts = (self.search, self.period, self.channel, self.order_word, self.list, self.detail, self.menu_door)
        for part in (*parts, *self.chips.values()):
            part.setVisible(not state.open)
        if state.open:
            self.sold_out.raise_()
        self._arrange()

    def _render_question(self) -> None:
        asking = self._vm.state.asking
        reasons = asking.reasons if asking is not None else None
        if asking is not None and reasons is not None:
            if self._reasons is None:
                self._reasons = ReasonsDialog(
                    self._vm, self._vm.confirm_cancel, self.theme, self._texts, "orders", self.window()
                )
            self._reasons.show_asking(asking.title, reasons)
        elif self._reasons is not None:
            self._reasons.hide()
        if asking is not None and reasons is None:
            if self._question is None:
                keep = Answer("orders.cancel_keep", self._vm.dismiss, self._texts._("Keep it"))
                cancel = Answer("orders.cancel_confirm", self._vm.confirm_cancel, kind="danger", share=2)
                self._question = Question(self.theme, self.window(), keep, cancel, escape=self._vm.dismiss)
            self._question.ask(asking.title, asking.sentence, asking.confirm)
        elif self._question is not None:
            self._question.hide()

    # -- layout -----------------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        self.sold_out.setGeometry(self.rect())
        if self._menu.state.open:
            return
        beside = self.width() >= BESIDE_FROM
        side, top = (24, 20) if beside else (16, 12)
        right = self.width() - side
        x = right
        for part in (self.channel, self.period):
            size = part.sizeHint()
            part.setGeometry(x - size.width(), top, size.width(), 44)
            x -= size.width() + 12
        self.search.setGeometry(side, top, x - side, 44)
        y = top + 56
        left = side
        for chip in self.chips.values():
            size = chip.sizeHint()
            chip.setGeometry(left, y, size.width(), 44)
            left += size.width() + 8
        door = self.menu_door.sizeHint().width()
        self.menu_door.setGeometry(right - door, y, door, 44)
        wide = self.order_word.needed_width()
        word_x = right - door - 12 - wide
        self.order_word.setGeometry(word_x, y + 13, wide + 1, 18)
        self.order_word.setVisible(word_x > left)
        y += 56
        bottom = self.height() - top
        if beside:
            self.list.setGeometry(side, y, right - side - DETAIL_WIDTH - 16, bottom - y)
            self.detail.setGeometry(right - DETAIL_WIDTH, y, DETAIL_WIDTH, bottom - y)
            self.detail.show()
            return
        # Below the list (ORD-02), and only while an order is chosen: the list keeps the room otherwise.
        open_detail = self._vm.state.detail is not None
        low = max(190, (bottom - y) * 45 // 100) if open_detail else 0
        self.list.setGeometry(side, y, right - side, bottom - y - (low + 12 if open_detail else 0))
        self.detail.setGeometry(side, bottom - low, right - side, low)
        self.detail.setVisible(open_detail)
