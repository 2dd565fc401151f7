"""Owns what happens when the agent's file is opened: checks, migrations, and setting a broken one aside."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sync import integrity
from sync import migrations as schema
from sync.clock import Clock
from sync.errors import StoreDamaged, StoreUnreadable
from sync.room import WriterConnection
from sync.sqlite_errors import translated_errors

log = logging.getLogger("sync")

_SIDE_FILES = ("", "-wal", "-shm", "-journal")
BUSY_TIMEOUT_MS = 5_000  # readers never wait for the writer in WAL; this covers a backup program holding the file


@dataclass(frozen=True)
class SetAside:
    """A file that could not be used was renamed to ``path``; a fresh one took its place."""

    path: Path
    reason: str


def connect(path: Path) -> WriterConnection:
    """A connection with the store's settings; readers forbid themselves to write afterwards."""
    conn = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
        factory=WriterConnection,
    )
    conn.row_factory = sqlite3.Row
    return conn


def open_or_set_aside(
    path: Path, known: Sequence[schema.Migration], clock: Clock
) -> tuple[sqlite3.Connection, SetAside | None]:
    # Only damage sets a file aside: a disk that does not answer today may hold a sound file tomorrow.
    try:
        if path.exists() and path.stat().st_size == 0:
            raise StoreDamaged("the file is empty")  # SQLite would take it for a new one, and a loss for a fresh start
        return _open_writer(path, known), None
    except StoreDamaged as broken:
        aside = _set_aside(path, clock, str(broken))
        log.error("store_set_aside path=%s reason=%s", aside.path.name, aside.reason)
        return _open_writer(path, known), aside


def _open_writer(path: Path, known: Sequence[schema.Migration]) -> sqlite3.Connection:
    with translated_errors():
        conn = connect(path)
        try:
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute("PRAGMA synchronous = FULL")
            conn.execute("PRAGMA foreign_keys = ON")
            schema.check_not_newer(conn, known)
            _check(conn)
            _copy_before_migration(conn, path, known)
            schema.migrate(conn, known)
            path.chmod(0o600)
        except BaseException:
            conn.close()
            raise
        return conn


def _check(conn: sqlite3.Connection) -> None:
    problem = integrity.problem(conn)
    if problem is not None:
        raise StoreDamaged(problem)


def _copy_before_migration(conn: sqlite3.Connection, path: Path, known: Sequence[schema.Migration]) -> None:
    """Keeps the file as it was before an update changes it, so that the program before it can be put back."""
    found = schema.version(conn)
    if found == 0 or found == known[-1].number:
        return
    copy_path = path.with_name(f"{path.stem}.schema{found:04d}{path.suffix}")
    copy = sqlite3.connect(copy_path)
    try:
        conn.backup(copy)
    finally:
        copy.close()
    copy_path.chmod(0o600)


def _set_aside(path: Path, clock: Clock, reason: str) -> SetAside:
    stem = f"{path.stem}.broken-{clock.wall_ms()}"
    number = 0
    while (target := path.with_name(f"{stem}{'' if not number else f'-{number}'}{path.suffix}")).exists():
        number += 1
    try:
        for side in _SIDE_FILES:
            part = path.with_name(path.name + side)
            if part.exists():
                part.replace(target.with_name(target.name + side))
    except OSError as refused:
        raise StoreUnreadable(f"{path.name} is broken and cannot be renamed: {refused}") from refused
    return SetAside(target, reason)
