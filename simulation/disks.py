"""Owns what survives a crash: a database in memory whose durable image is taken at a commit."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, cast

from simulation.outcomes import Crash
from sync.filelock import FileLock
from sync.store import Store

BEFORE, AFTER = "before", "after"
STATEMENTS_KEPT = 1_000  # more than the program has, so that none is compiled twice for one connection


class Disk:
    """The disk of one machine. A crash is planned as "so many commits from now", before or after it is durable."""

    def __init__(self, node: str, image: bytes) -> None:
        self.node = node
        self.image = image
        self.commits = 0
        self.on_commit: Callable[[sqlite3.Connection], None] | None = None
        self.on_crash_point: Callable[[str], None] = lambda _where: None
        self._crash_in: int | None = None
        self._crash_when = BEFORE

    def plan_crash(self, commits: int | None, when: str = BEFORE) -> None:
        """The machine dies at the ``commits``-th commit from now; None: it does not."""
        self._crash_in = commits
        self._crash_when = when

    def open(self) -> SimConnection:
        """A connection to what is durable."""
        conn = sqlite3.connect(
            ":memory:",
            isolation_level=None,
            check_same_thread=False,
            factory=SimConnection,
            cached_statements=STATEMENTS_KEPT,
        )
        if self.image:
            conn.deserialize(self.image)
        conn.disk = self
        return conn

    def pull_plug(self, conn: sqlite3.Connection) -> None:
        """Power is lost: what was not committed is gone."""
        if conn.in_transaction:
            sqlite3.Connection.rollback(conn)
        self.image = conn.serialize()

    def commit(self, conn: SimConnection, commit: Callable[[], None]) -> None:
        """Commits, or crashes at this commit."""
        self.commits += 1
        dies = None
        if self._crash_in is not None:
            self._crash_in -= 1
            if self._crash_in <= 0:
                dies, self._crash_in = self._crash_when, None
        if dies is not None:
            self.on_crash_point(f"{dies} {committing()}")
        if dies == BEFORE:
            self.pull_plug(conn)
            raise Crash(self.node, "before a commit")
        commit()
        if dies == AFTER:
            self.pull_plug(conn)
            raise Crash(self.node, "after a commit")
        if self.on_commit is not None:
            self.on_commit(conn)


_BESIDES = ("sync.store", "cloud_api.database")


def committing() -> str:
    """Which function of the product commits at this moment, as ``agent.earn.service.submit_phone``."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(("agent.", "sync.", "cloud_api.")) and module not in _BESIDES:
            return f"{module}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"


class SimConnection(sqlite3.Connection):
    """Tells its disk of every commit; both ways to say COMMIT are caught."""

    disk: Disk | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.disk is not None:
            self.disk.commit(self, lambda: self._plain_execute("COMMIT"))
            return self.cursor()
        return super().execute(sql, parameters)

    def _plain_execute(self, sql: str) -> None:
        super().execute(sql)

    def commit(self) -> None:
        if self.disk is None or not self.in_transaction:
            super().commit()
            return
        self.disk.commit(self, super().commit)


class _NoLock:
    """One process simulates all machines; nobody else can open a disk that is in memory."""

    def release(self) -> None:
        """Nothing is held."""


class MemoryStore(Store):
    """The agent's real store over a simulated disk. Readers use the writer's connection: there is one thread."""

    def __init__(self, disk: Disk) -> None:
        conn = disk.open()
        conn.row_factory = sqlite3.Row
        conn.execute("PRAGMA foreign_keys = ON")
        super().__init__(Path(disk.node), cast(FileLock, _NoLock()), conn, None)
        self.conn = conn
        self.dead = False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self._alive()
        with super().transaction() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        self._alive()
        yield self.conn  # nobody else can write meanwhile: no reader of the product waits for anybody

    def _alive(self) -> None:
        if self.dead:
            raise Crash(self.folder.name, "left over from before the crash")
