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
from sync.room import RESUME_BYTES, DiskRoom, WriterConnection
from sync.store import Store

BEFORE, AFTER = "before", "after"
PAGE_BYTES = 4_096
RESERVE_PAGES = 2_048
PAGES_MAX = 1_073_741_823  # as far as SQLite counts
STATEMENTS_KEPT = 1_000  # more than the program has, so that none is compiled twice for one connection


class Disk:
    """The disk of one machine. A crash is planned as "so many commits from now", before or after it is durable."""

    def __init__(self, node: str, image: bytes) -> None:
        self.node = node
        self.image = image
        self.commits = 0
        self.on_commit: Callable[[sqlite3.Connection], None] | None = None
        self.on_crash_point: Callable[[str], None] = lambda _where: None
        self.pages_max: int | None = None  # how far the file may grow; None: nobody fills this disk
        self.reserve = True  # what the product kept for such a day is there
        self._conn: SimConnection | None = None
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
        self._conn = conn
        self._limit()
        return conn

    def fill(self, pages_left: int, *, reserve: bool) -> None:
        """Another program takes what is free, but for this; sometimes the reserve as well."""
        self.pages_max = self._pages() + pages_left
        self.reserve = reserve
        self._limit()

    def give_room(self) -> None:
        """Somebody tidies up."""
        self.pages_max, self.reserve = None, True
        self._limit()

    def spend_reserve(self) -> None:
        """The product gives its reserve back to the disk."""
        if self.reserve and self.pages_max is not None:
            self.pages_max += RESERVE_PAGES
        self.reserve = False
        self._limit()

    def free_bytes(self) -> int | None:
        return None if self.pages_max is None else max(self.pages_max - self._pages(), 0) * PAGE_BYTES

    def _pages(self) -> int:
        assert self._conn is not None
        return int(self._conn.execute("PRAGMA page_count").fetchone()[0])

    def _limit(self) -> None:
        if self._conn is not None:
            self._conn.execute(f"PRAGMA max_page_count = {self.pages_max or PAGES_MAX}")

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
        if self.on_commit is not None:
            self.on_commit(conn)
        if dies == AFTER:
            self.pull_plug(conn)
            raise Crash(self.node, "after a commit")


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


class SimConnection(WriterConnection):
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


class SimRoom(DiskRoom):
    """The product's watch over the disk, on one that another program fills."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(Path(disk.node))
        self._disk = disk

    def release(self, why: str) -> None:
        if not self._spending:
            self._spending = True
            self._disk.spend_reserve()
        del why

    def keep(self) -> bool:
        free = self._free()
        if free is not None and free < RESUME_BYTES and self._spending:
            return False
        self._spending = False
        return True

    def _free(self) -> int | None:
        return self._disk.free_bytes()


class MemoryStore(Store):
    """The agent's real store over a simulated disk. Readers use the writer's connection: there is one thread."""

    def __init__(self, disk: Disk) -> None:
        conn = disk.open()
        conn.row_factory = sqlite3.Row
        conn.execute("PRAGMA foreign_keys = ON")
        super().__init__(Path(disk.node), cast(FileLock, _NoLock()), conn, None, room=SimRoom(disk))
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
