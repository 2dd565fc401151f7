"""What must be true of any screen: nothing cut, nothing on top of another, nothing too small to press, not blank."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

from agent.ui.controls import Button, Chip, Dialog, FocusRing, IconView, Label

TOUCH_MIN = 44


def visible(root: QWidget) -> Iterator[QWidget]:
    """Every widget of the window that people can see right now."""
    for widget in root.findChildren(QWidget):
        if widget.isVisible() and not isinstance(widget, FocusRing):
            yield widget


def name(widget: QWidget) -> str:
    text = getattr(widget, "text", lambda: "")
    said = text() if callable(text) else ""
    return f"{type(widget).__name__} {widget.objectName()!r} {said!r} {widget.width()}x{widget.height()}"


def cut_texts(root: QWidget) -> list[str]:
    """Painted text wider or taller than its room where it may not be shortened."""
    found = []
    for widget in visible(root):
        fits = getattr(widget, "text_fits", None)
        if fits is not None and not fits():
            found.append(name(widget))
        if isinstance(widget, QLabel) and widget.fontMetrics().horizontalAdvance(widget.text()) > widget.width() + 1:
            found.append(name(widget))
        if isinstance(widget, Label) and widget.is_shortened() and not widget.toolTip():
            found.append("no tooltip on " + name(widget))
    return found


def small_targets(root: QWidget) -> list[str]:
    """UXR-02: what can be pressed or typed into is at least 44 by 44."""
    found = []
    for widget in visible(root):
        target: QWidget | None = None
        if isinstance(widget, QAbstractButton) and not isinstance(widget, QScrollBar):
            target = widget
        elif isinstance(widget, QLineEdit):
            target = widget.parentWidget()
        if target is not None and (target.width() < TOUCH_MIN or target.height() < TOUCH_MIN):
            found.append(name(target))
    return found


def nameless(root: QWidget) -> list[str]:
    """UXR-17: what can be pressed or typed into has a word for who cannot see it."""
    found = []
    for widget in visible(root):
        if not widget.isEnabled():
            continue  # the empty cells of a calendar
        said = widget.accessibleName()
        if isinstance(widget, QAbstractButton) and not (said or widget.text()).strip():
            found.append("no name for " + name(widget))
        if isinstance(widget, QLineEdit) and not (said or widget.placeholderText()).strip():
            found.append("no name for " + name(widget))
        if isinstance(widget, QPlainTextEdit) and not said.strip():
            found.append("no name for " + name(widget))
    return found


def _in_scroll(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def outside(root: QWidget) -> list[str]:
    """Parts that stick out of the window."""
    frame = root.rect().adjusted(-1, -1, 1, 1)
    found = []
    for widget in visible(root):
        if _in_scroll(widget) or widget.isWindow():
            continue
        place = QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())
        # A floating notice carries its shadow beyond the edge on purpose; its parts are checked.
        if type(widget).__name__ != "Toast" and not frame.contains(place):
            found.append(f"{name(widget)} at {place}")
    return found


def overlapping(root: QWidget) -> list[str]:
    """Words, chips and buttons of one parent that lie on each other."""
    found = []
    kinds = (Label, Button, Chip, IconView)
    for parent in [root, *visible(root)]:
        parts = [child for child in parent.children() if isinstance(child, kinds) and child.isVisible()]
        for index, first in enumerate(parts):
            for second in parts[index + 1 :]:
                both = first.geometry().intersected(second.geometry())
                if both.width() > 1 and both.height() > 1 and _says(first) and _says(second):
                    found.append(f"{name(first)} on {name(second)}")
    return found


def _says(widget: QWidget) -> bool:
    return not isinstance(widget, Label) or bool(widget.text())


def blank(picture: QPixmap) -> bool:
    """True when a picture shows next to nothing."""
    image = picture.toImage()
    step = max(1, image.width() // 160)
    colors = {image.pixel(x, y) for x in range(0, image.width(), step) for y in range(0, image.height(), step)}
    return len(colors) < 8


def problems(root: QWidget) -> list[str]:
    """Everything wrong with a window, in words."""
    dialogs = [widget for widget in visible(root) if isinstance(widget, Dialog)]
    return [
        *(f"cut: {said}" for said in cut_texts(root)),
        *(f"too small: {said}" for said in small_targets(root)),
        *nameless(root),
        *(f"outside: {said}" for said in outside(root)),
        *(f"overlap: {said}" for said in overlapping(root)),
        *(f"dialog too tall: {name(d)}" for d in dialogs if d.panel.height() > d.height()),
    ]
