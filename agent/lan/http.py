"""A small WSGI front: routing, limits, bearer tokens, Host allow-list and errors as {code, message, request_id}."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from agent.logbook import topic
from sync.errors import SyncError

BODY_BYTES_MAX = 64 * 1024
QUERY_CHARS_MAX = 2_000
log = topic("lan")


class ApiError(Exception):
    """An answer that is no success. Korean unless the caller asks for English."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        message_en: str,
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.message_en = message_en
        self.extra = dict(extra or {})
        self.headers = list(headers)


def bad_request(code: str, message: str, message_en: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, code, message, message_en)


def invalid(code: str, message: str, message_en: str) -> ApiError:
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, code, message, message_en)


def not_found() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "not_found", "찾을 수 없어요.", "Not found.")


@dataclass(frozen=True)
class Request:
    """One call; ``body`` is the JSON object of a POST, else empty."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    parts: Mapping[str, str]
    cookies: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """An answer: JSON, or bytes of another type."""

    body: Any = None
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = "application/json; charset=utf-8"
    headers: Sequence[tuple[str, str]] = ()

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False).encode()


Answer = Callable[[Request], Reply]
Guard = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Route:
    """``pattern`` is a path whose ``{name}`` parts become ``request.parts``. ``guard`` says who may call it."""

    method: str
    pattern: str
    answer: Answer
    guard: Guard
    regex: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        source = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]{1,200})", re.escape(self.pattern))
        object.__setattr__(self, "regex", re.compile(source))


class Application:
    """The WSGI callable. ``hosts`` are the values of the Host header that name this server: a page from elsewhere
    that resolves its own name to this machine (DNS rebinding) does not get past them."""

    def __init__(
        self, *, routes: Iterable[Route], hosts: Callable[[], frozenset[str]], new_id: Callable[[], str]
    ) -> None:
        self._routes = tuple(routes)
        self._hosts = hosts
        self._new_id = new_id

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request_id = self._new_id()
        english = _wants_english(environ)
        try:
            reply = self._answer(environ)
        except ApiError as problem:
            reply = _error_reply(problem, request_id, english)
        except SyncError as problem:  # a full disk, a locked vault, no store yet: it has words of its own
            log.warning("lan_call_refused", request=request_id, problem=type(problem).__name__)
            reply = _error_reply(_unavailable(problem), request_id, english)
        except Exception:
            log.failure("lan_call_failed", request=request_id, method=environ.get("REQUEST_METHOD"))
            reply = _error_reply(_internal(), request_id, english)
        payload = reply.encoded()
        headers = [
            ("Content-Type", reply.content_type),
            ("Content-Length", str(len(payload))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", request_id),
            *reply.headers,
        ]
        start_response(f"{reply.status.value} {reply.status.phrase}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else payload]

    def _answer(self, environ: dict[str, Any]) -> Reply:
        self._check_host(environ)
        path = _path(environ)
        method = str(environ["REQUEST_METHOD"])
        wanted = "GET" if method == "HEAD" else method
        matches = [(route, found) for route in self._routes if (found := route.regex.fullmatch(path))]
        if not matches:
            raise not_found()
        for route, found in matches:
            if route.method == wanted:
                if not route.guard(environ):
                    raise _unauthorized()
                body = _read_json(environ) if method == "POST" else {}
                return route.answer(
                    Request(
                        method,
                        path,
                        _query(environ),
                        body,
                        found.groupdict(),
                        cookies_of(environ),
                    )
                )
        allowed = ", ".join(sorted({route.method for route, _ in matches}))
        raise ApiError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "이 주소에서는 쓸 수 없는 방법이에요.",
            "This method is not allowed here.",
            headers=[("Allow", allowed)],
        )

    def _check_host(self, environ: Mapping[str, Any]) -> None:
        hosts = self._hosts()
        if environ.get("HTTP_HOST", "").lower() not in hosts:
            raise ApiError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "misdirected",
                "이 주소로는 연결할 수 없어요.",
                "This server does not answer under that name.",
            )
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and origin.lower().removeprefix("http://") not in hosts:
            raise ApiError(
                HTTPStatus.FORBIDDEN,
                "foreign_origin",
                "다른 사이트에서는 쓸 수 없어요.",
                "Not for pages of other sites.",
            )


def bearer(token: str) -> Guard:
    """Callers with this token."""

    def guard(environ: Mapping[str, Any]) -> bool:
        scheme, _, given = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())

    return guard


def anyone(_environ: Mapping[str, Any]) -> bool:
    return True


# Made anew for every caller: an exception that is raised again keeps the frames of all its earlier callers.
def _unauthorized() -> ApiError:
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "이 기기는 연결되어 있지 않아요.",
        "This caller is not paired.",
        headers=[("WWW-Authenticate", "Bearer")],
    )


def _internal() -> ApiError:
    return ApiError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "문제가 생겼어요. 아무것도 바뀌지 않았어요.",
        "Something went wrong; nothing was changed.",
    )


def _unavailable(problem: SyncError) -> ApiError:
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "not_saved", problem.user_message, problem.user_message_en)


def _error_reply(problem: ApiError, request_id: str, english: bool) -> Reply:
    body = {
        **problem.extra,
        "code": problem.code,
        "message": problem.message_en if english else problem.message,
        "request_id": request_id,
    }
    return Reply(body, problem.status, headers=problem.headers)


def _wants_english(environ: Mapping[str, Any]) -> bool:
    return str(environ.get("HTTP_ACCEPT_LANGUAGE", "")).strip().lower().startswith("en")


def _path(environ: Mapping[str, Any]) -> str:
    # WSGI carries the bytes of the path as Latin-1.
    return str(environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode("utf-8", "replace")


def _query(environ: Mapping[str, Any]) -> dict[str, str]:
    text = str(environ.get("QUERY_STRING", ""))
    if len(text) > QUERY_CHARS_MAX:
        raise bad_request("query_too_long", "주소가 너무 길어요.", "The query is too long.")
    return dict(parse_qsl(text, keep_blank_values=True))


def cookies_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """The cookies of a call, without failing on nonsense."""
    pairs = (part.strip().partition("=") for part in str(environ.get("HTTP_COOKIE", "")).split(";"))
    return {name: value for name, separator, value in pairs if separator}


def _read_json(environ: Mapping[str, Any]) -> dict[str, Any]:
    media = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    if media != "application/json":
        raise ApiError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "JSON만 받을 수 있어요.",
            "Only application/json is accepted.",
        )
    raw: bytes = environ["wsgi.input"].read(BODY_BYTES_MAX + 1)
    if len(raw) > BODY_BYTES_MAX:
        raise ApiError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "내용이 너무 커요.", "The body is larger than 64 KB."
        )
    try:
        found = json.loads(raw, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_no_float)
    except (ValueError, RecursionError):
        raise bad_request("bad_json", "JSON을 읽을 수 없어요.", "The body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise bad_request("bad_json", "JSON 객체가 아니에요.", "The body must be a JSON object.")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _no_float(text: str) -> Any:
    raise ValueError(f"{text}: amounts are whole numbers")


def text_field(body: Mapping[str, Any], name: str, *, required: bool = True, longest: int = 200) -> str:
    """A text of the body, "" when it may be missing. Raises a 422."""
    value = body.get(name, None if required else "")
    if not isinstance(value, str) or len(value) > longest or (required and not value):
        raise invalid("invalid_field", f"'{name}' 값을 확인해 주세요.", f"Check the value of '{name}'.")
    return value
