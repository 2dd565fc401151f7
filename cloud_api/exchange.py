"""Statements that travel to the database together: the few that every push takes, without the layers between.

With PostgreSQL they are prepared once for each connection and go out as one pipeline of the driver's lowest layer: ten
of them cost what one costs through SQLAlchemy (docs/adr/0019). SQLite gets the same statements one after the other.
Everything else goes through SQLAlchemy, on the same connection and in the same transaction.
"""

from __future__ import annotations

import json
import re
import select
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, NoReturn, Protocol, cast

import psycopg
from psycopg import pq
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

Value = str | int | bytes | None

# Lists travel to PostgreSQL as one text: the driver would quote each element of an array by itself. Nothing that is
# ever listed (ids, hashes, numbers) contains a line break.
_SEPARATOR = "\n"
_LINE = "exchange"
_DIVISION_BY_ZERO = "22012"
NOT_PREPARED = "26000"  # the transaction is to be run again
_PLACE = re.compile(r"\$(\d+)")

# Names of the drivers' errors that the caller's retries look at.
_WRAPPED: tuple[tuple[tuple[type[Exception], ...], type[DBAPIError]], ...] = (
    ((psycopg.IntegrityError, sqlite3.IntegrityError), IntegrityError),
    ((psycopg.OperationalError, sqlite3.OperationalError), OperationalError),
    ((psycopg.DataError, sqlite3.DataError), DataError),
)


class Statement:
    """One statement in the words of both databases, parameters as ``$1``, ``$2``, …; the same object each time, because
    it is prepared once."""

    __slots__ = ("must_change", "postgres", "sqlite")

    def __init__(self, words: str, *, locks: str = "", sqlite: str | None = None, must_change: bool = False) -> None:
        """``locks`` is what only PostgreSQL is told, whose writers run side by side. One that ``must_change`` names one
        row; when there is none, the transaction fails there and then, in the database."""
        self.must_change = must_change
        self.postgres = f"{words} {locks}".strip()
        if must_change:
            self.postgres = f"WITH changed AS ({words} RETURNING 1) SELECT 1 / count(*) FROM changed"
        self.sqlite = _PLACE.sub(r"?\1", sqlite or words)


class Asked(NamedTuple):
    """A statement with its values."""

    statement: Statement
    values: tuple[Value, ...]


class Answer(NamedTuple):
    """The rows that came back and how many rows were changed."""

    rows: list[tuple[Any, ...]]
    changed: int


class NothingChanged(Exception):
    """A statement that must change a row found none."""

    def __init__(self, place: int) -> None:
        super().__init__(f"statement {place}")
        self.place = place


def is_postgres(conn: Connection) -> bool:
    """Which words this database wants."""
    return conn.dialect.name == "postgresql"


def listed(values: Iterable[object], *, postgres: bool) -> str:
    """The one text that a list travels as."""
    found = [str(value) for value in values]
    return _SEPARATOR.join(found) if postgres else json.dumps(found)


class Speaks(Protocol):
    """Something that knows which database it is of."""

    @property
    def postgres(self) -> bool: ...


def among(to: Speaks, words: str, lists: Mapping[str, Sequence[str]], *plain: Value, locks: str = "") -> Asked:
    """A statement in which ``{name}`` stands where ``IN (the list of that name)`` is meant; ``plain`` are the values
    before the lists."""
    # One value is asked for by itself: PostgreSQL then keeps its plan instead of making one each time.
    single = tuple(len(items) == 1 for items in lists.values())
    statement = _among(words, tuple(lists), single, len(plain), locks)
    values = [items[0] if len(items) == 1 else listed(items, postgres=to.postgres) for items in lists.values()]
    return Asked(statement, (*plain, *values))


@cache
def _among(words: str, names: tuple[str, ...], single: tuple[bool, ...], before: int, locks: str) -> Statement:
    places = range(before + 1, before + 1 + len(names))
    of_postgres, of_sqlite = (
        {
            name: f"= ${place}" if alone else many.format(place)
            for name, alone, place in zip(names, single, places, strict=True)
        }
        for many in ("IN (SELECT unnest(string_to_array(${0}, chr(10))))", "IN (SELECT value FROM json_each(${0}))")
    )
    return Statement(words.format(**of_postgres), locks=locks, sqlite=words.format(**of_sqlite))


