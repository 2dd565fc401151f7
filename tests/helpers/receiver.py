"""Owns a receiver of webhooks over a real socket: it answers what a test tells it, and keeps what came."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass
class Delivery:
    """One call as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def signed_by(self, *secrets: str) -> bool:
        """Whether the signatures are exactly those of these secrets, over the time and the body."""
        signed = self.headers["withfom-timestamp"].encode() + b"." + self.body
        made = ["v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
        return self.headers["withfom-signature"] == ",".join(made)


@dataclass
class Receiver:
    """``answers`` gives the status, and headers, of a delivery; it may wait."""

    answers: Callable[[Delivery], int | tuple[int, dict[str, str]]] = lambda _delivery: 204
    came: list[Delivery] = field(default_factory=list)
    at_once_most: int = 0
    drips: bool = False

    def __post_init__(self) -> None:
        receiver = self
        self._lock = threading.Lock()
        self._now = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                delivery = Delivery(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                try:
                    found = receiver._take(delivery)
                    status, headers = found if isinstance(found, tuple) else (found, {})
                    if receiver.drips:
                        self._drip()
                        return
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", "0")
                    self.end_headers()
                except OSError:
                    pass  # the caller did not wait

            def _drip(self) -> None:
                for letter in b"HTTP/1.1 200 OK\r\nx-long: " + b"a" * 1_000:
                    self.wfile.write(bytes([letter]))
                    self.wfile.flush()
                    time.sleep(0.02)  # a line that never ends and never stops either is what is tried

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="receiver", daemon=True)
        self._thread.start()

    def _take(self, delivery: Delivery) -> int | tuple[int, dict[str, str]]:
        with self._lock:
            self._now += 1
            self.at_once_most = max(self.at_once_most, self._now)
            self.came.append(delivery)
        try:
            return self.answers(delivery)
        finally:
            with self._lock:
                self._now -= 1

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/events"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [delivery.event for delivery in self.came]

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
