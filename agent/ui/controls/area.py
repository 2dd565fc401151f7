"""Owns a text field of several lines, and a picture of paper."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from agent.ui.controls.base import Control
from agent.ui.paint import rounded
from agent.ui.theme import RADIUS_CONTROL, Theme


class _Lines(QPlainTextEdit):
    focused = Signal(bool)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)


class TextArea(Control):
    """Lines of text, not wrapped, in letters of one width. Emits ``typed`` with the whole text."""

    typed = Signal(str)

    def __init__(self, theme: Theme, name: str, *, family: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.edit = _Lines(self)
        self.edit.setFrameShape(QFrame.Shape.NoFrame)
        self.edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.edit.setTabChangesFocus(True)
        font = theme.font("body")
        font.setFamily(family)
        self.edit.setFont(font)
        self.edit.setAccessibleName(name)
        self.edit.focused.connect(lambda _on: self.update())
        self.edit.textChanged.connect(lambda: self.typed.emit(self.edit.toPlainText()))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.edit)
        self.setFocusProxy(self.edit)

    def set_text(self, text: str) -> None:
        """Replaces the text without ``typed``; what stands there already stays, cursor and all."""
        if text != self.edit.toPlainText():
            self.edit.blockSignals(True)
            self.edit.setPlainText(text)
            self.edit.blockSignals(False)

    def insert(self, text: str) -> None:
        """At the cursor, as if it had been typed."""
        self.edit.insertPlainText(text)
        self.edit.setFocus()

    def paintEvent(self, _event: QPaintEvent) -> None:
        color = self.theme.color
        palette = self.edit.palette()
        if palette.color(palette.ColorRole.Base) != color("surface"):  # the theme changed under the Qt field
            self.edit.setPalette(self.theme.palette())
        focused = self.edit.hasFocus()
        edge = color("ink" if focused else "edge")
        rounded(QPainter(self), self.rect(), RADIUS_CONTROL, color("surface"), edge, 2 if focused else 1)


class PaperPicture(Control):
    """A picture of printed paper, as wide as there is room and never blown up."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._pixmap = QPixmap()
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_png(self, png: bytes) -> None:
        self._pixmap = QPixmap()
        self._pixmap.loadFromData(png)
        self.updateGeometry()
        self.update()

    def _shown(self, width: int) -> QSize:
        size = self._pixmap.size()
        wide = min(width, size.width())
        return QSize(wide, size.height() * wide // size.width() if size.width() else 0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._shown(width).height()

    def sizeHint(self) -> QSize:
        return self._shown(400)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._pixmap.isNull():
            return
        shown = self._shown(self.width())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        # A long way down, Qt's smooth transform skips rows of dots; scaling the picture first keeps every line.
        ratio = self.devicePixelRatioF()
        scaled = self._pixmap.scaled(
            round(shown.width() * ratio),
            round(shown.height() * ratio),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        painter.drawPixmap(QRect((self.width() - shown.width()) // 2, 0, shown.width(), shown.height()), scaled)
