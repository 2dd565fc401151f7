"""HTTP of coupons: defining and issuing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StrictInt, model_validator
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.coupons import service as coupons
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, Ident, Name, Text, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.members import service as members
from cloud_api.members.routes import MemberId
from cloud_api.stores.service import find_brand, profile_of

router = APIRouter(prefix="/v1", tags=["coupons"])

_VALID_DAYS_MIN = 1
_VALID_DAYS_MAX = 3_650


class NewDefinition(Body):
    brand_id: Ident | None = None
    store_id: Ident | None = None
    name: Name
    condition: Text = ""
    value_won: Won
    pos_discount_won: Won
    valid_days: Annotated[StrictInt, Field(ge=_VALID_DAYS_MIN, le=_VALID_DAYS_MAX)] = 30

    @model_validator(mode="after")
    def _one_scope(self) -> NewDefinition:
        if (self.brand_id is None) == (self.store_id is None):
            raise ValueError("exactly one of brand_id and store_id is needed")
        return self


class Issue(Body):
    definition_id: Ident
    idempotency_key: IdempotencyKey


@router.post(
    "/coupon-definitions",
    status_code=201,
    summary="Define a coupon",
    responses=errors("unauthorized", "store_unknown", "brand_unknown", "invalid")
    | {201: answer({"definition_id": "0198c5c0-7a11-7000-8000-0000000000f1"}, "Defined")},
)
def define(body: NewDefinition, cloud: TheCloud, _key: KeyId) -> Response:
    """Valid in one store, or in every store of a brand."""

    def write(work: Work) -> str:
        wanted = coupons.NewDefinition(
            brand_id=_brand_id(work, body),
            store_id=body.store_id,
            name=body.name,
            condition=body.condition,
            value_won=body.value_won,
            pos_discount_won=body.pos_discount_won,
            valid_days=body.valid_days,
        )
        return coupons.define(work, wanted)

    return json_response({"definition_id": cloud.database.transact(write)}, 201)


def _brand_id(work: Work, body: NewDefinition) -> str:
    if body.store_id is not None:
        store = profile_of(work.conn, body.store_id)
        if store is None:
            raise ApiError("store_unknown")
        return store.brand_id
    brand_id = find_brand(work.conn, body.brand_id or "")
    if brand_id is None:
        raise ApiError("brand_unknown")
    return brand_id


@router.post(
    "/members/{member_id}/coupons",
    status_code=201,
    summary="Issue a coupon to a member",
    responses=errors("unauthorized", "member_unknown", "definition_unknown", "idempotency_conflict", "invalid")
    | {
        201: answer(
            {
                "coupon_id": "0198c5c0-7a11-7000-8000-0000000000f2",
                "name": "아메리카노 1잔",
                "state": "available",
                "value_won": 4500,
                "expires_ms": 1762592000000,
            },
            "Issued",
        )
    },
)
def issue(member_id: MemberId, body: Issue, cloud: TheCloud, key_id: KeyId) -> Response:
    """The same idempotency key gives the same coupon."""

    def write(work: Work) -> dict[str, object]:
        if members.get(work.conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        call = Repeatable(key_id, f"issue:{member_id}", body.idempotency_key, body.model_dump())
        return once(work, call, lambda: coupons.issue(work, member_id, body.definition_id))

    return json_response(cloud.database.transact(write), 201)
