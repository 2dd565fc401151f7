"""Owns the agent's SQLite file: who may open it, how it is written and read, what happens when it is broken."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync import migrations as schema
from sync.clock import Clock
from sync.errors import (
    StoreBusy,
    StoreClosed,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreadable,
)
from sync.filelock import FileLock

log = logging.getLogger("sync")

FILE_NAME = "agent.sqlite3"
LOCK_NAME = "agent.lock"
_SIDE_FILES = ("", "-wal", "-shm", "-journal")
READ_CONNECTIONS_KEPT = 4
CLOSE_WAIT_S = 1.0  # for reads under way, so that the writer is the last to leave the file
BUSY_TIMEOUT_MS = 5_000  # readers never wait for the writer in WAL; this covers a backup program holding the file


class StoreMisuse(RuntimeError):
    """A bug in our code: a transaction inside a transaction of the same thread."""


@dataclass(frozen=True)
class SetAside:
    """A file that could not be used was renamed to ``path``; a fresh one took its place."""

    path: Path
    reason: str


class Store:
    """One owner process, one writer connection, several reader connections.

    Only one connection ever writes and checkpoints, because SQLite before 3.51.3 can damage a WAL that two
    connections reset. Safe to use from several threads.
    """

    @staticmethod
    def open(folder: Path, *, clock: Clock, migrations: Sequence[schema.Migration] | None = None) -> Store:
        """Opens or creates the file in ``folder`` and brings its schema up to date.

        A file that is no database, or a damaged one, is renamed and reported in ``set_aside``; nothing is ever
        deleted. Raises StoreBusy, StoreTooNew, StoreFull, StoreReadOnly or StoreUnreadable; then nothing is open.
        """
        known = tuple(migrations) if migrations is not None else schema.shipped()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(folder / LOCK_NAME)
        except BlockingIOError as taken:
            raise StoreBusy(str(taken)) from taken
        except OSError as refused:
            raise _for_os_error(refused) from refused
        try:
            writer, set_aside = _open_or_set_aside(folder / FILE_NAME, known, clock)
        except BaseException:
            lock.release()
            raise
        return Store(folder, lock, writer, set_aside)

    def __init__(self, folder: Path, lock: FileLock, writer: sqlite3.Connection, set_aside: SetAside | None) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self.set_aside = set_aside
        self._lock = lock
        self._writer = writer
        self._write_lock = threading.Lock()
        self._write_owner: int | None = None
        self._pool_lock = threading.Condition()
        self._idle_readers: list[sqlite3.Connection] = []
        self._busy_readers: set[sqlite3.Connection] = set()
        self._callbacks: tuple[Callable[[], None], ...] = ()
        self._closed = False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside commits durably together or not at all; other threads wait.

        Never do network or wait for people inside. Raises StoreFull, StoreReadOnly, StoreUnreadable or
        StoreClosed (nothing was saved then), and StoreMisuse when this thread is already inside one.
        """
        me = threading.get_ident()
        if self._write_owner == me:
            raise StoreMisuse("transaction() inside a transaction of the same thread")
        with self._write_lock:
            if self._closed:
                raise StoreClosed("the store is closed")
            self._write_owner = me
            try:
                with _translated_errors():
                    self._writer.execute("BEGIN IMMEDIATE")
                    try:
                        yield self._writer
                        self._writer.execute("COMMIT")
                    except BaseException:
                        if self._writer.in_transaction:
                            self._writer.execute("ROLLBACK")
                        raise
            finally:
                self._write_owner = None
        self._notify()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent picture of what is committed; never waits for the writer.

        Inside a transaction of the same thread it is that transaction, so that code sees what it wrote.
        """
        if self._write_owner == threading.get_ident():
            yield self._writer
            return
        conn = self._borrow_reader()
        try:
            with _translated_errors():
                conn.execute("BEGIN")
                try:
                    yield conn
                finally:
                    if conn.in_transaction:
                        conn.execute("ROLLBACK")
        finally:
            self._return_reader(conn)

    def after_commit(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls ``callback`` after every commit, on the committing thread; returns what ends the subscription."""
        self._callbacks = (*self._callbacks, callback)

        def unsubscribe() -> None:
            self._callbacks = tuple(kept for kept in self._callbacks if kept is not callback)

        return unsubscribe

    def meta(self, key: str) -> str | None:
        """A stored single value as committed (or as written by this thread's own transaction)."""
        with self.read() as conn:
            return get_meta(conn, key)

    @staticmethod
    def set_meta(conn: sqlite3.Connection, key: str, value: str | None) -> None:
        """Writes a single value inside the caller's transaction; None removes it."""
        set_meta(conn, key, value)

    def close(self) -> None:
        """Waits for a running transaction, then gives the file and its lock back. May be called twice."""
        with self._write_lock:
            if self._closed:
                return
            self._closed = True
            with self._pool_lock:
                self._pool_lock.wait_for(lambda: not self._busy_readers, timeout=CLOSE_WAIT_S)
                readers, self._idle_readers = self._idle_readers, []
            for reader in readers:
                reader.close()
            try:
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as problem:  # the next start replays the WAL; closing must not fail for it
                log.warning("checkpoint_failed error=%s", problem)
            self._writer.close()
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _notify(self) -> None:
        for callback in self._callbacks:
            try:
                callback()
            except Exception:  # the commit stands; a listener's bug must not make it look failed
                log.exception("after_commit_failed")

    def _borrow_reader(self) -> sqlite3.Connection:
        with self._pool_lock:
            if self._closed:
                raise StoreClosed("the store is closed")
            conn = self._idle_readers.pop() if self._idle_readers else None
            if conn is None:
                with _translated_errors():
                    conn = _connect(self.path)
                    conn.execute("PRAGMA query_only = ON")
            self._busy_readers.add(conn)
            return conn

    def _return_reader(self, conn: sqlite3.Connection) -> None:
        with self._pool_lock:
            self._busy_readers.discard(conn)
            self._pool_lock.notify_all()
            if not self._closed and len(self._idle_readers) < READ_CONNECTIONS_KEPT:
                self._idle_readers.append(conn)
                return
        conn.close()


