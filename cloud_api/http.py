"""The outermost layer: bodies within limits and in strict JSON, every refusal in one shape, no stack trace outside."""

from __future__ import annotations

import logging
import secrets
import zlib
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud_api import strict_json
from cloud_api.errors import ApiError
from sync.protocol import PUSH_BYTES_MAX

log = logging.getLogger("cloud")

BODY_BYTES_MAX = 64 * 1024
PUSH_PATH = "/v1/sync/push"
BULK_PATH = "/v1/sync/bulk"
UPLOAD_PATH = "/v1/imports"
UPLOAD_BYTES_MAX = 32 * 1024 * 1024
_SIGNED_BODIES = frozenset({PUSH_PATH, BULK_PATH})
# What browsers and programs call a file of rows; what it is, its content says.
_UPLOADS = frozenset(
    {
        b"application/octet-stream",
        b"application/vnd.ms-excel",
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"text/csv",
    }
)
SERVER_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


def error_response(error: ApiError, scope: Scope) -> Response:
    """The refusal in the caller's language."""
    request_id = scope.setdefault("state", {}).get("request_id", "")
    body = error.body(request_id=request_id, english=_wants_english(scope))
    return JSONResponse(body, status_code=error.problem.status, headers=error.headers)


def _wants_english(scope: Scope) -> bool:
    for name, value in scope.get("headers", ()):
        if name == b"accept-language":
            return bool(value.strip().lower().startswith(b"en"))
    return False


def target(request: Request) -> str:
    """Path and query exactly as sent; what a device signs."""
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (raw_path + (b"?" + query if query else b"")).decode("latin-1")


def unzip(raw: bytes, limit: int) -> bytes:
    """Raises ApiError ``bad_encoding`` or, without ever holding more than the limit, ``too_large``."""
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(raw, limit + 1)
    except zlib.error as error:
        raise ApiError("bad_encoding") from error
    if len(plain) > limit:
        raise ApiError("too_large")
    if not reader.eof or reader.unused_data:
        raise ApiError("bad_encoding")
    return plain


class Gate:
    """Outermost ASGI layer. Reads bodies itself, so that nothing behind it sees one that is too large or not strict."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def tagged_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = list(message.get("headers", ()))
                message = {
                    **message,
                    "headers": [*headers, (b"x-request-id", request_id.encode()), *SERVER_HEADERS, *_told(scope)],
                }
            await send(message)

        try:
            if scope["path"] == UPLOAD_PATH and scope["method"] == "POST":
                await self._app(scope, _streamed(scope, receive), tagged_send)
            else:
                body = await _read_body(scope, receive)
                await self._app(scope, _replay(body, receive), tagged_send)
        except ApiError as error:
            await error_response(error, scope)(scope, receive, tagged_send)
        except (ClientGone, ClientDisconnect):
            return
        except (OperationalError, PoolTimeout) as error:
            # The database is full, locked or away: nothing was booked, and the same call may work in a moment.
            log.error("database_failed request_id=%s path=%s error=%s", request_id, scope["path"], error)
            if started:
                raise
            await error_response(ApiError("busy", headers={"Retry-After": "2"}), scope)(scope, receive, tagged_send)
        except Exception:
            # Whatever it was, the caller gets the same plain answer and the log gets the rest.
            log.exception("request_failed request_id=%s path=%s", request_id, scope["path"])
            if started:
                raise
            await error_response(ApiError("internal"), scope)(scope, receive, tagged_send)


async def _read_body(scope: Scope, receive: Receive) -> bytes:
    limit = PUSH_BYTES_MAX if scope["path"] in _SIGNED_BODIES else BODY_BYTES_MAX
    headers = dict(scope["headers"])
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > limit:
        raise ApiError("too_large")
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise ApiError("too_large")
        chunks.append(chunk)
        more = message.get("more_body", False)
    body = b"".join(chunks)
    if body:
        scope["state"]["body"] = _check_body(body, headers, scope["path"])
    return body


def _told(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Headers that something before the route had to say, whatever the route answers."""
    return [(name.lower().encode(), value.encode()) for name, value in scope["state"].get("headers", {}).items()]


def _streamed(scope: Scope, receive: Receive) -> Receive:
    """A body that the route takes as it comes, up to its limit. Raises ApiError, here or from what is returned."""
    headers = dict(scope["headers"])
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > UPLOAD_BYTES_MAX:
        raise ApiError("too_large")
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    plain = headers.get(b"content-encoding", b"identity") in (b"identity", b"")
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > UPLOAD_BYTES_MAX:
            raise ApiError("too_large")
        if size and media_type not in _UPLOADS:
            raise ApiError("wrong_content_type")
        if size and not plain:
            raise ApiError("bad_encoding")
        return message

    return limited


class ClientGone(Exception):
    """The caller hung up in the middle of its body."""


def _check_body(body: bytes, headers: dict[bytes, bytes], path: str) -> Any:
    """What is in it; None where the route reads it."""
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if media_type != b"application/json":
        raise ApiError("wrong_content_type")
    if path in _SIGNED_BODIES:
        # Devices sign the bytes as sent; the route unpacks and reads them after the signature held.
        return None
    if headers.get(b"content-encoding", b"identity") not in (b"identity", b""):
        raise ApiError("bad_encoding")
    return read_json(body)


def read_json(body: bytes) -> Any:
    """Raises ApiError."""
    try:
        return strict_json.loads(body)
    except strict_json.BadJson as error:
        raise not_json(error) from error


def not_json(error: strict_json.BadJson) -> ApiError:
    """400 for what is no strict JSON, 422 for a number that is none."""
    if isinstance(error, strict_json.NotANumber):
        return ApiError("invalid", extra={"detail": str(error)})
    return ApiError("bad_json")


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replayed


def json_response(content: Any, status: int = 200) -> Response:
    """Compact JSON."""
    raw = strict_json.dumps(content).encode()
    return Response(raw, status_code=status, media_type="application/json")
