"""Owns the agent's SQLite file: who may open it, how it is written and read, what happens when it is broken.

Rules: AGT-05.
"""

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
from sync.errors import StoreBusy, StoreClosed, StoreFull
from sync.filelock import FileLock
from sync.meta import forget_meta, get_meta, set_meta
from sync.opening import SetAside, connect, open_or_rebuild
from sync.restored import RestoreReport, read_report
from sync.room import DiskRoom, DiskState, WriterConnection
from sync.sqlite_errors import for_os_error, translated_errors

__all__ = ["FILE_NAME", "DiskState", "SetAside", "SqliteVersion", "Store", "StoreMisuse", "get_meta", "set_meta"]

log = logging.getLogger("sync")

FILE_NAME = "agent.sqlite3"
LOCK_NAME = "agent.lock"
READ_CONNECTIONS_KEPT = 4
CLOSE_WAIT_S = 1.0  # for reads under way, so that the writer is the last to leave the file


class StoreMisuse(RuntimeError):
    """A bug in our code: a transaction inside a transaction of the same thread."""


@dataclass(frozen=True)
class SqliteVersion:
    """``wal_reset_bug``: two connections that checkpoint at once could damage the file; ours has one that may."""

    text: str
    wal_reset_bug: bool

    @staticmethod
    def of(version: tuple[int, ...]) -> SqliteVersion:
        return SqliteVersion(".".join(map(str, version)), (3, 7, 0) <= version < (3, 51, 3))


class Store:
    """One owner process, one writer connection, several reader connections.

    Only one connection ever writes and checkpoints, because SQLite before 3.51.3 can damage a WAL that two
    connections reset. Safe to use from several threads.
    """

    @staticmethod
    def open(folder: Path, *, clock: Clock, migrations: Sequence[schema.Migration] | None = None) -> Store:
        """Opens or creates the file in ``folder`` and brings its schema up to date.

        A file that is no database, or a damaged one, is renamed and reported in ``set_aside``; nothing is ever
        deleted. Its place takes the newest sound backup together with the operations that the damaged file still
        tells; ``restored`` names the gap. Raises StoreBusy, StoreTooNew, StoreFull, StoreReadOnly or
        StoreUnreadable; then nothing is open.
        """
        known = tuple(migrations) if migrations is not None else schema.shipped()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(folder / LOCK_NAME)
        except BlockingIOError as taken:
            raise StoreBusy(str(taken)) from taken
        except OSError as refused:
            raise for_os_error(refused) from refused
        try:
            writer, set_aside = open_or_rebuild(folder / FILE_NAME, known, clock)
        except BaseException:
            lock.release()
            raise
        return Store(folder, lock, writer, set_aside, room=DiskRoom(folder))

    def __init__(
        self,
        folder: Path,
        lock: FileLock,
        writer: sqlite3.Connection,
        set_aside: SetAside | None,
        *,
        room: DiskRoom | None = None,
    ) -> None:
        """``room`` is the disk that the file lies on; None for a store that lies on none."""
        self.folder = folder
        self.path = folder / FILE_NAME
        self.set_aside = set_aside
        self._lock = lock
        self._writer = writer
        if isinstance(writer, WriterConnection):
            writer.kept_meta = {}
        self._room = room
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
                self._look_at_room()
                with translated_errors():
                    self._writer.execute("BEGIN IMMEDIATE")
                    try:
                        yield self._writer
                        self._writer.execute("COMMIT")
                    except BaseException:
                        forget_meta(self._writer)
                        if self._writer.in_transaction:
                            self._writer.execute("ROLLBACK")
                        raise
            except StoreFull as full:
                self._met_the_wall(full)
                raise
            finally:
                self._write_owner = None
        self._notify()

    def _look_at_room(self) -> None:
        """Refuses value events while the disk is nearly full."""
        if self._room is not None and isinstance(self._writer, WriterConnection):
            self._writer.refuses_value = self._room.look()

    def _met_the_wall(self, full: StoreFull) -> None:
        """Gives up the reserve. What met the wall is not saved; the next transaction has the reserve's room."""
        if self._room is not None and full.__cause__ is not None:  # SQLite's own, not a refusal of ours
            self._room.release("full")

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
            with translated_errors():
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

    def restored(self) -> RestoreReport | None:
        """What happened when this store last had to be restored, if ever."""
        with self.read() as conn:
            return read_report(conn)

    def disk(self) -> DiskState:
        """Room on the disk as of now."""
        return self._room.state() if self._room is not None else DiskState(None, warn=False, full=False)

    def keep_reserve(self) -> bool:
        """Makes the reserve for a full disk, or makes it again once there is room; whether it stands."""
        return self._room is not None and self._room.keep()

    @property
    def sqlite_version(self) -> SqliteVersion:
        """The library under this store; the same for every store of a process."""
        return SqliteVersion.of(sqlite3.sqlite_version_info)

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
                with translated_errors():
                    conn = connect(self.path)
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
