"""HTTP of corrections by hand: proposing, looking, and the second person's word."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, Field, StrictInt
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.fields import POINTS_MAX, Body, IdempotencyKey, Ident, Name, PathId, Reason
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from cloud_api.ledger import adjustments
from cloud_api.ledger.adjustments import Proposal

router = APIRouter(prefix="/v1/adjustments", tags=["ledger"])

_EXAMPLE: dict[str, Any] = {
    "adjustment_id": "0198c5c0-7a11-7000-8000-0000000000ad",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "points": 60000,
    "reason": "개업 행사 누락분",
    "state": "pending",
    "proposed_by": "김본사",
    "proposed_ms": 1760000000000,
    "decided_by": None,
    "decided_ms": None,
    "posting_id": None,
}
_CONFIRMED = _EXAMPLE | {
    "state": "confirmed",
    "decided_by": "이본사",
    "decided_ms": 1760000060000,
    "posting_id": "0198c5c0-7a11-7000-8000-0000000000e2",
}


def _not_zero(points: int) -> int:
    if points == 0:
        raise ValueError("must not be 0")
    return points


class Propose(Body):
    store_id: Ident
    member_id: Ident
    points: Annotated[StrictInt, Field(ge=-POINTS_MAX, le=POINTS_MAX), AfterValidator(_not_zero)]
    reason: Reason
    by: Name
    idempotency_key: IdempotencyKey


class Decide(Body):
    by: Name


@router.post(
    "",
    status_code=201,
    summary="Correct a member's points by hand",
    responses=errors(
        "unauthorized",
        "store_unknown",
        "member_unknown",
        "member_gone",
        "insufficient_points",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(_EXAMPLE, "Booked (confirmed), or waiting for a second person (pending)")},
)
def propose(body: Propose, cloud: TheCloud, key_id: KeyId) -> Response:
    """Up to the brand's limit a person and day it is booked at once; above it waits for a second person for a week."""
    call = Repeatable(key_id, "adjustment", body.idempotency_key, body.model_dump())
    wanted = Proposal(body.store_id, body.member_id, body.points, body.reason, body.by)
    made = cloud.database.transact(lambda work: once(work, call, lambda: adjustments.propose(work, wanted)))
    return json_response(made, 201)


@router.get(
    "",
    summary="Corrections that wait for a second person",
    responses=errors("unauthorized") | {200: answer({"adjustments": [_EXAMPLE]}, "Oldest first")},
)
def waiting(cloud: TheCloud, _key: KeyId) -> Response:
    """All that still can be confirmed or refused."""
    with cloud.database.read() as conn:
        return json_response({"adjustments": adjustments.waiting(conn, cloud.clock())})


@router.get(
    "/{adjustment_id}",
    summary="A correction",
    responses=errors("unauthorized", "adjustment_unknown") | {200: answer(_EXAMPLE, "As it stands")},
)
def show(adjustment_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """The correction with who proposed and who decided."""
    with cloud.database.read() as conn:
        return json_response(adjustments.show(conn, adjustment_id, cloud.clock()))


@router.post(
    "/{adjustment_id}/confirm",
    summary="Confirm a correction as the second person",
    responses=errors(
        "unauthorized",
        "adjustment_unknown",
        "member_gone",
        "second_person_needed",
        "already_decided",
        "insufficient_points",
        "invalid",
    )
    | {200: answer(_CONFIRMED, "Booked")},
)
def confirm(adjustment_id: PathId, body: Decide, cloud: TheCloud, _key: KeyId) -> Response:
    """Books it; somebody else than who proposed. A repetition gets the same answer."""
    return json_response(cloud.database.transact(lambda work: adjustments.confirm(work, adjustment_id, body.by)))


@router.post(
    "/{adjustment_id}/refuse",
    summary="Refuse a correction",
    responses=errors("unauthorized", "adjustment_unknown", "already_decided", "invalid")
    | {200: answer(_EXAMPLE | {"state": "refused", "decided_by": "이본사", "decided_ms": 1760000060000}, "Refused")},
)
def refuse(adjustment_id: PathId, body: Decide, cloud: TheCloud, _key: KeyId) -> Response:
    """Nothing is booked. A repetition gets the same answer."""
    return json_response(cloud.database.transact(lambda work: adjustments.refuse(work, adjustment_id, body.by)))
