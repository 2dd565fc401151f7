"""HTTP of coupons for many and of those that come by themselves (CPN-05, CPN-29)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, StrictInt
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.coupons import automatic, service
from cloud_api.coupons.automatic import NewRule
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, IdempotencyKey, Ident, PathId
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.members import service as members
from cloud_api.staff import audit
from cloud_api.staff.acting import HeadOffice
from cloud_api.stores.service import find_brand
from rules.coupons import SAME_PER_ISSUE_MAX, SHOWN_IN_CAMPAIGN, IssueKind

router = APIRouter(prefix="/v1", tags=["coupons"])

MEMBERS_MAX = 500
Count = Annotated[StrictInt, Field(ge=1, le=SAME_PER_ISSUE_MAX)]
_DEFINITION = "0198c5c0-7a11-7000-8000-0000000000f1"
_COUPON = "0198c5c0-7a11-7000-8000-0000000000f2"
_MEMBER = "0198c5c0-7a11-7000-8000-0000000000c1"
RULE_EXAMPLE: dict[str, Any] = {
    "rule_id": "0198c5c0-7a11-7000-8000-0000000000f5",
    "brand_id": "0198c5c0-7a11-7000-8000-0000000000b0",
    "kind": "birthday",
    "definition_id": _DEFINITION,
    "count": 1,
    "from_ms": 1760000000000,
    "ended_ms": None,
}
DOWNLOAD_EXAMPLE = {
    "definition_id": _DEFINITION,
    "store_id": None,
    "name": "아메리카노 1잔",
    "condition": "5,000원 이상",
    "value_won": 4500,
    "valid_days": 30,
    "take_max": 1,
    "left": 70,
}


class Rule(Body):
    """Which coupon goes with it, and how many."""

    kind: Literal["join", "first_purchase", "birthday", "referral"]
    definition_id: Ident
    count: Count = 1


@router.post(
    "/brands/{brand_id}/coupon-rules",
    status_code=201,
    summary="Issue a coupon by itself",
    responses=errors("unauthorized", "not_allowed", "brand_unknown", "definition_unknown", "invalid")
    | {201: answer(RULE_EXAMPLE, "From now on; what happened before gives nothing")},
)
def add(brand_id: PathId, body: Rule, cloud: TheCloud, by: HeadOffice) -> Response:
    """For joining and for a first purchase within a minute or two, for a birthday in the morning, each once; for a
    recommendation when the new member says it. The member is told."""

    def job(work: Work) -> dict[str, Any]:
        _known(work.conn, brand_id)
        made = automatic.add_rule(work, brand_id, NewRule(IssueKind(body.kind), body.definition_id, body.count))
        audit.write(work, by, "coupon_rule.add", str(made["rule_id"]), after=body.model_dump(mode="json"))
        return made

    return json_response(cloud.database.transact(job), 201)


@router.post(
    "/brands/{brand_id}/coupon-rules/{rule_id}/end",
    summary="Issue it no more",
    responses=errors("unauthorized", "not_allowed", "brand_unknown", "rule_unknown")
    | {200: answer(RULE_EXAMPLE | {"ended_ms": 1760000500000}, "Coupons that were given stay")},
)
def end(brand_id: PathId, rule_id: PathId, cloud: TheCloud, by: HeadOffice) -> Response:
    """Doing it twice changes nothing."""

    def job(work: Work) -> dict[str, Any]:
        _known(work.conn, brand_id)
        ended = automatic.end_rule(work, brand_id, rule_id)
        audit.write(work, by, "coupon_rule.end", rule_id)
        return ended

    return json_response(cloud.database.transact(job))


@router.get(
    "/brands/{brand_id}/coupon-rules",
    summary="Which coupons come by themselves",
    responses=errors("unauthorized", "not_allowed", "brand_unknown")
    | {200: answer({"rules": [RULE_EXAMPLE]}, "The newest first, those that ended included")},
)
def listed(brand_id: PathId, cloud: TheCloud, _by: HeadOffice) -> Response:
    """For joining, a first purchase, a birthday, a recommendation."""
    with cloud.database.read() as conn:
        _known(conn, brand_id)
        return json_response({"rules": automatic.rules_of(conn, brand_id)})


class Whose(Body):
    member_id: Ident


class Referral(Body):
    member_id: Ident
    referred_by: Whose


@router.post(
    "/brands/{brand_id}/referrals",
    summary="Say who recommended a brand",
    responses=errors("unauthorized", "brand_unknown", "member_unknown", "member_gone", "referral_refused", "invalid")
    | {200: answer({"member": 1, "referred_by": 1}, "How many coupons each got")},
)
def refer(brand_id: PathId, body: Referral, cloud: TheCloud, _key: KeyId) -> Response:
    """Once, within thirty days of joining. Both get what the brand gives for it."""

    def job(work: Work) -> dict[str, int]:
        _known(work.conn, brand_id)
        for one in (body.member_id, body.referred_by.member_id):
            members.active(work.conn, cloud.vault, one)
        return automatic.refer(work, brand_id, body.member_id, body.referred_by.member_id)

    return json_response(cloud.database.transact(job))


class ForMany(Body):
    """``kind``: why they get it. ``count``: so many of it for each."""

    members: Annotated[tuple[Whose, ...], Field(min_length=1, max_length=MEMBERS_MAX)]
    kind: Literal["target", "promotion", "event", "personal", "api"] = "target"
    count: Count = 1
    idempotency_key: IdempotencyKey


@router.post(
    "/coupon-definitions/{definition_id}/issue",
    status_code=201,
    summary="Issue a coupon to a list of members",
    responses=errors(
        "unauthorized", "definition_unknown", "member_unknown", "member_gone", "idempotency_conflict", "invalid"
    )
    | {201: answer({"issued": 1, "members": [{"member_id": _MEMBER, "coupon_ids": [_COUPON]}]}, "What each got")},
)
def issue_to_many(definition_id: PathId, body: ForMany, cloud: TheCloud, key_id: KeyId) -> Response:
    """All of them or nobody: a member who is none refuses the list. Of a limited coupon the first get what there is,
    and the lists of the others are empty."""

    def write(work: Work) -> dict[str, object]:
        call = Repeatable(key_id, f"issue_many:{definition_id}", body.idempotency_key, body.model_dump(mode="json"))
        return once(work, call, lambda: _issue(work, definition_id, body, cloud))

    return json_response(cloud.database.transact(write), 201)


def _issue(work: Work, definition_id: str, body: ForMany, cloud: Any) -> dict[str, object]:
    if service.find_definition(work.conn, definition_id) is None:
        raise ApiError("definition_unknown")
    wanted = list(dict.fromkeys(one.member_id for one in body.members))
    for one in wanted:
        members.active(work.conn, cloud.vault, one)
    pairs = [(one, definition_id) for one in wanted for _ in range(body.count)]
    given = service.issue_many(work, pairs, kind=IssueKind(body.kind))
    got: dict[str, list[str]] = {one: [] for one in wanted}
    for (one, _), made in zip(pairs, given, strict=True):
        if made is not None:
            got[one].append(made.coupon_id)
    listed = [{"member_id": one, "coupon_ids": ids} for one, ids in got.items()]
    return {"issued": sum(map(len, got.values())), "members": listed}


@router.get(
    "/brands/{brand_id}/coupons/download",
    summary="Coupons that members can take",
    responses=errors("unauthorized", "brand_unknown")
    | {200: answer({"coupons": [DOWNLOAD_EXAMPLE]}, f"The {SHOWN_IN_CAMPAIGN} newest; `left` null: no limit")},
)
def download(brand_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """What is issued today and of which some are left; `POST /v1/members/{member_id}/coupons/take` takes one."""
    with cloud.database.read() as conn:
        _known(conn, brand_id)
        return json_response({"coupons": service.to_take(conn, brand_id, cloud.clock())})


def _known(conn: Any, brand_id: str) -> None:
    if find_brand(conn, brand_id) != brand_id:
        raise ApiError("brand_unknown")
