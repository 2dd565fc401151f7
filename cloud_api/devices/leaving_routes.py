"""HTTP of a device that leaves its store: it shuts itself out, so that nobody has to do it by hand."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cloud_api.access import cloud_of
from cloud_api.bootstrap import Cloud
from cloud_api.devices.auth import DeviceCall, claim_nonce
from cloud_api.devices.enrollment import revoke
from cloud_api.documents import answer, errors
from cloud_api.gateway.routes import authenticated
from cloud_api.http import json_response

router = APIRouter(prefix="/v1/sync", tags=["devices"])


@router.post(
    "/leave",
    summary="Leave the store",
    responses=errors("unauthorized", "bad_signature", "replayed", "device_revoked")
    | {200: answer({"server_time_ms": 1760000000123}, "This device is shut out from now on")},
)
async def leave(request: Request) -> Response:
    """Asked again, a device that has left is refused like any other that was shut out."""
    cloud = cloud_of(request)
    call = await authenticated(request)
    return json_response(await run_in_threadpool(_leave, cloud, call))


def _leave(cloud: Cloud, call: DeviceCall) -> dict[str, Any]:
    def job(work: Any) -> dict[str, Any]:
        claim_nonce(work, call)
        revoke(work, call.device_id)
        return {"server_time_ms": work.now_ms}

    return cloud.database.transact(job)
