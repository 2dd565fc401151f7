"""HTTP of statuses: leaving, who sleeps and who left, what was done to a membership, what a brand wants of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, StrictBool, StrictInt
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Ident, Name, PathId, Reason
from cloud_api.http import json_response
from cloud_api.members import events, leaving, listing, merging, terms
from cloud_api.members import service as members
from cloud_api.members.terms import Terms
from rules.membership import DORMANT_MONTHS, PURGE_DAYS, leave_problems

router = APIRouter(prefix="/v1", tags=["members"])

_ID = "0198c5c0-7a11-7000-8000-0000000000c1"
_HELD = {"points": 1200, "coupons_waiting": 0, "orders_open": 0, "stamps": 3, "coupons": 1, "prepaid_won": 0}
_LEFT = {
    "member_id": _ID,
    "status": "withdrawn",
    "withdrawn_ms": 1760000000000,
    "rejoin_from_ms": 1762527600000,
    "purge_ms": 1762527600000,
}
_TERMS = {"dormant_months": 12, "rejoin_block_days": 30}
_NOTHING = {
    "points": 0,
    "held": 0,
    "debt": 0,
    "stamps": 0,
    "stamps_on_full_boards": 0,
    "lots": 0,
    "coupons_available": 0,
    "coupons_pending": 0,
    "coupons_used": 0,
    "coupons_expired": 0,
}
_STATEMENT: dict[str, Any] = {
    "merge_id": "0198c5c0-7a11-7000-8000-0000000000c8",
    "source_id": "0198c5c0-7a11-7000-8000-0000000000c2",
    "target_id": _ID,
    "before": {
        "source": _NOTHING | {"points": 300, "lots": 300, "coupons_available": 1},
        "target": _NOTHING | {"points": 900, "lots": 900},
    },
    "after": {"source": _NOTHING, "target": _NOTHING | {"points": 1200, "lots": 1200, "coupons_available": 1}},
    "at_ms": 1760000000000,
}
_LISTED = {
    "member_id": _ID,
    "status": "dormant",
    "changed_ms": 1760000000000,
    "joined_ms": 1700000000000,
    "merged_into": None,
}
_EVENT = {
    "event_id": "0198c5c0-7a11-7000-8000-0000000000c9",
    "member_id": _ID,
    "kind": "withdrawn",
    "by": "member",
    "reason": "이용이 줄어서",
    "detail": {"points": 0, "coupons": 0},
    "at_ms": 1760000000000,
}


class Leave(Body):
    """``by``: the person of support who does it for the member, who then gives up the points that are left."""

    reason: Reason
    confirmed: StrictBool
    by: Name | None = None


@router.get(
    "/members/{member_id}/held",
    summary="What a member would lose by leaving",
    responses=errors("unauthorized", "member_unknown", "member_gone")
    | {200: answer({"held": _HELD, "problems": ["points"]}, "As it stands")},
)
def held(member_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """For the screen on which the member confirms; ``problems`` are in the way of leaving."""
    with cloud.database.read() as conn:
        members.active(conn, cloud.vault, member_id)
        found = leaving.held(conn, member_id, cloud.clock())
    problems = [str(problem) for problem in leave_problems(found, confirmed=True)]
    return json_response({"held": asdict(found), "problems": problems})


@router.post(
    "/members/{member_id}/withdraw",
    summary="A member leaves",
    responses=errors("unauthorized", "member_unknown", "member_gone", "withdrawal_refused", "invalid")
    | {200: answer(_LEFT, "Left")},
)
def withdraw(member_id: PathId, body: Leave, cloud: TheCloud, _key: KeyId) -> Response:
    """At once nobody's number; who it was is forgotten at ``purge_ms``, and may join again from ``rejoin_from_ms``."""
    wanted = leaving.Leave(body.reason, body.confirmed, body.by)
    return json_response(cloud.database.transact(lambda work: leaving.withdraw(work, cloud.vault, member_id, wanted)))


@router.get(
    "/members",
    summary="Dormant or former members",
    responses=errors("unauthorized", "invalid") | {200: answer({"members": [_LISTED], "next": None}, "Newest first")},
)
def listed(
    cloud: TheCloud,
    _key: KeyId,
    status: Literal["dormant", "withdrawn", "merged"],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[str | None, Query(pattern=r"^[0-9]{1,15}\.[A-Za-z0-9-]{1,64}$")] = None,
) -> Response:
    """Each list by itself; ``next`` is the ``before`` of the following page."""
    with cloud.database.read() as conn:
        rows, after = listing.of_status(conn, status, limit=limit, before=before)
    return json_response({"members": rows, "next": after})


@router.get(
    "/members/{member_id}/events",
    summary="What was done to a membership",
    responses=errors("unauthorized", "member_unknown") | {200: answer({"events": [_EVENT]}, "Newest first")},
)
def happened(
    member_id: PathId, cloud: TheCloud, _key: KeyId, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> Response:
    """By whom and why; never with a number or a name."""
    with cloud.database.read() as conn:
        if members.get(conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        return json_response({"events": events.of_member(conn, member_id, limit)})


class IntoAnother(Body):
    into: Ident
    by: Name
    reason: Reason


@router.post(
    "/members/{member_id}/merge",
    summary="Two members are one person",
    responses=errors("unauthorized", "member_unknown", "member_gone", "merge_refused", "invalid")
    | {200: answer(_STATEMENT, "Merged; what both had before and after")},
)
def merge(member_id: PathId, body: IntoAnother, cloud: TheCloud, _key: KeyId) -> Response:
    """This member is the other one from now on, and its number finds the other. Nothing gets more or less."""
    wanted = merging.Merge(member_id, body.into, body.by, body.reason)
    return json_response(cloud.database.transact(lambda work: merging.merge(work, cloud.vault, wanted)))


def _off_or_a_year(months: int) -> int:
    if 0 < months < DORMANT_MONTHS:
        raise ValueError("nobody is dormant within a year")
    return months


class NewTerms(Body):
    """``dormant_months`` 0: nobody becomes dormant."""

    dormant_months: Annotated[StrictInt, Field(ge=0, le=120), AfterValidator(_off_or_a_year)]
    rejoin_block_days: Annotated[StrictInt, Field(ge=0, le=PURGE_DAYS)]


@router.post(
    "/brands/{brand_id}/member-terms",
    summary="Set when a brand's members sleep and how soon one may be back",
    responses=errors("unauthorized", "brand_unknown", "invalid") | {200: answer(_TERMS, "From now on")},
)
def set_terms(brand_id: PathId, body: NewTerms, cloud: TheCloud, _key: KeyId) -> Response:
    """For who leaves from now on, and for the next nights' look at who was not here."""
    wanted = Terms(body.dormant_months, body.rejoin_block_days)
    kept: Any = cloud.database.transact(lambda work: terms.set_terms(work, brand_id, wanted))
    return json_response(kept.to_wire())
