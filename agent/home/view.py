"""Owns the home page: where boards, figures and decisions stand at every window size."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from agent.approval.reasons.view import ReasonsDialog
from agent.home.board.view import BoardView
from agent.home.tiles.view import DecisionsTile, FiguresTile
from agent.home.viewmodel import WARNINGS_MAX, HomeViewModel
from agent.texts import Texts
from agent.ui.controls import Strip
from agent.ui.page import TickingPage
from agent.ui.question import Answer, Question
from agent.ui.theme import Theme

COMPACT_BELOW = 1040  # page width; a 1280 window with its side bar leaves more
TICK_MS = 250


class HomeView(TickingPage):
    """Renders ``vm.state``; decides nothing."""

    def __init__(self, vm: HomeViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(vm, theme, every_ms=TICK_MS, parent=parent)
        self._vm, self._texts = vm, texts
        self.strips = [Strip(theme, self) for _ in range(WARNINGS_MAX)]
        self._warning_pages = [""] * WARNINGS_MAX
        for index, strip in enumerate(self.strips):
            strip.action.setObjectName("home.warning" if not index else "home.warning.second")
            strip.action.clicked.connect(partial(self._open_warning, index))
        self.rewards = BoardView(theme, texts, "rewards", self)
        self.orders = BoardView(theme, texts, "orders", self)
        for board in (self.rewards, self.orders):
            board.approve_pressed.connect(vm.approve)
            board.reject_pressed.connect(vm.ask_reject)
            board.page_pressed.connect(vm.open_page)
        self.tiles = [FiguresTile(theme, self) for _ in range(3)]
        for tile in self.tiles:
            tile.page_pressed.connect(self._open_page)
        self.decisions = DecisionsTile(theme, self)
        self.decisions.recover_pressed.connect(vm.ask_recover)
        self._reasons: ReasonsDialog | None = None
        self._recovery: Question | None = None
        vm.on_change = self.render_state
        self.render_state()

    def _open_warning(self, index: int) -> None:
        self._vm.open_page(self._warning_pages[index])

    def _open_page(self, page: str) -> None:
        if page:
            self._vm.open_page(page)

    # -- state ------------------------------------------------------------------------------------------------------
    def render_state(self) -> None:
        state = self._vm.state
        arrange = False
        for index, warning in enumerate((state.warning, state.second_warning)):
            strip = self.strips[index]
            arrange = arrange or strip.isVisibleTo(self) != (warning is not None)
            strip.setVisible(warning is not None)
            if warning is not None:
                self._warning_pages[index] = warning.action_page
                strip.show_as(
                    warning.sentence,
                    icon=warning.icon,
                    tone=warning.tone,
                    remark=warning.remark,
                    action=warning.action_word,
                )
        self.rewards.render_board(state.rewards)
        arrange = arrange or self.orders.isVisibleTo(self) != (state.orders is not None)
        self.orders.setVisible(state.orders is not None)
        if state.orders is not None:
            self.orders.render_board(state.orders)
        for index, tile in enumerate(self.tiles):
            tile.setVisible(index < len(state.figures))
            if index < len(state.figures):
                tile.render_figures(state.figures[index])
        self.decisions.render_decisions(state.decisions, state.no_decisions)
        self.decisions.head_title.set_text(state.decisions_title)
        self.decisions.head_count.set_text(state.decisions_count if state.decisions else "")
        self.decisions.head_remark.set_text(state.decisions_remark)
        self._render_questions()
        if arrange:
            self._arrange()
        else:
            self._place_decisions_head()

    def _render_questions(self) -> None:
        state = self._vm.state
        if state.asking is not None:
            if self._reasons is None:
                self._reasons = ReasonsDialog(
                    self._vm, self._vm.confirm_reject, self.theme, self._texts, "home", self.window()
                )
            self._reasons.show_asking(state.asking.title, state.asking.reasons)
        elif self._reasons is not None:
            self._reasons.hide()
        if state.recovery is not None:
            if self._recovery is None:
                keep = Answer("home.recover_keep", self._vm.dismiss, self._texts._("Keep it"))
                back = Answer("home.recover_confirm", self._vm.confirm_recover, kind="main", icon="undo-2", share=2)
                self._recovery = Question(self.theme, self.window(), keep, back, escape=self._vm.dismiss)
            recovery = state.recovery
            self._recovery.ask(recovery.title, recovery.sentence, recovery.confirm_word)
        elif self._recovery is not None:
            self._recovery.hide()

    # -- layout -----------------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    @property
    def _compact(self) -> bool:
        return self.width() < COMPACT_BELOW or self.height() < 640

    def _arrange(self) -> None:
        compact = self._compact
        side, top = (16, 12) if compact else (24, 20)
        gap_x, gap_y = (12, 11) if compact else (16, 12)
        strip, tiles, decisions = (44, 131, 72) if compact else (48, 150, 148)
        width = self.width() - 2 * side
        y = top
        for shown in self.strips:
            if shown.isVisibleTo(self):
                shown.setFixedHeight(strip)
                shown.setGeometry(side, y, width, strip)
                y += strip + gap_y
        bottom = self.height() - top
        head = 30 + gap_y if compact else 0
        tiles_top = bottom - decisions - head - (0 if compact else gap_y) - tiles
        self._row(self._boards(), side, y, width, tiles_top - gap_y - y, gap_x)
        self._row([tile for tile in self.tiles if tile.isVisibleTo(self)], side, tiles_top, width, tiles, gap_x)
        self.decisions.set_head(not compact)
        self.decisions.setGeometry(side, bottom - decisions, width, decisions)
        for board in self._boards():
            board.set_compact(compact)
        self._place_decisions_head()
        self._vm.set_rows(min(board.rows_that_fit() for board in self._boards()))

    def _boards(self) -> list[BoardView]:
        return [self.rewards, self.orders] if self.orders.isVisibleTo(self) else [self.rewards]

    def _place_decisions_head(self) -> None:
        box = self.decisions.geometry()
        if self._compact:
            self.decisions.place_head(box.x() + 4, box.y() - 33, box.width() - 8)
        else:
            self.decisions.place_head(17, 13, box.width() - 34)

    def _row(
        self, parts: list[BoardView] | list[FiguresTile], x: int, y: int, width: int, height: int, gap: int
    ) -> None:
        if not parts:
            return
        step = (width + gap) / len(parts)
        for index, part in enumerate(parts):
            left, right = round(index * step), round((index + 1) * step) - gap
            part.setGeometry(x + left, y, right - left, height)
