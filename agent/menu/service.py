"""Owns the menu at this counter: the cloud's rows, and marking items sold out, line or no line (MNU-09, MNU-10)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from agent.dispatch import Listeners
from agent.logbook import topic
from agent.menu import repository
from agent.menu.repository import StoredItem
from agent.menu.types import CategoryView, ItemView, Marked, MarkOutcome, MenuView, NotOnMenu
from agent.operations import Operations, SentOp
from rules.hours import always_open
from rules.menu import SoldOut, SoldOutKind, SoldOutReset, not_on_sale, sold_out_until_ms
from sync import inbox
from sync.clock import Clock
from sync.inbox import RowContext
from sync.protocol import FeedRow, OpKind, OpResult, OpStatus
from sync.store import Store

log = topic("orders")
RESET = SoldOutReset.MIDNIGHT  # MNU Ambiguity A1
_ANY_HOURS = always_open()  # midnight is midnight, whenever the store opens


class MenuService:
    """Thread-safe. A mark is shown at once and stays shown until the cloud says otherwise; nothing here waits for a
    line."""

    def __init__(self, *, store: Store, clock: Clock, operations: Operations) -> None:
        self.listeners = Listeners()
        self._store = store
        self._clock = clock
        self._operations = operations

    def menu(self) -> MenuView:
        """Everything on the menu, also what is hidden or not sold here, with what can be ordered now (MNU-02)."""
        now_ms = self._clock.wall_ms()
        with self._store.read() as conn:
            shown = repository.categories(conn)
            found, own = repository.items(conn), repository.unanswered(conn)
        return MenuView(
            tuple(CategoryView(category_id, name) for category_id, name in shown),
            tuple(_shown(one, own, now_ms) for one in found),
        )

    def mark(self, menu_id: str, kind: SoldOutKind | None, actor: str) -> MarkOutcome:
        """Sold out today, until released, or on sale again: stored, shown and queued. What stands so already is not
        said again. Raises SyncError when it cannot be stored."""
        now_ms = self._clock.wall_ms()
        with self._store.transaction() as conn:
            found = repository.known(conn, [menu_id])
            if not found:
                return NotOnMenu(menu_id)
            stands = _shown(found[0], repository.unanswered(conn), now_ms).sold_out
            if stands is kind:
                return Marked(menu_id, kind)
            body = {"menu_id": menu_id, "kind": None if kind is None else kind.value, "occurred_ms": now_ms}
            self._operations.append(conn, OpKind.MENU_SOLD_OUT, body, actor=actor)
        log.event("menu_marked", menu=menu_id, kind=kind.value if kind is not None else "on_sale")
        self.listeners.notify()
        return Marked(menu_id, kind)

    def sold_out_among(self, conn: sqlite3.Connection, ids: Collection[str]) -> tuple[str, ...]:
        """Which of these are marked here, as the caller's transaction sees it."""
        own, now_ms = repository.unanswered(conn), self._clock.wall_ms()
        shown = (_shown(one, own, now_ms) for one in repository.known(conn, ids))
        return tuple(one.menu_id for one in shown if one.sold_out is not None)

    # --- what the cloud says -----------------------------------------------------------------------------------------

    def apply_category_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of categories, of the store's and of its brand's."""
        body = row.body
        values = {
            "category_id": str(body["category_id"]),
            "name": str(body["name"]),
            "visible": bool(body["visible"]),
            "position": int(body["position"]),
            "removed": bool(body["removed"]),
        }
        _apply(conn, "menu_category", values["category_id"], values, (context.generation, int(body["version"])))

    def apply_item_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of items."""
        body, times = row.body, row.body["sale_times"]
        written = {
            "weekdays": [int(day) for day in times["weekdays"]],
            "times": [[int(start), int(until)] for start, until in times["times"]],
            "days": [body.get("sale_first"), body.get("sale_last")],
        }
        values = {
            "menu_id": str(body["menu_id"]),
            "category_id": str(body["category_id"]),
            "name": str(body["name"]),
            "name_en": str(body["name_en"]),
            "price_won": int(body["price_won"]),
            # What head office stopped is gone here like what the store hides (MNU-15).
            "visible": bool(body["visible"]) and not body.get("stopped", False),
            "position": int(body["position"]),
            "sale_times_json": json.dumps(written),
            "removed": bool(body["removed"]),
        }
        _apply(conn, "menu_item", values["menu_id"], values, (context.generation, int(body["version"])))

    def apply_here_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of how this store has an item."""
        _apply_here(conn, row.body, context.generation)

    def on_result(self, conn: sqlite3.Connection, result: OpResult, _sent: SentOp) -> None:
        """The cloud answered a mark. What it says stands comes with the answer: the row of the feed may be a moment
        behind, and until then the item must not look as it did before."""
        if result.status in (OpStatus.APPLIED, OpStatus.ADJUSTED) and result.body is not None:
            _apply_here(conn, result.body, inbox.read_cursor(conn).generation)


def _apply_here(conn: sqlite3.Connection, body: dict[str, Any], generation: int) -> None:
    kind, set_ms = body["sold_out"], body["sold_out_ms"]
    values = {
        "menu_id": str(body["menu_id"]),
        "available": bool(body["available"]),
        "sold_out": None if kind is None else str(kind),
        "sold_out_ms": None if set_ms is None else int(set_ms),
    }
    _apply(conn, "menu_here", values["menu_id"], values, (generation, int(body["version"])))


def _apply(conn: sqlite3.Connection, table: str, ident: Any, values: dict[str, Any], position: tuple[int, int]) -> None:
    """An older version than the one that stands changes nothing."""
    known = repository.position(conn, table, ident)
    if known is None or known <= position:
        repository.upsert(conn, table, values | {"generation": position[0], "version": position[1]})


def _shown(stored: StoredItem, own: dict[str, SoldOut | None], now_ms: int) -> ItemView:
    item = stored.item
    unsent = item.menu_id in own
    if unsent:
        item = replace(item, sold_out=own[item.menu_id])
    until_ms = None if item.sold_out is None else sold_out_until_ms(item.sold_out, RESET, _ANY_HOURS)
    if until_ms is not None and now_ms >= until_ms:
        item, until_ms = replace(item, sold_out=None), None
    return ItemView(
        item.menu_id,
        item.category_id,
        item.name,
        stored.name_en,
        item.price_won,
        not_on_sale(item, now_ms, RESET, _ANY_HOURS),
        None if item.sold_out is None else item.sold_out.kind,
        until_ms,
        unsent,
    )
