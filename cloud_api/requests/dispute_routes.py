"""HTTP of disputes: a consumer's app opens one, head office decides."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.fields import Body, Name, PathId, Reason, Text
from cloud_api.http import json_response
from cloud_api.requests import disputes
from cloud_api.requests.disputes import Decision

router = APIRouter(prefix="/v1", tags=["requests"])

PAGE_MAX = 200
DISPUTE_EXAMPLE = {
    "dispute_id": "0198c5c0-7a11-7000-8000-0000000000d9",
    "request_id": "0198c5c0-7a11-7000-8000-0000000000a1",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "text": "쿠폰을 쓰지 않았는데 사용됨으로 나와요",
    "created_ms": 1760000000000,
    "decision": None,
    "decided_by": None,
    "decided_ms": None,
    "note": None,
}


class NewDispute(Body):
    text: Reason


@router.post(
    "/requests/{request_id}/dispute",
    status_code=201,
    summary="A consumer disputes a request",
    responses=errors("unauthorized", "request_unknown", "invalid") | {201: answer(DISPUTE_EXAMPLE, "It is looked at")},
)
def dispute(request_id: PathId, body: NewDispute, cloud: TheCloud, _key: KeyId) -> Response:
    """The owner is told; of the third one of the same consumer head office too. Once for each request."""
    made = cloud.database.transact(lambda work: disputes.open_one(work, request_id, body.text))
    return json_response(made, 201)


@router.get(
    "/hq/disputes",
    summary="Disputes",
    responses=errors("unauthorized", "invalid") | {200: answer({"disputes": [DISPUTE_EXAMPLE]}, "Newest first")},
)
def listed(
    cloud: TheCloud,
    _key: KeyId,
    open_only: Annotated[bool, Query(alias="open")] = False,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> Response:
    """With ``open=true`` those that nobody has decided."""
    with cloud.database.read() as conn:
        return json_response({"disputes": disputes.listed(conn, open_only=open_only, limit=limit)})


class Decided(Body):
    decision: Decision
    by: Name
    note: Text = ""


@router.post(
    "/hq/disputes/{dispute_id}/decide",
    summary="Head office decides a dispute",
    responses=errors("unauthorized", "dispute_unknown", "already_decided", "invalid")
    | {200: answer(DISPUTE_EXAMPLE, "Decided")},
)
def decide(dispute_id: PathId, body: Decided, cloud: TheCloud, _key: KeyId) -> Response:
    """What follows from it (a correction, a word with the store) is done by people."""
    decided = cloud.database.transact(lambda work: disputes.decide(work, dispute_id, body.decision, body.by, body.note))
    return json_response(decided)
