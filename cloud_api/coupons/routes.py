"""HTTP of coupons: defining and issuing."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.coupons import checks, codes, paper
from cloud_api.coupons import service as coupons
from cloud_api.coupons.checks import StoreRules
from cloud_api.coupons.terms import conditions_of
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Day, IdempotencyKey, Ident, Name, PathId, Text, Won
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.members import service as members
from cloud_api.staff import audit
from cloud_api.staff.acting import Acting, may
from cloud_api.stores.service import find_brand, profile_of
from rules.coupons import (
    LOYALTY_MIN_DAYS,
    SAME_PER_ISSUE_MAX,
    RewardKind,
    ValidityKind,
    needs_approval,
    validity_valid,
)
from rules.discounts import Benefit, BenefitKind, OverlapRules, UseLimits
from rules.permissions import Permission
from rules.sale import CustomerKind, PayMeans, SaleChannel, ServiceType

router = APIRouter(prefix="/v1", tags=["coupons"])

_VALID_DAYS_MAX = 3_650
ForPolicy = Annotated[Acting, Depends(may(Permission.REWARD_POLICY))]
Minute = Annotated[StrictInt, Field(ge=0, le=1_440)]
Idents = Annotated[tuple[Ident, ...], Field(min_length=1, max_length=500)]


class Conditions(Body):
    """All that are set must hold together; weekdays count from Monday 0, times are minutes after midnight."""

    first_day: Day | None = None
    last_day: Day | None = None
    weekdays: Annotated[tuple[Annotated[StrictInt, Field(ge=0, le=6)], ...], Field(max_length=7)] | None = None
    times: Annotated[tuple[tuple[Minute, Minute], ...], Field(max_length=10)] = ()
    min_won: Won | None = None
    max_won: Won | None = None
    products: Idents | None = None
    categories: Idents | None = None
    channels: Annotated[tuple[SaleChannel, ...], Field(max_length=3)] | None = None
    services: Annotated[tuple[ServiceType, ...], Field(max_length=5)] | None = None
    means: Annotated[tuple[PayMeans, ...], Field(max_length=7)] | None = None
    customers: Annotated[tuple[CustomerKind, ...], Field(max_length=2)] | None = None
    grades: Idents | None = None
    stores: Idents | None = None
    regions: Idents | None = None
    uses_per_member: Annotated[StrictInt, Field(ge=1, le=1_000)] | None = None


class OneBenefit(Body):
    """An amount in won, or a rate in basis points with the most it takes off."""

    kind: BenefitKind
    value: Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]
    max_won: Won | None = None


class NewDefinition(Body):
    kind: RewardKind = RewardKind.STORE_COUPON
    conditions: Conditions = Conditions()
    benefit: OneBenefit | None = None
    alone: StrictBool = False
    quantity: Annotated[StrictInt, Field(ge=1, le=100_000_000)] | None = None
    take_max: Annotated[StrictInt, Field(ge=0, le=SAME_PER_ISSUE_MAX)] = 0
    brand_id: Ident | None = None
    store_id: Ident | None = None
    name: Name
    condition: Text = ""
    value_won: Won
    pos_discount_won: Won
    valid_days: Annotated[StrictInt, Field(ge=LOYALTY_MIN_DAYS, le=_VALID_DAYS_MAX)] = 30
    issue_first: Day | None = None
    issue_last: Day | None = None

    @model_validator(mode="after")
    def _one_scope(self) -> NewDefinition:
        if (self.brand_id is None) == (self.store_id is None):
            raise ValueError("exactly one of brand_id and store_id is needed")
        if not needs_approval(self.kind):
            if self.store_id is not None:
                raise ValueError("an advertiser's reward never comes to a counter")
            if not validity_valid(ValidityKind.CAMPAIGN, self.valid_days):
                raise ValueError("an advertiser's reward is good for thirty days at least")  # CPN-13
        if self.conditions != Conditions() and not self.condition:
            raise ValueError("whoever uses it must be able to read its conditions")  # CPN-14
        if self.issue_first is not None and self.issue_last is not None and self.issue_last < self.issue_first:
            raise ValueError("the last day of issue is before the first")
        return self


COUPON_EXAMPLE = {
    "coupon_id": "0198c5c0-7a11-7000-8000-0000000000f2",
    "name": "아메리카노 1잔",
    "state": "available",
    "value_won": 4500,
    "expires_ms": 1762592000000,
}


class Issue(Body):
    definition_id: Ident
    idempotency_key: IdempotencyKey


class IssueTo(Issue):
    """``print_at``: a store whose counter prints it for the member, who has no phone at hand."""

    print_at: Ident | None = None


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
            kind=body.kind,
            conditions=conditions_of(body.conditions.model_dump(mode="json")),
            benefit=None if body.benefit is None else Benefit(**body.benefit.model_dump()),
            alone=body.alone,
            quantity=body.quantity,
            take_max=body.take_max,
            issue_days=(_day(body.issue_first), _day(body.issue_last)),
        )
        return coupons.define(work, wanted)

    return json_response({"definition_id": cloud.database.transact(write)}, 201)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


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
    responses=errors(
        "unauthorized",
        "member_unknown",
        "member_gone",
        "definition_unknown",
        "coupon_sold_out",
        "coupon_not_issued_now",
        "coupon_not_here",
        "store_unknown",
        "idempotency_conflict",
        "invalid",
    )
    | {
        201: answer(
            COUPON_EXAMPLE,
            "Issued",
        )
    },
)
def issue(member_id: PathId, body: IssueTo, cloud: TheCloud, key_id: KeyId) -> Response:
    """The same idempotency key gives the same coupon, and one paper of it."""

    def give(work: Work) -> dict[str, object]:
        given = coupons.issue(work, member_id, body.definition_id)
        if body.print_at is not None:
            _print_at(work, body.print_at, given, member_id)
        return coupons.shown_issued(given)

    def write(work: Work) -> dict[str, object]:
        members.active(work.conn, cloud.vault, member_id)
        call = Repeatable(key_id, f"issue:{member_id}", body.idempotency_key, body.model_dump(exclude_none=True))
        return once(work, call, lambda: give(work))

    return json_response(cloud.database.transact(write), 201)


def _print_at(work: Work, store_id: str, given: coupons.Issued, member_id: str) -> None:
    store = profile_of(work.conn, store_id)
    if store is None:
        raise ApiError("store_unknown")
    coupons.find_of(work, given.coupon_id, member_id=member_id, store_id=store_id, brand_id=store.brand_id)
    paper.tell(work, store_id, [paper.OnPaper(given)], paper.Why.STAFF)


@router.post(
    "/members/{member_id}/coupons/take",
    status_code=201,
    summary="Take a coupon that is there for everybody",
    responses=errors(
        "unauthorized",
        "member_unknown",
        "member_gone",
        "definition_unknown",
        "coupon_sold_out",
        "coupon_not_issued_now",
        "coupon_taken",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(COUPON_EXAMPLE, "Taken")},
)
def take(member_id: PathId, body: Issue, cloud: TheCloud, key_id: KeyId) -> Response:
    """Of a limited one never more than there are, and to one member never more than each may take."""

    def write(work: Work) -> dict[str, object]:
        members.active(work.conn, cloud.vault, member_id)
        call = Repeatable(key_id, f"take:{member_id}", body.idempotency_key, body.model_dump())
        return once(work, call, lambda: coupons.take(work, member_id, body.definition_id))

    return json_response(cloud.database.transact(write), 201)


class NewCodes(Body):
    count: Annotated[StrictInt, Field(ge=1, le=codes.BATCH_MAX)]


@router.post(
    "/coupon-definitions/{definition_id}/codes",
    status_code=201,
    summary="Make codes for a coupon",
    responses=errors("unauthorized", "definition_unknown", "invalid")
    | {201: answer({"codes": ["0123-4567-89AB-CDEF-G"]}, "Shown here only")},
)
def make_codes(definition_id: PathId, body: NewCodes, cloud: TheCloud, _key: KeyId) -> Response:
    """Each gives one coupon, once. Keep them: what the server keeps does not tell them again."""
    made = cloud.database.transact(lambda work: codes.make(work, definition_id, body.count))
    return json_response({"codes": made}, 201)


class TypedCode(Body):
    code: Annotated[StrictStr, Field(min_length=1, max_length=40)]


@router.post(
    "/members/{member_id}/coupons/code",
    status_code=201,
    summary="Get a coupon for a code",
    responses=errors(
        "unauthorized",
        "member_unknown",
        "member_gone",
        "coupon_code_invalid",
        "coupon_sold_out",
        "coupon_not_issued_now",
        "too_many_tries",
        "invalid",
    )
    | {201: answer(COUPON_EXAMPLE, "The coupon")},
)
def redeem_code(member_id: PathId, body: TypedCode, cloud: TheCloud, _key: KeyId) -> Response:
    """The same code again gives the same member the same coupon. Five wrong ones, and the member waits ten minutes."""

    def write(work: Work) -> dict[str, object] | None:
        members.active(work.conn, cloud.vault, member_id)
        return codes.redeem(work, cloud.vault, member_id, body.code)

    given = cloud.database.transact(write)
    if given is None:  # after the commit: the wrong try has to count
        raise ApiError("coupon_code_invalid")
    return json_response(given, 201)


LimitCount = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
LIMITS_EXAMPLE = {
    "day_count": 50,
    "day_value_won": 100000,
    "payment_count": 2,
    "payment_value_won": 10000,
    "member_day_count": 3,
    "same": False,
    "different": True,
    "outside_hours": False,
}


class Limits(Body):
    """null: no limit. ``same``: one reward twice in a payment; ``different``: several rewards in one;
    ``outside_hours``: consumers may ask while the store is closed."""

    day_count: LimitCount | None = None
    day_value_won: Won | None = None
    payment_count: LimitCount | None = None
    payment_value_won: Won | None = None
    member_day_count: LimitCount | None = None
    same: StrictBool = False
    different: StrictBool = False
    outside_hours: StrictBool = False


@router.post(
    "/stores/{store_id}/use-limits",
    summary="Limit what a store accepts of coupons",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown", "invalid")
    | {200: answer(LIMITS_EXAMPLE, "As it is now")},
)
def set_limits(store_id: PathId, body: Limits, cloud: TheCloud, by: ForPolicy) -> Response:
    """For a payment and for the store's business day; requests that wait count as used."""
    limits = UseLimits(**body.model_dump(exclude={"same", "different", "outside_hours"}))
    wanted = StoreRules(limits, OverlapRules(body.same, body.different), body.outside_hours)

    def job(work: Work) -> None:
        checks.set_rules(work, store_id, wanted)
        after = body.model_dump(mode="json")
        audit.write(work, by.author, "store.use_limits", store_id, store_id=store_id, after=after)

    cloud.database.transact(job)
    return json_response(body.model_dump())
