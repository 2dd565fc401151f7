"""Connections, transactions and retries; the one place that knows SQLite from PostgreSQL.

A unit of work is a function that gets a ``Work`` and runs in one transaction. It may run again when the database
asks for it (deadlock), so it must not talk to anybody outside. Feed rows it published are numbered at the very end.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.pool import StaticPool

from cloud_api.clock import Clock
from cloud_api.exchange import NOT_PREPARED, Answer, Asked, NothingChanged, Statement, Value, is_postgres, together
from cloud_api.ids import Ids

T = TypeVar("T")

SQLITE_BUSY_MS = 5_000
RETRIES_MAX = 8
IDLE_S = 1.0
_LEFT_AT = "left_at_s"
# serialization_failure, deadlock_detected, unique_violation: the loser of a race starts over and sees the winner.
_TRANSIENT_SQLSTATES = frozenset({"40001", "40P01", NOT_PREPARED})
_RETRY_SQLSTATES = _TRANSIENT_SQLSTATES | {"23505"}


@dataclass(slots=True)
class Published:
    """A feed row that waits for its number."""

    feed_id: str
    kind: str
    body: str
    deadline_ms: int | None


@dataclass
class _Later:
    """A write that nobody waits for, and what to raise when it must change a row and there is none."""

    asked: Asked
    or_else: Exception | None


class Work:
    """One transaction: its connection, its time, its ids and the feed rows it will publish.

    Writes may be left for ``later``: they travel with the next question or with the commit. Whoever takes ``conn``
    finds them done, so that everybody reads what the transaction wrote.
    """

    def __init__(self, conn: Connection, now_ms: int, ids: Ids) -> None:
        self._conn = conn
        self.now_ms = now_ms
        self.ids = ids
        self.postgres = is_postgres(conn)
        self.published: list[Published] = []
        self._later: list[_Later] = []
        self._foreseen: dict[Asked, list[tuple[Any, ...]]] = {}

    @property
    def conn(self) -> Connection:
        """For everything that is not asked or written through this object."""
        if self._later:
            self.exchange()
        return self._conn

    def later(self, statement: Statement, *values: Value, or_else: Exception | None = None) -> None:
        """Writes at the latest with the commit. ``or_else`` is raised when the statement must change a row and finds
        none; whatever else may be raised comes with a later call or with the commit."""
        self._foreseen.clear()
        self._later.append(_Later(Asked(statement, values), or_else))

    def foresee(self, asked: Asked, rows: list[tuple[Any, ...]]) -> None:
        """The answer to what will be asked in a moment; it is forgotten with the first write."""
        self._foreseen[asked] = rows

    def ask(self, asked: Asked) -> list[tuple[Any, ...]]:
        """The rows of one question, unless they were foreseen, which holds once."""
        known = self._foreseen.pop(asked, None)
        return self.exchange(asked)[0].rows if known is None else known

    def ask_all(self, *asked: Asked) -> list[list[tuple[Any, ...]]]:
        """The rows of each of these questions, in one exchange, unless all of them were foreseen."""
        known = [self._foreseen.pop(one, None) for one in asked]
        found = [rows for rows in known if rows is not None]
        return found if len(found) == len(asked) else [answer.rows for answer in self.exchange(*asked)]

    def exchange(self, *asked: Asked, commit: bool = False) -> list[Answer]:
        """What was left for later, then these; answers of these. ``commit`` ends the transaction with them, where that
        spares an exchange. Raises DBAPIError."""
        waiting, self._later = self._later, []
        if not (waiting or asked or commit):
            return []
        try:
            answers = together(self._conn, [*(item.asked for item in waiting), *asked], commit=commit)
        except NothingChanged as error:
            failure = waiting[error.place].or_else if error.place < len(waiting) else None
            raise failure or error from error
        return answers[len(waiting) :]

    def drop_later(self) -> None:
        """Forgets what was left for later and what was foreseen: the savepoint it belonged to is gone."""
        self._later.clear()
        self._foreseen.clear()


FeedWriter = Callable[[Work], None]


class Database:
    """Opens connections; runs units of work."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        ids: Ids,
        write_feeds: FeedWriter,
        checkpoints: bool = True,
        engines: tuple[Engine, Engine] | None = None,
    ) -> None:
        """``checkpoints`` is false for short-lived commands beside a running server: on SQLite it alone checkpoints.
        ``engines`` (writer, reader) replace the ones for ``url``: the simulator's disks are in memory and crash."""
        self._clock = clock
        self._ids = ids
        self._write_feeds = write_feeds
        self._writing = threading.Lock()
        self._listeners: list[Callable[[frozenset[str]], None]] = []
        parsed = normalise_url(url)
        self.kind = parsed.get_backend_name()
        if engines is not None:
            self._writer, self._reader = engines
            self._asker = self._reader
        elif self.kind == "sqlite":
            self._writer, self._reader = _sqlite_engines(parsed, checkpoints=checkpoints)
            self._asker = self._reader
        else:
            self._writer = self._reader = create_engine(
                parsed, pool_size=16, max_overflow=16, pool_use_lifo=True, hide_parameters=True
            )
            _ask_the_idle(self._writer)
            # A single question needs no transaction around it, which would be two more exchanges with the server.
            self._asker = self._writer.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def is_sqlite(self) -> bool:
        return self.kind == "sqlite"

    def on_publish(self, listener: Callable[[frozenset[str]], None]) -> None:
        """``listener`` gets the ids of feeds that grew, after the commit, on the thread of the writer."""
        self._listeners.append(listener)

    def transact(self, job: Callable[[Work], T]) -> T:
        """Run ``job`` in one transaction and return what it returns; an exception rolls everything back."""
        for attempt in range(RETRIES_MAX):
            try:
                return self._attempt(job)
            except DBAPIError as error:
                if attempt == RETRIES_MAX - 1 or not is_retryable(error):
                    raise
        raise AssertionError("unreachable")

    def _attempt(self, job: Callable[[Work], T]) -> T:
        with self._write_lock(), self._writer.begin() as conn:
            work = Work(conn, self._clock(), self._ids)
            answer = job(work)
            if work.published:
                self._write_feeds(work)
            work.exchange(commit=True)
        if work.published:
            grown = frozenset(row.feed_id for row in work.published)
            for listener in self._listeners:
                listener(grown)
        return answer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view for a few queries; never writes."""
        with self._reader.connect() as conn:
            yield conn
            if not self.is_sqlite:
                conn.commit()  # the driver takes a rollback for a reason to prepare everything anew

    @contextmanager
    def ask(self) -> Iterator[Connection]:
        """For a single query."""
        with self._asker.connect() as conn:
            yield conn

    @contextmanager
    def read_moment(self) -> Iterator[Connection]:
        """A view of one moment, however many queries; SQLite's reads are always that."""
        with self._reader.connect() as conn:
            yield conn if self.is_sqlite else conn.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def schema_connection(self) -> Iterator[Connection]:
        """The writer's connection in one transaction, for migrations."""
        with self._write_lock(), self._writer.begin() as conn:
            yield conn

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _write_lock(self) -> Iterator[None]:
        # SQLite has one writer at a time anyway; waiting here is fairer and cheaper than its busy loop. PostgreSQL
        # writers run side by side.
        if self.kind != "sqlite":
            yield
            return
        with self._writing:
            yield


