"""HTTP of enrollment."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StrictStr
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.devices import enrollment
from cloud_api.documents import answer, errors
from cloud_api.fields import Body, Ident, Text
from cloud_api.http import json_response

router = APIRouter(prefix="/v1/enrollments", tags=["devices"])

DeviceKind = Literal["agent", "tablet"]


class NewCode(Body):
    store_id: Ident
    device_kind: DeviceKind = "agent"
    label: Text = ""


class Redeem(Body):
    code: Annotated[StrictStr, Field(max_length=32)]
    public_key: Annotated[StrictStr, Field(max_length=64)]
    proof: Annotated[StrictStr, Field(max_length=128)]
    label: Text = ""


@router.post(
    "",
    status_code=201,
    summary="A code for one new device",
    responses=errors("unauthorized", "store_unknown", "invalid")
    | {201: answer({"code": "BCDFGHJK", "expires_ms": 1760000600000}, "Valid for ten minutes")},
)
def issue_code(body: NewCode, cloud: TheCloud, _key: KeyId) -> Response:
    """Eight letters that somebody types into the new device."""
    issued = cloud.database.transact(
        lambda work: enrollment.issue_code(work, body.store_id, body.device_kind, body.label)
    )
    return json_response({"code": issued.code, "expires_ms": issued.expires_ms}, 201)


@router.post(
    "/redeem",
    status_code=201,
    summary="Enroll a device",
    responses=errors("code_unknown", "code_expired", "bad_proof", "too_many_tries", "invalid"),
)
def redeem(body: Redeem, request: Request, cloud: TheCloud) -> Response:
    """The address that tries too often is the socket's, or what a trusted proxy says; any other forwarded-for header is
    anybody's claim."""
    address = request.client.host if request.client else "unknown"
    wanted = enrollment.Redemption(body.code, body.public_key, body.proof, body.label)
    return json_response(enrollment.redeem(cloud.database, cloud.vault, wanted, address=address), 201)
