"""Writing the menu, marking items sold out, and the menu as one store has it now (MNU-01 to 12, 14)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.menu.models import menu_category, menu_here, menu_item, menu_time_template
from cloud_api.stores.hours import hours_of
from cloud_api.stores.models import brand
from cloud_api.stores.service import profile_of
from rules.conditions import TimeRange
from rules.menu import (
    Composition,
    MenuItem,
    Option,
    OptionGroup,
    SaleDays,
    SaleTimes,
    SoldOut,
    SoldOutKind,
    SoldOutReset,
    not_on_sale,
    sold_out_until_ms,
    summarise,
)
from rules.sale import ServiceType
from sync.protocol import FeedKind

RESET = SoldOutReset.MIDNIGHT  # MNU Ambiguity A1
REWARDS = ("coupon", "point", "stamp")


@dataclass(frozen=True)
class Scope:
    """Whose menu: a store's own, or with ``store_id`` None the brand's, which all its stores see."""

    brand_id: str
    store_id: str | None


@dataclass(frozen=True)
class Product:
    """What head office keeps of it (MNU-15). ``services`` empty: ordered in any way; ``code`` empty: it has none."""

    code: str = ""
    composition: Composition = Composition.SINGLE
    services: frozenset[ServiceType] = frozenset()
    days: SaleDays = field(default_factory=SaleDays)
    stopped: bool = False
    manager: str = ""


@dataclass(frozen=True)
class Terms:
    """What an item says of itself. ``options``: groups as ``rules.menu.OptionGroup``."""

    category_id: str
    name: str
    name_en: str
    description: str
    price_won: int
    options: tuple[OptionGroup, ...]
    sale_times: SaleTimes
    rewards: tuple[str, ...]
    visible: bool
    position: int
    product: Product = field(default_factory=Product)


@dataclass(frozen=True)
class CategoryTerms:
    name: str
    visible: bool
    position: int


def write_category(work: Work, scope: Scope, category_id: str | None, terms: CategoryTerms) -> dict[str, Any]:
    """A new category, or a changed one (MNU-03). Raises ApiError ``category_unknown``."""
    values = asdict(terms)
    if category_id is None:
        made = {"category_id": work.ids.uuid7(), "brand_id": scope.brand_id, "store_id": scope.store_id, "version": 1}
        row = work.conn.execute(insert(menu_category).values(**made, **values).returning(*menu_category.c)).one()
    else:
        row = _change_category(work, scope, category_id, values)
    return _tell_category(work, row)


def remove_category(work: Work, scope: Scope, category_id: str) -> dict[str, Any]:
    """Only an empty one. Raises ApiError ``category_unknown``, ``category_not_empty``."""
    inside = select(menu_item.c.menu_id).where(menu_item.c.category_id == category_id, menu_item.c.removed_ms.is_(None))
    if work.conn.execute(inside.limit(1)).first() is not None:
        raise ApiError("category_not_empty")
    return _tell_category(work, _change_category(work, scope, category_id, {"removed_ms": work.now_ms}))


def _change_category(work: Work, scope: Scope, category_id: str, values: dict[str, Any]) -> Any:
    c = menu_category.c
    row = work.conn.execute(
        update(menu_category)
        .where(c.category_id == category_id, c.removed_ms.is_(None), _is_of(c, scope))
        .values(version=c.version + 1, **values)
        .returning(*c)
    ).one_or_none()
    if row is None:
        raise ApiError("category_unknown")
    return row


def _is_of(columns: Any, scope: Scope) -> Any:
    own = columns.store_id.is_(None) if scope.store_id is None else columns.store_id == scope.store_id
    return and_(columns.brand_id == scope.brand_id, own)


def _tell_category(work: Work, row: Any) -> dict[str, Any]:
    shown = category_wire(row)
    feeds.publish(work, _feed(row), FeedKind.MENU_CATEGORY, shown)
    return shown


def category_wire(row: Any) -> dict[str, Any]:
    """A category as devices get it."""
    names = ("category_id", "name", "visible", "position", "version")
    return {name: getattr(row, name) for name in names} | {"removed": row.removed_ms is not None}


def _feed(row: Any) -> str:
    return feeds.brand_feed(row.brand_id) if row.store_id is None else feeds.store_feed(row.store_id)


def write_item(work: Work, scope: Scope, menu_id: str | None, terms: Terms) -> dict[str, Any]:
    """A new item, or a changed one (MNU-05). Raises ApiError ``category_unknown``, ``menu_unknown``, ``code_taken``."""
    c = menu_category.c
    belongs = or_(c.store_id.is_(None), c.store_id == scope.store_id)
    category = select(c.category_id).where(
        c.category_id == terms.category_id, c.brand_id == scope.brand_id, belongs, c.removed_ms.is_(None)
    )
    if work.conn.execute(category).one_or_none() is None:
        raise ApiError("category_unknown")
    _check_code(work, scope, menu_id, terms.product.code)
    values = {
        "category_id": terms.category_id,
        "name": terms.name,
        "name_en": terms.name_en,
        "description": terms.description,
        "price_won": terms.price_won,
        "options": json.dumps([_group_wire(group) for group in terms.options], ensure_ascii=False),
        "sale_times": json.dumps(times_wire(terms.sale_times)),
        "rewards": json.dumps(sorted(terms.rewards)),
        "visible": terms.visible,
        "position": terms.position,
        "changed_ms": work.now_ms,
        **_product_values(terms.product),
    }
    if menu_id is None:
        made = {"menu_id": work.ids.uuid7(), "brand_id": scope.brand_id, "store_id": scope.store_id, "version": 1}
        row = work.conn.execute(insert(menu_item).values(**made, **values).returning(*menu_item.c)).one()
    else:
        row = _change_item(work, scope, menu_id, values)
    return _tell_item(work, row)


def _check_code(work: Work, scope: Scope, menu_id: str | None, code: str) -> None:
    """Two who want the same code at once come one after the other: the brand's row is locked."""
    if not code:
        return
    work.conn.execute(select(brand.c.brand_id).where(brand.c.brand_id == scope.brand_id).with_for_update())
    c = menu_item.c
    taken = select(c.menu_id).where(
        _is_of(c, scope), c.code == code, c.removed_ms.is_(None), c.menu_id != (menu_id or "")
    )
    if work.conn.execute(taken).first() is not None:
        raise ApiError("code_taken")


