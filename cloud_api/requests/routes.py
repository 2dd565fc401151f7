"""HTTP of requests: asking, looking, withdrawing (PNT-15, APR-14)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, StrictInt
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.bootstrap import Cloud
from cloud_api.coupons import checks
from cloud_api.database import Work
from cloud_api.documents import CONSUMER_VIEW_EXAMPLE, REQUEST_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, Ident, PathId, Points, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.requests import decisions, service, words
from cloud_api.stores.service import profile_of
from rules.sale import PayMeans, SaleChannel, ServiceType

router = APIRouter(prefix="/v1/requests", tags=["requests"])


class SoldItem(Body):
    product_id: Ident
    category_id: Ident | None = None
    quantity: Annotated[StrictInt, Field(ge=1, le=1_000)] = 1


class SaleSeen(Body):
    """The sale that the coupon is for, as far as the caller knows it; what only a sale can tell is checked then."""

    payment_won: Won
    items: Annotated[tuple[SoldItem, ...], Field(max_length=100)] = ()
    means: PayMeans = PayMeans.CARD
    service: ServiceType = ServiceType.IN_STORE
    channel: SaleChannel = SaleChannel.OFFLINE


class UseCoupon(Body):
    kind: Literal["coupon"]
    store_id: Ident
    member_id: Ident
    coupon_id: Ident
    sale: SaleSeen | None = None
    payment_ref: Ident | None = None
    idempotency_key: IdempotencyKey


class UsePoints(Body):
    kind: Literal["points"]
    store_id: Ident
    member_id: Ident
    points: Points
    payment_won: Won
    idempotency_key: IdempotencyKey


class WantStamp(Body):
    kind: Literal["stamp"]
    store_id: Ident
    member_id: Ident
    payment_won: Won | None = None
    idempotency_key: IdempotencyKey


NewRequest = Annotated[UseCoupon | UsePoints | WantStamp, Field(discriminator="kind")]


@router.post(
    "",
    status_code=201,
    summary="Ask a store to accept a coupon or points, or for stamps",
    responses=errors(
        "unauthorized",
        "store_unknown",
        "store_not_open",
        "rewards_off",
        "member_unknown",
        "member_gone",
        "coupon_unknown",
        "coupon_not_available",
        "coupon_not_here",
        "out_of_hours",
        "conditions_unmet",
        "overlap_refused",
        "limit_reached",
        "insufficient_points",
        "points_exceed_payment",
        "points_exceed_share",
        "day_total_reached",
        "member_day_reached",
        "no_stamps_here",
        "stamps_by_payment",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(REQUEST_EXAMPLE | {"state": "requested", "remaining_ms": None}, "The store is asked")},
)
def ask(body: NewRequest, cloud: TheCloud, key_id: KeyId) -> Response:
    """What is to be used is held until the store decides, the time runs out, or the request is withdrawn."""
    call = Repeatable(key_id, "request", body.idempotency_key, body.model_dump(mode="json", exclude_none=True))
    asked = cloud.database.transact(lambda work: once(work, call, lambda: _ask(work, cloud, body)))
    return json_response(asked, 201)


def _ask(work: Work, cloud: Cloud, body: UseCoupon | UsePoints | WantStamp) -> dict[str, Any]:
    store = profile_of(work.conn, body.store_id)
    if store is None:
        raise ApiError("store_unknown")
    checks.refuse_closed(work, body.store_id)
    who = service.asking(work.conn, cloud.vault, store, body.member_id)
    if isinstance(body, UseCoupon):
        sale = None if body.sale is None else body.sale.model_dump(mode="json")
        return service.ask_coupon(work, who, body.coupon_id, sale=sale, payment_ref=body.payment_ref)
    if isinstance(body, WantStamp):
        return service.ask_stamp(work, who, body.payment_won)
    return service.ask_points(work, who, body.points, body.payment_won)


@router.get(
    "/{request_id}",
    summary="A request",
    responses=errors("unauthorized", "request_unknown") | {200: answer(CONSUMER_VIEW_EXAMPLE, "As it stands")},
)
def show(request_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """The request as it stands now; ``message`` is what its consumer reads when the store said no, else null."""
    with cloud.database.read() as conn:
        row = service.find(conn, request_id)
        if row is None:
            raise ApiError("request_unknown")
        message = words.rejection(conn, row)
    return json_response(service.consumer_view(row, cloud.clock()) | {"message": message})


@router.post(
    "/{request_id}/withdraw",
    summary="Take a request back",
    responses=errors("unauthorized", "request_unknown", "already_decided")
    | {200: answer(REQUEST_EXAMPLE | {"state": "withdrawn", "remaining_ms": None}, "Withdrawn")},
)
def withdraw(request_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Possible while nobody decided; what was held goes back."""
    return json_response(cloud.database.transact(lambda work: decisions.withdraw(work, request_id)))
