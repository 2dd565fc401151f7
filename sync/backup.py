"""Owns copies of the store: written whole, checked, kept for a few days, and found again when they are needed."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sync import integrity
from sync import migrations as schema
from sync.clock import Clock
from sync.errors import StoreDamaged
from sync.room import WARN_BYTES
from sync.sqlite_errors import for_os_error, translated_errors

if TYPE_CHECKING:
    from sync.store import Store

log = logging.getLogger("sync")

FOLDER_NAME = "backup"
KEEP_ALWAYS = 2  # however old: a shop that was closed for a month still has them
KEEP_MOST = 6
KEEP_MS = 3 * 24 * 3600 * 1000
_NAME = re.compile(r"agent-(\d{1,15})\.sqlite3")
_DRAFT = "draft.partial"


@dataclass(frozen=True)
class Backup:
    """``wall_ms`` orders them; it is the time of the copy unless the clock was set back."""

    path: Path
    wall_ms: int


@dataclass(frozen=True)
class Skipped:
    """No copy was made, and none was needed to know why."""

    reason: str


def existing(folder: Path) -> list[Backup]:
    """The copies of the store in ``folder``, newest first."""
    with contextlib.suppress(OSError):
        named = [(path, _NAME.fullmatch(path.name)) for path in (folder / FOLDER_NAME).iterdir()]
        found = [Backup(path, int(match[1])) for path, match in named if match]
        return sorted(found, key=lambda backup: backup.wall_ms, reverse=True)
    return []


def make(store: Store, clock: Clock) -> Backup | Skipped:
    """Copies what is committed, checks the copy, and only then gives it its name. Older ones over the limits go.

    Does not hold up the writer. Raises StoreFull, StoreReadOnly, StoreUnreadable or StoreDamaged; then nothing is
    left behind.
    """
    free = store.disk().free_bytes
    if free is not None and free - 2 * store.path.stat().st_size < WARN_BYTES:
        return Skipped("disk_nearly_full")
    folder = store.folder / FOLDER_NAME
    before = existing(store.folder)
    wall_ms = max(clock.wall_ms(), before[0].wall_ms + 1 if before else 0)
    made = Backup(folder / f"agent-{wall_ms}.sqlite3", wall_ms)
    draft = folder / _DRAFT
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        draft.unlink(missing_ok=True)
        with store.read() as conn:
            copy(conn, draft)
        check(draft)
        settle(draft, made.path)
    except OSError as refused:
        raise for_os_error(refused) from refused
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    for old in surplus([made, *before], wall_ms):
        with contextlib.suppress(OSError):
            old.path.unlink()
    return made


def surplus(newest_first: Sequence[Backup], now_ms: int) -> list[Backup]:
    """Which copies are not worth their room any more."""
    return [
        backup
        for n, backup in enumerate(newest_first)
        if n >= KEEP_MOST or (n >= KEEP_ALWAYS and now_ms - backup.wall_ms > KEEP_MS)
    ]


def copy(source: sqlite3.Connection, target: Path) -> None:
    """One consistent picture of ``source`` in a new file that needs no other file beside it. Raises StoreError."""
    with translated_errors():
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600))
        made = sqlite3.connect(target, isolation_level=None)
        try:
            made.execute("PRAGMA synchronous = OFF")  # settle() makes it durable, once
            source.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")
        finally:
            made.close()


def check(path: Path, known: Sequence[schema.Migration] | None = None) -> None:
    """Raises StoreDamaged when the copy is not sound."""
    with translated_errors(), opened(path) as conn:
        problem = integrity.problem(conn, known or schema.shipped())
    if problem is not None:
        raise StoreDamaged(f"{path.name}: {problem}")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy for reading; nothing beside it is created."""
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    try:
        conn.row_factory = sqlite3.Row
        yield conn
    finally:
        conn.close()


def settle(draft: Path, target: Path) -> None:
    """Gives a finished file its name; after a crash there is the whole file or none. Raises OSError."""
    fd = os.open(draft, os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    draft.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Makes renames in it durable, where the system can."""
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