def of_rows(words: str, **columns: str) -> Statement:
    """A statement in which ``{wanted}`` stands for a query of the rows that ``rows_listed`` lists; their columns by
    name and type."""
    of_postgres = ", ".join(
        f"unnest(CAST(string_to_array(${place}, chr(10)) AS {kind}[])) AS {name}"
        for place, (name, kind) in enumerate(columns.items(), start=1)
    )
    of_sqlite = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns))
    return Statement(
        words.format(wanted=f"SELECT {of_postgres}"),
        sqlite=words.format(wanted=f"SELECT {of_sqlite} FROM json_each(?1)"),
    )


def rows_listed(rows: Collection[tuple[str | int, ...]], *, postgres: bool) -> tuple[str, ...]:
    """The values for ``of_rows``; at least one row."""
    if postgres:
        return tuple(listed(column, postgres=True) for column in zip(*rows, strict=True))
    return (json.dumps(list(rows)),)


def together(conn: Connection, asked: Sequence[Asked], *, commit: bool = False) -> list[Answer]:
    """Runs the statements in this order in the connection's transaction, begun if need be. With PostgreSQL ``commit``
    ends it, too: if a statement fails, the server skips what follows, and so the commit.

    Raises DBAPIError as SQLAlchemy would, and NothingChanged; the transaction is then to be rolled back.
    """
    if not conn.in_transaction():
        conn.begin()  # so that SQLAlchemy knows
    try:
        return _in_pipeline(conn, asked, commit) if is_postgres(conn) else _one_by_one(conn, asked)
    except (psycopg.Error, sqlite3.Error) as error:
        raise_wrapped("exchange", error)


def raise_wrapped(what: str, error: Exception) -> NoReturn:
    """Raises a driver's error as SQLAlchemy would."""
    for kinds, wrapped in _WRAPPED:
        if isinstance(error, kinds):
            raise wrapped(what, None, error, hide_parameters=True) from error
    raise DBAPIError(what, None, error, hide_parameters=True) from error


def _one_by_one(conn: Connection, asked: Sequence[Asked]) -> list[Answer]:
    driver = cast("sqlite3.Connection", conn.connection.driver_connection)
    answers = []
    for place, (statement, values) in enumerate(asked):
        cursor = driver.execute(statement.sqlite, values)
        if statement.must_change and cursor.rowcount != 1:
            raise NothingChanged(place)
        answers.append(Answer(cursor.fetchall(), cursor.rowcount))
    return answers


# --- PostgreSQL ---

_TEXT, _BINARY = 0, 1
_READ: dict[int, Callable[[bytes], Any]] = {  # by the number of a column's type; anything else is text
    16: lambda raw: raw == b"t",
    17: lambda raw: bytes.fromhex(raw[2:].decode()),
    20: int,
    21: int,
    23: int,
    1700: int,
}


