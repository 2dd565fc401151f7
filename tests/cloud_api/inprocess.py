"""Owns calling the application without a socket: its event loop on a thread, a blocking httpx client in front."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI

T = TypeVar("T")

ADDRESS = ("192.0.2.7", 40_000)
LIMIT_S = 30.0


class InProcess:
    """Starts the application's lifespan; ``client`` calls it from any thread."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="cloud-loop", daemon=True)
        self._thread.start()
        self._lifespan = app.router.lifespan_context(app)
        self.run(self._lifespan.__aenter__())
        self.client = httpx.Client(transport=_Bridge(self), base_url="http://cloud.test", timeout=LIMIT_S)

    def run(self, job: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the application's loop."""
        return asyncio.run_coroutine_threadsafe(job, self.loop).result(LIMIT_S)

    async def call(self, request: httpx.Request) -> httpx.Response:
        """Answers a request that was read; an application that raises before it answered makes a bare 500."""
        exchange = _Exchange(request)
        try:
            await self._app(exchange.scope(), exchange.receive, exchange.send)
        except Exception:
            if not exchange.status_code:
                return httpx.Response(500)
        assert exchange.complete.is_set()
        # As sent: packed stays packed.
        return httpx.Response(exchange.status_code, headers=exchange.headers, content=b"".join(exchange.parts))

    def close(self) -> None:
        self.client.close()
        self.run(self._lifespan.__aexit__(None, None, None))
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LIMIT_S)
        self.loop.close()


class _Bridge(httpx.BaseTransport):
    def __init__(self, owner: InProcess) -> None:
        self._owner = owner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._owner.run(self._owner.call(request))


class _Exchange:
    """One request and its answer as ASGI has them. httpx brings the same, and looks on the disk for a package that is
    not there with every call, which made that a sixth of its time."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._asked = False
        self.complete = asyncio.Event()
        self.status_code = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []

    def scope(self) -> dict[str, Any]:
        url = self._request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ADDRESS,
            "root_path": "",
        }

    async def receive(self) -> dict[str, Any]:
        if self._asked:
            await self.complete.wait()
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": self._request.content, "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        assert not self.complete.is_set()
        if message["type"] == "http.response.start":
            self.status_code, self.headers = message["status"], message["headers"]
            return
        if self._request.method != "HEAD":
            self.parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            self.complete.set()
