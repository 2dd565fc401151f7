"""Owns the shape of the sold-out page: which items, how they stand, what a press does."""

from __future__ import annotations

from dataclasses import dataclass

ALL, SOLD_OUT = "all", "sold_out"


@dataclass(frozen=True)
class MenuChip:
    key: str
    word: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class MenuRow:
    """``today`` and ``released`` are the words of the buttons that mark it, ``back`` of the one that takes it back;
    empty: no such button."""

    menu_id: str
    name: str
    line: str
    state: str
    icon: str
    tone: str
    today: str = ""
    released: str = ""
    back: str = ""


@dataclass(frozen=True)
class MenuState:
    open: bool = False
    door: str = ""  # the button on the orders page that opens it
    search: str = ""
    chips: tuple[MenuChip, ...] = ()
    rows: tuple[MenuRow, ...] = ()
    empty: str = ""
    hint: str = ""  # the line is down
    said: str = ""  # the answer to a press that could not be kept
