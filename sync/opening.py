"""Owns what happens when the agent's file is opened: checks, migrations, and setting a broken one aside."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sync import backup, integrity, rebuild, renewal
from sync import migrations as schema
from sync.clock import Clock
from sync.errors import StoreDamaged, StoreUnreadable
from sync.room import WriterConnection
from sync.sqlite_errors import for_os_error, translated_errors

log = logging.getLogger("sync")

_DRAFT = "agent.rebuilding.sqlite3"
_READY = "agent.rebuilt.sqlite3"  # whole and durable; only the renaming is left
_SIDE_FILES = ("", "-wal", "-shm", "-journal")
CACHED_STATEMENTS = 512  # all that the program has; by itself the module keeps 128 and makes the others anew each time
BUSY_TIMEOUT_MS = 5_000  # readers never wait for the writer in WAL; this covers a backup program holding the file


@dataclass(frozen=True)
class SetAside:
    """A file that could not be used was renamed to ``path``; a rebuilt one took its place (Store.restored)."""

    path: Path
    reason: str


def connect(path: Path) -> WriterConnection:
    """A connection with the store's settings; readers forbid themselves to write afterwards."""
    conn = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
        cached_statements=CACHED_STATEMENTS,
        factory=WriterConnection,
    )
    conn.row_factory = sqlite3.Row
    return conn


def open_or_rebuild(
    path: Path, known: Sequence[schema.Migration], clock: Clock
) -> tuple[sqlite3.Connection, SetAside | None]:
    """The store's writing connection, on a file that is sound; and what had to be set aside for it.

    Only damage sets a file aside: a disk that does not answer today may hold a sound file tomorrow.
    """
    try:
        _finish_rebuild(path, clock)
        conn, aside = _opened_or_rebuilt(path, known, clock)
    except OSError as refused:
        raise for_os_error(refused) from refused
    try:
        with translated_errors():
            renewal.check_queue(conn, clock)
    except BaseException:
        conn.close()
        raise
    return conn, aside


def _opened_or_rebuilt(
    path: Path, known: Sequence[schema.Migration], clock: Clock
) -> tuple[sqlite3.Connection, SetAside | None]:
    if not path.exists() and backup.existing(path.parent):
        return _rebuilt(path, known, clock, "the file is gone")
    try:
        if path.exists() and path.stat().st_size == 0:
            raise StoreDamaged("the file is empty")  # SQLite would take it for a new one, and a loss for a fresh start
        if path.exists() and not _versions_known(path):
            raise StoreDamaged("the header says that no program we know wrote it")  # SQLite would call it read-only
        return _open_writer(path, known), None
    except StoreDamaged as broken:
        return _rebuilt(path, known, clock, str(broken))


def _versions_known(path: Path) -> bool:
    """Whether the header's two format versions, after its sixteen letters, are those of a rollback journal or a WAL."""
    with path.open("rb") as file:
        versions = file.read(20)[18:]
    return all(version in (1, 2) for version in versions)


def _rebuilt(
    path: Path, known: Sequence[schema.Migration], clock: Clock, reason: str
) -> tuple[sqlite3.Connection, SetAside | None]:
    """The new file is whole before the broken one moves, so that no crash in between leaves a start from nothing."""
    draft, ready = path.with_name(_DRAFT), path.with_name(_READY)
    for left_over in (draft, ready):
        left_over.unlink(missing_ok=True)
    damaged = path if path.exists() else None
    target = _aside_name(path, clock)
    rebuild.rebuild(draft, damaged, known, clock, reason, aside=target.name if damaged else None)
    backup.settle(draft, ready)
    aside = SetAside(target, reason) if damaged else None
    log.error("store_set_aside path=%s reason=%s", target.name if damaged else "-", reason)
    _finish_rebuild(path, clock, broken_to=target)
    return _open_writer(path, known), aside


def _finish_rebuild(path: Path, clock: Clock, broken_to: Path | None = None) -> None:
    """Puts a rebuilt file in its place, also one that an earlier start finished and could not put there any more."""
    ready = path.with_name(_READY)
    if not ready.exists():
        return
    if path.exists() and broken_to is None:
        ready.unlink()  # the broken file never moved: begin again
        return
    # Also a log that was left behind without its file: SQLite would take it for the new file's own.
    _move_aside(path, broken_to or _aside_name(path, clock))
    ready.replace(path)
    backup.sync_folder(path.parent)


def _open_writer(path: Path, known: Sequence[schema.Migration]) -> sqlite3.Connection:
    with translated_errors():
        conn = connect(path)
        try:
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute("PRAGMA synchronous = FULL")
            conn.execute("PRAGMA foreign_keys = ON")
            schema.check_not_newer(conn, known)
            _check(conn, known)
            _copy_before_migration(conn, path, known)
            schema.migrate(conn, known)
            path.chmod(0o600)
        except UnicodeDecodeError as quoted:  # SQLite's complaint about the schema quotes what is broken
            conn.close()
            raise StoreDamaged(str(quoted)) from quoted
        except BaseException:
            conn.close()
            raise
        return conn


def _check(conn: sqlite3.Connection, known: Sequence[schema.Migration]) -> None:
    problem = integrity.problem(conn, known)
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


def kept_beside(path: Path) -> list[Path]:
    """What updates and damage have left beside the store's file: copies of before, and broken files with their logs."""
    named = (f"{path.stem}.schema[0-9][0-9][0-9][0-9]{path.suffix}", f"{path.stem}.broken-*{path.suffix}*")
    return sorted(found for name in named for found in path.parent.glob(name))


def _aside_name(path: Path, clock: Clock) -> Path:
    stem = f"{path.stem}.broken-{clock.wall_ms()}"
    number = 0
    while (target := path.with_name(f"{stem}{'' if not number else f'-{number}'}{path.suffix}")).exists():
        number += 1
    return target


def _move_aside(path: Path, target: Path) -> None:
    try:
        for side in _SIDE_FILES:
            part = path.with_name(path.name + side)
            if part.exists():
                part.replace(target.with_name(target.name + side))
    except OSError as refused:
        raise StoreUnreadable(f"{path.name} is broken and cannot be renamed: {refused}") from refused
