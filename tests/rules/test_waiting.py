"""The list of orders at a counter: ORD-17, and orders for a later time: ORD-10."""

from __future__ import annotations

import pytest

from rules.requests import OrderState, RequestState
from rules.waiting import (
    MAKING_LEAD_MS,
    RESERVED_MAX_MS,
    OrderTab,
    Pages,
    is_new,
    page_at,
    reservable,
    tab_of,
)

NOW_MS = 1_760_000_000_000
_T = OrderTab


@pytest.mark.parametrize(
    ("due_ms", "tabs"),
    [
        (None, [_T.WAITING, _T.MAKING, _T.PAST, _T.PAST]),
        (NOW_MS - 1, [_T.WAITING, _T.MAKING, _T.PAST, _T.PAST]),
        (NOW_MS + MAKING_LEAD_MS, [_T.WAITING, _T.MAKING, _T.PAST, _T.PAST]),
        (NOW_MS + MAKING_LEAD_MS + 1, [_T.WAITING, _T.RESERVED, _T.PAST, _T.PAST]),
    ],
)
def test_an_order_stands_in_one_tab(due_ms: int | None, tabs: list[OrderTab]) -> None:
    """ORD-17, ORD-10: half an hour before its time a reserved one is being made."""
    states = (OrderState.NEW, OrderState.PREPARING, OrderState.READY, OrderState.CANCELLED)

    assert [tab_of(state, due_ms, NOW_MS) for state in states] == tabs


def test_what_no_counter_has_shown_is_new() -> None:
    """ORD-17"""
    assert [state for state in RequestState if is_new(state)] == [RequestState.REQUESTED]


def test_a_time_to_come_can_be_reserved_for_thirty_days() -> None:
    """ORD-10"""
    around = (0, 1, RESERVED_MAX_MS, RESERVED_MAX_MS + 1)

    assert [reservable(NOW_MS + ms, NOW_MS) for ms in around] == [False, True, True, False]


@pytest.mark.parametrize(
    ("rows", "wanted", "found", "skipped"),
    [
        (0, 1, Pages(1, 1), 0),
        (10, 2, Pages(1, 1), 0),
        (11, 2, Pages(2, 2), 10),
        (35, 3, Pages(3, 4), 20),  # 3/4
        (35, 9, Pages(4, 4), 30),
        (35, 0, Pages(1, 4), 0),
    ],
)
def test_pages_are_counted_like_three_of_four(rows: int, wanted: int, found: Pages, skipped: int) -> None:
    """ORD-17"""
    assert page_at(rows, wanted) == found
    assert page_at(rows, wanted).skipped == skipped
