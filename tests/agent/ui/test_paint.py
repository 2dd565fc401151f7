"""Lines break between phrases, never inside a Korean word."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from agent.ui.controls import IconButton, Label
from agent.ui.paint import Shadow, break_lines, elided
from agent.ui.theme import Theme, load_fonts


def test_lines_break_at_blanks_only(qapp: object) -> None:
    load_fonts()
    metrics = Theme().metrics("body")
    text = "컵홀더가 320개 남았어요. 발주를 검토해 주세요"

    lines = break_lines(text, metrics, 120)

    assert len(lines) > 1
    assert " ".join(lines) == text


def test_a_wrapped_label_is_as_tall_as_its_lines(qapp: object) -> None:
    load_fonts()
    theme = Theme()
    label = Label(theme, "정한 내용은 연결되면 바로 보내요. 걱정하지 않아도 돼요", wrap=True)

    assert label.heightForWidth(2_000) == theme.line_height("body")
    assert label.heightForWidth(160) >= 3 * theme.line_height("body")


def test_an_elided_line_never_is_wider_than_its_room(qapp: object) -> None:
    load_fonts()
    metrics = Theme().metrics("body")

    for room in (20, 55, 90, 140):
        assert metrics.horizontalAdvance(elided("아메리카노 1잔 무료", metrics, room)) <= room + 0.5


def test_the_shadow_lies_outside_the_card_and_fades_to_nothing(qapp: object) -> None:
    image = QImage(500, 360, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    Shadow(Theme()).paint(painter, QRect(50, 50, 384, 176))
    painter.end()

    below, corner = image.pixelColor(240, 232).alpha(), image.pixelColor(19, 19).alpha()
    assert below > 20
    assert corner <= 2


@pytest.mark.parametrize("count", [1, 10, 100])
def test_a_count_of_any_length_ends_round_inside_its_button(qapp: object, count: int) -> None:
    load_fonts()
    button = IconButton(Theme(), "bell", "알림")
    button.set_count(count)
    ink = button.theme.color("ink").rgb()

    shot = button.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)

    assert any(shot.pixel(x, 11) == ink for x in range(22, shot.width()))
    assert [y for y in (2, 3, 19, 20) if shot.pixel(shot.width() - 1, y) == ink] == []  # the corners of a cut pill
