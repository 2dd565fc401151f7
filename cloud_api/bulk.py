"""Reading and writing hundreds of rows in one statement: the two databases want it in different words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Table, TextClause, text

from cloud_api import exchange
from cloud_api.database import Work
from cloud_api.exchange import Asked, Statement, is_postgres, raise_wrapped


def listed(conn: Connection, values: Iterable[object]) -> str:
    """The parameter that ``among`` and ``unnested`` read."""
    return exchange.listed(values, postgres=is_postgres(conn))


@cache
def _among(statement: str, dialect: str, names: tuple[str, ...]) -> TextClause:
    of_postgres = dialect == "postgresql"
    made = "unnest(string_to_array(:{}, chr(10)))" if of_postgres else "value FROM json_each(:{})"
    return text(statement.format(**{name: f"IN (SELECT {made.format(name)})" for name in names}))


def select_among(
    conn: Connection, statement: str, lists: Mapping[str, Iterable[object]], **plain: Any
) -> Sequence[Any]:
    """Rows of a statement in which ``{name}`` stands where ``IN (the list of that name)`` is meant."""
    clause = _among(statement, conn.dialect.name, tuple(lists))
    values = {name: listed(conn, items) for name, items in lists.items()}
    return conn.execute(clause, {**values, **plain}).all()


@dataclass(frozen=True)
class NewRows:
    """Rows to be inserted into a table, as tuples of the named columns."""

    table: Table
    names: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


FEW_ROWS = 16  # up to here a COPY, which takes three exchanges with the server, costs more than it saves


def insert_rows(work: Work, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows of the named columns. Raises what an ordinary insert raises, a few rows perhaps only later."""
    insert_all(work, [NewRows(table, names, rows)])


def insert_all(work: Work, wanted: Iterable[NewRows]) -> None:
    """The same for several tables, in this order."""
    found = [new for new in wanted if new.rows]
    if sum(len(new.rows) for new in found) <= FEW_ROWS:
        for new in found:
            statement = _insert(new.table.name, new.names)
            for row in new.rows:
                work.later(statement, *row)
    elif work.postgres:
        _copy(work.conn, found)
    else:
        for new in found:
            work.conn.exec_driver_sql(_insert(new.table.name, new.names).sqlite, list(new.rows))


def _copy(conn: Connection, found: Sequence[NewRows]) -> None:
    driver = cast("psycopg.Connection[Any] | None", conn.connection.driver_connection)
    assert driver is not None
    try:
        for new in found:
            statement = f"COPY {new.table.name} ({', '.join(new.names)}) FROM STDIN"
            with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                copy.write(copy_block(new.rows))
    except psycopg.Error as error:
        raise_wrapped("COPY " + ", ".join(new.table.name for new in found), error)


@cache
def _insert(table: str, names: tuple[str, ...]) -> Statement:
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    return Statement(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})")


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL = "\\N"
_HEX = "\\\\x"
_TEXTS, _NUMBERS, _BYTES, _NOTHING = (frozenset({kind}) for kind in (str, int, bytes, type(None)))


def copy_block(rows: Sequence[tuple[Any, ...]]) -> bytes:
    """The rows in COPY's text format, a column at a time: a third of what the driver needs a row at a time."""
    columns = [(column, frozenset(map(type, column))) for column in zip(*rows, strict=True)]
    block = _block([_written(column, kinds, str) for column, kinds in columns])
    backslashes = sum(_marks(column, kinds) for column, kinds in columns)
    signs = (block.count("\n"), block.count("\t"), block.count("\\"), "\r" in block)
    if signs != (len(rows), len(rows) * (len(columns) - 1), backslashes, False):
        # Nearly never: a text has one of COPY's own signs in it.
        block = _block([_written(column, kinds, _escaped) for column, kinds in columns])
    return block.encode()


def _block(columns: Sequence[Sequence[str]]) -> str:
    return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def _written(column: tuple[Any, ...], kinds: frozenset[type], spell: Callable[[Any], str]) -> Sequence[str]:
    if kinds == _TEXTS and spell is str:
        return column
    if kinds == _NUMBERS:
        return list(map(str, column))
    if kinds == _NOTHING:
        return [_NULL] * len(column)
    if kinds == _BYTES:
        return [_HEX + value.hex() for value in column]
    return [
        _NULL if value is None else _HEX + value.hex() if type(value) is bytes else spell(value) for value in column
    ]


def _escaped(value: Any) -> str:
    return str(value).translate(_ESCAPES)


def _marks(column: tuple[Any, ...], kinds: frozenset[type]) -> int:
    """How many backslashes the nulls and bytes of a column take."""
    if bytes in kinds:
        return sum(1 if value is None else 2 for value in column if value is None or type(value) is bytes)
    return column.count(None) if type(None) in kinds else 0


def add_to_column(
    work: Work, table: Table, key: str, column: str, amounts: Mapping[str, int], *, or_else: Exception
) -> None:
    """Adds to a number in each of the rows named by ``key``, in the order of their names; ``or_else`` is raised, a few
    rows perhaps only later, when one of them is not there."""
    names = sorted(amounts)
    statement = _add(table.name, key, column)
    if len(names) <= FEW_ROWS:
        for name in names:
            work.later(statement, name, amounts[name], or_else=or_else)
        return
    if work.postgres:
        lists = (exchange.listed(one, postgres=True) for one in (names, [amounts[name] for name in names]))
        changed = work.exchange(Asked(_add_listed(table.name, key, column), tuple(lists)))[0].changed
    else:
        changed = work.conn.exec_driver_sql(statement.sqlite, [(name, amounts[name]) for name in names]).rowcount
    if changed != len(names):
        raise or_else


@cache
def _add_listed(table: str, key: str, column: str) -> Statement:
    return Statement(
        f"UPDATE {table} SET {column} = {table}.{column} + moved.amount"
        " FROM (SELECT unnest(string_to_array($1, chr(10))) AS row_key,"
        " unnest(CAST(string_to_array($2, chr(10)) AS BIGINT[])) AS amount) AS moved"
        f" WHERE {table}.{key} = moved.row_key"
    )


@cache
def _add(table: str, key: str, column: str) -> Statement:
    return Statement(f"UPDATE {table} SET {column} = {column} + $2 WHERE {key} = $1", must_change=True)
