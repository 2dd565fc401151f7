"""How an order's state changes and is told; knows nothing of requests."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.notices import centre
from cloud_api.orders import sums
from cloud_api.orders.models import OPEN, customer_order
from rules.calendar import local_time
from rules.notices import NoticeKind
from rules.orders import OrderPrice
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
OPEN_STATES = (OrderState.NEW, OrderState.PREPARING)


def find(conn: Connection, order_id: str, *, store_id: str | None = None) -> Any | None:
    """The order's row, or None; with ``store_id`` only when it is that store's."""
    return conn.execute(_query(order_id, store_id)).one_or_none()


def lock(work: Work, order_id: str, *, store_id: str | None = None) -> Any | None:
    """The same, and nobody else moves it until the transaction ends. Whoever moves an order or its request takes this
    first, so that no two of them wait for each other, and no reward comes back for an order that went out."""
    return work.conn.execute(_query(order_id, store_id).with_for_update()).one_or_none()


def _query(order_id: str, store_id: str | None) -> Any:
    query = select(customer_order).where(customer_order.c.order_id == order_id)
    return query if store_id is None else query.where(customer_order.c.store_id == store_id)


def price_of(row: Any) -> OrderPrice:
    """What the order costs."""
    return OrderPrice(row.total_won, row.coupon_won, row.points)


def projection(row: Any) -> dict[str, Any]:
    """The whole order as it goes on the wire."""
    price = price_of(row)
    return {
        "order_id": row.order_id,
        "version": row.version,
        "number": row.number,
        "state": row.state,
        "channel": row.channel,
        "take_out": row.take_out,
        "items": json.loads(row.items),
        "total_won": row.total_won,
        "coupon_won": row.coupon_won,
        "points": row.points,
        "paid_won": price.paid_won,
        "refund_won": price.refund_won(OrderState(row.state), prepaid=row.payment == "prepaid"),
        "payment": row.payment,
        "nickname": row.nickname,
        "note": _noted(row),
        "created_ms": row.created_ms,
        "request_id": row.request_id,
        "sold_out": row.sold_out,
        "sold_out_ms": row.sold_out_ms,
        "sold_out_items": json.loads(row.sold_out_items or "[]"),
        "due_ms": row.due_ms,
    }


def due_words(due_ms: int) -> str:
    """As staff read on a card, in the list and on a slip when an order is for (ORD-10)."""
    at = local_time(due_ms)
    return f"{at.month}월 {at.day}일 {at:%H:%M} 예약"


def _noted(row: Any) -> str:
    """What its customer wrote, behind the time that it is for."""
    if row.due_ms is None:
        return str(row.note)
    return f"{due_words(row.due_ms)} · {row.note}" if row.note else due_words(row.due_ms)


def publish(work: Work, row: Any) -> None:
    """Sends the order to the store's devices."""
    feeds.publish(work, feeds.store_feed(row.store_id), FeedKind.ORDER, projection(row))


def set_state(work: Work, row: Any, state: OrderState) -> Any | None:
    """Changes the state if nobody else did since ``row`` was read; returns the new row, or None for the loser."""
    changed = change(work, row, state=state.value)
    if changed is not None and state not in OPEN_STATES:
        sums.add(work, changed)
        if changed.due_ms is not None:
            centre.settle(work, changed.store_id, NoticeKind.ORDER_DUE, changed.order_id)
    return changed


def change(work: Work, row: Any, **values: Any) -> Any | None:
    """Writes these columns as the next version and tells it; None for the loser, as ``set_state``."""
    changed = work.conn.execute(
        update(customer_order)
        .where(customer_order.c.order_id == row.order_id, customer_order.c.version == row.version)
        .values(version=row.version + 1, **values)
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


def open_count(conn: Connection, store_id: str) -> int:
    """Orders that nobody has finished yet; while there are any, a store does not leave (ORD-22)."""
    query = select(func.count()).where(customer_order.c.store_id == store_id, text(OPEN))
    return int(conn.execute(query).scalar_one())
