"""Icons come in any colour and are drawn once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor

from agent.assets import assets_folder
from agent.ui.icons import Icons

ROOT = Path(__file__).resolve().parents[3]


def test_an_icon_takes_the_wanted_colour_and_is_kept(qapp: object) -> None:
    icons = Icons()

    first = icons.pixmap("check", 20, QColor("#0B7A4B"))
    again = icons.pixmap("check", 20, QColor("#0B7A4B"))

    assert first is again
    image = first.toImage()
    solid = [
        image.pixelColor(x, y).name() for x in range(20) for y in range(20) if image.pixelColor(x, y).alpha() == 255
    ]
    assert set(solid) == {"#0b7a4b"}


def test_an_unknown_icon_is_a_clear_error(qapp: object) -> None:
    with pytest.raises(FileNotFoundError):
        Icons().pixmap("no-such-icon", 20, QColor("black"))


def test_every_icon_that_the_agent_names_is_shipped() -> None:
    """A typo would only show when that state appears on a counter."""
    shipped = {path.stem for path in (assets_folder() / "icons").glob("*.svg")}
    named = set()
    for source in (ROOT / "agent").rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        named.update(re.findall(r'(?:icon|icon_after|set_icon|empty_icon|chip_icon)\s*[=(]\s*"([a-z0-9-]+)"', text))
    assert named
    assert named <= shipped, named - shipped
