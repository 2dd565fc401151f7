"""How an order's state changes and is told; knows nothing of requests."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select, update

from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.orders.models import customer_order
from rules.requests import OrderState, RequestState
from sync.protocol import FeedKind

# What the end of an order's request means for the order.
_FOLLOWS = {
    RequestState.APPROVED: OrderState.PREPARING,
    RequestState.AUTO_APPROVED: OrderState.PREPARING,
    RequestState.REJECTED: OrderState.CANCELLED,
    RequestState.WITHDRAWN: OrderState.CANCELLED,
    RequestState.EXPIRED: OrderState.CANCELLED,
}


def find(conn: Connection, order_id: str, *, store_id: str | None = None) -> Any | None:
    """The order's row, or None; with ``store_id`` only when it is that store's."""
    query = select(customer_order).where(customer_order.c.order_id == order_id)
    if store_id is not None:
        query = query.where(customer_order.c.store_id == store_id)
    return conn.execute(query).one_or_none()


def projection(row: Any) -> dict[str, Any]:
    """The whole order as it goes on the wire."""
    return {
        "order_id": row.order_id,
        "version": row.version,
        "number": row.number,
        "state": row.state,
        "channel": row.channel,
        "items": json.loads(row.items),
        "total_won": row.total_won,
        "payment": row.payment,
        "nickname": row.nickname,
        "note": row.note,
        "created_ms": row.created_ms,
        "request_id": row.request_id,
    }


def publish(work: Work, row: Any) -> None:
    """Sends the order to the store's devices."""
    feeds.publish(work, feeds.store_feed(row.store_id), FeedKind.ORDER, projection(row))


def set_state(work: Work, row: Any, state: OrderState) -> Any | None:
    """Changes the state if nobody else did since ``row`` was read; returns the new row, or None for the loser."""
    changed = work.conn.execute(
        update(customer_order)
        .where(customer_order.c.order_id == row.order_id, customer_order.c.version == row.version)
        .values(state=state.value, version=row.version + 1)
        .returning(*customer_order.c)
    ).one_or_none()
    if changed is not None:
        publish(work, changed)
    return changed


def follow_request(work: Work, order_id: str, state: RequestState) -> None:
    """An accepted order is prepared, a refused one cancelled; what is ready stays ready."""
    wanted = _FOLLOWS.get(state)
    while wanted is not None:
        row = find(work.conn, order_id)
        assert row is not None
        if row.state in (wanted, OrderState.READY, OrderState.CANCELLED):
            return
        if set_state(work, row, wanted) is not None:
            return
