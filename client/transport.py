"""One call: its key, its errors, and trying again where a repetition changes nothing.

CloudError
├── Refused        the cloud answered with a code of its catalogue
└── Unreachable    no answer came; a call with an idempotency key may simply be made again
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import httpx

TIMEOUT_S = 15.0
TRIES = 3
_FIRST_WAIT_S = 0.5
_WAIT_MAX_S = 30.0
_AGAIN = frozenset({429, 502, 503, 504})


class CloudError(Exception):
    """Root of the tree."""


class Refused(CloudError):
    """``code`` is the one to decide by; ``message`` is for people, in the language that was asked for."""

    def __init__(self, status: int, body: Mapping[str, Any], retry_after_s: float | None) -> None:
        self.status = status
        self.code = str(body.get("code", "unknown"))
        self.message = str(body.get("message", ""))
        self.request_id = str(body.get("request_id", ""))
        self.body = body
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.code}: {self.message}")


class Unreachable(CloudError):
    """The cloud did not answer."""


class Transport:
    """Connections to one cloud with one key; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        language: str = "ko",
        timeout_s: float = TIMEOUT_S,
        tries: int = TRIES,
        wait: Callable[[float], object] = time.sleep,
        http: httpx.Client | None = None,
    ) -> None:
        """``http`` replaces the connections, for tests and proxies."""
        self._http = http or httpx.Client(base_url=base_url, timeout=timeout_s, trust_env=False)
        self._headers = {"authorization": f"Bearer {key}", "accept-language": language}
        self._tries = tries
        self._wait = wait

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | None] | None = None,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        raw: bool = False,
    ) -> Any:
        """The answer's JSON, or its bytes when it is ``raw``. Raises Refused or Unreachable."""
        wanted = {name: value for name, value in (query or {}).items() if value is not None}
        repeatable = method == "GET" or (body is not None and "idempotency_key" in body)
        for left in reversed(range(self._tries if repeatable else 1)):
            try:
                answer = self._request(method, path, wanted, body, content)
            except httpx.TransportError as error:
                if not left:
                    raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
                self._wait(self._pause_s(left))
                continue
            if answer.is_success:
                return answer.content if raw else answer.json()
            refused = _refused(answer)
            if not left or refused.status not in _AGAIN:
                raise refused
            self._wait(self._pause_s(left) if refused.retry_after_s is None else refused.retry_after_s)
        raise AssertionError("unreachable")

    def _request(
        self, method: str, path: str, query: Mapping[str, str | int], body: Any, content: bytes | None
    ) -> httpx.Response:
        if content is None:
            return self._http.request(method, path, params=query, json=body, headers=self._headers)
        headers = self._headers | {"content-type": "application/octet-stream"}
        return self._http.request(method, path, params=query, content=content, headers=headers)

    def _pause_s(self, left: int) -> float:
        return min(_FIRST_WAIT_S * 2.0 ** (self._tries - 1 - left), _WAIT_MAX_S)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _refused(answer: httpx.Response) -> Refused:
    try:
        body = answer.json()
    except ValueError:  # not the cloud's words: something between answered
        body = {}
    after = answer.headers.get("retry-after", "")
    wait_s = min(float(after), _WAIT_MAX_S) if after.isascii() and after.isdigit() else None
    return Refused(answer.status_code, body if isinstance(body, dict) else {}, wait_s)
