"""Owns the SQL of the tables cup_report, cup_stock and cup_refused."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Any

from agent.stock.types import Refused
from rules.cupholders import OrderRounding
from sync.protocol import OpKind


@dataclass(frozen=True)
class Number:
    """A number for a day; ``written_ms`` of our own ones only."""

    pieces: int
    late: bool
    written_ms: int | None = None


@dataclass(frozen=True)
class StoredStock:
    """What the cloud said last."""

    contracted: int
    received: int
    reported: int
    daily_average: int | None
    expected_daily: int
    cycle_days: int
    rounding: OrderRounding
    threshold_percent: int
    stock_after_receipt: int
    rounds: tuple[dict[str, Any], ...]


# -- reports ----------------------------------------------------------------------------------------------------------


def report_position(conn: sqlite3.Connection, day: str) -> tuple[int, int] | None:
    """(generation, version) of what is stored."""
    found = conn.execute("SELECT generation, version FROM cup_report WHERE day = ?", (day,)).fetchone()
    return None if found is None else (int(found[0]), int(found[1]))


def upsert_report(conn: sqlite3.Connection, values: dict[str, Any]) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO cup_report (day, generation, version, pieces, late, actor)"
        " VALUES (:day, :generation, :version, :pieces, :late, :actor)",
        values,
    )


def reports(conn: sqlite3.Connection, since: date = date.min) -> dict[date, Number]:
    """Every day the cloud told of, from ``since`` on."""
    rows = conn.execute("SELECT day, pieces, late FROM cup_report WHERE day >= ?", (since.isoformat(),))
    return {date.fromisoformat(row[0]): Number(int(row[1]), bool(row[2])) for row in rows}


def unanswered(conn: sqlite3.Connection) -> dict[date, tuple[int, int]]:
    """The last word of this counter about each day that the cloud has not answered: pieces, and when it was written."""
    rows = conn.execute(
        "SELECT json_extract(body, '$.day'), json_extract(body, '$.pieces'), json_extract(body, '$.written_ms')"
        " FROM outbox WHERE status = 'pending' AND kind = ? ORDER BY epoch, seq",
        (OpKind.REPORT_SUBMIT.value,),
    )
    return {date.fromisoformat(day): (int(pieces), int(written_ms)) for day, pieces, written_ms in rows}


# -- stock ------------------------------------------------------------------------------------------------------------

_STOCK = (
    *("generation", "version", "contracted", "received", "reported", "daily_average", "expected_daily"),
    *("cycle_days", "rounding", "threshold_percent", "stock_after_receipt", "rounds_json"),
)


def stock_position(conn: sqlite3.Connection) -> tuple[int, int] | None:
    found = conn.execute("SELECT generation, version FROM cup_stock").fetchone()
    return None if found is None else (int(found[0]), int(found[1]))


def upsert_stock(conn: sqlite3.Connection, values: dict[str, Any]) -> None:
    conn.execute(
        f"INSERT OR REPLACE INTO cup_stock (id, {', '.join(_STOCK)}) VALUES (1, {', '.join(f':{n}' for n in _STOCK)})",
        values,
    )


def use_more(conn: sqlite3.Connection, pieces: int) -> None:
    """A report changed by so many: what is left changes with it, until the cloud's own figure is here."""
    conn.execute("UPDATE cup_stock SET reported = max(reported + ?, 0)", (pieces,))


def replace_rounds(conn: sqlite3.Connection, rounds: list[dict[str, Any]]) -> None:
    conn.execute("UPDATE cup_stock SET rounds_json = ?", (json.dumps(rounds),))


def stock(conn: sqlite3.Connection) -> StoredStock | None:
    """None before the cloud has told of it."""
    row = conn.execute(f"SELECT {', '.join(_STOCK[2:])} FROM cup_stock").fetchone()
    if row is None:
        return None
    rounding = row["rounding"]
    return StoredStock(
        row["contracted"],
        row["received"],
        row["reported"],
        row["daily_average"],
        row["expected_daily"],
        row["cycle_days"],
        OrderRounding(rounding) if rounding in frozenset(OrderRounding) else OrderRounding.HALF_UP,
        row["threshold_percent"],
        row["stock_after_receipt"],
        tuple(json.loads(row["rounds_json"])),
    )


def orders_on_the_way(conn: sqlite3.Connection) -> list[tuple[str, int, int]]:
    """(order id, pieces, when) of orders that the cloud has not answered, oldest first."""
    rows = conn.execute(
        "SELECT json_extract(body, '$.order_id'), json_extract(body, '$.pieces'), json_extract(body, '$.occurred_ms')"
        " FROM outbox WHERE status = 'pending' AND kind = ? ORDER BY epoch, seq",
        (OpKind.STOCK_ORDER.value,),
    )
    return [(str(row[0]), int(row[1]), int(row[2])) for row in rows]


def taken_off_on_the_way(conn: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """Collected and soiled pieces by round, as the newest word says that the cloud has not answered."""
    rows = conn.execute(
        "SELECT json_extract(body, '$.number'), json_extract(body, '$.collected'), json_extract(body, '$.soiled')"
        " FROM outbox WHERE status = 'pending' AND kind = ? ORDER BY epoch, seq",
        (OpKind.STOCK_TAKE_OFF.value,),
    )
    return {int(row[0]): (int(row[1]), int(row[2])) for row in rows}


# -- what was refused -------------------------------------------------------------------------------------------------


def add_refused(conn: sqlite3.Connection, refused: Refused) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO cup_refused (op_id, day, pieces, code, at_ms, kind) VALUES (?, ?, ?, ?, ?, ?)",
        (
            refused.op_id,
            "" if refused.day is None else refused.day.isoformat(),
            refused.pieces,
            refused.code,
            refused.at_ms,
            refused.kind,
        ),
    )


def refused(conn: sqlite3.Connection) -> tuple[Refused, ...]:
    """Oldest first."""
    rows = conn.execute("SELECT op_id, day, pieces, code, at_ms, kind FROM cup_refused ORDER BY at_ms, op_id")
    return tuple(
        Refused(row[0], date.fromisoformat(row[1]) if row[1] else None, int(row[2]), row[3], int(row[4]), row[5])
        for row in rows
    )


def forget_refused(conn: sqlite3.Connection, op_id: str) -> None:
    conn.execute("DELETE FROM cup_refused WHERE op_id = ?", (op_id,))
