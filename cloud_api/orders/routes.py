"""HTTP of orders: intake, looking, the customer's choices, figures."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool, StrictInt, model_validator
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import ORDER_EXAMPLE, ORDER_FIGURES_EXAMPLE, REQUEST_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Day, IdempotencyKey, Ident, Nickname, PathId, Points, Text, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.menu.pricing import WantedLine
from cloud_api.orders import intake, sold_out, states, sums, waiting
from cloud_api.requests.service import asking
from cloud_api.stores.service import profile_of
from rules.waiting import OrderTab

router = APIRouter(prefix="/v1/orders", tags=["orders"])

ITEMS_MAX = 100
QTY_MAX = 100
OPTIONS_MAX = 50
DUE_MAX_MS = 100_000_000_000_000
WAITING_EXAMPLE: dict[str, Any] = {
    "counts": {"waiting": 2, "making": 1, "reserved": 3, "new": 1},
    "tab": "waiting",
    "page": 3,
    "pages": 4,
    "rows": [
        {
            "order_id": "0198c5c0-7a11-7000-8000-0000000000d1",
            "number": "101",
            "state": "new",
            "channel": "take_out",
            "new": True,
            "menus": 2,
            "amount_won": 11000,
            "delivery_won": 0,
            "address": None,
            "created_ms": 1760000000000,
            "waits_minutes": 3,
            "due_ms": None,
            "has_note": False,
        }
    ],
}


class Item(Body):
    """``options`` are ids of the item's option groups."""

    menu_id: Ident
    options: Annotated[tuple[Annotated[str, Field(max_length=60)], ...], Field(max_length=OPTIONS_MAX)] = ()
    qty: Annotated[StrictInt, Field(ge=1, le=QTY_MAX)] = 1


class NewOrder(Body):
    """``take_out`` null: as the channel says, an app order is taken out. ``total_won`` is what the menu asks for all
    of it, ``paid_won`` what is left to pay after coupon and points; both are checked, the latter where it is given.
    ``due_ms``: when its customer comes for it, up to thirty days ahead; null: as soon as it is made."""

    store_id: Ident
    member_id: Ident | None = None
    nickname: Nickname = ""
    channel: Literal["in_store", "take_out", "app_order"]
    take_out: StrictBool | None = None
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=ITEMS_MAX)]
    total_won: Won
    payment: Literal["prepaid", "postpaid"]
    coupon_id: Ident | None = None
    points: Points | None = None
    paid_won: Won | None = None
    note: Text = ""
    due_ms: Annotated[StrictInt, Field(ge=0, le=DUE_MAX_MS)] | None = None
    idempotency_key: IdempotencyKey

    @model_validator(mode="after")
    def _fits(self) -> NewOrder:
        if self.member_id is None and (self.coupon_id is not None or self.points is not None):
            raise ValueError("only a member has coupons and points")
        told = {"in_store": False, "take_out": True}.get(self.channel)
        if self.take_out is not None and told is not None and self.take_out is not told:
            raise ValueError("take_out contradicts the channel")
        return self

    def wanted(self) -> intake.NewOrder:
        return intake.NewOrder(
            self.channel,
            self.channel != "in_store" if self.take_out is None else self.take_out,
            tuple(WantedLine(item.menu_id, item.options, item.qty) for item in self.items),
            self.total_won,
            self.payment,
            self.note,
            self.coupon_id,
            self.points or 0,
            self.paid_won,
            self.due_ms,
        )


