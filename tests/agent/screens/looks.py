"""What must hold for every picture: no cut text, keys large enough, contrast measured on the pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QPoint, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QWidget

from agent.ui.controls import Label
from agent.ui.keypad import KeypadKey
from agent.ui.marked import BigFigure, MarkedLabel

TEXT_CONTRAST_MIN = 4.5
LARGE_TEXT_CONTRAST_MIN = 3.0


def on_screen(view: QWidget, size: tuple[int, int]) -> QWidget:
    """The view inside a plain window of that size, laid out."""
    host = QWidget()
    host.resize(*size)
    view.setParent(host)
    view.setGeometry(0, 0, *size)
    host.show()
    for _round in range(3):
        QApplication.processEvents()
    return host


@contextmanager
def shown(view: QWidget, size: tuple[int, int]) -> Iterator[QWidget]:
    """``on_screen`` for one test; what it made is gone afterwards, or every later picture would restyle it again."""
    host = on_screen(view, size)
    yield host
    gone(host)


def gone(host: QWidget) -> None:
    host.hide()
    host.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def picture(host: QWidget) -> QImage:
    QApplication.processEvents()
    return host.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def visible(host: QWidget) -> Iterator[QWidget]:
    """Every widget that a person can see, at least in part."""
    for widget in host.findChildren(QWidget):
        if widget.isVisible() and not widget.visibleRegion().isEmpty():
            yield widget


def cut_texts(host: QWidget) -> list[str]:
    """Names and words of every control whose text does not fit, or which is pushed out of the window."""
    found = []
    for widget in visible(host):
        fits = getattr(widget, "text_fits", None)
        if fits is not None and not fits():
            found.append(_name(widget))
        if not _scrolled(widget) and not host.rect().contains(_place(widget, host)):
            found.append(f"outside the window: {_name(widget)}")
    return found


def small_targets(host: QWidget, least: int) -> list[str]:
    return [
        f"{_name(widget)} {widget.width()}x{widget.height()}"
        for widget in visible(host)
        if isinstance(widget, QAbstractButton) and min(widget.width(), widget.height()) < least
    ]


def small_keys(host: QWidget, least: int) -> list[str]:
    return [
        _name(key) for key in visible(host) if isinstance(key, KeypadKey) and min(key.width(), key.height()) < least
    ]


def small_type(host: QWidget, least: int) -> list[str]:
    return [
        _name(widget)
        for widget in visible(host)
        if isinstance(widget, Label | MarkedLabel)
        and widget.text().strip()
        and widget.theme.line_height(widget._style) < least
    ]


def pale_texts(host: QWidget) -> list[str]:
    """Texts whose strongest pixel does not stand off enough from what is behind them."""
    shot = picture(host)
    found = []
    for widget in visible(host):
        if not isinstance(widget, Label | MarkedLabel | BigFigure) or not widget.text().strip():
            continue
        box = _place(widget, host).intersected(shot.rect())
        if box.height() < 12 or box.width() < 6 or not widget.isEnabled():
            continue
        ratio = contrast_in(shot, box)
        large = isinstance(widget, BigFigure) or widget.theme.line_height(widget._style) >= 36
        if ratio < (LARGE_TEXT_CONTRAST_MIN if large else TEXT_CONTRAST_MIN):
            found.append(f"{_name(widget)} {ratio:.2f}")
    return found


def contrast_in(shot: QImage, box: QRect) -> float:
    """WCAG contrast between the commonest colour of a box and the one that stands off most from it."""
    pixels = memoryview(shot.copy(box).constBits()).cast("B").cast("I")
    counts: Counter[int] = Counter(pixels)
    if not counts:
        return 21.0
    ground = _luminance(QColor(counts.most_common(1)[0][0]))
    return max(_ratio(ground, _luminance(QColor(pixel))) for pixel in counts)


def _ratio(one: float, other: float) -> float:
    light, dark = max(one, other), min(one, other)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def _place(widget: QWidget, host: QWidget) -> QRect:
    return QRect(widget.mapTo(host, QPoint(0, 0)), widget.size())


def _scrolled(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    said = text() if callable(text) else ""
    return f"{widget.objectName() or type(widget).__name__} {said!r}"
