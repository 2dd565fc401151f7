"""HTTP of earns, for POS makers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator
from starlette.responses import Response

from cloud_api.access import KeyId, TheCaller, TheCloud
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.earns import service
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, Ident, PathId, PhoneNumber, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.ledger.facts import SaleSeen
from rules.phone import Phone
from rules.sale import Item, PayMeans, SaleChannel, ServiceType

router = APIRouter(prefix="/v1/earns", tags=["earns"])

Printed = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_./-]{1,40}$")]
_EXAMPLE: dict[str, Any] = {
    "earn_id": "0198c5c0-7a11-7000-8000-0000000000e1",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "receipt_no": "20261127-01-0042",
    "till": "01",
    "paid_won": 4500,
    "status": "posted",
    "occurred_ms": 1760000000000,
    "booked_ms": 1760000000123,
    "points": 45,
    "points_balance": 1245,
}
_CANCELLED = _EXAMPLE | {"status": "reversed", "points_balance": 1200, "points_taken_back": 45, "debt_points": 0}


class BoughtItem(Body):
    """``product_id``: of the menu, or the POS maker's own word for what is not on it."""

    product_id: Ident
    quantity: Annotated[StrictInt, Field(ge=1, le=1_000)] = 1
    by_coupon: StrictBool = False


class Bought(Body):
    """What else is known of the sale; what is left out restricts nothing. ``items``: all of them, or none."""

    means: PayMeans | None = None
    service: ServiceType | None = None
    channel: SaleChannel | None = None
    coupon_used: StrictBool = False
    items: Annotated[tuple[BoughtItem, ...], Field(max_length=100)] = ()

    @property
    def seen(self) -> SaleSeen:
        items = tuple(Item(one.product_id, one.quantity, by_coupon=one.by_coupon) for one in self.items)
        return SaleSeen(self.means, self.service, self.channel, self.coupon_used, items)


class NewEarn(Body):
    """``receipt_no`` and ``till`` as they are printed; ``total_won`` is the receipt's total where that is not what was
    paid. ``approval_nos`` are numbers of card approvals; they are kept as keyed stand-ins only. ``sale`` is what a
    store's programme may ask for: how it was paid, and what was bought."""

    store_id: Ident
    phone: PhoneNumber | None = None
    member_id: Ident | None = None
    paid_won: Won
    total_won: Won | None = None
    receipt_no: Annotated[Printed, Field(examples=["20261127-01-0042"])]
    till: Annotated[Printed | None, Field(examples=["01"])] = None
    approval_nos: Annotated[tuple[Printed, ...], Field(max_length=10)] = ()
    sale: Bought | None = None
    occurred_ms: Annotated[StrictInt, Field(ge=1_500_000_000_000, le=10_000_000_000_000, examples=[1760000000000])]
    idempotency_key: IdempotencyKey

    @model_validator(mode="after")
    def _one_member(self) -> NewEarn:
        if (self.phone is None) == (self.member_id is None):
            raise ValueError("exactly one of phone and member_id is needed")
        return self

    @property
    def payment(self) -> service.Sale:
        total_won = self.paid_won if self.total_won is None else self.total_won
        receipt = (self.receipt_no, self.till, self.approval_nos)
        seen = None if self.sale is None else self.sale.seen
        return service.Sale(self.store_id, self.paid_won, total_won, *receipt, self.occurred_ms, seen)


@router.post(
    "",
    status_code=201,
    summary="Earn points for a payment",
    responses=errors(
        "unauthorized",
        "store_unknown",
        "member_unknown",
        "member_gone",
        "rejoin_blocked",
        "receipt_used",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(_EXAMPLE, "Earned")},
)
def earn(body: NewEarn, cloud: TheCloud, caller: TheCaller) -> Response:
    """A receipt earns once, here or at a counter of the store; ``receipt_used`` names the earn that there is. An
    unknown number becomes a member. Where a store gives stamps, ``stamps`` says how many; ``points_balance`` is what
    the member can spend there."""
    if body.occurred_ms > cloud.clock() + DAY_MS:
        raise ApiError("invalid", extra={"fields": [{"field": "body.occurred_ms", "problem": "in_the_future"}]})
    call = Repeatable(caller.key_id, "earn", body.idempotency_key, body.model_dump(mode="json", exclude_none=True))

    def make(work: Work) -> dict[str, Any]:
        phone = Phone(body.phone) if body.phone else service.phone_of(work.conn, cloud.vault, body.member_id or "")
        return service.book(work, cloud.vault, caller, phone, body.payment)

    return json_response(cloud.database.transact(lambda work: once(work, call, lambda: make(work))), 201)


@router.get(
    "/{earn_id}",
    summary="An earn",
    responses=errors("unauthorized", "earn_unknown") | {200: answer(_EXAMPLE, "As it stands")},
)
def show(earn_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """One that came through this API, with what its member has now."""
    with cloud.database.read() as conn:
        return json_response(service.show(conn, earn_id, cloud.clock()))


@router.post(
    "/{earn_id}/cancel",
    summary="Take back what a cancelled payment earned",
    responses=errors("unauthorized", "earn_unknown") | {200: answer(_CANCELLED, "Taken back")},
)
def cancel(earn_id: PathId, cloud: TheCloud, caller: TheCaller) -> Response:
    """The whole payment was cancelled. What the member spent meanwhile becomes a debt that later earns repay. A second
    call changes nothing and answers the same."""
    return json_response(cloud.database.transact(lambda work: service.cancel(work, caller, earn_id)))
