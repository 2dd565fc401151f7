"""Owns the shape of the home page: boards, figures, the last five decisions, two warnings at most."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.approval.cards import Reasons, Ring

ROWS_MAX = 5  # APR-04


@dataclass(frozen=True)
class Warn:
    """A strip at the top; ``action`` names the page that helps."""

    sentence: str
    icon: str
    tone: str
    remark: str = ""
    action_word: str = ""
    action_page: str = ""


@dataclass(frozen=True)
class BoardRow:
    request_id: str
    icon: str
    title: str
    line: str
    flag: str  # amber words behind the line
    left_s: int | None
    ring: Ring
    working: bool


@dataclass(frozen=True)
class Board:
    title: str
    count: int
    rows: tuple[BoardRow, ...] = ()
    more: int = 0
    more_word: str = ""
    foot: str = ""
    chip_icon: str = ""
    chip: str = ""  # "offline"
    remark: str = ""  # quiet words at the right of the head
    action_word: str = ""
    action_page: str = ""
    empty_icon: str = ""
    empty_title: str = ""
    empty_line: str = ""


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    unit: str
    third: str
    tone: str = "ink"


@dataclass(frozen=True)
class Figures:
    title: str
    remark: str
    figures: tuple[Figure, ...]
    action_page: str = ""
    chip_icon: str = ""
    chip: str = ""
    chip_tone: str = "amber"


@dataclass(frozen=True)
class Decision:
    request_id: str
    icon: str
    tone: str
    title: str
    line: str
    time: str
    can_recover: bool


@dataclass(frozen=True)
class Asking:
    """A rejection that waits for its reason."""

    request_id: str
    title: str
    reasons: Reasons


@dataclass(frozen=True)
class Recovery:
    """A question before value goes back."""

    request_id: str
    title: str
    sentence: str
    confirm_word: str


@dataclass(frozen=True)
class HomeState:
    warning: Warn | None = None
    second_warning: Warn | None = None
    rewards: Board = field(default_factory=lambda: Board("", 0))
    orders: Board | None = None
    figures: tuple[Figures, ...] = ()
    decisions_title: str = ""
    decisions_count: str = ""
    decisions_remark: str = ""
    decisions: tuple[Decision, ...] = ()
    no_decisions: str = ""
    asking: Asking | None = None
    recovery: Recovery | None = None