def _product_values(product: Product) -> dict[str, Any]:
    first, last = product.days.first, product.days.last
    return {
        "code": product.code,
        "composition": product.composition.value,
        "services": json.dumps(sorted(product.services)),
        "sale_first": None if first is None else first.isoformat(),
        "sale_last": None if last is None else last.isoformat(),
        "stopped": product.stopped,
        "manager": product.manager,
    }


def remove_item(work: Work, scope: Scope, menu_id: str) -> dict[str, Any]:
    """Gone from the menu; orders that name it keep their words. Raises ApiError ``menu_unknown``."""
    return _tell_item(work, _change_item(work, scope, menu_id, {"removed_ms": work.now_ms}))


def _change_item(work: Work, scope: Scope, menu_id: str, values: dict[str, Any]) -> Any:
    c = menu_item.c
    row = work.conn.execute(
        update(menu_item)
        .where(c.menu_id == menu_id, c.removed_ms.is_(None), _is_of(c, scope))
        .values(version=c.version + 1, **values)
        .returning(*c)
    ).one_or_none()
    if row is None:
        raise ApiError("menu_unknown")
    return row


def _tell_item(work: Work, row: Any) -> dict[str, Any]:
    shown = item_wire(row)
    feeds.publish(work, _feed(row), FeedKind.MENU, shown)
    return shown


def item_wire(row: Any) -> dict[str, Any]:
    """An item as devices and apps get it."""
    names = ("menu_id", "category_id", "name", "name_en", "description", "price_won", "visible", "position", "version")
    return {name: getattr(row, name) for name in names} | {
        "options": json.loads(row.options),
        "sale_times": json.loads(row.sale_times),
        "rewards": json.loads(row.rewards),
        **product_wire(row),
        "removed": row.removed_ms is not None,
    }


def product_wire(row: Any) -> dict[str, Any]:
    """What of a product everybody may know; who looks after it is for head office (MNU-15)."""
    names = ("code", "composition", "sale_first", "sale_last", "stopped")
    return {name: getattr(row, name) for name in names} | {"services": json.loads(row.services)}


def read_days(row: Any) -> SaleDays:
    """The days on which an item is sold."""
    days = (None if one is None else date.fromisoformat(one) for one in (row.sale_first, row.sale_last))
    return SaleDays(*days)


