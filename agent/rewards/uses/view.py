"""Owns how the list of used rewards looks: filters in two lines, the rows in a card, the pages below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.rewards.listing.view import Rows
from agent.rewards.uses.viewmodel import UsesViewModel
from agent.texts import Texts
from agent.ui.controls import Button, IconButton, Label, SegmentedControl, Select, Tile
from agent.ui.theme import Theme
from rules.reward_uses import UsePeriod, UsesBy


class UsesView(QWidget):
    """Renders ``vm.state``; decides nothing."""

    def __init__(self, vm: UsesViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vm, self._texts = vm, texts
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(self._days(theme))
        column.addLayout(self._choices(theme))
        self.tile = Tile(theme)
        inside = QVBoxLayout(self.tile)
        inside.setContentsMargins(0, 6, 0, 6)
        self.rows = Rows(theme)
        self.note = Label(theme, "", "body", color="ink2", wrap=True, align=Qt.AlignmentFlag.AlignHCenter)
        self.note.setContentsMargins(16, 24, 16, 24)
        inside.addWidget(self.rows)
        inside.addWidget(self.note)
        column.addWidget(self.tile)
        column.addLayout(self._pages(theme))
        column.addStretch(1)
        vm.on_change = self.render_state
        self.render_state()

    def _days(self, theme: Theme) -> QHBoxLayout:
        t, vm = self._texts, self._vm
        row = QHBoxLayout()
        row.setSpacing(8)
        words = [(UsePeriod.DAY, t._("Day")), (UsePeriod.WEEK, t._("Week")), (UsePeriod.MONTH, t._("Month"))]
        self.period = SegmentedControl(theme, [(key.value, word) for key, word in words], UsePeriod.DAY.value)
        self.period.changed.connect(vm.choose_period)
        self.earlier = IconButton(theme, "chevron-left", t._("Earlier"))
        self.earlier.setObjectName("uses.earlier")
        self.earlier.clicked.connect(vm.earlier)
        self.span = Label(theme, "", "body", weight=600, align=Qt.AlignmentFlag.AlignHCenter)
        self.span.setFixedWidth(172)
        self.later = IconButton(theme, "chevron-right", t._("Later"))
        self.later.setObjectName("uses.later")
        self.later.clicked.connect(vm.later)
        self.today = Button(theme, "", kind="third", size="small", icon="undo-2")
        self.today.setObjectName("uses.today")
        self.today.clicked.connect(vm.to_today)
        for part in (self.period, self.earlier, self.span, self.later, self.today):
            row.addWidget(part)
        row.addStretch(1)
        return row

    def _choices(self, theme: Theme) -> QHBoxLayout:
        t, vm = self._texts, self._vm
        row = QHBoxLayout()
        row.setSpacing(8)
        words = [
            (UsesBy.USE, t._("One by one")),
            (UsesBy.CUSTOMER, t._("By customer")),
            (UsesBy.REWARD, t._("By reward")),
        ]
        self.by = SegmentedControl(theme, [(key.value, word) for key, word in words], UsesBy.USE.value)
        self.by.changed.connect(vm.choose_by)
        self.coupon = Select(theme, [("", t._("All rewards"))], "")
        self.coupon.setObjectName("uses.coupon")
        self.coupon.setAccessibleName(t._("Coupon"))
        self.coupon.chosen.connect(vm.choose_coupon)
        self.as_of = Label(theme, "", "caption", color="ink3", elide=True, align=Qt.AlignmentFlag.AlignRight)
        row.addWidget(self.by)
        row.addWidget(self.coupon)
        row.addWidget(self.as_of, 1)
        return row

    def _pages(self, theme: Theme) -> QHBoxLayout:
        t, vm = self._texts, self._vm
        row = QHBoxLayout()
        row.setSpacing(8)
        self.fewer = IconButton(theme, "chevron-left", t._("Page before"))
        self.fewer.setObjectName("uses.fewer")
        self.fewer.clicked.connect(lambda: vm.turn(-1))
        self.page = Label(theme, "", "body", weight=600, align=Qt.AlignmentFlag.AlignHCenter)
        self.page.setFixedWidth(96)
        self.more = IconButton(theme, "chevron-right", t._("Next page"))
        self.more.setObjectName("uses.more")
        self.more.clicked.connect(lambda: vm.turn(1))
        row.addStretch(1)
        for part in (self.fewer, self.page, self.more):
            row.addWidget(part)
        row.addStretch(1)
        return row

    def render_state(self) -> None:
        state = self._vm.state
        self.period.set_current(state.period)
        self.by.set_current(state.by)
        self.span.set_text(state.span)
        self.later.setEnabled(state.later)
        self.today.setText(state.today)
        self.today.setVisible(bool(state.today))
        self.coupon.set_options(state.coupons)
        self.coupon.set_current(state.coupon)
        self.as_of.set_text(state.as_of)
        self.as_of.set_color("amber_ink" if state.stale else "ink3")
        self.rows.render_rows(state.rows)
        self.note.set_text(state.note)
        self.note.setVisible(bool(state.note))
        for part in (self.fewer, self.page, self.more):
            part.setVisible(bool(state.page))
        self.page.set_text(state.page)
        self.fewer.setEnabled(state.fewer)
        self.more.setEnabled(state.more)
