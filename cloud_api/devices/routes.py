"""HTTP of enrollment, and of a store's devices for consoles: how they are, shutting one out, which one prints."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StrictBool, StrictStr
from sqlalchemy import update
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.devices import enrollment, health
from cloud_api.devices.models import device
from cloud_api.devices.printing import name_printing_device
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Ident, PathId, Reason, Text
from cloud_api.http import json_response
from cloud_api.staff import audit
from cloud_api.staff.acting import Acting, may
from cloud_api.stores.service import profile_of
from rules.permissions import Permission

router = APIRouter(prefix="/v1/enrollments", tags=["devices"])
of_store = APIRouter(prefix="/v1/stores/{store_id}/devices", tags=["devices"])

DeviceKind = Literal["agent", "tablet"]


ForInfo = Annotated[Acting, Depends(may(Permission.STORE_INFO))]
_REFUSALS = ("unauthorized", "not_allowed", "employee_unknown", "device_unknown", "invalid")

DEVICE_EXAMPLE: dict[str, Any] = {
    "device_id": "0198c5c0-7a11-7000-8000-0000000000d1",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "kind": "agent",
    "label": "카운터 PC",
    "enrolled_ms": 1760000000000,
    "revoked_ms": None,
    "suspended_ms": None,
    "seen_ms": None,
    "seen_ago_ms": None,
    "silent_ms": None,
    "reported_ms": None,
    "version": "1.0.0",
    "pending": None,
    "oldest_pending_ms": None,
    "needs_attention": None,
    "policy_version": None,
    "clock_offset_ms": None,
    "clock_off": False,
    "disk_full": False,
    "printers": [{"status": "ready", "queued": 0}],
    "prints": True,
}


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
    responses=errors("unauthorized", "store_unknown", "store_not_open", "invalid")
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


@of_store.get(
    "",
    summary="A store's devices",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown")
    | {200: answer({"devices": [DEVICE_EXAMPLE]}, "Those that are shut out last")},
)
def devices(store_id: PathId, cloud: TheCloud, _by: ForInfo) -> Response:
    """When each was last heard of, what it last said about itself, whether its clock is off."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        found = health.of_store(conn, store_id, cloud.clock())
    return json_response({"devices": found})


class Revocation(Body):
    reason: Reason


@of_store.post(
    "/{device_id}/revoke",
    summary="Shut a device out",
    responses=errors(*_REFUSALS) | {200: answer(DEVICE_EXAMPLE, "Its next call is refused, its stream ends")},
)
def revoke(store_id: PathId, device_id: PathId, body: Revocation, cloud: TheCloud, by: ForInfo) -> Response:
    """For good; it would have to join anew. What it had not sent stays on it."""

    def job(work: Work) -> dict[str, Any]:
        before = _shown(work, store_id, device_id)
        enrollment.revoke(work, device_id)
        now = _shown(work, store_id, device_id)
        return _written(work, by, "device.revoke", before, now, body.reason)

    return json_response(cloud.database.transact(job))


class Naming(Body):
    label: Text | None = None
    prints: StrictBool | None = None


@of_store.post(
    "/{device_id}",
    summary="Name a device, or let it print for the store",
    responses=errors(*_REFUSALS) | {200: answer(DEVICE_EXAMPLE, "As it is now")},
)
def change(store_id: PathId, device_id: PathId, body: Naming, cloud: TheCloud, by: ForInfo) -> Response:
    """Null leaves it. Without a printing device, whichever shows a request first prints its slip."""

    def job(work: Work) -> dict[str, Any]:
        before = _shown(work, store_id, device_id)
        if body.label is not None:
            work.conn.execute(update(device).where(device.c.device_id == device_id).values(label=body.label))
        if body.prints is not None:
            name_printing_device(work, device_id, prints=body.prints)
        now = _shown(work, store_id, device_id)
        return _written(work, by, "device.change", before, now, "")

    return json_response(cloud.database.transact(job))


def _shown(work: Work, store_id: str, device_id: str) -> dict[str, Any]:
    found = health.of_store(work.conn, store_id, work.now_ms)
    row = next((one for one in found if one["device_id"] == device_id), None)
    if row is None:
        raise ApiError("device_unknown")
    return row


def _written(
    work: Work, by: Acting, action: str, before: dict[str, Any], now: dict[str, Any], reason: str
) -> dict[str, Any]:
    was, became = audit.changed(before, now)
    device_id, store_id = str(now["device_id"]), str(now["store_id"])
    audit.write(work, by.author, action, device_id, store_id=store_id, before=was, after=became, reason=reason)
    return now
