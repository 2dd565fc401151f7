"""HTTP of ratios between stores and head office, and of what they come to (SET-10, SET-19, SET-25, STP-24)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StrictInt
from starlette.responses import Response

from cloud_api.access import TheCloud
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Day, Ident, PathId, Reason
from cloud_api.http import json_response
from cloud_api.shares import service
from cloud_api.staff import audit
from cloud_api.staff.acting import Acting, HeadOffice, may
from cloud_api.stores.service import find_brand, profile_of
from rules.calendar import moment_ms
from rules.permissions import Permission
from rules.shares import WHOLE_BP

router = APIRouter(prefix="/v1", tags=["settlement"])

DAYS_MAX = 366
ForOwner = Annotated[Acting, Depends(may(Permission.SETTLEMENT_VIEW))]
Since = Annotated[Day, Query()]
Days = Annotated[int, Query(ge=1, le=DAYS_MAX)]
BasisPoints = Annotated[StrictInt, Field(ge=0, le=WHOLE_BP)]
_ID = "0198c5c0-7a11-7000-8000-0000000000b1"
_RATIO: dict[str, Any] = {"coupon_bp": 4_000, "stamp_bp": 5_000, "from_ms": 1760000000000}
_SUM = {"uses": 2, "value_won": 6_000, "store_won": 2_400, "hq_won": 3_600}
_NONE = dict.fromkeys(_SUM, 0)
_SUMS: dict[str, Any] = {"coupon": _SUM, "stamp": _NONE, "hq_won": 3_600}
_REWARD = {"definition_id": "0198c5c0-7a11-7000-8000-0000000000f1", "name": "라떼 할인", "good": "coupon"} | _SUM


class NewRatio(Body):
    """The store's part in basis points. Without ``store_id`` of all stores that have none of their own."""

    store_id: Ident | None = None
    coupon_bp: BasisPoints
    stamp_bp: BasisPoints
    reason: Reason


@router.post(
    "/brands/{brand_id}/shares",
    summary="Say what stores bear of rewards",
    responses=errors("unauthorized", "not_allowed", "brand_unknown", "store_unknown", "invalid")
    | {200: answer(_RATIO, "From now on; what was used before stays as it was")},
)
def say(brand_id: PathId, body: NewRatio, cloud: TheCloud, by: HeadOffice) -> Response:
    """Of the brand's coupons, and of the rewards of stamp cards. A coupon of one store alone is that store's."""

    def job(work: Work) -> dict[str, Any]:
        _known(work.conn, brand_id)
        if body.store_id is not None:
            found = profile_of(work.conn, body.store_id)
            if found is None or found.brand_id != brand_id:
                raise ApiError("store_unknown")
        made = service.say(work, brand_id, body.store_id, body.coupon_bp, body.stamp_bp)
        target = body.store_id or brand_id
        audit.write(work, by, "brand.shares", target, store_id=body.store_id, after=made, reason=body.reason)
        return made

    return json_response(cloud.database.transact(job))


@router.get(
    "/brands/{brand_id}/shares",
    summary="What stores bear of rewards",
    responses=errors("unauthorized", "not_allowed", "brand_unknown")
    | {200: answer({"brand": _RATIO, "stores": [{"store_id": _ID} | _RATIO]}, "null: stores bear everything")},
)
def ratios(brand_id: PathId, cloud: TheCloud, _by: HeadOffice) -> Response:
    """Of the brand, and of the stores that have their own."""
    with cloud.database.read() as conn:
        _known(conn, brand_id)
        return json_response(service.now(conn, brand_id))


@router.get(
    "/brands/{brand_id}/shares/settlement",
    summary="What rewards cost stores and head office",
    responses=errors("unauthorized", "not_allowed", "brand_unknown", "invalid")
    | {200: answer({"stores": [{"store_id": _ID, "name": "합정점"} | _SUMS], "totals": _SUMS}, "Per store, together")},
)
def of_brand(brand_id: PathId, cloud: TheCloud, _by: HeadOffice, since: Since, days: Days = 31) -> Response:
    """``days`` from ``since`` on, by the day on which a reward was used; one that was taken back counts against the day
    on which it was. ``hq_won`` is what head office credits the store with."""
    first_ms, end_ms = _span(since, days)
    with cloud.database.read_moment() as conn:
        _known(conn, brand_id)
        return json_response(service.of_brand(conn, brand_id, first_ms, end_ms))


@router.get(
    "/stores/{store_id}/shares/settlement",
    summary="What rewards cost a store",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown", "invalid")
    | {200: answer(_SUMS | {"rewards": [_REWARD]}, "By kind, and by reward")},
)
def of_store(store_id: PathId, cloud: TheCloud, _by: ForOwner, since: Since, days: Days = 31) -> Response:
    """The store's own line, with the rewards that it is made of; for its owner."""
    first_ms, end_ms = _span(since, days)
    with cloud.database.read_moment() as conn:
        found = profile_of(conn, store_id)
        if found is None:
            raise ApiError("store_unknown")
        return json_response(service.of_store(conn, found.brand_id, store_id, first_ms, end_ms))


def _span(since: str, days: int) -> tuple[int, int]:
    first_ms = moment_ms(date.fromisoformat(since), 0)
    return first_ms, first_ms + days * DAY_MS


def _known(conn: Any, brand_id: str) -> None:
    if find_brand(conn, brand_id) != brand_id:
        raise ApiError("brand_unknown")
