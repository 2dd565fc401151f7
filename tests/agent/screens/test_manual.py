"""The manual's pictures are what the screens look like today, and it shows no other."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image, ImageChops
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.agent.screens.manual import FOLDER, paint

DIFFERENT_SHARE_MAX = 0.002  # of the pixels; letters are smoothed a little differently on other machines
DIFFERENT_LEVEL = 40


def test_the_manual_shows_the_screens_of_today(qapp: QApplication, tmp_path: Path) -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\.png\)", text))
    painted = dict(paint(tmp_path))

    assert shown == painted.keys() == {path.stem for path in FOLDER.glob("*.png")}
    stale = [name for name, shot in painted.items() if differs(QImage(str(FOLDER / f"{name}.png")), shot)]
    assert not stale, f"{stale}: python -m tests.agent.screens.manual paints them anew"


def test_every_place_that_the_manual_points_to_is_there() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    heads = {re.sub(r"[^\w\- ]", "", line[3:]).lower().replace(" ", "-") for line in re.findall(r"^## .+$", text, re.M)}

    places = re.findall(r"\]\(#([^)]+)\)", text)
    files = re.findall(r"\]\((?!#)([^)]+\.md)\)", text)

    assert places
    assert set(places) <= heads
    assert [name for name in files if not (FOLDER / name).exists()] == []


def differs(kept: QImage, shot: QImage) -> bool:
    """Whether more than a few pixels stand off clearly."""
    if kept.size() != shot.size():
        return True
    difference = ImageChops.difference(gray(kept), gray(shot)).histogram()
    return sum(difference[DIFFERENT_LEVEL + 1 :]) > DIFFERENT_SHARE_MAX * kept.width() * kept.height()


def gray(image: QImage) -> Image.Image:
    """As Pillow counts it, which is much faster than Python over a million pixels of each picture."""
    plain = image.convertToFormat(QImage.Format.Format_Grayscale8)
    size = (plain.width(), plain.height())
    return Image.frombytes("L", size, bytes(plain.constBits()), "raw", "L", plain.bytesPerLine(), 1)