def _group_wire(group: OptionGroup) -> dict[str, Any]:
    options = [{"option_id": option.option_id, "extra_won": option.extra_won} for option in group.options]
    return {"group_id": group.group_id, "least": group.least, "most": group.most, "options": options}


def read_groups(raw: Any) -> tuple[OptionGroup, ...]:
    """Option groups from their JSON."""
    return tuple(
        OptionGroup(
            group["group_id"],
            tuple(Option(option["option_id"], option["extra_won"]) for option in group["options"]),
            group["least"],
            group["most"],
        )
        for group in raw
    )


def times_wire(times: SaleTimes) -> dict[str, Any]:
    """When something is sold; empty: always (MNU-08)."""
    return {
        "weekdays": sorted(times.weekdays),
        "times": [[span.from_minute, span.until_minute] for span in times.times],
    }


def read_times(raw: Any) -> SaleTimes:
    """Times of sale from their JSON."""
    return SaleTimes(frozenset(raw["weekdays"]), tuple(TimeRange(*span) for span in raw["times"]))


def save_template(work: Work, store_id: str, name: str, times: SaleTimes) -> None:
    """A named range to pick from; the same name again replaces it (MNU-08)."""
    written = json.dumps(times_wire(times))
    here = (menu_time_template.c.store_id == store_id) & (menu_time_template.c.name == name)
    if work.conn.execute(update(menu_time_template).where(here).values(sale_times=written)).rowcount == 0:
        work.conn.execute(insert(menu_time_template).values(store_id=store_id, name=name, sale_times=written))


# -- one store -----------------------------------------------------------------------------------------------------


def set_available(work: Work, store_id: str, menu_id: str, available: bool) -> dict[str, Any]:
    """Whether the store has the item at all (MNU-12). Raises ApiError ``menu_unknown``, ``store_unknown``."""
    _lock_item(work, store_id, menu_id)
    return _here(work, store_id, menu_id, {"available": available})


def mark_sold_out(work: Work, store_id: str, menu_id: str, kind: SoldOutKind | None, said_ms: int) -> dict[str, Any]:
    """Sold out today, until released, or on sale again (MNU-09, MNU-10). An older word than the one that stands changes
    nothing (AGT-10); a clock that is ahead says it no later than now.

    Raises ApiError ``menu_unknown``, ``store_unknown``.
    """
    said_ms = min(said_ms, work.now_ms)
    _lock_item(work, store_id, menu_id)
    before = _find_here(work.conn, store_id, menu_id)
    if before is not None and before.said_ms > said_ms:
        return here_wire(before)
    values = {
        "sold_out": None if kind is None else kind.value,
        "sold_out_ms": None if kind is None else said_ms,
        "said_ms": said_ms,
    }
    return _here(work, store_id, menu_id, values)


def _lock_item(work: Work, store_id: str, menu_id: str) -> None:
    """Two who speak of an item at once come one after the other, and the second sees what the first said. Raises
    ApiError ``menu_unknown``, ``store_unknown``."""
    store = profile_of(work.conn, store_id)
    if store is None:
        raise ApiError("store_unknown")
    c = menu_item.c
    item = select(c.menu_id).where(
        c.menu_id == menu_id,
        c.brand_id == store.brand_id,
        or_(c.store_id.is_(None), c.store_id == store_id),
        c.removed_ms.is_(None),
    )
    if work.conn.execute(item.with_for_update()).one_or_none() is None:
        raise ApiError("menu_unknown")


def _here(work: Work, store_id: str, menu_id: str, values: dict[str, Any]) -> dict[str, Any]:
    h = menu_here.c
    changed = (
        update(menu_here)
        .where(h.store_id == store_id, h.menu_id == menu_id)
        .values(version=h.version + 1, **values)
        .returning(*h)
    )
    row = work.conn.execute(changed).one_or_none()
    if row is None:
        first = {"store_id": store_id, "menu_id": menu_id, "available": True, "said_ms": 0, "version": 1} | values
        row = work.conn.execute(insert(menu_here).values(**first).returning(*h)).one()
    shown = here_wire(row)
    feeds.publish(work, feeds.store_feed(store_id), FeedKind.MENU_HERE, shown)
    return shown


