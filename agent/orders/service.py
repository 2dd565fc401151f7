"""Owns the orders at this counter: the list, the figures and the next step (ORD-04)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from agent.dispatch import Listeners
from agent.logbook import topic
from agent.operations import Operations, SentOp
from agent.orders import repository
from agent.orders.types import (
    Advanced,
    AdvanceOutcome,
    NotAllowed,
    OrderItem,
    OrderView,
    SaidSoldOut,
    SoldOutOutcome,
)
from rules.calendar import day_bounds_ms, local_day
from rules.orders import SoldOutWord, sold_out_message_allowed
from rules.requests import OrderState, order_step_allowed
from rules.waiting import MAKING_LEAD_MS
from sync.clock import Clock
from sync.inbox import RowContext
from sync.protocol import FeedRow, OpKind, OpResult, OpStatus
from sync.store import Store

log = topic("orders")

__all__ = ["AdvanceOutcome", "Advanced", "NotAllowed", "OrderItem", "OrderState", "OrderView", "OrdersService"]


class OrdersService:
    """Thread-safe. A step is shown at once and stays shown until the cloud says otherwise."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        operations: Operations,
        sold_out_among: Callable[[sqlite3.Connection, Collection[str]], tuple[str, ...]] = lambda _conn, _ids: (),
    ) -> None:
        """``sold_out_among``: which items this counter has marked sold out."""
        self.listeners = Listeners()
        self._sold_out_among = sold_out_among
        self._store = store
        self._clock = clock
        self._operations = operations

    def list(
        self,
        day: date | None = None,
        state: OrderState | None = None,
        channel: str | None = None,
        search: str = "",
        *,
        through: date | None = None,
    ) -> tuple[OrderView, ...]:
        """The newest first, at most LIST_MAX; None and "" mean any. ``search`` finds by number or nickname (ORD-06). An
        order for later is of the day it is for (ORD-10).
        ``day`` alone is that one day, with ``through`` all days from it to that one."""
        span_ms = (day_bounds_ms(day)[0], day_bounds_ms(through or day)[1]) if day is not None else None
        with self._store.read() as conn:
            found = repository.search(conn, span_ms=span_ms, state=state, channel=channel, text=search.strip())
        return tuple(found)

    def for_later(self) -> tuple[OrderView, ...]:
        """Unfinished orders that nobody makes yet, soonest first: accepted ones, and those that still wait (ORD-17)."""
        with self._store.read() as conn:
            return tuple(repository.for_later(conn, self._clock.wall_ms() + MAKING_LEAD_MS))

    def get(self, order_id: str) -> OrderView | None:
        with self._store.read() as conn:
            return repository.find(conn, order_id)

    def find_in(self, conn: sqlite3.Connection, order_id: str) -> OrderView | None:
        """The order as the caller's transaction sees it."""
        return repository.find(conn, order_id)

    def counts(self) -> dict[OrderState, int]:
        """Today's orders by state."""
        start_ms, end_ms = day_bounds_ms(local_day(self._clock.wall_ms()))
        with self._store.read() as conn:
            return repository.count_by_state(conn, start_ms, end_ms)

    def advance(self, order_id: str, to: OrderState, actor: str) -> AdvanceOutcome:
        """The next step of an order: stored, shown and queued for the cloud."""
        with self._store.transaction() as conn:
            order = repository.find(conn, order_id)
            if order is None or not order_step_allowed(order.state, to):
                return NotAllowed(order_id, order.state if order else None)
            body = {"order_id": order_id, "to": to.value, "occurred_ms": self._clock.wall_ms()}
            self._operations.append(conn, OpKind.ORDER_ADVANCE, body, actor=actor)
            repository.set_state(conn, order_id, to)
        log.event("order_advanced", order=order_id, to=to.value)
        self.listeners.notify()
        return Advanced(order_id, to)

    def say_sold_out(self, order_id: str, actor: str) -> SoldOutOutcome:
        """The customer of an accepted order is told that it cannot be made, and may cancel (ORD-07). Saying it again
        sends nothing."""
        now_ms = self._clock.wall_ms()
        with self._store.transaction() as conn:
            order = repository.find(conn, order_id)
            if order is None or not sold_out_message_allowed(order.state):
                return NotAllowed(order_id, order.state if order else None)
            if order.sold_out is None:
                menu_ids = self._sold_out_among(conn, {item.menu_id for item in order.items})
                body = {"order_id": order_id, "menu_ids": list(menu_ids), "occurred_ms": now_ms}
                self._operations.append(conn, OpKind.ORDER_SOLD_OUT, body, actor=actor)
                repository.set_sold_out(conn, order_id, SoldOutWord.ASKED, now_ms)
        log.event("order_said_sold_out", order=order_id)
        self.listeners.notify()
        return SaidSoldOut(order_id)

    def decided(self, conn: sqlite3.Connection, order_id: str, approved: bool) -> None:
        """The request of an order was decided here; the cloud moves the order when it hears of it (ORD-05)."""
        order = repository.find(conn, order_id)
        to = OrderState.PREPARING if approved else OrderState.CANCELLED
        if order is not None and order_step_allowed(order.state, to):
            repository.set_state(conn, order_id, to)

    def apply_order_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of order rows: the cloud's projection, and our unanswered steps on top of it."""
        if str(row.body["state"]) not in frozenset(OrderState):
            # Of a later version: what stands here stays, and the cloud refuses a step that does not fit.
            log.warning("order_state_unknown", order=row.body["order_id"], state=row.body["state"])
            return
        body = _projection(row.body, context.generation)
        known = repository.position(conn, body["order_id"])
        if known is not None and known > (body["generation"], body["version"]):
            return
        repository.upsert(conn, body)
        state = OrderState(body["state"])
        for step in repository.unsettled_steps(conn, body["order_id"]):
            if order_step_allowed(state, step):
                state = step
                repository.set_state(conn, body["order_id"], step)
        said_ms = repository.unsent_message_ms(conn, body["order_id"])
        if said_ms is not None and body["sold_out"] is None and sold_out_message_allowed(state):
            repository.set_sold_out(conn, body["order_id"], SoldOutWord.ASKED, said_ms)

    def on_result(self, conn: sqlite3.Connection, result: OpResult, sent: SentOp) -> None:
        """The cloud answered a step of ours; a step it did not take shows its state instead."""
        if result.status not in (OpStatus.ADJUSTED, OpStatus.REJECTED):
            return
        answer = result.body or {}
        stands = answer.get("state")
        if not isinstance(stands, str) or stands not in frozenset(OrderState):
            return
        order_id = str(sent.body["order_id"])
        known = repository.position(conn, order_id)
        # An answer that was lost and comes again is older than the rows that arrived meanwhile.
        if known is None or known[1] <= int(answer.get("version", known[1])):
            repository.set_state(conn, order_id, OrderState(stands))
            if sent.kind == OpKind.ORDER_SOLD_OUT and answer.get("sold_out") is None:
                repository.set_sold_out(conn, order_id, None, None)


def _projection(body: dict[str, Any], generation: int) -> dict[str, Any]:
    """The columns of an order. Raises KeyError, TypeError or ValueError on a row that is none."""
    items = [
        {
            "name": str(item["name"]),
            "qty": int(item["qty"]),
            "amount_won": int(item["amount_won"]),
            "options": [str(option) for option in item.get("options") or ()],
            "menu_id": str(item.get("menu_id") or ""),
        }
        for item in body["items"]
    ]
    return {
        "order_id": str(body["order_id"]),
        "generation": generation,
        "version": int(body["version"]),
        "number": str(body["number"]),
        "state": str(body["state"]),
        "channel": str(body["channel"]),
        "items_json": json.dumps(items, ensure_ascii=False),
        "total_won": int(body["total_won"]),
        "payment": str(body["payment"]),
        "nickname": body.get("nickname"),
        "note": body.get("note"),
        "created_ms": int(body["created_ms"]),
        "request_id": body.get("request_id"),
        "coupon_won": int(body.get("coupon_won") or 0),
        "points": int(body.get("points") or 0),
        "sold_out": body.get("sold_out"),
        "sold_out_ms": body.get("sold_out_ms"),
        "due_ms": None if body.get("due_ms") is None else int(body["due_ms"]),
    }
