"""Owns room on the disk: how much is left, when to warn, and a reserve for the day on which it is full."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from sync.errors import StoreFull

log = logging.getLogger("sync")

RESERVE_NAME = "agent.reserve"
# What a whole queue needs to leave: a WAL grows to 4 MiB before its pages go back to the file, and the answers to
# the operations of two weeks offline are a few MiB more.
RESERVE_BYTES = 8 * 1024 * 1024
FULL_BYTES = 8 * 1024 * 1024  # below this the next few commits may fail
RESUME_BYTES = RESERVE_BYTES + 2 * FULL_BYTES  # enough to make the reserve again without being full at once
WARN_BYTES = 200 * 1024 * 1024
# Facts whose documents or customers can wait; decisions and everything that drains the queue are never refused here.
VALUE_KINDS = frozenset({"earn", "earn.reverse"})


@dataclass(frozen=True)
class DiskState:
    """``warn``: soon full. ``full``: new value events are refused; what is queued still drains.

    ``free_bytes`` is None where the system does not say.
    """

    free_bytes: int | None
    warn: bool
    full: bool


class WriterConnection(sqlite3.Connection):
    """The store's writing connection; ``refuses_value`` is kept by the store, read by the outbox.

    ``kept_meta`` are values of the table meta as this connection would read them; None while others may write, and for
    readers.
    """

    refuses_value = False
    kept_meta: dict[str, str | None] | None = None


def refuse_value(conn: sqlite3.Connection, kind: str) -> None:
    """Raises StoreFull for a new value event while only the reserve is left."""
    if kind in VALUE_KINDS and isinstance(conn, WriterConnection) and conn.refuses_value:
        raise StoreFull(f"{kind}: the disk is nearly full, the rest is kept for the queue")


class DiskRoom:
    """The disk under one folder. Thread-safe; asking costs a few microseconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / RESERVE_NAME
        self._lock = threading.Lock()
        self._spending = False  # the reserve was given up, or could not be made

    def state(self) -> DiskState:
        free = self._free()
        full = self._spending or (free is not None and free < FULL_BYTES)
        return DiskState(free, full or (free is not None and free < WARN_BYTES), full)

    def look(self) -> bool:
        """Whether value events must be refused now. Gives the reserve up before SQLite runs into the wall."""
        free = self._free()
        if free is not None and free < FULL_BYTES:
            self.release("low")
        return self._spending

    def release(self, why: str) -> None:
        """Gives the reserve back to the disk; until there is room again only the queue may use it."""
        with self._lock:
            if self._spending:
                return
            self._spending = True
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
        log.warning("disk_reserve_released why=%s", why)

    def keep(self) -> bool:
        """Makes the reserve, for the first time or again, once there is room. Whether it stands."""
        with self._lock:
            if not self._spending and self._has_reserve():
                return True
            free = self._free()
            if free is not None and free < RESUME_BYTES:
                return False
            try:
                _fill(self._path, RESERVE_BYTES)
            except OSError as refused:
                with contextlib.suppress(OSError):
                    self._path.unlink(missing_ok=True)
                log.warning("disk_reserve_not_made error=%s", refused)
                return False
            self._spending = False
            return True

    def _has_reserve(self) -> bool:
        try:
            return self._path.stat().st_size == RESERVE_BYTES
        except OSError:
            return False

    def _free(self) -> int | None:
        try:
            if sys.platform != "win32":
                found = os.statvfs(self._folder)  # asked with every transaction
                return found.f_bavail * found.f_frsize
            return shutil.disk_usage(self._folder).free
        except OSError:
            return None


def _fill(path: Path, size: int) -> None:
    """A file that really takes its place on the disk. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(fd, 0, size)
        else:
            block = bytes(64 * 1024)
            for _ in range(size // len(block)):
                os.write(fd, block)
        os.fsync(fd)
    finally:
        os.close(fd)
