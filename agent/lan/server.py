"""Runs the LAN API on its own threads and tells local tools where it is through <data>/lan.json."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.lan.file import remove_lan_file, write_lan_file
from agent.lan.http import BODY_BYTES_MAX, Application
from agent.logbook import topic

THREADS = 4
CONNECTIONS_MAX = 64
LOOP_S = 5.0
STOP_S = 1.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024  # a font is 1.6 MB: no answer goes through a temporary file, also on a full disk
IDLE_S = 10  # a connection that says nothing for so long is closed (slow loris)
log = topic("lan")


class LanServer:
    """Binds at once, so that the port is known; serves from `start` to `stop`."""

    def __init__(self, *, folder: Path, token: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self._folder = folder
        self._token = token
        self._host = host
        self._wanted_port = port
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._sockets: dict[int, Any] = {}
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        """The port in use; 0 before `start`."""
        return int(self._server.effective_port) if self._server is not None else 0

    def hosts(self) -> frozenset[str]:
        """How callers may name this server in the Host header."""
        names = {"127.0.0.1", "localhost", "[::1]", self._host}
        return frozenset(f"{name}:{self.port}".lower() for name in names)

    def start(self, build: Callable[[LanServer], Application]) -> None:
        """Bind, write lan.json and serve. Raises OSError when the port is taken."""
        from waitress.server import create_server

        self._sockets = {}
        self._server = create_server(
            build(self),
            map=self._sockets,
            host=self._host,
            port=self._wanted_port,
            threads=THREADS,
            connection_limit=CONNECTIONS_MAX,
            channel_timeout=IDLE_S,
            cleanup_interval=5,
            # A little above our own limit, so that the answer is ours; far above it the server stops reading.
            max_request_body_size=BODY_BYTES_MAX * 4,
            outbuf_overflow=ANSWER_BYTES_MAX,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        write_lan_file(self._folder, port=self.port, token=self._token)
        self._thread = threading.Thread(target=self._run, name="lan-api", daemon=True)
        self._thread.start()
        log.event("lan_started", host=self._host, port=self.port)

    def _run(self) -> None:
        # Our own loop around waitress's: only the thread that uses the sockets may close them.
        while not self._stopping.is_set():
            self._server.asyncore.loop(timeout=LOOP_S, map=self._sockets, use_poll=True, count=1)
        self._server.task_dispatcher.shutdown(timeout=STOP_S)
        self._server.asyncore.close_all(self._sockets)

    def stop(self) -> None:
        """Stop serving and remove lan.json: a tool that finds none knows that no agent runs."""
        remove_lan_file(self._folder)
        if self._thread is None:
            return
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join(STOP_S + 1)