class _Line:
    """What is prepared on one connection to PostgreSQL."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self.driver = driver
        self.names: dict[Statement, bytes] = {}
        self.made = 0
        self.wait = _waiter(driver.pgconn.socket)

    def new_name(self, statement: Statement) -> bytes:
        """Never one that was used before."""
        self.made += 1
        self.names[statement] = name = b"withfom_%d" % self.made
        return name

    def forget(self, statements: Iterable[Statement]) -> None:
        """These are not prepared."""
        for statement in statements:
            self.names.pop(statement, None)


def _waiter(socket: int) -> Callable[[], object]:
    """A function that returns when there is something to read, or the connection has ended."""
    if not hasattr(select, "poll"):  # Windows, where the number of a socket may be as large as it likes
        return lambda: select.select([socket], [], [])
    poller = select.poll()
    poller.register(socket, select.POLLIN)
    return poller.poll


def _wait_for_room(socket: int) -> None:
    """Returns when there is room to write, or something to read."""
    if not hasattr(select, "poll"):
        select.select([socket], [socket], [])
        return
    poller = select.poll()
    poller.register(socket, select.POLLIN | select.POLLOUT)
    poller.poll()


def _line(conn: Connection) -> _Line:
    driver = cast("psycopg.Connection[Any]", conn.connection.driver_connection)
    known: _Line | None = conn.info.get(_LINE)
    if known is None or known.driver is not driver:
        known = conn.info[_LINE] = _Line(driver)
    return known


def _in_pipeline(conn: Connection, asked: Sequence[Asked], commit: bool) -> list[Answer]:
    """Outside of a transaction what was forgotten is prepared and asked again here: nothing of it was done, and nobody
    else would start over."""
    try:
        return _sent(conn, asked, commit)
    except psycopg.errors.InvalidSqlStatementName:
        if not _line(conn).driver.autocommit:
            raise
        return _sent(conn, asked, commit)


def _sent(conn: Connection, asked: Sequence[Asked], commit: bool) -> list[Answer]:
    line = _line(conn)
    pgconn = line.driver.pgconn
    sent = [(statement, *_spelled(values)) for statement, values in asked]  # may fail, and then nothing was sent
    begin = pgconn.transaction_status == pq.TransactionStatus.IDLE and not line.driver.autocommit
    if begin and not asked:
        return []
    fresh: list[tuple[int, Statement]] = []
    places: list[int] = []  # where each statement's result will be
    count = 0
    whole = False
    try:
        pgconn.enter_pipeline_mode()
        if begin:
            pgconn.send_query_params(b"BEGIN", None)
            count += 1
        for statement, values, formats in sent:
            name = line.names.get(statement)
            if name is None:
                name = line.new_name(statement)
                pgconn.send_prepare(name, statement.postgres.encode())
                fresh.append((count, statement))
                count += 1
            pgconn.send_query_prepared(name, values, formats)
            places.append(count)
            count += 1
        if commit:
            pgconn.send_query_params(b"COMMIT", None)
        pgconn.pipeline_sync()
        results = _received(line)
        pgconn.exit_pipeline_mode()
        whole = True
    finally:
        if not whole:  # nobody knows what is still under way on it
            conn.invalidate()
    failed = next((n for n, result in enumerate(results) if result.status == pq.ExecStatus.FATAL_ERROR), None)
    if failed is not None:
        line.forget([statement for place, statement in fresh if results[place].status != pq.ExecStatus.COMMAND_OK])
        _raise_failed(line, results[failed], asked, places, failed)
    return [_answer(results[place]) for place in places]


def _spelled(values: tuple[Value, ...]) -> tuple[list[bytes | None], list[int]]:
    """Numbers as text, because their width is the column's; texts and bytes with their length, so that a NUL in them is
    refused and not taken for their end."""
    # Asking for the type itself is what is quick, a hundred times for each earn; a kind of it is dearer.
    spelled = [
        value.encode() if type(value) is str else b"%d" % value if type(value) is int else _unusual(value)
        for value in values
    ]
    return spelled, [_TEXT if isinstance(value, int) else _BINARY for value in values]


def _unusual(value: Value) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    return b"%d" % value if isinstance(value, int) else value


def _received(line: _Line) -> list[pq.abc.PGresult]:
    """Everything up to the end of the pipeline. Raises psycopg.OperationalError when the connection is lost."""
    pgconn, wait = line.driver.pgconn, line.wait
    while pgconn.flush():  # more than the line takes at once; an answer may have to be read before the rest is taken
        _wait_for_room(pgconn.socket)
        pgconn.consume_input()
    results: list[pq.abc.PGresult] = []
    while True:
        while pgconn.is_busy():
            wait()
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:  # the end of one statement
            if pgconn.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError("the connection is lost")
            continue
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


def _raise_failed(
    line: _Line, result: pq.abc.PGresult, asked: Sequence[Asked], places: Sequence[int], failed: int
) -> NoReturn:
    error = psycopg.errors.error_from_result(result)
    if error.sqlstate == NOT_PREPARED:  # after a rollback the driver drops what it prepared, and with it what we did
        line.names.clear()
    if error.sqlstate == _DIVISION_BY_ZERO and failed in places and asked[places.index(failed)].statement.must_change:
        raise NothingChanged(places.index(failed)) from error
    raise error


def _answer(result: pq.abc.PGresult) -> Answer:
    count = result.ntuples
    if not count:
        return Answer([], result.command_tuples or 0)
    columns = range(result.nfields)
    readers = [_READ.get(result.ftype(column), bytes.decode) for column in columns]
    get = result.get_value
    rows = [
        tuple(
            None if value is None else reader(value)
            for reader, value in zip(readers, [get(row, column) for column in columns], strict=True)
        )
        for row in range(count)
    ]
    return Answer(rows, result.command_tuples or 0)
