"""HTTP of orders: intake and looking."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import Field, StrictInt
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import ORDER_EXAMPLE, REQUEST_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, Ident, Name, Nickname, Text, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.orders import service, states
from cloud_api.requests.service import asking
from cloud_api.stores.service import profile_of

router = APIRouter(prefix="/v1/orders", tags=["orders"])

ITEMS_MAX = 100
QTY_MAX = 1_000
OPTIONS_MAX = 20


class Item(Body):
    name: Name
    qty: Annotated[StrictInt, Field(ge=1, le=QTY_MAX)]
    amount_won: Won
    options: Annotated[list[Name], Field(max_length=OPTIONS_MAX)] = Field(default_factory=list)


class NewOrder(Body):
    store_id: Ident
    member_id: Ident | None = None
    nickname: Nickname = ""
    channel: Literal["in_store", "take_out", "app_order"]
    items: Annotated[list[Item], Field(min_length=1, max_length=ITEMS_MAX)]
    total_won: Won
    payment: Literal["prepaid", "postpaid"]
    note: Text = ""
    idempotency_key: IdempotencyKey


@router.post(
    "",
    status_code=201,
    summary="Send an order to a store",
    responses=errors("unauthorized", "store_unknown", "member_unknown", "idempotency_conflict", "invalid")
    | {
        201: answer(
            {"order": ORDER_EXAMPLE, "request": REQUEST_EXAMPLE | {"kind": "order", "state": "requested"}}, "Sent"
        )
    },
)
def take_in(body: NewOrder, cloud: TheCloud, key_id: KeyId) -> Response:
    """The order and the request that asks the store to accept it."""
    call = Repeatable(key_id, "order", body.idempotency_key, body.model_dump())

    def make(work: Work) -> dict[str, Any]:
        store = profile_of(work.conn, body.store_id)
        if store is None:
            raise ApiError("store_unknown")
        who = asking(work.conn, cloud.vault, store, body.member_id, body.nickname)
        items = [item.model_dump() for item in body.items]
        wanted = service.NewOrder(body.channel, items, body.total_won, body.payment, body.note)
        return service.take_in(work, who, wanted)

    return json_response(cloud.database.transact(lambda work: once(work, call, lambda: make(work))), 201)


@router.get(
    "/{order_id}",
    summary="An order",
    responses=errors("unauthorized", "order_unknown") | {200: answer(ORDER_EXAMPLE, "As it stands")},
)
def show(order_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")], cloud: TheCloud, _key: KeyId) -> Response:
    """The order as it stands now."""
    with cloud.database.read() as conn:
        row = states.find(conn, order_id)
    if row is None:
        raise ApiError("order_unknown")
    return json_response(states.projection(row))
