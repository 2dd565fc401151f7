"""Owns grounds that hold other things: pages, tiles, strips, list rows, scroll areas, dialogs."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QScrollBar,
    QScroller,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from agent.ui.controls.base import Control, PressControl
from agent.ui.controls.label import IconView, Label
from agent.ui.paint import Shadow, draw_line, rounded
from agent.ui.theme import RADIUS_CARD, RADIUS_CONTROL, RADIUS_DIALOG, Theme


class Ground(Control):
    """A plain ground of one colour: ``bg`` for pages, ``surface`` for headers."""

    def __init__(self, theme: Theme, token: str = "bg", *, line: str = "", parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._token, self._line = token, line  # line: "bottom", "right" or ""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.color(self._token))
        if self._line == "bottom":
            painter.fillRect(0, self.height() - 1, self.width(), 1, self.theme.color("line"))
        elif self._line == "right":
            painter.fillRect(self.width() - 1, 0, 1, self.height(), self.theme.color("line"))


class Tile(Control):
    """A card that lies in a page: surface, radius 16, a 1 px line, no shadow."""

    def __init__(self, theme: Theme, *, radius: int = RADIUS_CARD, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._radius = radius

    def paintEvent(self, _event: QPaintEvent) -> None:
        rounded(QPainter(self), self.rect(), self._radius, self.theme.color("surface"), self.theme.color("line"))


class Hint(Control):
    """A sunken box for a sentence: hints, disabled states, outcomes. Tone picks ground."""

    def __init__(
        self, theme: Theme, ground: str = "sunken", *, radius: int = 10, edge: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._ground, self._radius, self._edge = ground, radius, edge

    def set_ground(self, ground: str) -> None:
        if ground != self._ground:
            self._ground = ground
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        edge = self.theme.color(self._edge) if self._edge else None
        rounded(QPainter(self), self.rect(), self._radius, self.theme.color(self._ground), edge)


class Strip(Hint):
    """One warning line across a page: icon, sentence, a quiet remark and at most one action."""

    TONES: ClassVar[dict[str, tuple[str, str]]] = {
        "amber": ("amber_soft", "amber_ink"),
        "red": ("red_soft", "red_ink"),
        "green": ("green_soft", "green_ink"),
    }

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "amber_soft", radius=RADIUS_CONTROL, parent=parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(12)
        self.icon = IconView(theme, "triangle-alert", 20, "amber_ink")
        self.sentence = Label(theme, "", "body", weight=600, color="amber_ink", elide=True)
        self.remark = Label(theme, "", "caption", color="amber_ink")
        self.action = StripAction(theme)
        row.addWidget(self.icon)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.remark)
        row.addWidget(self.action)
        self.setFixedHeight(48)

    def show_as(self, sentence: str, *, icon: str, tone: str, remark: str = "", action: str = "") -> None:
        ground, ink = self.TONES[tone]
        self.set_ground(ground)
        self.icon.set_icon(icon, ink)
        self.sentence.set_text(sentence)
        self.sentence.set_color(ink)
        self.remark.set_text(remark)
        self.remark.set_color(ink)
        self.remark.setVisible(bool(remark))
        self.action.show_as(action, ink)
        self.action.setVisible(bool(action))


class StripAction(PressControl):
    """The words at the right end of a strip or a tile head, with an arrow."""

    def __init__(self, theme: Theme, text: str = "", color: str = "ink2", *, weight: int = 600) -> None:
        super().__init__(theme)
        self._color, self._weight = color, weight
        self.focus_radius = 8
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_as(self, text: str, color: str) -> None:
        self._color = color
        self.setText(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = self.theme.metrics("body", self._weight).horizontalAdvance(self.text())
        return QSize(int(width + 0.99) + 8 + 18 + 8, 44)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.isDown():
            rounded(painter, self.rect(), 8, self.theme.color("pressed"))
        hot = self._color == "ink2" and self.underMouse()
        ink = self.theme.color("ink" if hot else self._color)
        metrics = self.theme.metrics("body", self._weight)
        painter.setFont(self.theme.font("body", self._weight))
        painter.setPen(ink)
        draw_line(painter, self.text(), metrics, 4, 11, 22)
        self.theme.icons.paint(painter, "chevron-right", self.width() - 22, 13, 18, ink)


class ListRow(PressControl):
    """A row of a list: 1 px top line, the chosen one sunken with a 3 px ink bar. Put a layout into it."""

    def __init__(self, theme: Theme, height: int = 72, *, first: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._first = first
        self.focus_radius = 4
        self.setCheckable(True)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else QSize(200, self.height())

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        return layout.minimumSize() if layout is not None else QSize(44, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.isChecked():
            painter.fillRect(self.rect(), self.theme.color("sunken"))
        elif self.isDown() or self.underMouse():
            tint = QColor(self.theme.color("sunken"))
            tint.setAlphaF(0.5)
            painter.fillRect(self.rect(), tint)
        if not self._first:
            painter.fillRect(0, 0, self.width(), 1, self.theme.color("line"))
        if self.isChecked():
            painter.fillRect(0, 0, 3, self.height(), self.theme.color("ink"))


class Line(Control):
    """A 1 px separator."""

    def __init__(self, theme: Theme, *, vertical: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self.theme.color("line"))


class _ThinBar(QScrollBar):
    """Lies over the content, so that lists keep their full width; shows only when there is something to scroll."""

    WIDTH = 12

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def follow(self, source: QScrollBar) -> None:
        """Mirror another bar, both ways."""
        source.rangeChanged.connect(lambda _low, _high: self._mirror(source))
        source.valueChanged.connect(self.setValue)
        self.valueChanged.connect(source.setValue)
        self._mirror(source)

    def _mirror(self, source: QScrollBar) -> None:
        self.setPageStep(source.pageStep())
        self.setSingleStep(source.singleStep())
        self.setRange(source.minimum(), source.maximum())
        self.setValue(source.value())
        self.setVisible(source.maximum() > source.minimum())

    def paintEvent(self, _event: QPaintEvent) -> None:
        span = self.maximum() - self.minimum()
        if span <= 0:
            return
        height = self.height()
        length = max(32.0, height * self.pageStep() / (span + self.pageStep()))
        top = (height - length) * (self.value() - self.minimum()) / span
        token = "ink3" if self.isSliderDown() or self.underMouse() else "edge"
        rounded(QPainter(self), QRectF(4, top + 2, 5, length - 4), 2.5, self._theme.color(token))


class Scroll(QScrollArea):
    """Scrolls one widget up and down on the ground behind it; by wheel, finger and bar."""

    def __init__(self, theme: Theme, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.setWidget(body)
        body.setAutoFillBackground(False)
        self._bar = _ThinBar(theme, self)
        self._bar.follow(self.verticalScrollBar())
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bar.setGeometry(self.width() - _ThinBar.WIDTH, 0, _ThinBar.WIDTH, self.height())
        self._bar.raise_()


class Dialog(Control):
    """A question over a page: scrim, then a panel with radius 20. Covers its parent; put content into ``body``.

    While it is open the keyboard stays inside: what lies under the scrim cannot be pressed by anybody. Afterwards it is
    where it was."""

    dismissed = Signal()  # Escape

    def __init__(self, theme: Theme, title: str, *, width: int = 480, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._shadow = Shadow(theme)
        self._focus_before: tuple[QWidget, bool] | None = None  # and whether it was come to by keyboard
        self.panel = _Panel(theme, self)
        self.panel.setFixedWidth(width)
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        self.title = Label(theme, title, "dialog", wrap=True)
        column.addWidget(self.title)
        self.body = QVBoxLayout()
        self.body.setSpacing(12)
        column.addLayout(self.body)
        parent.installEventFilter(self)
        self.fit()
        self.hide()

    def open(self) -> None:
        """Show it above everything in the parent and give it the keyboard."""
        had = QApplication.focusWidget()
        if had is not None and not self.isAncestorOf(had):
            self._focus_before = (had, bool(getattr(had, "key_focus", False)))
        self.fit()
        self.show()
        self.raise_()
        self.panel.setFocus(Qt.FocusReason.OtherFocusReason)

    def setVisible(self, visible: bool) -> None:
        """Before it goes it hands the keyboard back; Qt would give it to whatever comes next, with a ring around it."""
        if not visible and self.isVisible():
            self._give_back()
        super().setVisible(visible)

    def _give_back(self) -> None:
        before, self._focus_before = self._focus_before, None
        now = QApplication.focusWidget()
        if now is None or not self.isAncestorOf(now):
            return  # it went somewhere else by itself
        if before is not None and isValid(before[0]) and before[0].isVisible() and before[0].isEnabled():
            by_key = Qt.FocusReason.TabFocusReason if before[1] else Qt.FocusReason.OtherFocusReason
            before[0].setFocus(by_key)
        else:
            now.clearFocus()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Round and round among what the panel holds."""
        now = QApplication.focusWidget() or self.panel
        start = now if self.isAncestorOf(now) else self.panel
        step = _beside(start, forward)
        while step is not None and step is not start:
            if step is not self.panel and self.panel.isAncestorOf(step) and _takes_tab(step):
                step.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
                break
            step = _beside(step, forward)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self.dismissed.emit()
            return
        super().keyPressEvent(event)

    def showEvent(self, _event: QShowEvent) -> None:
        self.fit()

    def fit(self) -> None:
        """Cover the parent and centre the panel at the height its content needs."""
        parent = self.parentWidget()
        assert parent is not None
        self.setGeometry(parent.rect())
        layout = self.panel.layout()
        width = self.panel.width()
        height = layout.heightForWidth(width) if layout is not None and layout.hasHeightForWidth() else -1
        height = height if height > 0 else self.panel.sizeHint().height()
        height = min(height, self.height() - 32)
        self.panel.setGeometry((self.width() - width) // 2, max(16, (self.height() - height) // 2), width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        scrim = QColor(self.theme.color("scrim"))
        scrim.setAlphaF(self.theme.tokens.scrim_percent / 100)
        painter.fillRect(self.rect(), scrim)
        self._shadow.paint(painter, self.panel.geometry())


def _beside(widget: QWidget, forward: bool) -> QWidget | None:
    return widget.nextInFocusChain() if forward else widget.previousInFocusChain()


def _takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()


class _Panel(Control):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def paintEvent(self, _event: QPaintEvent) -> None:
        edge = self.theme.color("line") if self.theme.mode == "dark" else None
        rounded(QPainter(self), self.rect(), RADIUS_DIALOG, self.theme.color("surface"), edge)
