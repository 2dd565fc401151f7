"""What lines of an order cost at a store now, and why they cannot be ordered (MNU-05, 07 to 10, 12, 13, 15)."""

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
from rules.menu import MenuItem, line_price_won, line_shown, not_on_sale
from rules.sale import ServiceType


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


_Found = dict[str, tuple[Any, MenuItem]]


def price(
    conn: Connection,
    store: Profile,
    wanted: Sequence[WantedLine],
    at_ms: int,
    service: ServiceType | None = None,
) -> tuple[PricedLine, ...]:
    """One line each, in their order; with ``service`` only what can be ordered that way (MNU-15). Raises ApiError
    ``menu_unknown``, ``menu_not_on_sale``, ``options_refused``, each with the item it is about."""
    found, hours = _found(conn, store, wanted), hours_of(conn, store.store_id)
    return tuple(_priced(line, found, hours, at_ms, service) for line in wanted)


def _found(conn: Connection, store: Profile, wanted: Sequence[WantedLine]) -> _Found:
    """What the lines are about. Raises ApiError ``menu_unknown``."""
    ids = {line.menu_id for line in wanted}
    found = {row.menu_id: (row, item) for row, item in rows_of(conn, store.brand_id, store.store_id, ids)}
    for line in wanted:
        if line.menu_id not in found:
            raise ApiError("menu_unknown", extra={"menu_id": line.menu_id})
    return found


def _priced(line: WantedLine, found: _Found, hours: StoreHours, at_ms: int, service: ServiceType | None) -> PricedLine:
    row, item = found[line.menu_id]
    reason = not_on_sale(item, at_ms, RESET, hours, service)
    if reason is not None:
        raise ApiError("menu_not_on_sale", extra={"menu_id": line.menu_id, "reason": reason.value})
    amount_won = line_price_won(row.price_won, read_groups(json.loads(row.options)), line.options, line.quantity)
    if amount_won is None:
        raise ApiError("options_refused", extra={"menu_id": line.menu_id})
    return PricedLine(line.menu_id, item.category_id, item.name, line.options, line.quantity, amount_won, item.rewards)


def cart(
    conn: Connection, store: Profile, wanted: Sequence[WantedLine], at_ms: int, service: ServiceType | None
) -> dict[str, Any]:
    """What the lines come to while somebody still chooses: nothing is refused, what is not right yet is said beside it
    (MNU-13). Raises ApiError ``menu_unknown``."""
    found, hours = _found(conn, store, wanted), hours_of(conn, store.store_id)
    lines = [_in_cart(line, found, hours, at_ms, service) for line in wanted]
    return {
        "lines": lines,
        "total_won": sum(line["amount_won"] for line in lines),
        "can_be_ordered": all(line["can_be_ordered"] for line in lines),
    }


def _in_cart(
    line: WantedLine, found: _Found, hours: StoreHours, at_ms: int, service: ServiceType | None
) -> dict[str, Any]:
    row, item = found[line.menu_id]
    groups = read_groups(json.loads(row.options))
    shown = line_shown(row.price_won, groups, line.options, line.quantity)
    extras = {option.option_id: option.extra_won for group in groups for option in group.options}
    reason = not_on_sale(item, at_ms, RESET, hours, service)
    return {
        "menu_id": line.menu_id,
        "name": item.name,
        "base_won": row.price_won,
        "options": [{"option_id": one, "extra_won": extras[one]} for one in line.options if one in extras],
        "quantity": line.quantity,
        "amount_won": shown.amount_won,
        "missing": list(shown.missing),
        "too_many": list(shown.too_many),
        "unknown": list(shown.unknown),
        "not_on_sale": None if reason is None else reason.value,
        "can_be_ordered": shown.complete and reason is None,
    }
