"""Owns the shape of the orders page: filters, rows, the chosen order beside them, the question before a cancel."""

from __future__ import annotations

from dataclasses import dataclass

from agent.approval.cards import Reasons

TODAY, YESTERDAY, RANGE = "today", "yesterday", "range"
ALL = "all"
RESERVED = "reserved"


@dataclass(frozen=True)
class FilterChipState:
    key: str
    word: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class OrderRow:
    order_id: str
    number: str
    state: str
    state_icon: str
    state_tone: str
    title: str
    line: str
    late: str  # amber words at the end of the line
    amount: str
    below_amount: str
    step: str
    first_step: bool  # only the first step is green
    gone: bool
    chosen: bool


@dataclass(frozen=True)
class DetailStep:
    word: str
    icon: str
    tone: str


@dataclass(frozen=True)
class OrderDetail:
    order_id: str
    number: str
    channel: str
    channel_icon: str
    line: str
    steps: tuple[DetailStep, ...]
    items: tuple[tuple[str, str, str, str], ...]  # quantity (empty: what is taken off), name, options, amount
    note: str
    payment: str
    total: str
    step: str
    cancel: str
    first_step: bool


@dataclass(frozen=True)
class OrderAsking:
    """Either a rejection of a waiting request, which needs a reason, or a plain question."""

    order_id: str
    title: str
    reasons: Reasons | None = None
    sentence: str = ""
    confirm: str = ""


@dataclass(frozen=True)
class OrdersState:
    search: str = ""
    period: str = TODAY
    period_word: str = ""
    channel: str = ALL
    chips: tuple[FilterChipState, ...] = ()
    rows: tuple[OrderRow, ...] = ()
    hidden: int = 0
    more_word: str = ""
    order_word: str = ""
    empty: str = ""
    detail: OrderDetail | None = None
    asking: OrderAsking | None = None
    said: str = ""  # the answer to a step that could not be taken
