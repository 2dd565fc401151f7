"""Owns the pop-up stack on the screen: where cards stand, how they slide, when they count as shown (APR-04, 20, 33)."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QObject, QPoint, QPropertyAnimation, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QBitmap, QGuiApplication, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from agent.approval.card.view import WIDTH, CardFace, as_popup
from agent.approval.cards import GAP, PILL_HEIGHT, VISIBLE_MAX, CardState, Phase
from agent.approval.types import RejectReason
from agent.approval.viewmodel import ApprovalViewModel
from agent.texts import Texts
from agent.ui.controls import Control, PressControl
from agent.ui.foreground import Foreground
from agent.ui.hotkey import GlobalHotKey
from agent.ui.paint import SHADOW_MARGINS, Shadow, draw_line, rounded
from agent.ui.theme import RADIUS_CARD, Theme

FROM_RIGHT = 16
FROM_BOTTOM = 12
TICK_MS = 250  # a card's second never shows late by more than this
RISE = 12  # px that a new card travels up


class StackView(QObject):
    """A pool of five pre-built card windows, one window for all shadows, one pill for the rest."""

    def __init__(self, vm: ApprovalViewModel, theme: Theme, texts: Texts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._vm, self._theme = vm, theme
        self._foreground = Foreground()
        self._hotkey = GlobalHotKey(vm.press_hotkey)
        self._typing = ""  # the request whose reason is being typed
        self._shadow = _ShadowWindow(theme)
        self._pill = MorePill(theme, texts)
        as_popup(self._pill)
        self._pill.clicked.connect(vm.press_more)
        self._pill.painted.connect(self._painted)
        self._free = [self._build(theme, texts) for _ in range(VISIBLE_MAX)]
        self._faces: dict[str, CardFace] = {}
        self._moves: dict[CardFace, QPropertyAnimation] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(vm.tick)
        vm.on_change = self.render_stack
        self.fit_screen()
        self.render_stack()

    @property
    def faces(self) -> dict[str, CardFace]:
        """The cards on screen by request."""
        return self._faces

    @property
    def pill(self) -> MorePill:
        return self._pill

    @property
    def shadow(self) -> QWidget:
        return self._shadow

    def _build(self, theme: Theme, texts: Texts) -> CardFace:
        face = CardFace(theme, texts)
        as_popup(face)
        vm = self._vm
        face.approve_pressed.connect(lambda: vm.press_approve(_id(face)))
        face.reject_pressed.connect(lambda: vm.press_reject(_id(face)))
        face.notice_pressed.connect(lambda: vm.press_notice(_id(face)))
        face.close_pressed.connect(lambda: vm.dismiss(_id(face)))
        face.hovered.connect(lambda on: vm.hover(_id(face) if on else ""))
        face.first_painted.connect(self._painted)
        face.reasons.reason_pressed.connect(lambda key: vm.choose_reason(_id(face), RejectReason(key)))
        face.reasons.typed.connect(lambda text: vm.type_reason(_id(face), text))
        face.reasons.back_pressed.connect(lambda: vm.back(_id(face)))
        face.reasons.confirm_pressed.connect(lambda: vm.press_reject_confirm(_id(face)))
        face.winId()  # the native window exists before the first request comes
        return face

    def retext(self) -> None:
        """The language changed."""
        for face in [*self._free, *self._faces.values()]:
            face.retext()
        self._vm.retext()
        self.render_stack()

    def close_all(self) -> None:
        """The program ends: nothing stays floating."""
        self._timer.stop()
        self._hotkey.hold("")
        for window in (self._shadow, self._pill, *self._free, *self._faces.values()):
            window.close()

    def fit_screen(self) -> None:
        """Screens came, went or changed: use the height there is above the task bar."""
        self._area = QGuiApplication.primaryScreen().availableGeometry()
        self._vm.set_room(self._area.height() - 2 * FROM_BOTTOM)

    # -- state -> windows -------------------------------------------------------------------------------------------
    def render_stack(self) -> None:
        state = self._vm.state
        wanted = {card.request_id for card in state.cards}
        for key in [key for key in self._faces if key not in wanted]:
            face = self._faces.pop(key)
            self._stop_move(face)
            face.hide()
            face.card = None
            self._free.append(face)
        bottom = self._area.bottom() + 1 - FROM_BOTTOM
        rects = []
        for card in state.cards:
            rect = self._place(card, bottom)
            rects.append(rect)
            bottom = rect.top() - GAP
        self._place_pill(state.more, bottom)
        self._shadow.show_around(rects + ([self._pill.geometry()] if state.more else []))
        self._take_or_give_keyboard(state.cards)
        self._hotkey.hold(next((card.keycap for card in state.cards if card.keycap), ""))
        if state.cards and not self._timer.isActive():
            self._timer.start()
        elif not state.cards:
            self._timer.stop()

    def _place(self, card: CardState, bottom: int) -> QRect:
        face = self._faces.get(card.request_id)
        arrived = face is None
        if face is None:
            face = self._faces[card.request_id] = self._free.pop()
        face.render_card(card)
        left = self._area.right() + 1 - FROM_RIGHT - WIDTH
        rect = QRect(left, bottom - face.height(), WIDTH, face.height())
        _cut_corners(face, rect.size(), RADIUS_CARD)
        if arrived:
            face.move(rect.topLeft() + QPoint(0, RISE if self._theme.animations else 0))
            face.show()
        self._slide(face, rect.topLeft(), fade=arrived)
        return rect

    def _slide(self, face: CardFace, to: QPoint, *, fade: bool) -> None:
        running = self._moves.get(face)
        target = running.endValue() if running is not None else face.pos()
        if target == to:
            return
        self._stop_move(face)
        if not self._theme.animations:
            face.move(to)
            return
        move = QPropertyAnimation(face, b"pos", self)
        move.setDuration(160 if fade else 180)
        move.setEasingCurve(QEasingCurve.Type.OutCubic)
        move.setEndValue(to)
        move.finished.connect(lambda: self._moves.pop(face, None))
        self._moves[face] = move
        move.start()

    def _stop_move(self, face: CardFace) -> None:
        running = self._moves.pop(face, None)
        if running is not None:
            running.stop()
            running.deleteLater()

    def _place_pill(self, more: int, bottom: int) -> None:
        self._pill.set_count(more)
        if more == 0:
            self._pill.hide()
            return
        size = self._pill.sizeHint()
        self._pill.setGeometry(QRect(QPoint(self._area.right() + 1 - FROM_RIGHT - size.width(), bottom - 44), size))
        _cut_corners(self._pill, size, PILL_HEIGHT // 2)
        self._pill.show()

    def _painted(self) -> None:
        # Outside of painting: telling the cloud is a transaction.
        QTimer.singleShot(0, self._vm.painted)

    def _take_or_give_keyboard(self, cards: tuple[CardState, ...]) -> None:
        """Only a reason in one's own words needs the keyboard, and only after staff asked for the field."""
        asking = next((c.request_id for c in cards if c.phase is Phase.REASONS and c.reasons.wants_text), "")
        if asking == self._typing:
            return
        before, self._typing = self._faces.get(self._typing), asking
        if before is not None:
            before.windowHandle().setFlag(Qt.WindowType.WindowDoesNotAcceptFocus, True)
            before.reasons.field.edit.clearFocus()
            self._foreground.give_back()
        face = self._faces.get(asking)
        if face is not None:
            self._foreground.remember()
            face.windowHandle().setFlag(Qt.WindowType.WindowDoesNotAcceptFocus, False)
            face.activateWindow()
            face.reasons.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)