@router.post(
    "",
    status_code=201,
    summary="Send an order to a store",
    responses=errors(
        "unauthorized",
        "store_unknown",
        "member_unknown",
        "store_not_open",
        "member_gone",
        "orders_not_taken",
        "out_of_hours",
        "due_refused",
        "menu_unknown",
        "menu_not_on_sale",
        "options_refused",
        "total_differs",
        "rewards_not_taken",
        "coupon_unknown",
        "coupon_not_available",
        "coupon_not_here",
        "conditions_unmet",
        "overlap_refused",
        "limit_reached",
        "insufficient_points",
        "points_exceed_payment",
        "points_exceed_share",
        "day_total_reached",
        "idempotency_conflict",
        "invalid",
    )
    | {
        201: answer(
            {"order": ORDER_EXAMPLE, "request": REQUEST_EXAMPLE | {"kind": "order", "state": "requested"}}, "Sent"
        )
    },
)
def take_in(body: NewOrder, cloud: TheCloud, key_id: KeyId) -> Response:
    """Priced from the store's menu. A total that differs is refused with the right figures. Coupon and points are held
    with the order and go back with it."""
    call = Repeatable(key_id, "order", body.idempotency_key, body.model_dump(mode="json"))

    def make(work: Work) -> dict[str, Any]:
        store = profile_of(work.conn, body.store_id)
        if store is None:
            raise ApiError("store_unknown")
        who = asking(work.conn, cloud.vault, store, body.member_id, body.nickname)
        return intake.take_in(work, who, body.wanted())

    return json_response(cloud.database.transact(lambda work: once(work, call, lambda: make(work))), 201)


StoreQuery = Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")]


@router.get(
    "/figures",
    summary="Figures of a store's finished orders",
    responses=errors("unauthorized", "store_unknown", "span_refused", "invalid")
    | {200: answer(ORDER_FIGURES_EXAMPLE, "The whole span, the one before it, and its parts")},
)
def figures(
    cloud: TheCloud,
    _key: KeyId,
    store_id: StoreQuery,
    first: Annotated[Day, Query()],
    last: Annotated[Day, Query()],
    by: sums.By = sums.By.DAY,
) -> Response:
    """By business day, hour, channel or menu. ``sales_won`` is what the menu asked for less coupons; ``before`` is the
    span of as many days that ends where this one begins. At most 366 days."""
    span = sums.Span(date.fromisoformat(first), date.fromisoformat(last))
    if not 1 <= span.days <= sums.DAYS_MAX:
        raise ApiError("span_refused", extra={"days_max": sums.DAYS_MAX})
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        found = sums.figures(conn, store_id, span, by)
        return json_response(found | {"open": states.open_count(conn, store_id)})


@router.get(
    "/waiting",
    summary="A store's orders, tab by tab",
    responses=errors("unauthorized", "store_unknown", "invalid") | {200: answer(WAITING_EXAMPLE, "Page 3 of 4")},
)
def waiting_list(
    cloud: TheCloud,
    _key: KeyId,
    store_id: StoreQuery,
    tab: OrderTab = OrderTab.WAITING,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    days: Annotated[int, Query(ge=1, le=366)] = 1,
) -> Response:
    """What waits for somebody to accept it, what is being made, what is for later, and the past of so many ``days``.
    ``new``: no counter has shown it yet. A page behind the last is the last. An accepted order for later is made from
    half an hour before its time on."""
    now_ms = cloud.clock()
    with cloud.database.read_moment() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        return json_response(waiting.listed(conn, store_id, tab, page=page, days=days, now_ms=now_ms))


@router.get(
    "/{order_id}",
    summary="An order",
    responses=errors("unauthorized", "order_unknown") | {200: answer(ORDER_EXAMPLE, "As it stands")},
)
def show(order_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """The order as it stands now."""
    with cloud.database.read() as conn:
        row = states.find(conn, order_id)
    if row is None:
        raise ApiError("order_unknown")
    return json_response(states.projection(row))


@router.post(
    "/{order_id}/cancel",
    summary="The customer cancels an order",
    responses=errors("unauthorized", "order_unknown", "order_stands")
    | {200: answer(ORDER_EXAMPLE | {"state": "cancelled", "refund_won": 10000}, "Cancelled")},
)
def cancel(order_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Until the store accepts it, and afterwards once the store has said that it is sold out. Coupon and points are
    back at once; ``refund_won`` is what the caller gives back of the money."""
    return json_response(cloud.database.transact(lambda work: sold_out.cancel(work, order_id)))


@router.post(
    "/{order_id}/keep",
    summary="The customer keeps an order that is sold out",
    responses=errors("unauthorized", "order_unknown", "nothing_asked")
    | {200: answer(ORDER_EXAMPLE | {"state": "preparing", "sold_out": "kept"}, "Kept")},
)
def keep(order_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """The answer to a sold-out message: make what there is. Cancelling stays possible until the order is ready."""
    return json_response(cloud.database.transact(lambda work: sold_out.keep(work, order_id)))
