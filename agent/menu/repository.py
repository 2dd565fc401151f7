"""Owns the SQL of the tables menu_category, menu_item and menu_here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.conditions import TimeRange
from rules.menu import MenuItem, SaleDays, SaleTimes, SoldOut, SoldOutKind
from sync.protocol import OpKind

_KEYS = {"menu_category": "category_id", "menu_item": "menu_id", "menu_here": "menu_id"}


def position(conn: sqlite3.Connection, table: str, ident: str) -> tuple[int, int] | None:
    """(generation, version) of what is stored."""
    found = conn.execute(f"SELECT generation, version FROM {table} WHERE {_KEYS[table]} = ?", (ident,)).fetchone()
    return None if found is None else (int(found[0]), int(found[1]))


def upsert(conn: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    """What the cloud says now."""
    names = list(values)
    changed = ", ".join(f"{name} = excluded.{name}" for name in names)
    conn.execute(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
        f" ON CONFLICT ({_KEYS[table]}) DO UPDATE SET {changed}",
        values,
    )


@dataclass(frozen=True)
class StoredItem:
    """An item with what the rules ask about it; ``name_en`` is for screens."""

    item: MenuItem
    name_en: str


_ITEMS = (
    "SELECT i.menu_id, i.name, i.name_en, i.price_won, i.category_id, i.sale_times_json,"
    " i.visible AND coalesce(c.visible, 1) AS visible, coalesce(h.available, 1) AS available, h.sold_out, h.sold_out_ms"
    " FROM menu_item i LEFT JOIN menu_category c ON c.category_id = i.category_id"
    " LEFT JOIN menu_here h ON h.menu_id = i.menu_id WHERE i.removed = 0 ORDER BY i.position, i.menu_id"
)


def items(conn: sqlite3.Connection) -> list[StoredItem]:
    """Everything on the menu, in its order, as the cloud has it."""
    return [_item(row) for row in conn.execute(_ITEMS)]


def _item(row: Any) -> StoredItem:
    times = json.loads(row["sale_times_json"])
    mark = None
    if row["sold_out"] in frozenset(SoldOutKind):
        mark = SoldOut(SoldOutKind(row["sold_out"]), row["sold_out_ms"])
    item = MenuItem(
        row["menu_id"],
        row["name"],
        row["price_won"],
        row["category_id"],
        bool(row["visible"]),
        bool(row["available"]),
        SaleTimes(frozenset(times["weekdays"]), tuple(TimeRange(*span) for span in times["times"])),
        mark,
        sale_days=SaleDays(*(None if one is None else date.fromisoformat(one) for one in times.get("days", ()))),
    )
    return StoredItem(item, row["name_en"])


def categories(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """(id, name) of those that are shown, in their order."""
    rows = conn.execute(
        "SELECT category_id, name FROM menu_category WHERE removed = 0 AND visible = 1 ORDER BY position, category_id"
    )
    return [(str(row[0]), str(row[1])) for row in rows]


def unanswered(conn: sqlite3.Connection) -> dict[str, SoldOut | None]:
    """The last word of this counter about each item that the cloud has not answered; None: on sale again."""
    return dict(_words(conn))


def _words(conn: sqlite3.Connection) -> Iterator[tuple[str, SoldOut | None]]:
    rows = conn.execute(
        "SELECT json_extract(body, '$.menu_id'), json_extract(body, '$.kind'), json_extract(body, '$.occurred_ms')"
        " FROM outbox WHERE status = 'pending' AND kind = ? ORDER BY epoch, seq",
        (OpKind.MENU_SOLD_OUT.value,),
    )
    for menu_id, kind, occurred_ms in rows:
        yield str(menu_id), None if kind is None else SoldOut(SoldOutKind(kind), int(occurred_ms))


def known(conn: sqlite3.Connection, ids: Collection[str]) -> list[StoredItem]:
    """Those of these that are on the menu."""
    wanted = frozenset(ids)
    return [one for one in items(conn) if one.item.menu_id in wanted]
