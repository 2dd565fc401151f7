"""One call of an endpoint: signed, within its time, to a checked address, and what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import httpx

from cloud_api.webhooks.addresses import RefusedAddress, checked, resolved

TIMEOUT_S = 10.0
_ANSWER_BYTES_MAX = 64 * 1024
_GONE = 410
_WAIT_MAX_S = 3_600


@dataclass(frozen=True)
class Came:
    """``status`` is the answer's; without one, ``error`` says why. ``wait_s`` is what the receiver asked for."""

    status: int | None
    error: str | None
    took_ms: int
    wait_s: int = 0

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == _GONE


def signature(secrets: Sequence[bytes], timestamp_s: int, body: bytes) -> str:
    """HMAC-SHA256 of the time, a dot and the body, one for each secret that holds."""
    signed = f"{timestamp_s}.".encode() + body
    return ",".join("v1=" + hmac.new(secret, signed, hashlib.sha256).hexdigest() for secret in secrets)


class Sender:
    """Connects for each call: a connection that stays would be one that nobody checked again."""

    def __init__(self, allowed: Collection[str], *, timeout_s: float = TIMEOUT_S) -> None:
        self._allowed = frozenset(allowed)
        self._timeout_s = timeout_s
        self._context = httpx.create_ssl_context(trust_env=False)

    async def send(self, url: str, body: bytes, headers: dict[str, str]) -> Came:
        """Never raises for what the receiver, the network or the address does."""
        began = time.monotonic()
        status, error, wait_s = None, None, 0
        try:
            async with asyncio.timeout(self._timeout_s):
                status, wait_s = await self._call(url, body, headers)
        except TimeoutError:
            error = "timeout"
        except RefusedAddress as refused:
            error = f"address_refused: {refused}"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as problem:
            error = f"no_answer: {type(problem).__name__}"
        return Came(status, error, int((time.monotonic() - began) * 1_000), wait_s)

    async def _call(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, int]:
        parts = checked(url, self._allowed)
        address = await resolved(parts, self._allowed)
        host = parts.hostname or ""
        target = httpx.URL(url).copy_with(host=address)
        named = headers | {"host": parts.netloc, "connection": "close"}
        async with (
            httpx.AsyncClient(verify=self._context, trust_env=False, timeout=self._timeout_s) as client,
            client.stream("POST", target, content=body, headers=named, extensions={"sni_hostname": host}) as answer,
        ):
            size = 0
            async for part in answer.aiter_raw():
                size += len(part)
                if size > _ANSWER_BYTES_MAX:
                    break
            return answer.status_code, _wait_s(answer.headers.get("retry-after", ""))


def _wait_s(text: str) -> int:
    return min(int(text), _WAIT_MAX_S) if text.isascii() and text.isdigit() and len(text) < 10 else 0
