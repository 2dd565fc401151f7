"""Several server processes behind one port, on one PostgreSQL: started, replaced when one dies, ended together."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from cloud_api.app import create_app
from cloud_api.database import sqlite_path
from cloud_api.errors import StartError
from cloud_api.serve import listening_socket, run
from cloud_api.settings import Settings

log = logging.getLogger("cloud")

START_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0


def serve_together(settings: Settings, *, host: str, port: int, workers: int, on_ready: Callable[[str], None]) -> None:
    """Serves with ``workers`` processes until SIGTERM or SIGINT. Raises StartError, on SQLite always.

    They accept from one socket, so none of them gets more than it can take; feeds wake the others by the database.
    """
    if sqlite_path(settings.database_url) is not None:
        raise StartError(
            "SQLite 는 프로세스 하나만 쓸 수 있습니다. PostgreSQL 을 쓰세요"
            " / SQLite takes one process; several need PostgreSQL (--database postgresql://…)"
        )
    with listening_socket(host, port) as shared:
        crew = _Crew(settings, shared, multiprocessing.get_context("spawn"))
        before = [signal.signal(which, crew.stop) for which in (signal.SIGTERM, signal.SIGINT)]
        try:
            crew.start(workers)
            name, number = shared.getsockname()[:2]
            on_ready(f"http://[{name}]:{number}" if ":" in name else f"http://{name}:{number}")
            crew.watch()
        finally:
            crew.end()
            for which, earlier in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
                signal.signal(which, earlier)


class _Crew:
    def __init__(self, settings: Settings, shared: socket.socket, context: SpawnContext) -> None:
        self._settings = settings
        self._shared = shared
        self._context = context
        self._members: list[tuple[SpawnProcess, Connection]] = []
        self._stop_here, self._stop_there = context.Pipe(duplex=False)
        self._stopping = False

    def start(self, workers: int) -> None:
        """Returns when all of them take calls. Raises StartError."""
        self._members = [self._hire() for _ in range(workers)]
        for process, line in self._members:
            if not _is_ready(line):
                raise StartError(f"서버를 시작할 수 없습니다 / process {process.pid} could not start")

    def _hire(self) -> tuple[SpawnProcess, Connection]:
        here, there = self._context.Pipe()
        process = self._context.Process(target=_worker, args=(self._settings, self._shared, there))
        process.start()
        there.close()
        return process, here

    def stop(self, *_: Any) -> None:
        """A signal came; wakes ``watch``."""
        if not self._stopping:
            self._stopping = True
            self._stop_there.send(None)

    def watch(self) -> None:
        """Replaces whoever dies, until told to stop. Raises StartError when a replacement cannot start."""
        while not self._stopping:
            ended = wait([self._stop_here, *(process.sentinel for process, _ in self._members)])
            for place, (process, line) in enumerate(self._members):
                if self._stopping or process.sentinel not in ended:
                    continue
                process.join(STOP_LIMIT_S)
                log.error("server_process_ended pid=%s exit=%s", process.pid, process.exitcode)
                line.close()
                self._members[place] = self._hire()
                if not _is_ready(self._members[place][1]) and not self._stopping:
                    raise StartError("서버를 다시 시작할 수 없습니다 / a server process could not be replaced")

    def end(self) -> None:
        """Asks all to stop, and ends those that do not."""
        for process, _ in self._members:
            process.terminate()
        for process, line in self._members:
            process.join(STOP_LIMIT_S)
            if process.exitcode is None:
                process.kill()
                process.join()
            line.close()


def _is_ready(line: Connection) -> bool:
    try:
        return line.poll(START_LIMIT_S) and line.recv() == "ready"
    except (EOFError, OSError):
        return False


def _worker(settings: Settings, shared: socket.socket, line: Connection) -> None:
    """One process: serves until told to stop, or until its parent is gone."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(levelname)s %(name)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to everybody; the parent decides
    app = create_app(settings)

    def until_alone() -> None:
        try:
            line.recv()
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=until_alone, name="parent-watch", daemon=True).start()
    host, port = shared.getsockname()[:2]
    run(app, host=host, port=port, on_ready=lambda _url: line.send("ready"), shared=shared)