def get_meta(conn: sqlite3.Connection, key: str) -> str | None:
    """A stored single value, inside the caller's transaction or read."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def set_meta(conn: sqlite3.Connection, key: str, value: str | None) -> None:
    """Writes a single value inside the caller's transaction; None removes it."""
    if value is None:
        conn.execute("DELETE FROM meta WHERE key = ?", (key,))
    else:
        conn.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )


def _connect(path: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000)
    conn.row_factory = sqlite3.Row
    return conn


def _open_or_set_aside(
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
    with _translated_errors():
        conn = _connect(path)
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
    problems = [str(row[0]) for row in conn.execute("PRAGMA quick_check(3)")]
    if problems != ["ok"]:
        raise StoreDamaged("; ".join(problems))


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


_FULL = frozenset({sqlite3.SQLITE_FULL})
_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
_UNREADABLE = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def _translated_errors() -> Iterator[None]:
    """What the file or the disk does becomes our errors; what our SQL does wrong stays sqlite3's."""
    try:
        yield
    except sqlite3.Error as problem:
        translated = _for_sqlite_error(problem)
        if translated is None:
            raise
        raise translated from problem


def _for_sqlite_error(problem: sqlite3.Error) -> StoreError | None:
    code = getattr(problem, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    text = f"{getattr(problem, 'sqlite_errorname', code)}: {problem}"
    if primary in _FULL:
        return StoreFull(text)
    if primary in _READ_ONLY:
        return StoreReadOnly(text)
    if primary in _UNREADABLE:
        return StoreUnreadable(text)
    if primary in _DAMAGED:
        return StoreDamaged(text)
    if primary == sqlite3.SQLITE_BUSY:
        return StoreBusy(text)
    return None


def _for_os_error(problem: OSError) -> StoreError:
    import errno

    if problem.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return StoreFull(str(problem))
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreReadOnly(str(problem))
    return StoreUnreadable(str(problem))
