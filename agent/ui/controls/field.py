"""Owns text fields, a drop-down choice, a progress bar and the short notices inside a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from agent.ui.controls.base import Control, PressControl
from agent.ui.controls.button import Button
from agent.ui.controls.label import Disc, Label
from agent.ui.paint import SHADOW_MARGINS, Shadow, draw_line, elided, rounded
from agent.ui.theme import RADIUS_CARD, RADIUS_CONTROL, Theme

MENU_ROWS_MAX = 10  # more would leave the smallest screen; longer lists get a second column


class _Edit(QLineEdit):
    """A line edit without a frame, whose placeholder is drawn by us in ink3."""

    focused = Signal(bool)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)


class Input(Control):
    """A text field: 44–48 high, 1 px edge, 2 px ink when focused, red when wrong. The Qt field is ``edit``."""

    def __init__(
        self,
        theme: Theme,
        placeholder: str = "",
        *,
        icon: str = "",
        height: int = 48,
        style: str = "body",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._icon, self._wrong = icon, False
        self.edit = _Edit(self)
        self.edit.setFrame(False)
        self.edit.setFont(theme.font(style))
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(placeholder)
        self.edit.focused.connect(lambda _on: self.update())
        self.edit.setAttribute(Qt.WidgetAttribute.WA_MacShowFocusRect, False)
        row = QHBoxLayout(self)
        row.setContentsMargins(44 if icon else 14, 2, 12, 2)
        row.addWidget(self.edit)
        self.setFixedHeight(height)
        self.setFocusProxy(self.edit)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setMinimumWidth(120)

    def text(self) -> str:
        return self.edit.text()

    def set_text(self, text: str) -> None:
        if text != self.edit.text():
            self.edit.setText(text)

    def set_placeholder(self, text: str) -> None:
        self.edit.setPlaceholderText(text)
        self.edit.setAccessibleName(text)

    def set_wrong(self, wrong: bool) -> None:
        """Red edge; say in words beside it what is wrong."""
        if wrong != self._wrong:
            self._wrong = wrong
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        palette = self.edit.palette()
        if palette.color(palette.ColorRole.Base) != color("surface"):  # the theme changed under the Qt field
            self._tint()
        focused = self.edit.hasFocus()
        edge = color("red" if self._wrong else "ink" if focused else "edge")
        ground = color("surface" if self.isEnabled() else "sunken")
        rounded(painter, self.rect(), RADIUS_CONTROL, ground, edge, 2 if focused or self._wrong else 1)
        if self._icon:
            self.theme.icons.paint(painter, self._icon, 14, (self.height() - 20) / 2, 20, color("ink2"))

    def _tint(self) -> None:
        palette = self.theme.palette()
        self.edit.setPalette(palette)


class Select(PressControl):
    """A choice from a short list that opens below: 44 high. Emits ``chosen`` with the key."""

    chosen = Signal(str)

    def __init__(
        self, theme: Theme, options: Sequence[tuple[str, str]], current: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._options = list(options)
        self._current = current
        self._menu: Menu | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._open)
        self.setAccessibleDescription(self._label())  # what is chosen; the name says what about

    @property
    def current(self) -> str:
        return self._current

    def set_current(self, key: str) -> None:
        if key != self._current:
            self._current = key
            self.setAccessibleDescription(self._label())
            self.update()

    def set_options(self, options: Sequence[tuple[str, str]]) -> None:
        if list(options) != self._options:
            self._options = list(options)
            self.setAccessibleDescription(self._label())
            self.updateGeometry()
            self.update()

    def _label(self) -> str:
        return next((text for key, text in self._options if key == self._current), "")

    def sizeHint(self) -> QSize:
        metrics = self.theme.metrics("body", 500)
        widest = max((metrics.horizontalAdvance(text) for _key, text in self._options), default=40.0)
        return QSize(int(widest + 0.99) + 14 + 20 + 18 + 12, 44)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def text_fits(self) -> bool:
        return self.width() >= self.sizeHint().width() - 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.theme.color
        ground = color("pressed" if self.isDown() else "sunken" if self.underMouse() else "surface")
        rounded(painter, self.rect(), RADIUS_CONTROL, ground, color("edge"))
        metrics = self.theme.metrics("body", 500)
        painter.setFont(self.theme.font("body", 500))
        painter.setPen(color("ink"))
        draw_line(painter, elided(self._label(), metrics, self.width() - 58), metrics, 14, 11, 22)
        self.theme.icons.paint(painter, "chevron-down", self.width() - 32, 13, 18, color("ink"))

    def _open(self) -> None:
        menu = Menu(self.theme, self._options, self._current, self._take, self)
        self._menu = menu
        menu.open_below(self)

    def _take(self, key: str) -> None:
        before = self._current
        self.set_current(key)
        if key != before:
            self.chosen.emit(key)


class Menu(QFrame):
    """A short list that floats below what opened it; ``take`` gets the chosen key."""

    def __init__(
        self,
        theme: Theme,
        options: Sequence[tuple[str, str]],
        current: str,
        take: Callable[[str], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self._theme, self._take = theme, take
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 4, 4, 4)
        grid.setSpacing(0)
        for place, (key, text) in enumerate(options):
            item = _MenuItem(theme, text, key == current)
            item.clicked.connect(lambda _checked=False, chosen=key: self._pick(chosen))
            grid.addWidget(item, place % MENU_ROWS_MAX, place // MENU_ROWS_MAX)

    def _pick(self, key: str) -> None:
        self.close()
        self._take(key)

    def open_below(self, owner: QWidget, *, align_right: bool = False) -> None:
        """Show it under ``owner``, or above where the screen ends."""
        self.setMinimumWidth(owner.width())
        left = owner.width() - self.sizeHint().width() if align_right else 0
        at = owner.mapToGlobal(QPoint(left, owner.height() + 4))
        screen = owner.screen().availableGeometry()
        if at.y() + self.sizeHint().height() > screen.bottom():
            at = owner.mapToGlobal(QPoint(left, -self.sizeHint().height() - 4))
        at.setX(min(at.x(), screen.right() - self.sizeHint().width()))
        self.move(at)
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        rounded(QPainter(self), self.rect(), 12, self._theme.color("surface"), self._theme.color("edge"))


class _MenuItem(PressControl):
    def __init__(self, theme: Theme, text: str, current: bool) -> None:
        super().__init__(theme)
        self._is_current = current
        self.focus_radius = 8
        self.setText(text)
        self.setMinimumHeight(44)

    def sizeHint(self) -> QSize:
        return QSize(int(self.theme.metrics("body", 600).horizontalAdvance(self.text()) + 0.99) + 58, 44)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.isDown() or self.underMouse() or self.key_focus:
            rounded(painter, self.rect(), 8, self.theme.color("sunken"))
        weight = 600 if self._is_current else 500
        painter.setFont(self.theme.font("body", weight))
        painter.setPen(self.theme.color("ink"))
        draw_line(painter, self.text(), self.theme.metrics("body", weight), 12, 11, 22)
        if self._is_current:
            self.theme.icons.paint(painter, "check", self.width() - 30, 13, 18, self.theme.color("green_ink"))


class Toast(Control):
    """A short notice: disc, title, a caption line and at most one 44 px button. Floating, with its own shadow."""

    acted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, width: int = 384) -> None:
        super().__init__(theme, parent)
        self._shadow = Shadow(theme)
        m = SHADOW_MARGINS
        row = QHBoxLayout(self)
        row.setContentsMargins(m.left() + 16, m.top() + 12, m.right() + 16, m.bottom() + 12)
        row.setSpacing(12)
        self.disc = Disc(theme, icon="check", tone="green")
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = Label(theme, "", "body", weight=700, elide=True)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        words.addWidget(self.title)
        words.addWidget(self.line)
        self.action = Button(theme, "", kind="second", size="small")
        self.action.clicked.connect(self.acted.emit)
        row.addWidget(self.disc)
        row.addLayout(words, 1)
        row.addWidget(self.action)
        self.setFixedSize(width + m.left() + m.right(), 68 + m.top() + m.bottom())

    def show_as(
        self, title: str, line: str = "", *, icon: str = "check", tone: str = "green", action: str = ""
    ) -> None:
        self.disc.show_as(icon=icon, tone=tone)
        self.title.set_text(title)
        self.line.set_text(line)
        self.line.setVisible(bool(line))
        self.action.setText(action)
        self.action.setVisible(bool(action))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        card = self.rect().marginsRemoved(SHADOW_MARGINS)
        self._shadow.paint(painter, card)
        edge = self.theme.color("line") if self.theme.mode == "dark" else None
        rounded(painter, card, RADIUS_CARD, self.theme.color("surface"), edge)


class ToastHost(QObject):
    """Shows one notice at a time at the bottom of a window for six seconds; it stays while hovered."""

    LASTS_MS = 6_000

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._toast = Toast(theme, window)
        self._toast.hide()
        self._action: Callable[[], None] | None = None
        self._toast.acted.connect(self._act)
        self._toast.installEventFilter(self)
        window.installEventFilter(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._toast.hide)

    def show(
        self,
        title: str,
        line: str = "",
        *,
        icon: str = "check",
        tone: str = "green",
        action: str = "",
        on_action: Callable[[], None] | None = None,
    ) -> None:
        self._action = on_action
        self._toast.show_as(title, line, icon=icon, tone=tone, action=action)
        self._place()
        self._toast.show()
        self._toast.raise_()
        self._timer.start(self.LASTS_MS)

    def _act(self) -> None:
        self._toast.hide()
        if self._action is not None:
            self._action()

    def _place(self) -> None:
        size = self._toast.size()
        m = SHADOW_MARGINS
        x = (self._window.width() - size.width()) // 2
        self._toast.move(x, self._window.height() - size.height() + m.bottom() - 24)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        elif watched is self._toast and event.type() == QEvent.Type.Enter:
            self._timer.stop()
        elif watched is self._toast and event.type() == QEvent.Type.Leave:
            self._timer.start(self.LASTS_MS // 2)
        return super().eventFilter(watched, event)
