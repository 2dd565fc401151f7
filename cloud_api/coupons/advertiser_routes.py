"""HTTP of advertisers' rewards: their limits and their use (CPN-12)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StrictStr
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.coupons import advertisers
from cloud_api.coupons.advertisers import Using
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, PathId, Reason, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.members import service as members
from cloud_api.staff import audit
from cloud_api.staff.acting import HeadOffice
from cloud_api.stores.service import find_brand
from rules.discounts import AdvertiserLimits

router = APIRouter(prefix="/v1", tags=["coupons"])

LIMITS_EXAMPLE = {"use_max_won": 3_000, "day_max_won": 5_000}
USE_EXAMPLE = {
    "coupon_id": "0198c5c0-7a11-7000-8000-0000000000f2",
    "state": "used",
    "discount_won": 3_000,
}


class Limits(Body):
    """For one use, and for all of a member on a day in Korea."""

    use_max_won: Won
    day_max_won: Won
    reason: Reason


@router.get(
    "/hq/advertiser-limits",
    summary="What advertisers' rewards may come to",
    responses=errors("unauthorized", "not_allowed") | {200: answer(LIMITS_EXAMPLE, "On the whole platform")},
)
def platform(cloud: TheCloud, _by: HeadOffice) -> Response:
    """3,000 won a use and 5,000 won a day until head office raised it."""
    with cloud.database.read() as conn:
        return json_response(advertisers.shown(advertisers.limits_of(conn, None)))


@router.post(
    "/hq/advertiser-limits",
    summary="Change what advertisers' rewards may come to",
    responses=errors("unauthorized", "not_allowed", "invalid") | {200: answer(LIMITS_EXAMPLE, "From now on")},
)
def set_platform(body: Limits, cloud: TheCloud, by: HeadOffice) -> Response:
    """No advertiser goes beyond it, whatever it has set for itself."""
    return _set(cloud, by, None, body)


@router.get(
    "/brands/{brand_id}/advertiser-limits",
    summary="What an advertiser's rewards may come to",
    responses=errors("unauthorized", "not_allowed", "brand_unknown") | {200: answer(LIMITS_EXAMPLE, "As it holds")},
)
def of_advertiser(brand_id: PathId, cloud: TheCloud, _by: HeadOffice) -> Response:
    """Its own word within the platform's."""
    with cloud.database.read() as conn:
        _known(conn, brand_id)
        return json_response(advertisers.shown(advertisers.limits_of(conn, brand_id)))


@router.post(
    "/brands/{brand_id}/advertiser-limits",
    summary="Change what an advertiser's rewards may come to",
    responses=errors("unauthorized", "not_allowed", "brand_unknown", "above_platform", "invalid")
    | {200: answer(LIMITS_EXAMPLE, "From now on")},
)
def set_advertiser(brand_id: PathId, body: Limits, cloud: TheCloud, by: HeadOffice) -> Response:
    """Not more than the platform allows."""
    return _set(cloud, by, brand_id, body)


def _set(cloud: Any, by: audit.Author, brand_id: str | None, body: Limits) -> Response:
    def job(work: Work) -> dict[str, int]:
        if brand_id is not None:
            _known(work.conn, brand_id)
        before = advertisers.shown(advertisers.limits_of(work.conn, brand_id))
        wanted = AdvertiserLimits(body.use_max_won, body.day_max_won)
        now = advertisers.shown(advertisers.set_limits(work, brand_id, wanted))
        target = brand_id or "platform"
        audit.write(work, by, "advertiser.limits", target, before=before, after=now, reason=body.reason)
        return now

    return json_response(cloud.database.transact(job))


class Use(Body):
    """``payment_ref``: what the shop calls the payment."""

    payment_won: Won
    payment_ref: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9._:-]{1,100}$")]
    idempotency_key: IdempotencyKey


@router.post(
    "/members/{member_id}/coupons/{coupon_id}/use",
    summary="Use an advertiser's reward",
    responses=errors(
        "unauthorized",
        "member_unknown",
        "member_gone",
        "coupon_unknown",
        "coupon_not_here",
        "coupon_not_available",
        "conditions_unmet",
        "overlap_refused",
        "limit_reached",
        "idempotency_conflict",
        "invalid",
    )
    | {200: answer(USE_EXAMPLE, "Used: there is no way back for its member")},
)
def use(member_id: PathId, coupon_id: PathId, body: Use, cloud: TheCloud, key_id: KeyId) -> Response:
    """At once, without a store. One in a payment, so much a use, so much a day. A store's reward is asked for with
    `POST /v1/requests` instead."""
    wanted = Using(member_id, coupon_id, body.payment_won, body.payment_ref)

    def write(work: Work) -> dict[str, object]:
        members.active(work.conn, cloud.vault, member_id)
        call = Repeatable(key_id, f"use:{coupon_id}", body.idempotency_key, body.model_dump())
        return once(work, call, lambda: advertisers.use(work, wanted))

    return json_response(cloud.database.transact(write))


def _known(conn: Any, brand_id: str) -> None:
    if find_brand(conn, brand_id) != brand_id:
        raise ApiError("brand_unknown")
