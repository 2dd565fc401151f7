"""HTTP of the gateway: push, pull, stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from cloud_api import strict_json
from cloud_api.bootstrap import Cloud
from cloud_api.database import is_transient
from cloud_api.devices.auth import DeviceCall, SignedCall, authenticate, claim_nonce, refusal
from cloud_api.devices.epochs import EPOCH_MAX, renew
from cloud_api.devices.keys import change_key
from cloud_api.documents import (
    EPOCH_BODY,
    EPOCH_EXAMPLE,
    KEY_BODY,
    KEY_EXAMPLE,
    PULL_EXAMPLE,
    PUSH_BODY,
    PUSH_EXAMPLE,
    errors,
)
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.gateway.hub import Listener
from cloud_api.gateway.push import ApplyFailed, Batch, Pushed, push
from cloud_api.gateway.spelled import loads_push
from cloud_api.http import json_response, not_json, read_json, target, unzip
from cloud_api.ledger.service import Unbalanced
from sync.protocol import (
    OPS_PER_PUSH_MAX,
    PROTOCOL_VERSION,
    PULL_ROWS_MAX,
    PUSH_BYTES_MAX,
    STREAM_KEEPALIVE_S,
    Cursor,
)

log = logging.getLogger("sync")

WAIT_MS_MAX = 30_000
_HASH_CHARS = 64

router = APIRouter(prefix="/v1/sync", tags=["devices"])


def _cloud(request: Request) -> Cloud:
    cloud: Cloud = request.app.state.cloud
    return cloud


async def authenticated(request: Request) -> DeviceCall:
    """Which device calls; its nonce is not claimed yet. Raises ApiError 401."""
    cloud = _cloud(request)
    return await run_in_threadpool(authenticate, cloud.database, await _signed(request), cloud.clock())


async def _signed(request: Request) -> SignedCall:
    body = await request.body()
    return SignedCall(request.headers.get("authorization"), request.method, target(request), body)


@router.post(
    "/push",
    summary="Report operations",
    responses=errors(
        "bad_json", "bad_encoding", "stale_epoch", "device_revoked", "too_large", "wrong_content_type", "invalid"
    )
    | {200: {"content": {"application/json": {"example": PUSH_EXAMPLE}}}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": PUSH_BODY}}},
)
async def push_operations(request: Request) -> Response:
    """One transaction, one result per operation; see docs/protocol.md."""
    cloud, signed, encoding = _cloud(request), await _signed(request), _encoding(request)

    def work() -> Pushed:  # all of it on one thread: each change of threads costs a counter that waits
        call = authenticate(cloud.database, signed, cloud.clock(), known=cloud.known)
        return _push(cloud, call, _unpacked(signed.body, encoding))

    pushed = await run_in_threadpool(work)
    return Response(pushed.to_json(), media_type="application/json")


async def plain_body(request: Request) -> bytes:
    """The body of a signed call, unpacked. Raises ApiError."""
    return await run_in_threadpool(_unpacked, await request.body(), _encoding(request))


def _encoding(request: Request) -> str:
    return request.headers.get("content-encoding", "identity")


def _unpacked(raw: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return unzip(raw, PUSH_BYTES_MAX)
    if encoding not in ("identity", ""):
        raise ApiError("bad_encoding")
    return raw


def _push(cloud: Cloud, call: DeviceCall, raw: bytes) -> Pushed:
    batch = _batch(raw)

    def attempt(*, careful: bool) -> Pushed:
        return cloud.database.transact(lambda work: push(work, cloud.vault, call, batch, careful=careful))

    try:
        return attempt(careful=False)
    except (ApplyFailed, Unbalanced):
        pass
    except DBAPIError as error:  # of a write that travelled with the commit
        if is_transient(error):
            raise
    return attempt(careful=True)


def _is_protocol(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= EPOCH_MAX


def _batch(raw: bytes) -> Batch:
    try:
        body, floats = loads_push(raw)
    except strict_json.BadJson as error:
        raise not_json(error) from error
    # Of any version: what this server cannot read of an operation is parked, and nothing may keep facts away from it.
    if not isinstance(body, dict) or not _is_protocol(body.get("protocol")):
        raise ApiError("invalid", extra={"detail": f"protocol must be {PROTOCOL_VERSION}"})
    epoch, ops = body.get("epoch"), body.get("ops")
    hashes = body.get("prev_hash"), body.get("last_hash")
    if not isinstance(epoch, int) or isinstance(epoch, bool) or not isinstance(ops, list):
        raise ApiError("invalid", extra={"detail": "epoch and ops are needed"})
    if any(not isinstance(text, str) or len(text) != _HASH_CHARS or not text.isascii() for text in hashes):
        raise ApiError("invalid", extra={"detail": "prev_hash and last_hash are needed"})
    if len(ops) > OPS_PER_PUSH_MAX:
        raise ApiError("too_large")
    return Batch(epoch, str(hashes[0]), str(hashes[1]), ops, no_floats=not floats)


@router.post(
    "/epoch",
    summary="Begin a new chain after a restored store",
    responses=errors("unauthorized", "bad_signature", "replayed", "device_revoked", "bad_json", "invalid")
    | {200: {"content": {"application/json": {"example": EPOCH_EXAMPLE}}}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": EPOCH_BODY}}},
)
async def new_epoch(request: Request) -> Response:
    """``after`` is the newest epoch that the device knows to have used; ``last_seq`` is what arrived of it."""
    cloud = _cloud(request)
    call = await authenticated(request)
    after = _after(await request.body())
    renewed = await run_in_threadpool(cloud.database.transact, lambda work: renew(work, call, after))
    return json_response(
        {"epoch": renewed.epoch, "last_seq": renewed.last_seq, "server_time_ms": renewed.server_time_ms}
    )


def _after(raw: bytes) -> int:
    body = read_json(raw)
    # Of any version, as a push: without an epoch of its own a restored device could not send its facts.
    after = body.get("after") if isinstance(body, dict) and _is_protocol(body.get("protocol")) else None
    if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after <= EPOCH_MAX:
        raise ApiError("invalid", extra={"detail": f"protocol {PROTOCOL_VERSION} and after are needed"})
    return after


@router.post(
    "/key",
    summary="Change the device's key",
    responses=errors(
        "unauthorized",
        "bad_signature",
        "replayed",
        "device_revoked",
        "device_suspended",
        "bad_json",
        "bad_proof",
        "upgrade_needed",
        "invalid",
    )
    | {200: {"content": {"application/json": {"example": KEY_EXAMPLE}}}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": KEY_BODY}}},
)
async def new_key(request: Request) -> Response:
    """Signed with the key in use; ``proof`` is by the new one. Both hold for ten minutes."""
    cloud = _cloud(request)
    call = await authenticated(request)
    public_key, proof = _new_key(await request.body())
    done = await run_in_threadpool(cloud.database.transact, lambda work: change_key(work, call, public_key, proof))
    return json_response({"old_key_until_ms": done.old_key_until_ms, "server_time_ms": done.server_time_ms})


def _new_key(raw: bytes) -> tuple[str, str]:
    try:
        body = strict_json.loads(raw)
    except strict_json.BadJson as error:
        raise ApiError("bad_json") from error
    fields = body if isinstance(body, dict) else {}
    if _is_protocol(fields.get("protocol")) and fields["protocol"] != PROTOCOL_VERSION:
        raise ApiError("upgrade_needed")
    if not _is_protocol(fields.get("protocol")):
        fields = {}
    public_key, proof = fields.get("public_key"), fields.get("proof")
    if not isinstance(public_key, str) or not isinstance(proof, str):
        raise ApiError("invalid", extra={"detail": f"protocol {PROTOCOL_VERSION}, public_key and proof are needed"})
    return public_key, proof


@router.get(
    "/pull",
    summary="Read feed rows after a cursor",
    responses=errors("unauthorized", "replayed", "cursor_reset", "invalid")
    | {200: {"content": {"application/json": {"example": PULL_EXAMPLE}}}},
)
async def pull(
    request: Request,
    cursor: Annotated[str, Query(max_length=80)],
    limit: Annotated[int, Query(ge=1, le=PULL_ROWS_MAX)] = PULL_ROWS_MAX,
    wait_ms: Annotated[int, Query(ge=0, le=WAIT_MS_MAX)] = 0,
) -> Response:
    """``wait_ms`` makes it a long poll: the answer comes with the first row or when the time is over."""
    cloud = _cloud(request)
    call = await authenticated(request)
    await run_in_threadpool(cloud.database.transact, lambda work: claim_nonce(work, call))
    after = await run_in_threadpool(_usable, cloud, call, cursor)
    ends = asyncio.get_running_loop().time() + wait_ms / 1000
    with _ear(cloud, call) as ear:
        while True:
            ear.forget()
            page = await run_in_threadpool(_read_page, cloud, call, after, limit)
            left_s = ends - asyncio.get_running_loop().time()
            if page.rows or left_s <= 0 or cloud.hub.closing:
                break
            await ear.grown(left_s)
            if ear.shut_out:
                raise refusal("device_revoked", cloud.clock())
    return json_response(
        {
            "rows": page.rows,
            "cursor": str(page.cursor),
            "has_more": page.has_more,
            "generation": page.cursor.generation,
            "server_time_ms": cloud.clock(),
        }
    )


def _cursor(text: str) -> Cursor:
    try:
        cursor = Cursor.parse(text)
    except ValueError as error:
        raise ApiError("cursor_reset") from error
    if max(cursor.generation, cursor.store_n, cursor.brand_n, cursor.store_ms, cursor.brand_ms) > 2**53:
        raise ApiError("cursor_reset")
    return cursor


def _read_page(cloud: Cloud, call: DeviceCall, after: Cursor, limit: int) -> feeds.Page:
    try:
        with cloud.database.read() as conn:
            return feeds.read(
                conn,
                after,
                store_feed_id=feeds.store_feed(call.store_id),
                brand_feed_id=feeds.brand_feed(call.brand_id),
                limit=limit,
                now_ms=cloud.clock(),
            )
    except feeds.CursorUnusable as error:
        if error.went_back:
            log.error("cloud_went_back device=%s cursor=%s: run mark-restored", call.device_id, error)
        raise _start_again(error.first, went_back=error.went_back) from error


def _start_again(first: Cursor, *, went_back: bool = False) -> ApiError:
    """Says from where, so that nobody has to guess what was pruned; and whether rows that we gave are gone."""
    more = {"went_back": True} if went_back else {}
    return ApiError("cursor_reset", extra={"generation": first.generation, "cursor": str(first), **more})


def _usable(cloud: Cloud, call: DeviceCall, text: str) -> Cursor:
    """The cursor that a text is. Raises ApiError ``cursor_reset`` with the one to start from."""
    try:
        return _cursor(text)
    except ApiError as error:
        with cloud.database.read() as conn:
            first = feeds.first_cursor(conn, feeds.store_feed(call.store_id), feeds.brand_feed(call.brand_id))
        raise _start_again(first) from error


@router.get(
    "/stream",
    summary="Feed rows as they happen (server-sent events)",
    responses=errors("unauthorized", "replayed") | {200: {"content": {"text/event-stream": {}}}},
)
async def stream(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=80)] = None,
    last_event_id: Annotated[str | None, Header(max_length=80)] = None,
) -> Response:
    """The id of an event is the cursor after its row; ``event: reset`` means that the cursor cannot be used."""
    cloud = _cloud(request)
    call = await authenticated(request)
    generation = await run_in_threadpool(_open_stream, cloud, call)
    events = _events(cloud, call, last_event_id or cursor or "", generation)
    return StreamingResponse(events, media_type="text/event-stream")


def _open_stream(cloud: Cloud, call: DeviceCall) -> int:
    cloud.database.transact(lambda work: claim_nonce(work, call))
    with cloud.database.read() as conn:
        return feeds.generation(conn)


async def _events(cloud: Cloud, call: DeviceCall, start: str, generation: int) -> AsyncIterator[bytes]:
    yield _event("hello", {"server_time_ms": cloud.clock(), "generation": generation})
    with _ear(cloud, call) as ear:
        try:
            after = await run_in_threadpool(_usable, cloud, call, start)
            while not cloud.hub.closing and not ear.shut_out:
                ear.forget()
                page = await run_in_threadpool(_read_page, cloud, call, after, PULL_ROWS_MAX)
                for row, cursor in zip(page.rows, page.cursors, strict=True):
                    yield _event("row", row, cursor)
                after = page.cursor
                if page.has_more:
                    continue
                while not await ear.grown(STREAM_KEEPALIVE_S):
                    yield b": keep\n\n"
        except ApiError as error:
            yield _event("reset", error.extra)


def _ear(cloud: Cloud, call: DeviceCall) -> Listener:
    feed_ids = feeds.store_feed(call.store_id), feeds.brand_feed(call.brand_id)
    return cloud.hub.listen(*feed_ids, device_id=call.device_id)


def _event(name: str, content: dict[str, Any], cursor: Cursor | None = None) -> bytes:
    written = strict_json.dumps(content)
    ident = f"id: {cursor}\n" if cursor is not None else ""
    return f"event: {name}\n{ident}data: {written}\n\n".encode()
