"""Owns a board of requests: head, rows with ring and two buttons, what is left out, and the quiet empty state."""

from __future__ import annotations

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from agent.home.state import ROWS_MAX, Board, BoardRow
from agent.texts import Texts
from agent.ui.controls import Button, Chip, Control, CountdownRing, IconView, Label, Span, StripAction
from agent.ui.controls.marks import RingTone
from agent.ui.paint import elided, rounded
from agent.ui.theme import RADIUS_CARD, Theme

ROW_MIN = 56  # a 44 px button and 6 above and below
_RINGS: dict[str, RingTone] = {"ink": "ink", "amber": "amber", "quiet": "quiet", "working": "working"}


class RequestRow(Control):
    """One waiting request: 64 high (60 on small screens)."""

    approve_pressed = Signal(str)
    reject_pressed = Signal(str)

    def __init__(self, theme: Theme, texts: Texts, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._request_id = ""
        self._line_end = 72
        self.ring = CountdownRing(theme, 44, 4, "body", parent=self)
        self.icon = IconView(theme, "ticket", 18, "ink", parent=self)
        self.title = Label(theme, "", "body", weight=700, elide=True, parent=self)
        self.line = Label(theme, "", "caption", color="ink2", elide=True, parent=self)
        self.flag = Label(theme, "", "caption", weight=700, color="amber_ink", parent=self)
        self.reject = Button(theme, texts._("Reject"), size="small", parent=self)
        self.reject.setObjectName("home.reject")
        self.reject.clicked.connect(lambda: self.reject_pressed.emit(self._request_id))
        self.approve = Button(theme, texts._("Approve"), kind="main", size="small", parent=self)
        self.approve.setObjectName("home.approve")
        self.approve.clicked.connect(lambda: self.approve_pressed.emit(self._request_id))

    def render_row(self, row: BoardRow) -> None:
        self._request_id = row.request_id
        self.ring.set_left(row.left_s, _RINGS[row.ring.value])
        self.icon.set_icon(row.icon)
        self.title.set_text(row.title)
        self.line.set_text(row.line)
        self.flag.set_text(" · " + row.flag if row.flag else "")
        self.flag.set_color("amber_ink" if row.ring.value == "amber" else "ink3")
        self._place_line()
        self.reject.setEnabled(not row.working)
        self.approve.setEnabled(not row.working)

    def resizeEvent(self, event: QResizeEvent) -> None:
        width, middle = self.width(), self.height() // 2
        self.ring.move(16, middle - 22)
        approve = max(84, self.approve.sizeHint().width())
        reject = max(64, self.reject.sizeHint().width())
        right = width - 12
        self.approve.setGeometry(right - approve, middle - 22, approve, 44)
        self.reject.setGeometry(right - approve - 8 - reject, middle - 22, reject, 44)
        left, end = 72, right - approve - reject - 8 - 12
        self.icon.move(left, middle - 19)
        self.title.setGeometry(left + 24, middle - 21, max(0, end - left - 24), 22)
        self._line_end = end
        self._place_line()
        super().resizeEvent(event)

    def _place_line(self) -> None:
        """The urgent word is never the one that is cut."""
        left, top = 72, self.height() // 2 + 1
        flag = self.flag.needed_width()
        room = max(0, self._line_end - left - flag)
        wide = self.line.needed_width()
        if wide > room:  # the flag follows the dots, not the end of the room
            metrics = self.theme.metrics("caption")
            wide = int(metrics.horizontalAdvance(elided(self.line.text(), metrics, room)) + 0.99)
        self.line.setGeometry(left, top, wide, 18)
        self.flag.setGeometry(left + wide, top, flag, 18)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(1, self.height() - 1, self.width() - 2, 1, self.theme.color("line"))


class BoardView(Control):
    """Renders a ``Board``. ``rows_that_fit`` says how many rows its height allows."""

    approve_pressed = Signal(str)
    reject_pressed = Signal(str)
    page_pressed = Signal(str)

    def __init__(self, theme: Theme, texts: Texts, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._board = Board("", 0)
        self._compact = False
        self.title = Label(theme, "", "section", parent=self)
        self.action = StripAction(theme, "", "ink2", weight=500)
        self.action.setParent(self)
        self.action.setObjectName(f"home.{name}.all")
        self.action.clicked.connect(lambda: self.page_pressed.emit(self._board.action_page))
        self.chip = Chip(theme, "", parent=self)
        self.remark = Label(theme, "", "caption", color="ink3", parent=self)
        self.rows = [RequestRow(theme, texts, self) for _ in range(ROWS_MAX)]
        for row in self.rows:
            row.approve_pressed.connect(self.approve_pressed.emit)
            row.reject_pressed.connect(self.reject_pressed.emit)
        self.more = Label(theme, "", "body", color="ink2", parent=self)
        self.foot = Label(theme, "", "caption", color="ink3", elide=True, parent=self)
        self.empty_icon = IconView(theme, "gift", 20, "ink3", parent=self)
        self.empty_big = IconView(theme, "cloud-off", 28, "ink3", parent=self)
        self.empty_title = Label(theme, "", "body", color="ink3", parent=self)
        self.empty_line = Label(theme, "", "caption", color="ink2", parent=self)

    # -- sizes ------------------------------------------------------------------------------------------------------
    def set_compact(self, compact: bool) -> None:
        self._compact = compact
        self._arrange()

    @property
    def _head(self) -> int:
        return 49 if self._compact else 54

    @property
    def _room(self) -> int:
        return self.height() - self._head - 40

    @property
    def _row(self) -> int:
        """64 as drawn; a little more or less where that fills the board with whole rows."""
        return min(66, max(ROW_MIN, self._room // self.rows_that_fit()))

    def rows_that_fit(self) -> int:
        return min(ROWS_MAX, max(1, self._room // ROW_MIN))

    # -- state ------------------------------------------------------------------------------------------------------
    def render_board(self, board: Board) -> None:
        self._board = board
        self.title.set_spans([Span(board.title), Span("  "), Span(str(board.count), 600, "ink3", "body")])
        self.action.show_as(board.action_word, "ink2")
        self.chip.show_as(board.chip, icon=board.chip_icon, tone="amber")
        self.remark.set_text(board.remark)
        for widget, row in zip(self.rows, board.rows, strict=False):
            widget.render_row(row)
        self.more.set_text(board.more_word)
        self.foot.set_text(board.foot)
        self.empty_title.set_text(board.empty_title)
        self.empty_line.set_text(board.empty_line)
        self._arrange()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        board, width = self._board, self.width()
        self.title.setGeometry(QRect(17, (self._head - 24) // 2, self.title.needed_width() + 4, 24))
        right = width - 12
        for part, shown in (
            (self.action, bool(board.action_word)),
            (self.chip, bool(board.chip)),
            (self.remark, bool(board.remark)),
        ):
            part.setVisible(shown)
            if shown:
                size = part.sizeHint()
                part.setGeometry(right - size.width(), (self._head - size.height()) // 2, size.width(), size.height())
                right -= size.width() + 8
        top = self._head
        for index, row in enumerate(self.rows):
            row.setVisible(index < len(board.rows))
            row.setGeometry(0, top, width, self._row)
            top += self._row if index < len(board.rows) else 0
        foot = self.height() - 42
        roomy = foot - top >= 60 or not board.rows
        self.more.setVisible(bool(board.more_word))
        self.more.setGeometry(17, foot + 9, self.more.needed_width() + 2, 22)
        self.foot.setVisible(bool(board.foot) and bool(board.rows))
        self._place_foot(foot)
        self._place_empty(top, self.height() if not self.foot.isVisibleTo(self) else foot, roomy and not board.more)

    def _place_foot(self, top: int) -> None:
        if self._board.more_word:
            left = 17 + self.more.needed_width() + 16
            room = self.width() - 17 - left
            wide = min(room, self.foot.needed_width() + 1)
            self.foot.setGeometry(self.width() - 17 - wide, top + 11, wide, 18)
        else:
            self.foot.setGeometry(17, top + 11, self.width() - 34, 18)

    def _place_empty(self, top: int, bottom: int, shown: bool) -> None:
        board = self._board
        big = bool(board.empty_line) and not board.rows
        self.empty_icon.setVisible(shown and not big)
        self.empty_big.setVisible(shown and big)
        self.empty_title.setVisible(shown)
        self.empty_line.setVisible(shown and big)
        if not shown:
            return
        middle = (top + bottom) // 2
        wide = self.empty_title.needed_width()
        self.empty_title.set_color("ink" if big else "ink3")
        self.empty_title.set_style("body", 600 if big else None)
        if big:
            self.empty_big.set_icon(board.empty_icon)
            self.empty_big.move((self.width() - 28) // 2, middle - 44)
            self.empty_title.setGeometry((self.width() - wide) // 2, middle - 8, wide + 1, 22)
            line = self.empty_line.needed_width()
            self.empty_line.setGeometry((self.width() - line) // 2, middle + 22, line + 1, 18)
            return
        self.empty_icon.set_icon(board.empty_icon)
        left = (self.width() - wide - 32) // 2
        self.empty_icon.move(left, middle - 10)
        self.empty_title.setGeometry(left + 32, middle - 11, wide + 1, 22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        rounded(painter, self.rect(), RADIUS_CARD, color("surface"), color("line"))
        painter.fillRect(1, self._head - 1, self.width() - 2, 1, color("line"))
