"""Owns what all controls share: the theme, keyboard focus that shows, and the check that no text is cut."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QWidget

from agent.ui.theme import Theme

_KEYBOARD = frozenset(
    {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason}
)


class Control(QWidget):
    """A painted widget that knows the theme."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.key_focus = False

    def text_fits(self) -> bool:
        """False when text is painted wider than there is room and may not be shortened."""
        return True


class PressControl(QAbstractButton):
    """A painted widget that can be pressed by finger, mouse and keyboard."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.key_focus = False
        self.focus_radius = 12
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def text_fits(self) -> bool:
        """False when text is painted wider than there is room and may not be shortened."""
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.key_focus = event.reason() in _KEYBOARD
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.key_focus = False
        super().focusOutEvent(event)


class FocusRing(QWidget):
    """The 2 px ring, 2 px away, around whatever holds the keyboard focus in one window. Make one per window."""

    REACH = 4

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self._home = window
        self._target: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    def _follow(self, _old: QWidget | None, now: QWidget | None) -> None:
        if self._target is not None:
            self._target.removeEventFilter(self)
            self._target = None
        if now is None or now.window() is not self._home.window() or not getattr(now, "key_focus", False):
            self.hide()
            return
        self._target = now
        now.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._place()
        elif event.type() in (QEvent.Type.Hide, QEvent.Type.Destroy):
            self.hide()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        target = self._target
        if target is None:
            return
        host = target.parentWidget()
        wanted = QRect(target.pos(), target.size()).adjusted(-self.REACH, -self.REACH, self.REACH, self.REACH)
        # Climb until the ring is not cut off, but stay inside a scroll area so that it scrolls along.
        while host is not None and host is not self._home and not host.rect().contains(wanted):
            parent = host.parentWidget()
            if parent is None or isinstance(parent, QAbstractScrollArea):
                break
            wanted.translate(host.pos())
            host = parent
        if host is None:
            return
        if self.parentWidget() is not host:
            self.setParent(host)
        self.setGeometry(wanted)
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        radius = getattr(self._target, "focus_radius", 12) + self.REACH - 1
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("ink"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)


def mapped_rect(widget: QWidget, into: QWidget) -> QRect:
    """Where ``widget`` lies in the coordinates of ``into``."""
    return QRect(widget.mapTo(into, QPoint(0, 0)), widget.size())
