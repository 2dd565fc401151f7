"""Owns the SQL of the customer_order table."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from agent.orders.types import LIST_MAX, OrderItem, OrderView
from rules.orders import SoldOutWord
from rules.requests import OrderState

_COLUMNS = (
    "order_id, number, state, channel, items_json, total_won, payment, nickname, note, created_ms, request_id,"
    " coupon_won, points, sold_out, sold_out_ms, due_ms"
)


def _view(values: Any) -> OrderView:
    fields = list(values)
    fields[2] = OrderState(fields[2])
    fields[4] = tuple(
        OrderItem(
            item["name"], item["qty"], item["amount_won"], tuple(item.get("options", ())), item.get("menu_id", "")
        )
        for item in json.loads(fields[4])
    )
    fields[7], fields[8] = fields[7] or "", fields[8] or ""
    fields[13] = SoldOutWord(fields[13]) if fields[13] in frozenset(SoldOutWord) else None
    return OrderView(*fields)


def find(conn: sqlite3.Connection, order_id: str) -> OrderView | None:
    found = conn.execute(f"SELECT {_COLUMNS} FROM customer_order WHERE order_id = ?", (order_id,)).fetchone()
    return _view(found) if found else None


def position(conn: sqlite3.Connection, order_id: str) -> tuple[int, int] | None:
    """(generation, version) of what is stored."""
    found = conn.execute("SELECT generation, version FROM customer_order WHERE order_id = ?", (order_id,)).fetchone()
    return (int(found[0]), int(found[1])) if found else None


def search(
    conn: sqlite3.Connection,
    *,
    span_ms: tuple[int, int] | None,
    state: OrderState | None,
    channel: str | None,
    text: str,
) -> list[OrderView]:
    """Orders that fit every filter given, newest first; one for later is of the day it is for."""
    clauses, values = ["1 = 1"], []  # type: tuple[list[str], list[Any]]
    if span_ms is not None:
        # Two halves, each by its own index: a long history is not read for one day.
        clauses.append("(created_ms >= ? AND created_ms < ? AND due_ms IS NULL OR due_ms >= ? AND due_ms < ?)")
        values.extend(span_ms * 2)
    if state is not None:
        clauses.append("state = ?")
        values.append(state.value)
    if channel is not None:
        clauses.append("channel = ?")
        values.append(channel)
    if text:
        clauses.append("(instr(number, ?) > 0 OR instr(coalesce(nickname, ''), ?) > 0)")
        values.extend([text, text])
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM customer_order WHERE {' AND '.join(clauses)}"
        f" ORDER BY coalesce(due_ms, created_ms) DESC, order_id DESC LIMIT {LIST_MAX}",
        values,
    )
    return [_view(row) for row in rows]


def for_later(conn: sqlite3.Connection, after_ms: int) -> list[OrderView]:
    """Unfinished orders for a time after ``after_ms``, soonest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM customer_order WHERE due_ms > ? AND state IN (?, ?)"
        f" ORDER BY due_ms, order_id LIMIT {LIST_MAX}",
        (after_ms, OrderState.NEW.value, OrderState.PREPARING.value),
    )
    return [_view(row) for row in rows]


def count_by_state(conn: sqlite3.Connection, start_ms: int, end_ms: int) -> dict[OrderState, int]:
    rows = conn.execute(
        "SELECT state, count(*) FROM customer_order WHERE created_ms >= ? AND created_ms < ? GROUP BY state",
        (start_ms, end_ms),
    )
    found = {OrderState(row[0]): int(row[1]) for row in rows}
    return {state: found.get(state, 0) for state in OrderState}


def upsert(conn: sqlite3.Connection, body: dict[str, Any]) -> None:
    conn.execute(
        "INSERT INTO customer_order (order_id, generation, version, number, state, channel, items_json, total_won,"
        " payment, nickname, note, created_ms, request_id, coupon_won, points, sold_out, sold_out_ms, due_ms)"
        " VALUES (:order_id, :generation, :version, :number, :state, :channel, :items_json, :total_won, :payment,"
        " :nickname, :note, :created_ms, :request_id, :coupon_won, :points, :sold_out, :sold_out_ms,"
        " :due_ms)"
        " ON CONFLICT (order_id) DO UPDATE SET generation = :generation, version = :version, number = :number,"
        " state = :state, channel = :channel, items_json = :items_json, total_won = :total_won, payment = :payment,"
        " nickname = :nickname, note = :note, created_ms = :created_ms, request_id = :request_id,"
        " coupon_won = :coupon_won, points = :points, sold_out = :sold_out, sold_out_ms = :sold_out_ms,"
        " due_ms = :due_ms",
        body,
    )


def set_state(conn: sqlite3.Connection, order_id: str, state: OrderState) -> None:
    conn.execute("UPDATE customer_order SET state = ? WHERE order_id = ?", (state.value, order_id))


def set_sold_out(conn: sqlite3.Connection, order_id: str, word: SoldOutWord | None, said_ms: int | None) -> None:
    conn.execute(
        "UPDATE customer_order SET sold_out = ?, sold_out_ms = ? WHERE order_id = ?",
        (word.value if word is not None else None, said_ms, order_id),
    )


def unsent_message_ms(conn: sqlite3.Connection, order_id: str) -> int | None:
    """When a sold-out message of ours was said that the cloud has not answered."""
    found = conn.execute(
        "SELECT json_extract(body, '$.occurred_ms') FROM outbox WHERE status = 'pending' AND kind = 'order.sold_out'"
        " AND json_extract(body, '$.order_id') = ?",
        (order_id,),
    ).fetchone()
    return int(found[0]) if found else None


def unsettled_steps(conn: sqlite3.Connection, order_id: str) -> list[OrderState]:
    """Steps of ours that the cloud has not answered, in order."""
    rows = conn.execute(
        "SELECT json_extract(body, '$.to') FROM outbox WHERE status = 'pending' AND kind = 'order.advance'"
        " AND json_extract(body, '$.order_id') = ? ORDER BY epoch, seq",
        (order_id,),
    )
    return [OrderState(row[0]) for row in rows]
