"""Stamp boards: tiers, completion, the way back, and what a definition must say (STP-01, 03 to 06, 19 to 21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import DAY_MS

MAX_TIERS = 3  # STP-03; the last tier is the completion (Ambiguity A4)
TEMPLATES = 5  # STP-03
PLAN_GRACE_MS = 7 * DAY_MS  # STP-01: so long a counter believes the plan it saw last


class Plan(StrEnum):
    BASIC = "basic"
    PLUS = "plus"
    PREMIUM = "premium"


def plan_named(name: str) -> Plan:
    """A store's plan by the word in its record; a word of older or other plans counts as the smallest."""
    return Plan(name) if name in frozenset(Plan) else Plan.BASIC


def stamps_in_plan(plan: Plan, seen_ms_ago: int = 0) -> bool:
    """STP-01: from Plus on; a counter without a line for longer than the grace shows none."""
    return plan is not Plan.BASIC and seen_ms_ago <= PLAN_GRACE_MS


class StampMove(StrEnum):
    """STP-20."""

    EARN = "earn"
    DEDUCT = "deduct"


class StampCause(StrEnum):
    """STP-20, STP-21, STP-23."""

    PAYMENT = "payment"
    CONDITION = "condition"
    REGISTRATION = "registration"
    TRANSFER = "transfer"
    EXPIRY = "expiry"
    CANCEL = "cancel"
    EVENT = "event"


class StampMedium(StrEnum):
    """STP-20."""

    CARD_NUMBER = "card_number"
    PHONE_NUMBER = "phone_number"
    AUTO_EARN = "auto_earn"


@dataclass(frozen=True)
class StampCard:
    """A board of ``per_board`` stamps. ``tiers``: at how many stamps a reward is due, the last one completes the board.
    ``boards_max`` None: as many boards as one likes. ``valid_days`` None: stamps do not expire."""

    per_board: int
    tiers: tuple[int, ...]
    boards_max: int | None = None
    valid_days: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    template: int = 1
    name: str = ""


class CardProblem(StrEnum):
    """Why a card cannot be used; screens translate it."""

    SIZE = "size"
    TIERS = "tiers"
    TIER_ORDER = "tier_order"
    COMPLETION = "completion"
    BOARDS = "boards"
    VALIDITY = "validity"
    PERIOD = "period"
    TEMPLATE = "template"


def card_problem(card: StampCard) -> CardProblem | None:
    """The first thing that is wrong (STP-03, STP-05, STP-06; Ambiguity A4)."""
    if card.per_board < 1:
        return CardProblem.SIZE
    if not 1 <= len(card.tiers) <= MAX_TIERS:
        return CardProblem.TIERS
    if card.tiers[0] < 1 or any(later <= earlier for earlier, later in zip(card.tiers, card.tiers[1:], strict=False)):
        return CardProblem.TIER_ORDER
    if card.tiers[-1] != card.per_board:
        return CardProblem.COMPLETION
    if card.boards_max is not None and card.boards_max < 1:
        return CardProblem.BOARDS
    if not 1 <= card.template <= TEMPLATES:
        return CardProblem.TEMPLATE
    return _period_problem(card)


def _period_problem(card: StampCard) -> CardProblem | None:
    if card.valid_days is not None and card.valid_days < 1:
        return CardProblem.VALIDITY
    if card.first_day is None or card.last_day is None:
        return None
    if card.last_day < card.first_day:
        return CardProblem.PERIOD
    period_days = (card.last_day - card.first_day).days + 1
    return CardProblem.VALIDITY if card.valid_days is not None and card.valid_days > period_days else None


def earning_on(card: StampCard, day: date) -> bool:
    """Whether the card is issued on that day (STP-05: the end is optional)."""
    started = card.first_day is None or day >= card.first_day
    return started and (card.last_day is None or day <= card.last_day)


def stamp_last_day(card: StampCard, earned: date) -> date | None:
    """The last day on which a stamp counts; None: it does not expire (STP-05, STP-21)."""
    return None if card.valid_days is None else earned + timedelta(days=card.valid_days)


@dataclass(frozen=True)
class Board:
    """The member's current board: ``number`` from 1, ``stamps`` on it. A full board is shown until the next stamp."""

    number: int
    stamps: int


@dataclass(frozen=True, order=True)
class Tier:
    """A reward that falls due once: the board's number and how many stamps it takes (STP-04, Ambiguity A6)."""

    board: int
    stamps: int


def room(card: StampCard, total: int) -> int | None:
    """How many stamps still fit; None: any number (STP-05)."""
    return None if card.boards_max is None else max(card.boards_max * card.per_board - total, 0)


def place(card: StampCard, total: int, stamps: int) -> int:
    """The member's new total; what does not fit on the last board is not placed (STP-19)."""
    free = room(card, total)
    return total + (stamps if free is None else min(stamps, free))


def take_back(total: int, stamps: int) -> int:
    """The total after a cancelled payment; it goes back over a completed board, never below zero (STP-21)."""
    return max(total - stamps, 0)


def expire(card: StampCard, total: int, stamps: int) -> int:
    """The total after stamps lapsed. Only those of the board that is being filled lapse: a completed one has paid."""
    return max(total - stamps, total // card.per_board * card.per_board)


def board_of(card: StampCard, total: int) -> Board:
    """Where ``total`` stamps have got to."""
    if total == 0:
        return Board(1, 0)
    full, rest = divmod(total - 1, card.per_board)
    return Board(full + 1, rest + 1)


def tiers_reached(card: StampCard, total: int) -> tuple[Tier, ...]:
    """Every tier that so many stamps reach, over all boards, in order. A tier pays once: the caller leaves out those
    that have paid, also when stamps were taken back and earned again (STP-04)."""
    boards = -(-total // card.per_board)
    return tuple(
        Tier(board, at)
        for board in range(1, boards + 1)
        for at in card.tiers
        if (board - 1) * card.per_board + at <= total
    )


def tiers_crossed(card: StampCard, before: int, after: int) -> tuple[Tier, ...]:
    """Those that ``after`` stamps reach and ``before`` did not, in order; looks only at the boards between (STP-04)."""
    per_board = card.per_board
    return tuple(
        Tier(board + 1, at)
        for board in range(before // per_board, -(-after // per_board))
        for at in card.tiers
        if before < board * per_board + at <= after
    )


def collect_rate_bp(card: StampCard, total: int) -> int:
    """How full the current board is, in basis points (STP-22)."""
    return board_of(card, total).stamps * 10_000 // card.per_board
