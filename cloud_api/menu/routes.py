"""HTTP of the menu, for consoles, ordering apps and POS makers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, StrictBool, StrictInt, model_validator
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import MENU_EXAMPLE, MENU_HERE_EXAMPLE, MENU_ITEM_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Day, IdempotencyKey, Ident, Name, PathId, Text, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.menu import pricing, service
from cloud_api.menu.service import CategoryTerms, Product, Scope, Terms
from cloud_api.stores.service import find_brand, profile_of
from rules.conditions import TimeRange
from rules.menu import Composition, Option, OptionGroup, SaleDays, SaleTimes, SoldOutKind
from rules.sale import ServiceType

router = APIRouter(prefix="/v1", tags=["menu"])

Minute = Annotated[StrictInt, Field(ge=0, le=1_440)]
Position = Annotated[StrictInt, Field(ge=0, le=100_000)]
CATEGORY_EXAMPLE: dict[str, Any] = {
    "category_id": "0198c5c0-7a11-7000-8000-0000000000e7",
    "name": "커피",
    "visible": True,
    "position": 1,
    "version": 1,
    "removed": False,
}


class Owned(Body):
    """Whose menu it is: exactly one of a store and a brand."""

    brand_id: Ident | None = None
    store_id: Ident | None = None

    @model_validator(mode="after")
    def _one_scope(self) -> Owned:
        if (self.brand_id is None) == (self.store_id is None):
            raise ValueError("exactly one of brand_id and store_id is needed")
        return self


def _scope(work: Work, body: Owned) -> Scope:
    if body.store_id is not None:
        store = profile_of(work.conn, body.store_id)
        if store is None:
            raise ApiError("store_unknown")
        return Scope(store.brand_id, body.store_id)
    brand_id = find_brand(work.conn, body.brand_id or "")
    if brand_id is None:
        raise ApiError("brand_unknown")
    return Scope(brand_id, None)


class Category(Owned):
    name: Name
    visible: StrictBool = True
    position: Position = 0

    def terms(self) -> CategoryTerms:
        return CategoryTerms(self.name, self.visible, self.position)


class NewCategory(Category):
    idempotency_key: IdempotencyKey


@router.post(
    "/menu/categories",
    status_code=201,
    summary="Add a category to a menu",
    responses=errors("unauthorized", "store_unknown", "brand_unknown", "idempotency_conflict", "invalid")
    | {201: answer(CATEGORY_EXAMPLE, "Added")},
)
def add_category(body: NewCategory, cloud: TheCloud, key_id: KeyId) -> Response:
    """Of one store, or of a brand for all its stores."""
    call = Repeatable(key_id, "menu_category", body.idempotency_key, body.model_dump(mode="json"))

    def make(work: Work) -> dict[str, Any]:
        return service.write_category(work, _scope(work, body), None, body.terms())

    return json_response(cloud.database.transact(lambda work: once(work, call, lambda: make(work))), 201)


@router.post(
    "/menu/categories/{category_id}",
    summary="Change a category",
    responses=errors("unauthorized", "store_unknown", "brand_unknown", "category_unknown", "invalid")
    | {200: answer(CATEGORY_EXAMPLE, "Changed")},
)
def change_category(category_id: PathId, body: Category, cloud: TheCloud, _key: KeyId) -> Response:
    """All of it is replaced."""
    changed = cloud.database.transact(
        lambda work: service.write_category(work, _scope(work, body), category_id, body.terms())
    )
    return json_response(changed)


@router.post(
    "/menu/categories/{category_id}/remove",
    summary="Remove a category",
    responses=errors(
        "unauthorized", "store_unknown", "brand_unknown", "category_unknown", "category_not_empty", "invalid"
    )
    | {200: answer(CATEGORY_EXAMPLE | {"removed": True}, "Removed")},
)
def remove_category(category_id: PathId, body: Owned, cloud: TheCloud, _key: KeyId) -> Response:
    """Only an empty one."""
    return json_response(
        cloud.database.transact(lambda work: service.remove_category(work, _scope(work, body), category_id))
    )


class OneOption(Body):
    option_id: Annotated[str, Field(min_length=1, max_length=60)]
    extra_won: Won = 0


class Group(Body):
    group_id: Annotated[str, Field(min_length=1, max_length=60)]
    options: Annotated[tuple[OneOption, ...], Field(min_length=1, max_length=50)]
    least: Annotated[StrictInt, Field(ge=0, le=50)] = 0
    most: Annotated[StrictInt, Field(ge=1, le=50)] = 1

    @model_validator(mode="after")
    def _possible(self) -> Group:
        if not self.least <= self.most <= len(self.options):
            raise ValueError("least and most do not fit the options")
        return self


class Times(Body):
    """When it is sold; weekdays count from Monday 0, times are minutes after midnight. Empty: always."""

    weekdays: Annotated[tuple[Annotated[StrictInt, Field(ge=0, le=6)], ...], Field(max_length=7)] = ()
    times: Annotated[tuple[tuple[Minute, Minute], ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _forward(self) -> Times:
        if any(until <= start for start, until in self.times):
            raise ValueError("a range ends after it begins")
        return self

    def read(self) -> SaleTimes:
        return SaleTimes(frozenset(self.weekdays), tuple(TimeRange(*span) for span in self.times))


class Item(Owned):
    """``services`` empty: ordered in any way. ``stopped``, ``manager`` and the days of sale are head office's word on a
    product; ``code`` names it once."""

    category_id: Ident
    name: Name
    name_en: Text = ""
    description: Text = ""
    price_won: Won
    options: Annotated[tuple[Group, ...], Field(max_length=20)] = ()
    sale_times: Times = Times()
    rewards: Annotated[tuple[Literal["coupon", "point", "stamp"], ...], Field(max_length=3)] = service.REWARDS  # type: ignore[assignment]
    visible: StrictBool = True
    position: Position = 0
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,30}$")] = ""
    composition: Composition = Composition.SINGLE
    services: Annotated[tuple[ServiceType, ...], Field(max_length=len(ServiceType))] = ()
    sale_first: Day | None = None
    sale_last: Day | None = None
    stopped: StrictBool = False
    manager: Text = ""

    @model_validator(mode="after")
    def _days_in_order(self) -> Item:
        if self.sale_first is not None and self.sale_last is not None and self.sale_last < self.sale_first:
            raise ValueError("the last day of sale is before the first")
        return self

    def product(self) -> Product:
        days = SaleDays(
            *(None if one is None else date.fromisoformat(one) for one in (self.sale_first, self.sale_last))
        )
        return Product(self.code, self.composition, frozenset(self.services), days, self.stopped, self.manager)

    def terms(self) -> Terms:
        groups = tuple(
            OptionGroup(
                group.group_id,
                tuple(Option(option.option_id, option.extra_won) for option in group.options),
                group.least,
                group.most,
            )
            for group in self.options
        )
        return Terms(
            self.category_id,
            self.name,
            self.name_en,
            self.description,
            self.price_won,
            groups,
            self.sale_times.read(),
            tuple(dict.fromkeys(self.rewards)),
            self.visible,
            self.position,
            self.product(),
        )


class NewItem(Item):
    idempotency_key: IdempotencyKey


@router.post(
    "/menu/items",
    status_code=201,
    summary="Add an item to a menu",
    responses=errors(
        "unauthorized",
        "store_unknown",
        "brand_unknown",
        "category_unknown",
        "code_taken",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(MENU_ITEM_EXAMPLE, "Added; the stores' devices know it a moment later")},
)
def add_item(body: NewItem, cloud: TheCloud, key_id: KeyId) -> Response:
    """Of one store, or of a brand for all its stores."""
    call = Repeatable(key_id, "menu_item", body.idempotency_key, body.model_dump(mode="json"))

    def make(work: Work) -> dict[str, Any]:
        return service.write_item(work, _scope(work, body), None, body.terms())

    return json_response(cloud.database.transact(lambda work: once(work, call, lambda: make(work))), 201)


@router.post(
    "/menu/items/{menu_id}",
    summary="Change an item",
    responses=errors(
        "unauthorized", "store_unknown", "brand_unknown", "category_unknown", "menu_unknown", "code_taken", "invalid"
    )
    | {200: answer(MENU_ITEM_EXAMPLE, "Changed")},
)
def change_item(menu_id: PathId, body: Item, cloud: TheCloud, _key: KeyId) -> Response:
    """All of it is replaced."""
    return json_response(
        cloud.database.transact(lambda work: service.write_item(work, _scope(work, body), menu_id, body.terms()))
    )


@router.post(
    "/menu/items/{menu_id}/remove",
    summary="Remove an item",
    responses=errors("unauthorized", "store_unknown", "brand_unknown", "menu_unknown", "invalid")
    | {200: answer(MENU_ITEM_EXAMPLE | {"removed": True}, "Removed")},
)
def remove_item(menu_id: PathId, body: Owned, cloud: TheCloud, _key: KeyId) -> Response:
    """Orders that name it keep their words."""
    return json_response(cloud.database.transact(lambda work: service.remove_item(work, _scope(work, body), menu_id)))


@router.get(
    "/stores/{store_id}/menu",
    summary="A store's menu as it is now",
    responses=errors("unauthorized", "store_unknown") | {200: answer(MENU_EXAMPLE, "Its own items and its brand's")},
)
def menu(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """``not_on_sale`` is null for what can be ordered now, else why not: stopped, hidden, period, not_here, sold_out,
    time."""
    with cloud.database.read() as conn:
        return json_response(service.of_store(conn, store_id, cloud.clock()))


class SoldOutWord(Body):
    kind: SoldOutKind | None


@router.post(
    "/stores/{store_id}/menu/{menu_id}/sold-out",
    summary="Mark an item sold out at a store",
    responses=errors("unauthorized", "store_unknown", "menu_unknown", "invalid")
    | {200: answer(MENU_HERE_EXAMPLE, "As the store has it now")},
)
def sold_out(store_id: PathId, menu_id: PathId, body: SoldOutWord, cloud: TheCloud, _key: KeyId) -> Response:
    """``today`` ends at midnight in Korea, ``until_released`` when somebody says so; null: on sale again."""
    return json_response(
        cloud.database.transact(lambda work: service.mark_sold_out(work, store_id, menu_id, body.kind, work.now_ms))
    )


class Availability(Body):
    available: StrictBool


@router.post(
    "/stores/{store_id}/menu/{menu_id}/available",
    summary="Say whether a store has an item at all",
    responses=errors("unauthorized", "store_unknown", "menu_unknown", "invalid")
    | {200: answer(MENU_HERE_EXAMPLE, "As the store has it now")},
)
def available(store_id: PathId, menu_id: PathId, body: Availability, cloud: TheCloud, _key: KeyId) -> Response:
    """For items of the brand that this store does not make."""
    return json_response(
        cloud.database.transact(lambda work: service.set_available(work, store_id, menu_id, body.available))
    )


class Line(Body):
    menu_id: Ident
    options: Annotated[tuple[Annotated[str, Field(max_length=60)], ...], Field(max_length=50)] = ()
    quantity: Annotated[StrictInt, Field(ge=1, le=100)] = 1


@router.post(
    "/stores/{store_id}/menu/price",
    summary="What a line of an order costs now",
    responses=errors("unauthorized", "store_unknown", "menu_unknown", "menu_not_on_sale", "options_refused", "invalid")
    | {200: answer({"total_won": 11200}, "Base price and options, times the quantity")},
)
def price(store_id: PathId, body: Line, cloud: TheCloud, _key: KeyId) -> Response:
    """Refused when it cannot be ordered, or when the options do not fit their groups."""
    wanted = pricing.WantedLine(body.menu_id, body.options, body.quantity)
    with cloud.database.read() as conn:
        store = profile_of(conn, store_id)
        if store is None:
            raise ApiError("store_unknown")
        [line] = pricing.price(conn, store, [wanted], cloud.clock())
    return json_response({"total_won": line.amount_won})


class Cart(Body):
    """``service``: how it is to be ordered; null: not said yet."""

    lines: Annotated[tuple[Line, ...], Field(max_length=100)]
    service: ServiceType | None = None


CART_EXAMPLE: dict[str, Any] = {
    "lines": [
        {
            "menu_id": "0198c5c0-7a11-7000-8000-0000000000e8",
            "name": "떡볶이",
            "base_won": 14000,
            "options": [{"option_id": "치즈", "extra_won": 2000}],
            "quantity": 1,
            "amount_won": 16000,
            "missing": ["맵기"],
            "too_many": [],
            "unknown": [],
            "not_on_sale": None,
            "can_be_ordered": False,
        }
    ],
    "total_won": 16000,
    "can_be_ordered": False,
}


@router.post(
    "/stores/{store_id}/menu/cart",
    summary="What a cart comes to while it is filled",
    responses=errors("unauthorized", "store_unknown", "menu_unknown", "invalid")
    | {200: answer(CART_EXAMPLE, "Nothing is refused: what is not right yet stands beside each line")},
)
def cart(store_id: PathId, body: Cart, cloud: TheCloud, _key: KeyId) -> Response:
    """The total as it changes with every option that is chosen. ``missing`` and ``too_many`` name groups of options."""
    wanted = [pricing.WantedLine(line.menu_id, line.options, line.quantity) for line in body.lines]
    with cloud.database.read() as conn:
        store = profile_of(conn, store_id)
        if store is None:
            raise ApiError("store_unknown")
        return json_response(pricing.cart(conn, store, wanted, cloud.clock(), body.service))


class Template(Body):
    name: Name
    sale_times: Times


@router.post(
    "/stores/{store_id}/menu/time-templates",
    summary="Keep a named time of sale",
    responses=errors("unauthorized", "store_unknown", "invalid")
    | {200: answer({"name": "점심", "sale_times": {"weekdays": [0], "times": [[690, 840]]}}, "Kept")},
)
def template(store_id: PathId, body: Template, cloud: TheCloud, _key: KeyId) -> Response:
    """The same name again replaces it."""

    def keep(work: Work) -> None:
        if profile_of(work.conn, store_id) is None:
            raise ApiError("store_unknown")
        service.save_template(work, store_id, body.name, body.sale_times.read())

    cloud.database.transact(keep)
    return json_response({"name": body.name, "sale_times": service.times_wire(body.sale_times.read())})
