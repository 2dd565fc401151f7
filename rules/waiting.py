"""The list of orders at a counter: its tabs, its marks and its pages; and orders for a later time (ORD-10, ORD-17)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.calendar import DAY_MS, MINUTE_MS
from rules.requests import OrderState, RequestState

PAGE_ROWS = 10
MAKING_LEAD_MS = 30 * MINUTE_MS  # so long before its time an accepted order comes to those that are being made
RESERVED_MAX_MS = 30 * DAY_MS


class OrderTab(StrEnum):
    WAITING = "waiting"
    MAKING = "making"
    RESERVED = "reserved"
    PAST = "past"


def tab_of(state: OrderState, due_ms: int | None, now_ms: int) -> OrderTab:
    """Where an order stands. One that nobody has accepted waits, whenever it is for."""
    if state is OrderState.NEW:
        return OrderTab.WAITING
    if state is not OrderState.PREPARING:
        return OrderTab.PAST
    later = due_ms is not None and due_ms - now_ms > MAKING_LEAD_MS
    return OrderTab.RESERVED if later else OrderTab.MAKING


def is_new(asked: RequestState) -> bool:
    """The NEW mark: no counter has shown it yet."""
    return asked is RequestState.REQUESTED


def reservable(due_ms: int, now_ms: int) -> bool:
    """For a time that is to come, at most thirty days ahead (ORD-10)."""
    return 0 < due_ms - now_ms <= RESERVED_MAX_MS


@dataclass(frozen=True)
class Pages:
    """``3/4``; an empty list has one page."""

    page: int
    pages: int

    @property
    def skipped(self) -> int:
        """How many rows stand on the pages before."""
        return (self.page - 1) * PAGE_ROWS


def page_at(rows: int, wanted: int) -> Pages:
    """The wanted page, or the last one where there are fewer."""
    pages = max(-(-rows // PAGE_ROWS), 1)
    return Pages(min(max(wanted, 1), pages), pages)
