"""Reading and writing hundreds of rows in one statement: the two databases want it in different words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Table, TextClause, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

# Lists travel to PostgreSQL as one text: the driver would quote each element of an array by itself. Nothing that is
# ever listed (ids, hashes, numbers) contains a line break.
_SEPARATOR = "\n"

# psycopg's names of errors that the caller's retries look at.
_WRAPPED: tuple[tuple[type[psycopg.Error], type[DBAPIError]], ...] = (
    (psycopg.IntegrityError, IntegrityError),
    (psycopg.OperationalError, OperationalError),
    (psycopg.DataError, DataError),
)


def is_postgres(conn: Connection) -> bool:
    """Which words this database wants."""
    return conn.dialect.name == "postgresql"


def listed(conn: Connection, values: Iterable[object]) -> str:
    """The parameter that ``among`` and ``unnested`` read."""
    found = [str(value) for value in values]
    if not is_postgres(conn):
        return json.dumps(found)
    return _SEPARATOR.join(found)


@cache
def _among(statement: str, dialect: str, names: tuple[str, ...]) -> TextClause:
    of_postgres = dialect == "postgresql"
    form = "= ANY(string_to_array(:{0}, chr(10)))" if of_postgres else "IN (SELECT value FROM json_each(:{0}))"
    return text(statement.format(**{name: form.format(name) for name in names}))


def select_among(
    conn: Connection, statement: str, lists: Mapping[str, Iterable[object]], **plain: Any
) -> Sequence[Any]:
    """Rows of a statement in which ``{name}`` stands where ``IN (the list of that name)`` is meant."""
    clause = _among(statement, conn.dialect.name, tuple(lists))
    values = {name: listed(conn, items) for name, items in lists.items()}
    return conn.execute(clause, {**values, **plain}).all()


@cache
def _words(table: Table, names: tuple[str, ...], postgres: bool) -> str:
    columns = ", ".join(names)
    if postgres:
        return f"COPY {table.name} ({columns}) FROM STDIN"
    return f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join('?' * len(names))})"


def insert_rows(conn: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows of the named columns. Raises what an ordinary insert raises."""
    if not rows:
        return
    statement = _words(table, names, is_postgres(conn))
    if is_postgres(conn):
        _copy(conn, statement, rows)
    else:
        conn.exec_driver_sql(statement, list(rows))


def _copy(conn: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    driver = cast("psycopg.Connection[Any] | None", conn.connection.driver_connection)
    assert driver is not None
    block = copy_block(rows)
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write(block)
    except psycopg.Error as error:
        for kind, wrapped in _WRAPPED:
            if isinstance(error, kind):
                raise wrapped(statement, None, error, hide_parameters=True) from error
        raise DBAPIError(statement, None, error, hide_parameters=True) from error


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL = "\\N"
_HEX = "\\\\x"


def copy_block(rows: Sequence[tuple[Any, ...]]) -> bytes:
    """The rows in COPY's text format, a column at a time: a third of what the driver needs a row at a time."""
    columns = list(zip(*rows, strict=True))
    block = _block([_written(column, str) for column in columns])
    backslashes = sum(map(_marks, columns))
    signs = (block.count("\n"), block.count("\t"), block.count("\\"), "\r" in block)
    if signs != (len(rows), len(rows) * (len(columns) - 1), backslashes, False):
        # Nearly never: a text has one of COPY's own signs in it.
        block = _block([_written(column, _escaped) for column in columns])
    return block.encode()


def _block(columns: Sequence[Sequence[str]]) -> str:
    return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def _written(column: tuple[Any, ...], spell: Callable[[Any], str]) -> Sequence[str]:
    kinds = set(map(type, column))
    if kinds == {str} and spell is str:
        return column
    if kinds == {int}:
        return list(map(str, column))
    if kinds == {bytes}:
        return [_HEX + value.hex() for value in column]
    return [
        _NULL if value is None else _HEX + value.hex() if type(value) is bytes else spell(value) for value in column
    ]


def _escaped(value: Any) -> str:
    return str(value).translate(_ESCAPES)


def _marks(column: tuple[Any, ...]) -> int:
    """How many backslashes the nulls and bytes of a column take."""
    if bytes in map(type, column):
        return sum(1 if value is None else 2 for value in column)
    return column.count(None)


def add_to_column(conn: Connection, table: Table, key: str, column: str, amounts: Mapping[str, int]) -> None:
    """Adds to a number in each of the rows named by ``key``, in the order of their names."""
    names = sorted(amounts)
    if not is_postgres(conn):
        conn.exec_driver_sql(
            f"UPDATE {table.name} SET {column} = {column} + ? WHERE {key} = ?",
            [(amounts[name], name) for name in names],
        )
        return
    conn.execute(
        text(
            f"UPDATE {table.name} SET {column} = {table.name}.{column} + moved.amount"
            " FROM (SELECT unnest(string_to_array(:row_keys, chr(10))) AS row_key,"
            " unnest(CAST(string_to_array(:row_amounts, chr(10)) AS BIGINT[])) AS amount) AS moved"
            f" WHERE {table.name}.{key} = moved.row_key"
        ),
        {"row_keys": listed(conn, names), "row_amounts": listed(conn, [amounts[name] for name in names])},
    )
