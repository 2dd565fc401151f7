"""Owns the shape of the pop-up stack: what a card shows in each state, how tall it is, and which fit the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from agent.approval.types import RejectReason
from agent.approval.words import Run

VISIBLE_MAX = 5  # never more cards than this, however tall the screen (APR-20)
GAP = 12
PILL_HEIGHT = 44


class Phase(StrEnum):
    """Which of the pictured states a card is in."""

    OPEN = "open"
    REASONS = "reasons"
    WORKING = "working"  # at 0, until the outcome is known
    ELSEWHERE = "elsewhere"  # someone else was first
    NOTICE = "notice"  # decided: the small card that says what happened


class Ring(StrEnum):
    INK = "ink"
    AMBER = "amber"
    QUIET = "quiet"
    WORKING = "working"


class NoticeAction(StrEnum):
    NONE = ""
    RECOVER = "recover"
    CANCEL = "cancel"  # of an auto-approval, owners only (APR-17)
    OWNER = "owner"  # the owner's word about a recovery that staff asked for (APR-16)


@dataclass(frozen=True)
class Notice:
    """The lower part is gone; one line says who, by whom and when."""

    icon: str
    tone: str
    title: str
    line: str
    action: NoticeAction = NoticeAction.NONE
    name: str = ""  # the part of the title that is shortened first: what became of it has to be read
    pos_line: tuple[Run, ...] = ()
    left_s: int | None = None  # a recovery that waits for the owner


@dataclass(frozen=True)
class Reasons:
    chosen: RejectReason | None = None
    text: str = ""
    note: str = ""
    note_is_error: bool = False

    @property
    def wants_text(self) -> bool:
        return self.chosen is RejectReason.OTHER

    @property
    def ready(self) -> bool:
        return self.chosen is not None and (not self.wants_text or bool(self.text.strip()))


@dataclass(frozen=True)
class CardState:
    """Everything one card shows; the view adds nothing."""

    request_id: str
    phase: Phase
    icon: str = ""
    kind: str = ""
    time: str = ""
    flag_icon: str = ""
    flag: str = ""
    urgent: bool = False
    title: str = ""
    nickname: str = ""
    meta: str = ""
    left_s: int | None = None
    ring: Ring = Ring.INK
    hint_icon: str = ""
    hint: tuple[tuple[Run, ...], ...] = ()
    keycap: str = ""
    reasons: Reasons = field(default_factory=Reasons)
    notice: Notice | None = None


@dataclass(frozen=True)
class StackState:
    """``cards`` from the corner upwards; ``more`` open requests have no room."""

    cards: tuple[CardState, ...] = ()
    more: int = 0


# Measures of the picture: 1 px edge + 16 padding, head of 76, and what lies below it.
_EDGE = 17
_HEAD = 76
_BUTTONS = 14 + 52
_REASON_TEXT = 8 + 48


def card_height(card: CardState) -> int:
    """How tall a card is, in logical px."""
    match card.phase:
        case Phase.NOTICE:
            return _notice_height(card.notice)
        case Phase.WORKING:
            return _EDGE + _HEAD + _BUTTONS + _EDGE
        case Phase.ELSEWHERE:
            return _EDGE + _HEAD + 12 + 48 + _EDGE
        case Phase.REASONS:
            text = _REASON_TEXT if card.reasons.wants_text else 0
            return _EDGE + _HEAD + 12 + 22 + 8 + 48 + 8 + 48 + text + 8 + 18 + _BUTTONS + _EDGE
        case _:
            return _EDGE + _HEAD + hint_height(card) + _BUTTONS + _EDGE


def hint_height(card: CardState) -> int:
    """12 px above a hint, 40 for one line, 54 for two."""
    if not card.hint:
        return 0
    return 12 + (40 if len(card.hint) == 1 else 54)


def _notice_height(notice: Notice | None) -> int:
    assert notice is not None
    if notice.pos_line:
        return 13 + 44 + 10 + 44 + _EDGE
    return 70 if notice.action else 64


def fit(cards: Sequence[CardState], room: int, newest: str = "") -> tuple[tuple[CardState, ...], int]:
    """From the corner upwards as many cards as there is room for, and how many open ones are left out.

    The card whose time runs out first is always shown, then the `newest` notice, which says what a press has just done.
    Other notices give way to whatever still waits for a decision: they come back when there is room.
    """
    shown = _take(cards, room, newest)
    if not _left_out(cards, shown):
        return shown, 0
    shown = _take(cards, room - PILL_HEIGHT - GAP, newest)
    return shown, _left_out(cards, shown)


def _left_out(cards: Sequence[CardState], shown: Sequence[CardState]) -> int:
    """Open ones without room; a notice is not counted, nobody has to answer it."""
    return sum(card.phase is not Phase.NOTICE for card in cards) - sum(card.phase is not Phase.NOTICE for card in shown)


def _take(cards: Sequence[CardState], room: int, newest: str) -> tuple[CardState, ...]:
    open_ = [card for card in cards if card.phase is not Phase.NOTICE]
    fresh = [card for card in cards if card.phase is Phase.NOTICE and card.request_id == newest]
    older = [card for card in cards if card.phase is Phase.NOTICE and card.request_id != newest]
    taken: set[str] = set()
    used, full = 0, False
    for card in (*open_[:1], *fresh, *open_[1:], *older):
        needed = card_height(card) + (GAP if taken else 0)
        is_open = card.phase is not Phase.NOTICE
        if len(taken) == VISIBLE_MAX or (taken and used + needed > room) or (is_open and full):
            full = full or is_open  # a later one that happens to be smaller does not jump the queue
            continue
        taken.add(card.request_id)
        used += needed
    return tuple(card for card in cards if card.request_id in taken)
