"""The tokens keep their promises: contrast, sizes, fonts that are ours."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontInfo

from agent.ui.theme import DARK, LIGHT, TYPE, Theme, Tokens, load_fonts

TEXT_PAIRS = [
    ("ink", "bg"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink2", "surface"),
    ("ink2", "sunken"),
    ("ink2", "bg"),
    ("ink3", "surface"),
    ("ink3", "sunken"),
    ("ink3", "bg"),
    ("on_green", "green"),
    ("on_green", "green_hover"),
    ("on_red", "red"),
    ("on_ink", "ink"),
    ("green_ink", "surface"),
    ("green_ink", "green_soft"),
    ("amber_ink", "surface"),
    ("amber_ink", "amber_soft"),
    ("red_ink", "surface"),
    ("red_ink", "red_soft"),
    ("ink", "raised"),
    ("ink2", "pressed"),
    ("on_avatar", "avatar"),
]
GRAPHIC_PAIRS = [("edge", "surface"), ("edge", "bg"), ("amber", "surface"), ("green", "surface"), ("red", "surface")]


def _luminance(color: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(color[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS, ids=lambda pair: str(pair))
def test_text_has_a_contrast_of_four_and_a_half(tokens: Tokens, ink: str, ground: str) -> None:
    """UXR-17."""
    assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), GRAPHIC_PAIRS, ids=lambda pair: str(pair))
def test_edges_and_rings_have_a_contrast_of_three(tokens: Tokens, mark: str, ground: str) -> None:
    assert contrast(getattr(tokens, mark), getattr(tokens, ground)) >= 3.0


def test_nothing_is_smaller_than_thirteen_pixels_and_the_tablet_than_eighteen() -> None:
    assert min(step.px for name, step in TYPE.items() if not name.startswith("t")) >= 13
    assert min(step.px for name, step in TYPE.items() if name.startswith("t")) >= 18


@pytest.mark.parametrize("weight", [400, 500, 600, 700, 800])
def test_every_weight_comes_from_the_bundled_font(qapp: object, weight: int) -> None:
    load_fonts()

    found = QFontInfo(Theme().font("body", weight))

    assert (found.family(), found.weight()) == ("Pretendard", weight)


def test_figures_stand_in_columns(qapp: object) -> None:
    load_fonts()
    metrics = Theme().metrics("body")

    assert len({round(metrics.horizontalAdvance(digit), 2) for digit in "0123456789"}) == 1
