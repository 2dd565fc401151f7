"""HTTP of earning: the programmes of brands and of stores (PNT-02 to 05, 12, 22; STP-03, 05 to 16; MEM-18)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, StrictInt
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import POINTS_MAX, Body, Day, Ident, Name, PathId, Points, Won
from cloud_api.http import json_response
from cloud_api.staff import audit
from cloud_api.staff.acting import Acting, may
from cloud_api.stores import earning
from cloud_api.stores.service import find_brand, profile_of
from rules.boards import MAX_TIERS, TEMPLATES
from rules.earning import EarningMethod, PointScope
from rules.permissions import Permission
from rules.programs import EarningProgram, read_program, to_wire
from rules.sale import PayMeans, SaleChannel, ServiceType
from rules.stamps import StampBasis

router = APIRouter(prefix="/v1", tags=["stores"])

BasisPoints = Annotated[StrictInt, Field(ge=0, le=10_000)]
Count = Annotated[StrictInt, Field(ge=1, le=10_000)]
Idents = Annotated[tuple[Ident, ...], Field(min_length=1, max_length=500)]
ForPolicy = Annotated[Acting, Depends(may(Permission.REWARD_POLICY))]
GRADES_MAX = 20


class GradeRow(Body):
    """``assigned``: a person gives it, as to staff and family."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,30}$", examples=["VIP"])]
    name: Name
    rate_bp: BasisPoints
    min_orders: Annotated[StrictInt, Field(ge=0, le=100_000)] = 0
    min_points: Annotated[StrictInt, Field(ge=0, le=POINTS_MAX)] = 0
    coupon: Ident | None = None
    bonus_points: Annotated[StrictInt, Field(ge=0, le=POINTS_MAX)] = 0
    assigned: StrictBool = False
    benefit: Annotated[str, Field(max_length=200)] = ""
    image: Annotated[str, Field(max_length=200)] = ""
    card_image: Annotated[str, Field(max_length=200)] = ""


class StampRulesBody(Body):
    """Null: no restriction. ``per_won`` goes with the basis ``amount``."""

    basis: StampBasis = StampBasis.ORDER
    minimum_won: Won = 0
    per_won: Won = 0
    products: Idents | None = None
    channels: Annotated[tuple[SaleChannel, ...], Field(min_length=1, max_length=3)] | None = None
    services: Annotated[tuple[ServiceType, ...], Field(min_length=1, max_length=5)] | None = None
    means: Annotated[tuple[PayMeans, ...], Field(min_length=1, max_length=7)] | None = None
    grades: Annotated[tuple[Name, ...], Field(min_length=1, max_length=GRADES_MAX)] | None = None
    stores: Idents | None = None
    with_coupon: StrictBool = True
    coupon_items: StrictBool = True
    payment_max: Count | None = None
    day_max: Count | None = None


class CardBody(Body):
    """``tiers``: at how many stamps a reward falls due; the last one is the whole board."""

    name: Name = "스탬프"
    per_board: Annotated[StrictInt, Field(ge=1, le=100)]
    tiers: Annotated[tuple[Count, ...], Field(min_length=1, max_length=MAX_TIERS)]
    boards_max: Count | None = None
    valid_days: Annotated[StrictInt, Field(ge=1, le=3_650)] | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    template: Annotated[StrictInt, Field(ge=1, le=TEMPLATES)] = 1


class LimitsBody(Body):
    payment_max_percent: Annotated[StrictInt, Field(ge=0, le=100)] | None = None
    store_day_max_points: Annotated[StrictInt, Field(ge=0, le=POINTS_MAX)] | None = None
    member_day_max_points: Annotated[StrictInt, Field(ge=0, le=POINTS_MAX)] = 0


class StoreProgram(Body):
    """One way of earning. ``rewards``: coupon definitions of the card's tiers, in their order."""

    method: EarningMethod
    scope: PointScope | None = None
    rate_bp: BasisPoints | None = None
    bonus_bp: Annotated[dict[PayMeans, BasisPoints], Field(default_factory=dict)]
    stamps: StampRulesBody | None = None
    card: CardBody | None = None
    rewards: Annotated[tuple[Ident, ...], Field(max_length=MAX_TIERS)] = ()
    limits: LimitsBody = LimitsBody()
    day_starts_minute: Annotated[StrictInt, Field(ge=0, le=719)] = 0


class BrandProgram(StoreProgram):
    """``use_unit``, ``lot_valid_days`` (0: for ever) and ``minimum_payment_won`` change the brand's policy with it."""

    grades: Annotated[tuple[GradeRow, ...], Field(max_length=GRADES_MAX)] = ()
    use_unit: Points | None = None
    lot_valid_days: Annotated[StrictInt, Field(ge=0, le=36_500)] | None = None
    minimum_payment_won: Won | None = None


