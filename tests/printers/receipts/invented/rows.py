"""Rows of a paper before anybody knows how they are sent: text, a label with its value, cells of a table, a rule."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    text: str
    align: int = 0  # 0 left, 1 centre
    big: bool = False
    bold: bool = False


@dataclass(frozen=True)
class Pair:
    label: str
    value: str
    big: bool = False


@dataclass(frozen=True)
class Cells:
    """`ends`: in columns; a cell ends there (its first begins at 0)."""

    cells: tuple[str, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    mark: str = "-"


Row = Text | Pair | Cells | Rule


def width_of(text: str) -> int:
    """Half-width columns."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def clipped(text: str, columns: int) -> str:
    while width_of(text) > columns:
        text = text[:-1]
    return text
