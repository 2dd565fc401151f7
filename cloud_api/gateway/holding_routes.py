"""HTTP of snapshot, tally and bulk uploads."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import Response, StreamingResponse

from cloud_api.access import cloud_of
from cloud_api.bootstrap import Cloud
from cloud_api.database import Work
from cloud_api.devices import health
from cloud_api.devices.auth import DeviceCall, claim_nonce
from cloud_api.documents import BULK_BODY, SNAPSHOT_EXAMPLE, TALLY_EXAMPLE, answer, errors
from cloud_api.gateway.holdings import packed, snapshot_lines, tally
from cloud_api.gateway.routes import authenticated, plain_body
from cloud_api.gateway.uploads import keep, read_uploads
from cloud_api.http import json_response

router = APIRouter(prefix="/v1/sync", tags=["devices"])


@router.get(
    "/snapshot",
    summary="All that a device of the store holds",
    responses=errors("unauthorized", "replayed", "device_revoked", "invalid")
    | {200: {"content": {"application/x-ndjson": {"example": SNAPSHOT_EXAMPLE}}}},
)
async def snapshot(
    request: Request, after: Annotated[str, Query(max_length=64, pattern="^[0-9a-f]*$")] = ""
) -> Response:
    """Lines of JSON, all of one moment; ``after`` goes on behind the last member that arrived."""
    cloud = cloud_of(request)
    call = await authenticated(request)
    gzip = "gzip" in request.headers.get("accept-encoding", "")
    chunks = await run_in_threadpool(_snapshot, cloud, call, after, gzip)
    headers = {"content-encoding": "gzip", "vary": "accept-encoding"} if gzip else {"vary": "accept-encoding"}
    return StreamingResponse(iterate_in_threadpool(iter(chunks)), media_type="application/x-ndjson", headers=headers)


def _snapshot(cloud: Cloud, call: DeviceCall, after: str, gzip: bool) -> list[bytes]:
    cloud.database.transact(lambda work: claim_nonce(work, call))
    with cloud.database.read_moment() as conn:
        return packed(snapshot_lines(conn, cloud.vault, call, after, cloud.clock()), gzip=gzip)


@router.get(
    "/tally",
    summary="What a device should hold, in one number",
    responses=errors("unauthorized", "replayed", "device_revoked") | {200: answer(TALLY_EXAMPLE, "As it stands")},
)
async def tally_of_store(request: Request) -> Response:
    """Counts and a digest over the open requests, the orders of today and the policy."""
    cloud = cloud_of(request)
    call = await authenticated(request)
    return json_response(await run_in_threadpool(_tally, cloud, call))


def _tally(cloud: Cloud, call: DeviceCall) -> dict[str, Any]:
    cloud.database.transact(lambda work: _claim(work, call))
    with cloud.database.read_moment() as conn:
        return tally(conn, call, cloud.clock())


def _claim(work: Work, call: DeviceCall) -> None:
    claim_nonce(work, call)
    health.seen(work, call)


@router.post(
    "/bulk",
    summary="Upload what nothing waits for",
    responses=errors("unauthorized", "replayed", "device_revoked", "bad_json", "bad_encoding", "too_large", "invalid")
    | {200: answer({"kept": 1, "known": 0}, "Everything is kept")},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": BULK_BODY}}},
)
async def bulk(request: Request) -> Response:
    """Redacted receipt texts, telemetry, logs: once by id, never in the way of operations."""
    cloud = cloud_of(request)
    call = await authenticated(request)
    raw = await plain_body(request)
    return json_response(await run_in_threadpool(_bulk, cloud, call, raw))


def _bulk(cloud: Cloud, call: DeviceCall, raw: bytes) -> dict[str, int]:
    uploads = read_uploads(raw)
    kept = cloud.database.transact(lambda work: keep(work, cloud.vault, call, uploads))
    return {"kept": kept, "known": len(uploads) - kept}
