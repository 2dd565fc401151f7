"""The list of a store's orders as a point of sale shows it: tabs with their counts, rows, pages (ORD-17)."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, func, or_, select, text

from cloud_api.clock import DAY_MS
from cloud_api.orders.models import OPEN, customer_order
from cloud_api.orders.states import price_of
from cloud_api.requests.models import request
from rules.requests import OrderState, RequestState
from rules.waiting import MAKING_LEAD_MS, PAGE_ROWS, OrderTab, is_new, page_at, tab_of

_C = customer_order.c
_OLDEST = (_C.created_ms, _C.order_id)
_ORDER: dict[OrderTab, tuple[Any, ...]] = {
    OrderTab.WAITING: _OLDEST,
    OrderTab.MAKING: (func.coalesce(_C.due_ms, _C.created_ms), _C.order_id),
    OrderTab.RESERVED: (_C.due_ms, _C.order_id),
    OrderTab.PAST: (_C.created_ms.desc(), _C.order_id.desc()),
}


def listed(conn: Connection, store_id: str, tab: OrderTab, *, page: int, days: int, now_ms: int) -> dict[str, Any]:
    """One page of a tab, and how many orders stand in those that somebody has to look after. ``days``: how far the past
    reaches back."""
    where = [_C.store_id == store_id, *_of(tab, now_ms, days)]
    rows = int(conn.execute(select(func.count()).where(*where)).scalar_one())
    at = page_at(rows, page)
    query = (
        select(customer_order, request.c.state.label("asked"))
        .outerjoin(request, request.c.request_id == _C.request_id)
        .where(*where)
        .order_by(*_ORDER[tab])
        .limit(PAGE_ROWS)
        .offset(at.skipped)
    )
    return {
        "counts": _counts(conn, store_id, now_ms),
        "tab": tab.value,
        "page": at.page,
        "pages": at.pages,
        "rows": [_row(one, now_ms) for one in conn.execute(query)],
    }


def _of(tab: OrderTab, now_ms: int, days: int) -> list[Any]:
    """As ``rules.waiting.tab_of`` says it, for the database."""
    if tab is OrderTab.PAST:
        done = _C.state.in_([OrderState.READY.value, OrderState.CANCELLED.value])
        return [done, _C.created_ms > now_ms - days * DAY_MS]
    if tab is OrderTab.WAITING:
        return [text(OPEN), _C.state == OrderState.NEW.value]
    later = _C.due_ms > now_ms + MAKING_LEAD_MS
    when = later if tab is OrderTab.RESERVED else or_(_C.due_ms.is_(None), ~later)
    return [text(OPEN), _C.state == OrderState.PREPARING.value, when]


def _counts(conn: Connection, store_id: str, now_ms: int) -> dict[str, int]:
    """``new``: those of the waiting that no counter has shown."""
    query = (
        select(_C.state, _C.due_ms, request.c.state.label("asked"))
        .outerjoin(request, request.c.request_id == _C.request_id)
        .where(_C.store_id == store_id, text(OPEN))
    )
    rows = conn.execute(query).all()
    tabs = [tab_of(OrderState(row.state), row.due_ms, now_ms) for row in rows]
    found = {tab.value: tabs.count(tab) for tab in (OrderTab.WAITING, OrderTab.MAKING, OrderTab.RESERVED)}
    return found | {"new": sum(_is_new(row) for row in rows)}


def _is_new(row: Any) -> bool:
    return row.state == OrderState.NEW and row.asked is not None and is_new(RequestState(row.asked))


def _row(row: Any, now_ms: int) -> dict[str, Any]:
    return {
        "order_id": row.order_id,
        "number": row.number,
        "state": row.state,
        "channel": row.channel,
        "new": _is_new(row),
        "menus": sum(item["qty"] for item in json.loads(row.items)),
        "amount_won": price_of(row).paid_won,
        # No store delivers by us yet: the columns are there, and empty.
        "delivery_won": 0,
        "address": None,
        "created_ms": row.created_ms,
        "waits_minutes": max(now_ms - row.created_ms, 0) // 60_000,
        "due_ms": row.due_ms,
        "has_note": bool(row.note),
    }
