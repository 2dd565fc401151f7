"""What a label shows of its words where there is little room."""

from __future__ import annotations

from collections import Counter

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from agent.ui.controls import Label, Span
from agent.ui.theme import Theme
from tests.agent.screens import looks

LONG, END = "시그니처 바닐라 크림 콜드브루 톨 사이즈 무료 쿠폰", " 승인"


def _painted(theme: Theme, spans: list[Span], width: int) -> int:
    """How many pixels are red, as the last run is."""
    label = Label(theme, "", "body", weight=700, elide=True)
    label.set_spans(spans)
    with looks.shown(label, (width, 22)) as host:
        pixels = Counter(memoryview(looks.picture(host).constBits()).cast("B").cast("I"))
    return sum(count for pixel, count in pixels.items() if QColor(pixel).red() - QColor(pixel).green() > 40)


def test_a_run_that_gives_way_leaves_the_words_behind_it(qapp: QApplication) -> None:
    theme = Theme("light", animations=False)
    said = Span(END, color="red")

    # The edges of black letters may have a few reddish pixels.
    assert _painted(theme, [Span(LONG, gives_way=True), said], 2_000) > 50
    assert _painted(theme, [Span(LONG, gives_way=True), said], 200) > 50
    assert _painted(theme, [Span(LONG), said], 200) < 10
