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
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False, client=ADDRESS)
        self.run(self._lifespan.__aenter__())
        self.client = httpx.Client(transport=_Bridge(self), base_url="http://cloud.test", timeout=LIMIT_S)

    def run(self, job: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the application's loop."""
        return asyncio.run_coroutine_threadsafe(job, self.loop).result(LIMIT_S)

    async def call(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        content = b"".join([part async for part in answer.stream])  # as sent: packed stays packed
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)

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
        repeatable = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.content, extensions=request.extensions
        )
        return self._owner.run(self._owner.call(repeatable))
