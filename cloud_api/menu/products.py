"""The products of a brand and its stores as head office lists them: their state, who looks after them (MNU-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, cast, or_, select

from cloud_api.menu.models import menu_item
from cloud_api.menu.service import product_wire, read_days
from rules.menu import Composition, SaleState, sale_state
from rules.sale import ServiceType

_C = menu_item.c


@dataclass(frozen=True)
class Wanted:
    """None and the empty text: whatever it is. ``words`` stand in the name or are the code."""

    state: SaleState | None = None
    composition: Composition | None = None
    service: ServiceType | None = None
    manager: str = ""
    words: str = ""


def page(
    conn: Connection, brand_id: str, wanted: Wanted, today: date, *, after: str, limit: int
) -> list[dict[str, Any]]:
    """By id; ``after`` is the last one of the page before. Of the brand, and with a store's id of that store alone."""
    query = (
        select(menu_item)
        .where(_C.brand_id == brand_id, _C.removed_ms.is_(None), _C.menu_id > after, *_filters(wanted, today))
        .order_by(_C.menu_id)
        .limit(limit)
    )
    return [_shown(row, today) for row in conn.execute(query)]


def _filters(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(_in_state(wanted.state, today.isoformat()))
    if wanted.composition is not None:
        found.append(_C.composition == wanted.composition.value)
    if wanted.service is not None:
        named = cast(_C.services, String).contains(f'"{wanted.service.value}"')
        found.append(or_(_C.services == "[]", named))
    if wanted.manager:
        found.append(_C.manager == wanted.manager)
    if wanted.words:
        found.append(or_(_C.code == wanted.words, _C.name.contains(wanted.words, autoescape=True)))
    return found


def _in_state(state: SaleState, today: str) -> ColumnElement[bool]:
    """As ``rules.menu.sale_state`` says it, for the database."""
    begun = or_(_C.sale_first.is_(None), _C.sale_first <= today)
    goes_on = or_(_C.sale_last.is_(None), _C.sale_last >= today)
    match state:
        case SaleState.STOPPED:
            return _C.stopped.is_(True)
        case SaleState.BEFORE:
            return and_(_C.stopped.is_(False), ~begun)
        case SaleState.ENDED:
            return and_(_C.stopped.is_(False), begun, ~goes_on)
        case SaleState.ON_SALE:
            return and_(_C.stopped.is_(False), begun, goes_on)


def _shown(row: Any, today: date) -> dict[str, Any]:
    names = ("menu_id", "store_id", "category_id", "name", "price_won", "visible", "manager", "version")
    state = sale_state(read_days(row), today, stopped=row.stopped)
    return {name: getattr(row, name) for name in names} | product_wire(row) | {"sale_state": state.value}