def _id(face: CardFace) -> str:
    return face.card.request_id if face.card is not None else ""


def _cut_corners(window: QWidget, size: QSize, radius: int) -> None:
    """On X there may be no compositor to smooth the corners, so only pixels that are painted in full are left:
    half-painted ones would be black fringes."""
    if QGuiApplication.platformName() != "xcb" or window.mask().boundingRect().size() == size:
        return
    solid = QBitmap(size)
    solid.fill(Qt.GlobalColor.color0)
    painter = QPainter(solid)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.color1)
    painter.drawRoundedRect(QRect(QPoint(0, 0), size), radius + 0.5, radius + 0.5)
    painter.end()
    window.setMask(QRegion(solid))


class _ShadowWindow(Control):
    """All shadows in one window beneath the cards that lets every press through to the program below."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        as_popup(self)
        self.setWindowFlag(Qt.WindowType.WindowTransparentForInput)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._nine = Shadow(theme)
        self._rects: list[QRect] = []
        # Without a compositor a see-through window would be a black one over the POS.
        self._possible = QGuiApplication.platformName() != "xcb"

    def show_around(self, rects: list[QRect]) -> None:
        if rects == self._rects:
            return
        self._rects = list(rects)
        if not rects or not self._possible:
            self.hide()
            return
        outline = QRect()
        for rect in rects:
            outline = outline.united(rect.marginsAdded(SHADOW_MARGINS))
        self.setGeometry(outline)
        self.update()
        if not self.isVisible():
            self.show()
            self.lower()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        for rect in self._rects:
            self._nine.paint(painter, rect.translated(-self.pos()))


class MorePill(PressControl):
    """ "+2 더보기": requests for which there is no room. Opens the board."""

    painted = Signal()  # what it counts is really on the screen

    def __init__(self, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._texts = texts
        self.focus_radius = 22
        self.setObjectName("card.more")

    def set_count(self, more: int) -> None:
        self.setText(self._texts.n("+{n} more", n=more))
        self.setAccessibleName(self.text())
        self.update()

    def sizeHint(self) -> QSize:
        width = self.theme.metrics("body", 600).horizontalAdvance(self.text())
        return QSize(int(width + 0.99) + 18 + 8 + 18 + 14, PILL_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rounded(painter, self.rect(), 22, self.theme.color("ink"))
        ink = self.theme.color("on_ink")
        metrics = self.theme.metrics("body", 600)
        painter.setFont(self.theme.font("body", 600))
        painter.setPen(ink)
        draw_line(painter, self.text(), metrics, 18, 11, 22)
        self.theme.icons.paint(painter, "chevron-right", self.width() - 32, 13, 18, ink)
        self.painted.emit()
