"""What lines of an order cost at a store now, and why they cannot be ordered (MNU-05, 07 to 10, 12)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from cloud_api.errors import ApiError
from cloud_api.menu.service import RESET, read_groups, rows_of
from cloud_api.stores.hours import hours_of
from cloud_api.stores.service import Profile
from rules.hours import StoreHours
from rules.menu import MenuItem, line_price_won, not_on_sale


@dataclass(frozen=True)
class WantedLine:
    """What somebody wants of one item; ``options`` are ids of its groups."""

    menu_id: str
    options: tuple[str, ...] = ()
    quantity: int = 1


@dataclass(frozen=True)
class PricedLine:
    """``amount_won`` is for the whole quantity. ``rewards``: what the item counts for (MNU-14)."""

    menu_id: str
    category_id: str
    name: str
    options: tuple[str, ...]
    quantity: int
    amount_won: int
    rewards: frozenset[str]


def price(conn: Connection, store: Profile, wanted: Sequence[WantedLine], now_ms: int) -> tuple[PricedLine, ...]:
    """One line each, in their order. Raises ApiError ``menu_unknown``, ``menu_not_on_sale``, ``options_refused``, each
    with the item it is about."""
    ids = {line.menu_id for line in wanted}
    found = {row.menu_id: (row, item) for row, item in rows_of(conn, store.brand_id, store.store_id, ids)}
    hours = hours_of(conn, store.store_id)
    return tuple(_priced(line, found.get(line.menu_id), hours, now_ms) for line in wanted)


def _priced(line: WantedLine, found: tuple[Any, MenuItem] | None, hours: StoreHours, now_ms: int) -> PricedLine:
    if found is None:
        raise ApiError("menu_unknown", extra={"menu_id": line.menu_id})
    row, item = found
    reason = not_on_sale(item, now_ms, RESET, hours)
    if reason is not None:
        raise ApiError("menu_not_on_sale", extra={"menu_id": line.menu_id, "reason": reason.value})
    amount_won = line_price_won(row.price_won, read_groups(json.loads(row.options)), line.options, line.quantity)
    if amount_won is None:
        raise ApiError("options_refused", extra={"menu_id": line.menu_id})
    return PricedLine(line.menu_id, item.category_id, item.name, line.options, line.quantity, amount_won, item.rewards)
