"""Owns one pop-up card as pictured: the parts of every state, placed to the pixel, built once and reused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from agent.approval.cards import CardState, Notice, NoticeAction, Phase, card_height, hint_height
from agent.approval.reasons.view import ReasonsPanel
from agent.approval.words import Run
from agent.texts import Texts
from agent.ui.controls import Button, Control, CountdownRing, Disc, IconButton, IconView, Label, Span
from agent.ui.controls.marks import RingTone
from agent.ui.paint import draw_line, rounded
from agent.ui.theme import RADIUS_CARD, RADIUS_CONTROL, RADIUS_SMALL, Theme

WIDTH = 384
_LEFT = 17  # 1 px edge and 16 padding
_INNER = WIDTH - 2 * _LEFT
_RINGS: dict[str, RingTone] = {"ink": "ink", "amber": "amber", "quiet": "quiet", "working": "working"}


def spans(runs: Sequence[Run], color: str | None = None) -> list[Span]:
    """Plain runs 400, bold ones 700."""
    return [Span(text, 700 if bold else 400, color) for text, bold in runs]


def _title_spans(notice: Notice) -> list[Span]:
    """A long name gives way: whether it was approved stands behind it."""
    before, name, after = notice.title.partition(notice.name) if notice.name else (notice.title, "", "")
    if not after:
        return [Span(notice.title)]
    return [Span(before + name, gives_way=True), Span(after)]


class CardFace(Control):
    """Renders a ``CardState``. Either a window of its own or, in pictures, a plain child."""

    approve_pressed = Signal()
    reject_pressed = Signal()
    notice_pressed = Signal()
    close_pressed = Signal()
    hovered = Signal(bool)
    first_painted = Signal()

    def __init__(self, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._texts = texts
        self.card: CardState | None = None
        self._announce = False
        self._build_head()
        self._build_body()
        self._build_notice()
        self.reasons = ReasonsPanel(theme, texts, parent=self)
        self._open_parts = (self.reject, self.approve)
        self.retext()
        self.setFixedWidth(WIDTH)

    def _build_head(self) -> None:
        theme = self.theme
        self.title = Label(theme, "", "reward", elide=True, parent=self)
        self.title.setGeometry(_LEFT, 39, _INNER - 68, 30)
        self.meta = Label(theme, "", "body", elide=True, parent=self)
        self.meta.setGeometry(_LEFT, 73, _INNER, 18)  # below the ring, so that its second does not touch it
        self.ring = CountdownRing(theme, parent=self)
        self.ring.move(WIDTH - _LEFT - 56, 17)
        self.elsewhere_disc = Disc(theme, icon="users", size=56, parent=self)
        self.elsewhere_disc.move(WIDTH - _LEFT - 56, 17)

    def _build_body(self) -> None:
        theme = self.theme
        self.hint_icon = IconView(theme, "info", 18, "ink2", parent=self)
        self.hint_lines = [Label(theme, "", "body", elide=True, parent=self) for _ in range(2)]
        self.reject = Button(theme, "", size="card", parent=self)
        self.reject.setObjectName("card.reject")
        self.reject.clicked.connect(self.reject_pressed.emit)
        self.approve = Button(theme, "", kind="main", size="card", icon="check", parent=self)
        self.approve.setObjectName("card.approve")
        self.approve.clicked.connect(self.approve_pressed.emit)

    def _build_notice(self) -> None:
        theme = self.theme
        self.disc = Disc(theme, parent=self)
        self.said = Label(theme, "", "body", weight=700, elide=True, parent=self)
        self.line = Label(theme, "", "caption", color="ink2", elide=True, parent=self)
        self.action = Button(theme, "", size="small", icon="undo-2", parent=self)
        self.action.setObjectName("card.notice_action")
        self.action.clicked.connect(self.notice_pressed.emit)
        self.small_ring = CountdownRing(theme, 40, 4, "body", parent=self)
        self.pos_line = Label(theme, "", "button", weight=500, color="green_ink", elide=True, parent=self)
        self.close_pos = IconButton(theme, "x", "", parent=self)
        self.close_pos.setObjectName("card.close")
        self.close_pos.clicked.connect(self.close_pressed.emit)

    def retext(self) -> None:
        """The language changed."""
        t = self._texts
        self.reject.setText(t._("Reject"))
        self.approve.setText(t._("Approve"))
        self.close_pos.setAccessibleName(t._("Close"))
        self.close_pos.setToolTip(t._("Close"))
        self.reasons.retext()
        self.card = None

    # -- state -> parts ---------------------------------------------------------------------------------------------
    def render_card(self, card: CardState) -> None:
        """Show the state; a second that passed touches the ring only."""
        before, self.card = self.card, card
        if before is not None and _only_time_passed(before, card):
            self._render_time(card)
            return
        self._announce = before is None or before.request_id != card.request_id
        height = card_height(card)
        if height != self.height():
            self.setFixedHeight(height)
        notice = card.phase is Phase.NOTICE
        self._render_head(card, visible=not notice)
        self._render_hint(card)
        deciding = card.phase is Phase.OPEN
        top = 93 + hint_height(card) + 14
        self.reject.setGeometry(_LEFT, top, 112, 52)
        self.approve.setGeometry(_LEFT + 120, top, _INNER - 120, 52)
        self.approve.set_keycap(card.keycap)
        for part in self._open_parts:
            part.setVisible(deciding)
        self.reasons.setVisible(card.phase is Phase.REASONS)
        if card.phase is Phase.REASONS:
            self.reasons.render_state(card.reasons)
            self.reasons.place(_LEFT, 105)
        self._render_notice(card.notice if notice else None)
        self._render_time(card)
        self.update()

    def _render_time(self, card: CardState) -> None:
        self.ring.set_left(card.left_s, _RINGS[card.ring.value])
        if card.notice is not None:
            self.line.set_text(card.notice.line)
            self.small_ring.set_left(card.notice.left_s)

    def _render_head(self, card: CardState, *, visible: bool) -> None:
        gone = card.phase is Phase.ELSEWHERE
        self.title.setVisible(visible)
        self.meta.setVisible(visible)
        self.ring.setVisible(visible and not gone)
        self.elsewhere_disc.setVisible(gone)
        self.title.set_text(card.title)
        self.title.set_color("ink2" if gone else "ink")
        rest = f" · {card.meta}" if card.meta and card.nickname else card.meta
        weight, ink = (400, "ink2") if gone else (600, "ink")
        self.meta.set_spans([Span(card.nickname, weight, ink), Span(rest, 400, "ink2")])

    def _render_hint(self, card: CardState) -> None:
        shown = bool(card.hint)
        self.hint_icon.setVisible(shown)
        for index, label in enumerate(self.hint_lines):
            label.setVisible(index < len(card.hint))
        if not shown:
            return
        box = self._hint_box(card)
        outcome = card.phase is Phase.ELSEWHERE
        small = len(card.hint) > 1
        self.hint_icon.set_icon(card.hint_icon, "green_ink" if outcome else "ink2" if small else "ink")
        top = box.y() + (9 if small else (box.height() - 22) // 2)
        self.hint_icon.move(box.x() + 12, top + (0 if small else 2))
        for label, line in zip(self.hint_lines, card.hint, strict=False):
            label.set_style("caption" if small else "body")
            runs = spans(line, "ink2" if small else "ink")
            if outcome:  # the time stands back behind the name
                runs[-1] = replace(runs[-1], color="ink3")
            label.set_spans(runs)
            label.setGeometry(box.x() + 38, top, box.width() - 50, 18 if small else 22)
            top += 18

    def _render_notice(self, notice: Notice | None) -> None:
        parts = (self.disc, self.said, self.line, self.action, self.small_ring, self.pos_line, self.close_pos)
        if notice is None:
            for part in parts:
                part.hide()
            return
        row = QRect(_LEFT, 13, _INNER, 44) if notice.pos_line or notice.action else QRect(_LEFT, 10, _INNER, 44)
        self.disc.show_as(icon=notice.icon, tone=notice.tone)
        self.disc.move(row.x(), row.y() + 4)
        right = row.right() + 1
        self.action.setVisible(notice.action is not NoticeAction.NONE)
        if notice.action is not NoticeAction.NONE:
            right = self._place_action(notice.action, right, row.y()) - 12
        self.small_ring.setVisible(notice.left_s is not None)
        if notice.left_s is not None:
            self.small_ring.move(right - 40, row.y() + 2)
            right -= 52
        left = row.x() + 48
        self.said.set_spans(_title_spans(notice))
        self.said.setGeometry(left, row.y() + 2, right - left, 22)
        self.line.set_text(notice.line)
        self.line.setGeometry(left, row.y() + 24, right - left, 18)
        self.pos_line.set_spans(spans(notice.pos_line))
        self.pos_line.setGeometry(_LEFT + 40, 67 + 10, _INNER - 40 - 48, 24)
        self.close_pos.move(WIDTH - _LEFT - 44, 67)
        for part in (self.disc, self.said, self.line):
            part.show()
        for part in (self.pos_line, self.close_pos):
            part.setVisible(bool(notice.pos_line))

    def _place_action(self, action: NoticeAction, right: int, top: int) -> int:
        words = {NoticeAction.CANCEL: self._texts._("Cancel"), NoticeAction.OWNER: self._texts._("Owner")}
        self.action.setText(words.get(action) or self._texts._("Recover"))
        self.action.set_icon("lock" if action in words else "undo-2")
        width = self.action.sizeHint().width()
        self.action.setGeometry(right - width, top, width, 44)
        return right - width

    def _hint_box(self, card: CardState) -> QRect:
        height = 48 if card.phase is Phase.ELSEWHERE else hint_height(card) - 12
        return QRect(_LEFT, 105, _INNER, height)

    # -- drawing ----------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        card = self.card
        if card is None:
            return
        painter = QPainter(self)
        color = self.theme.color
        if self.ring.isVisible() and self.ring.geometry().contains(event.rect()):
            painter.fillRect(event.rect(), color("surface"))  # a second passed
            return
        edge, width = ("amber", 2) if card.urgent else ("line", 1)
        rounded(painter, self.rect(), RADIUS_CARD, color("surface"), color(edge), width)
        if card.phase is Phase.NOTICE:
            if card.notice is not None and card.notice.pos_line:
                strip = QRectF(_LEFT, 67, _INNER, 44)
                rounded(painter, strip, RADIUS_SMALL, color("green_soft"))
                self.theme.icons.paint(painter, "monitor", _LEFT + 12, 67 + 12, 20, color("green_ink"))
        else:
            self._paint_kind(painter, card)
            if card.hint:
                rounded(painter, self._hint_box(card), RADIUS_SMALL, color("sunken"))
            if card.phase is Phase.WORKING:
                self._paint_working(painter)
        if self._announce:
            self._announce = False
            self.first_painted.emit()

    def _kind_width(self, card: CardState) -> float:
        metrics = self.theme.metrics("body", 600)
        width = 24 + metrics.horizontalAdvance(card.kind) + 8
        if card.flag:
            return width + 20 + self.theme.metrics("body", 700).horizontalAdvance(card.flag)
        return width + self.theme.metrics("body", 400).horizontalAdvance(card.time)

    def _paint_kind(self, painter: QPainter, card: CardState) -> None:
        """Kind, then the time or the flag that takes its place."""
        color = self.theme.color
        self.theme.icons.paint(painter, card.icon, _LEFT, 18, 18, color("ink2"))
        x = _LEFT + 24.0
        metrics = self.theme.metrics("body", 600)
        painter.setFont(self.theme.font("body", 600))
        painter.setPen(color("ink2"))
        draw_line(painter, card.kind, metrics, x, 16, 22)
        x = round(x + metrics.horizontalAdvance(card.kind) + 8)
        weight, ink = (700, "amber_ink") if card.flag else (400, "ink3")
        if card.flag:
            self.theme.icons.paint(painter, card.flag_icon, x - 2, 19, 16, color("amber_ink"))
            x += 18
        painter.setFont(self.theme.font("body", weight))
        painter.setPen(color(ink))
        draw_line(painter, card.flag or card.time, self.theme.metrics("body", weight), x, 16, 22)

    def _paint_working(self, painter: QPainter) -> None:
        box = QRectF(_LEFT, 107, _INNER, 52)
        rounded(painter, box, RADIUS_CONTROL, self.theme.color("sunken"))
        text = self._texts._("Working · the outcome is on its way")
        metrics = self.theme.metrics("button", 600)
        width = 18 + 8 + metrics.horizontalAdvance(text)
        x = round(box.center().x() - width / 2)
        ink = self.theme.color("ink3")
        self.theme.icons.paint(painter, "hourglass", x, box.y() + 17, 18, ink)
        painter.setFont(self.theme.font("button", 600))
        painter.setPen(ink)
        draw_line(painter, text, metrics, x + 26, box.y() + 14, 24)

    def text_fits(self) -> bool:
        card = self.card
        if card is None or card.phase is Phase.NOTICE:
            return True
        if card.phase is Phase.WORKING:
            text = self._texts._("Working · the outcome is on its way")
            if self.theme.metrics("button", 600).horizontalAdvance(text) + 26 > _INNER - 16:
                return False
        return self._kind_width(card) <= _INNER - 60

    def enterEvent(self, event: QEnterEvent) -> None:
        self.hovered.emit(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(False)
        super().leaveEvent(event)


def _only_time_passed(before: CardState, after: CardState) -> bool:
    """True when nothing but running figures changed, so that the ring alone repaints."""
    if before.phase is not after.phase or before.request_id != after.request_id:
        return False
    return _still(before) == _still(after)


def _still(card: CardState) -> CardState:
    notice = card.notice
    if notice is not None:
        notice = replace(notice, line="", left_s=None if notice.left_s is None else 0)
    return replace(card, left_s=None if card.left_s is None else 0, notice=notice)


def as_popup(face: QWidget) -> None:
    """Make a widget a floating window that never takes the keyboard away from the program beneath."""
    face.setWindowFlags(
        Qt.WindowType.Tool
        | Qt.WindowType.FramelessWindowHint
        | Qt.WindowType.WindowStaysOnTopHint
        | Qt.WindowType.WindowDoesNotAcceptFocus
        | Qt.WindowType.NoDropShadowWindowHint
    )
    face.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    face.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
    face.setAttribute(Qt.WidgetAttribute.WA_X11DoNotAcceptFocus)
    face.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