_OF_POLICY = ("use_unit", "lot_valid_days", "minimum_payment_won")
_EXAMPLE: dict[str, Any] = {
    "version": 3,
    "method": "stamp",
    "scope": None,
    "rate_bp": None,
    "bonus_bp": {},
    "grades": [],
    "stamps": {"basis": "order", "minimum_won": 5000, "day_max": 5},
    "card": {"name": "스탬프", "per_board": 13, "tiers": [3, 7, 13], "valid_days": 365, "template": 1},
    "rewards": [],
    "limits": {"payment_max_percent": None, "store_day_max_points": None, "member_day_max_points": 0},
    "day_starts_minute": 0,
}
_ANSWER = {"program": _EXAMPLE, "active": True}


@router.get(
    "/brands/{brand_id}/earning",
    summary="How a brand's stores earn",
    responses=errors("unauthorized", "brand_unknown") | {200: answer(_ANSWER, "The newest version")},
)
def of_brand(brand_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """``program`` is null for a brand that gives points at one rate and nothing else."""
    with cloud.database.read() as conn:
        _known_brand(conn, brand_id)
        return json_response(_shown(earning.of_brand(conn, brand_id)))


@router.post(
    "/brands/{brand_id}/earning",
    summary="Set how a brand's stores earn",
    responses=errors("unauthorized", "brand_unknown", "definition_unknown", "earning_refused", "scope_fixed", "invalid")
    | {200: answer(_ANSWER, "Set; counters know it a moment later")},
)
def set_brand(brand_id: PathId, body: BrandProgram, cloud: TheCloud, _key: KeyId) -> Response:
    """A new version; earlier ones are kept, and what was earned by them stays."""
    wanted = body.model_dump(mode="json", exclude_none=True)
    changes = {name: wanted.pop(name) for name in _OF_POLICY if name in wanted}
    if body.rate_bp is not None:
        changes["rate_bp"] = body.rate_bp
    wanted["grades"] = [grade | {"level": level} for level, grade in enumerate(wanted["grades"], start=1)]

    def job(work: Work) -> EarningProgram:
        _known_brand(work.conn, brand_id)
        return earning.set_for_brand(work, brand_id, read_program(wanted), changes)

    return json_response(_shown(cloud.database.transact(job)))


@router.get(
    "/stores/{store_id}/earning",
    summary="How a store earns",
    responses=errors("unauthorized", "store_unknown") | {200: answer(_ANSWER, "What holds there now")},
)
def of_store(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """The store's own programme before its brand's. ``active`` is false where the plan has no stamps: settings are kept
    and work from Plus on."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        here = earning.terms_at(conn, store_id)
    active = here is None or here.program.method is EarningMethod.POINT or here.stamps_on
    return json_response(_shown(None if here is None else here.program, active=active))


class OwnProgram(Body):
    program: StoreProgram | None


@router.post(
    "/stores/{store_id}/earning",
    summary="Set how a store earns",
    responses=errors(
        "unauthorized",
        "not_allowed",
        "employee_unknown",
        "store_unknown",
        "definition_unknown",
        "earning_refused",
        "scope_fixed",
        "invalid",
    )
    | {200: answer(_ANSWER, "Set; the store's counters know it a moment later")},
)
def set_store(store_id: PathId, body: OwnProgram, cloud: TheCloud, by: ForPolicy) -> Response:
    """A new version of the store's own programme; null goes back to its brand's. Grades are its brand's."""
    wanted = None
    if body.program is not None:
        wanted = read_program(body.program.model_dump(mode="json", exclude_none=True))

    def job(work: Work) -> earning.Terms | None:
        store = profile_of(work.conn, store_id)
        if store is None:
            raise ApiError("store_unknown")
        earning.set_for_store(work, store_id, store.brand_id, wanted)
        after = None if wanted is None else to_wire(wanted)
        audit.write(work, by.author, "store.earning", store_id, store_id=store_id, after=after)
        return earning.terms_at(work.conn, store_id)

    here = cloud.database.transact(job)
    active = here is None or here.program.method is EarningMethod.POINT or here.stamps_on
    return json_response(_shown(None if here is None else here.program, active=active))


def _known_brand(conn: Any, brand_id: str) -> None:
    if find_brand(conn, brand_id) != brand_id:
        raise ApiError("brand_unknown")


def _shown(program: EarningProgram | None, *, active: bool = True) -> dict[str, Any]:
    return {"program": None if program is None else to_wire(program), "active": active}