def _find_here(conn: Connection, store_id: str, menu_id: str) -> Any | None:
    here = (menu_here.c.store_id == store_id) & (menu_here.c.menu_id == menu_id)
    return conn.execute(select(menu_here).where(here)).one_or_none()


def here_wire(row: Any) -> dict[str, Any]:
    """How a store has an item, as its devices get it."""
    return {name: getattr(row, name) for name in ("menu_id", "available", "sold_out", "sold_out_ms", "version")}


def rows_of(
    conn: Connection, brand_id: str, store_id: str, ids: Collection[str] | None = None
) -> list[tuple[Any, MenuItem]]:
    """The store's items and its brand's, in the order of the menu, each with what the rules need; with ``ids`` only
    those."""
    c = menu_item.c
    query = (
        select(
            menu_item,
            menu_here.c.available,
            menu_here.c.sold_out,
            menu_here.c.sold_out_ms,
            menu_category.c.visible.label("category_visible"),
        )
        .join(menu_category, menu_category.c.category_id == c.category_id)
        .outerjoin(menu_here, and_(menu_here.c.menu_id == c.menu_id, menu_here.c.store_id == store_id))
        .where(c.brand_id == brand_id, or_(c.store_id.is_(None), c.store_id == store_id), c.removed_ms.is_(None))
        .order_by(c.position, c.menu_id)
    )
    if ids is not None:
        query = query.where(c.menu_id.in_(ids))
    return [(row, _item(row)) for row in conn.execute(query)]


def _item(row: Any) -> MenuItem:
    sold_out = None if row.sold_out is None else SoldOut(SoldOutKind(row.sold_out), row.sold_out_ms)
    return MenuItem(
        row.menu_id,
        row.name,
        row.price_won,
        row.category_id,
        row.visible and row.category_visible,  # a hidden category hides what is in it (MNU-03)
        row.available is not False,
        read_times(json.loads(row.sale_times)),
        sold_out,
        frozenset(json.loads(row.rewards)),
        frozenset(ServiceType(one) for one in json.loads(row.services)),
        read_days(row),
        row.stopped,
    )


def of_store(conn: Connection, store_id: str, now_ms: int) -> dict[str, Any]:
    """The whole menu with what can be ordered now, why not the rest, and the numbers on top (MNU-02).

    Raises ApiError ``store_unknown``.
    """
    store = profile_of(conn, store_id)
    if store is None:
        raise ApiError("store_unknown")
    hours = hours_of(conn, store_id)
    found = rows_of(conn, store.brand_id, store_id)
    c = menu_category.c
    categories = conn.execute(
        select(menu_category)
        .where(c.brand_id == store.brand_id, or_(c.store_id.is_(None), c.store_id == store_id), c.removed_ms.is_(None))
        .order_by(c.position, c.category_id)
    )
    items = []
    for row, item in found:
        reason = not_on_sale(item, now_ms, RESET, hours)
        until_ms = None if item.sold_out is None else sold_out_until_ms(item.sold_out, RESET, hours)
        over = until_ms is not None and now_ms >= until_ms
        items.append(
            item_wire(row)
            | {
                "available": item.available_here,
                "sold_out": None if over else row.sold_out,
                "sold_out_until_ms": None if over else until_ms,
                "not_on_sale": None if reason is None else reason.value,
            }
        )
    summary = summarise([item for _, item in found], now_ms, RESET, hours)
    return {
        "categories": [{n: getattr(r, n) for n in ("category_id", "name", "visible", "position")} for r in categories],
        "items": items,
        "summary": dict(vars(summary)),
    }


def held(conn: Connection, brand_id: str, store_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and body of all that a store's device holds of the menu; what was removed it need not know."""
    for table, kind, wire in (
        (menu_category, FeedKind.MENU_CATEGORY, category_wire),
        (menu_item, FeedKind.MENU, item_wire),
    ):
        c = table.c
        there = (c.brand_id == brand_id, or_(c.store_id.is_(None), c.store_id == store_id), c.removed_ms.is_(None))
        for row in conn.execute(select(table).where(*there).order_by(*table.primary_key)):
            yield kind.value, wire(row)
    for row in conn.execute(select(menu_here).where(menu_here.c.store_id == store_id).order_by(menu_here.c.menu_id)):
        yield FeedKind.MENU_HERE.value, here_wire(row)