def normalise_url(text: str) -> URL:
    """Accepts ``postgresql://`` for psycopg 3, as operators write it. Raises ArgumentError or ValueError."""
    url = make_url(text)
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError("only sqlite and postgresql are supported")
    if url.get_backend_name() == "sqlite" and not url.database:
        raise ValueError("a SQLite database needs a file")
    return url


def sqlite_path(text: str) -> Path | None:
    """The file of a SQLite URL; None for PostgreSQL."""
    url = normalise_url(text)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def is_retryable(error: DBAPIError) -> bool:
    """Whether the same unit of work may succeed when it starts over."""
    if getattr(error.orig, "sqlstate", None) in _RETRY_SQLSTATES:
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)


def is_transient(error: DBAPIError) -> bool:
    """Whether the database failed, and not what was asked of it: a lost connection, a lock, a deadlock, a full disk."""
    if getattr(error.orig, "sqlstate", None) in _TRANSIENT_SQLSTATES:
        return True
    return error.connection_invalidated or isinstance(error, OperationalError)


def _ask_the_idle(engine: Engine) -> None:
    """A connection that lay unused for a while is asked whether it still stands; one that was just used is not."""

    def left(_raw: Any, record: Any) -> None:
        record.info[_LEFT_AT] = time.monotonic()

    def taken(raw: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get(_LEFT_AT, math.inf) < IDLE_S:
            return
        try:
            engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError(str(error)) from error

    event.listen(engine, "checkin", left)
    event.listen(engine, "checkout", taken)


def _sqlite_engines(url: URL, *, checkpoints: bool) -> tuple[Engine, Engine]:
    """One connection that writes, a pool that only reads: two writers of one WAL are never needed."""
    arguments = {"check_same_thread": False, "timeout": SQLITE_BUSY_MS / 1000}
    writer = create_engine(url, poolclass=StaticPool, connect_args=arguments, hide_parameters=True)
    reader = create_engine(url, pool_size=8, max_overflow=32, connect_args=arguments, hide_parameters=True)

    def prepare_writer(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
        if not checkpoints:
            raw.execute("PRAGMA wal_autocheckpoint = 0")

    def prepare_reader(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        raw.execute("PRAGMA query_only = ON")
        raw.execute("PRAGMA wal_autocheckpoint = 0")

    event.listen(writer, "connect", prepare_writer)
    event.listen(reader, "connect", prepare_reader)
    # The driver would begin late and deferred; a writer takes its lock at once, so that it never has to upgrade.
    event.listen(writer, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(reader, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
    return writer, reader
