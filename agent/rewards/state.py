"""Owns the shape of the page of rewards: the paper that was read, what was used, the boards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperCard:
    """What became of the paper that was read. ``figure`` is what staff key into the POS, or would; ``left_s`` is None
    while no countdown runs; empty words: no button."""

    title: str
    line: str = ""
    icon: str = "ticket"
    tone: str = "neutral"
    figure: str = ""
    hint: str = ""
    left_s: int | None = None
    use: str = ""
    leave: str = ""


@dataclass(frozen=True)
class PaperPanel:
    """``wrong``: what stands in the field is no code; ``card`` is None before anything was read."""

    typed: str = ""
    wrong: bool = False
    problem: str = ""
    asking: bool = False
    card: PaperCard | None = None
    offline: str = ""  # what cannot be done without a line, and that nothing is lost


@dataclass(frozen=True)
class Row:
    """One line of a list: two lines of words on the left, a figure on the right with a remark below it."""

    title: str
    line: str = ""
    figure: str = ""
    remark: str = ""


@dataclass(frozen=True)
class UsesState:
    """What was used in a day, a week or a month. ``note`` instead of rows; ``as_of`` says whether it is of now."""

    period: str = "day"
    by: str = "use"
    span: str = ""
    later: bool = False  # there are later days to look at
    today: str = ""  # the button that leads back; empty on today
    coupons: tuple[tuple[str, str], ...] = ()
    coupon: str = ""
    rows: tuple[Row, ...] = ()
    note: str = ""
    page: str = ""
    fewer: bool = False
    more: bool = False
    as_of: str = ""
    stale: bool = False


@dataclass(frozen=True)
class Box:
    word: str
    figure: str
    remark: str = ""


@dataclass(frozen=True)
class BoardTile:
    """Boxes of figures, and the five that stand out. ``foot``: what the tiers of a stamp card give."""

    title: str
    icon: str
    boxes: tuple[Box, ...] = ()
    head: str = ""
    top: tuple[Row, ...] = ()
    note: str = ""
    foot: str = ""


@dataclass(frozen=True)
class BoardsState:
    tiles: tuple[BoardTile, ...] = ()
    log_title: str = ""
    log: tuple[Row, ...] = ()
    note: str = ""
    as_of: str = ""
    stale: bool = False
