"""Reading and writing hundreds of rows in one statement: the two databases want it in different words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class NewRows:
    """Rows to be inserted into a table, as tuples of the named columns."""

    table: Table
    names: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


FEW_ROWS = 16  # up to here a COPY, which takes three exchanges with the server, costs more than it saves


def insert_rows(conn: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows of the named columns. Raises what an ordinary insert raises."""
    insert_all(conn, [NewRows(table, names, rows)])


def insert_all(conn: Connection, wanted: Iterable[NewRows]) -> None:
    """The same for several tables, in this order; a few rows of all of them go to PostgreSQL in one exchange."""
    found = [new for new in wanted if new.rows]
    if not is_postgres(conn):
        for new in found:
            conn.exec_driver_sql(_insert(new, "?"), list(new.rows))
        return
    if not found:
        return
    driver = cast("psycopg.Connection[Any] | None", conn.connection.driver_connection)
    assert driver is not None
    try:
        if sum(len(new.rows) for new in found) <= FEW_ROWS:
            _insert_together(driver, found)
        else:
            for new in found:
                statement = f"COPY {new.table.name} ({', '.join(new.names)}) FROM STDIN"
                with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                    copy.write(copy_block(new.rows))
    except psycopg.Error as error:
        what = "INSERT INTO " + ", ".join(new.table.name for new in found)
        for kind, wrapped in _WRAPPED:
            if isinstance(error, kind):
                raise wrapped(what, None, error, hide_parameters=True) from error
        raise DBAPIError(what, None, error, hide_parameters=True) from error


def _insert_together(driver: psycopg.Connection[Any], found: Sequence[NewRows]) -> None:
    with driver.pipeline(), driver.cursor() as cursor:
        for new in found:
            for row in new.rows:
                cursor.execute(_insert(new, "%s").encode(), row)


def _insert(new: NewRows, place: str) -> str:
    return f"INSERT INTO {new.table.name} ({', '.join(new.names)}) VALUES ({', '.join([place] * len(new.names))})"


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


def add_to_column(conn: Connection, table: Table, key: str, column: str, amounts: Mapping[str, int]) -> int:
    """Adds to a number in each of the rows named by ``key``, in the order of their names; returns how many."""
    names = sorted(amounts)
    if not is_postgres(conn):
        return conn.exec_driver_sql(
            f"UPDATE {table.name} SET {column} = {column} + ? WHERE {key} = ?",
            [(amounts[name], name) for name in names],
        ).rowcount
    return conn.execute(
        text(
            f"UPDATE {table.name} SET {column} = {table.name}.{column} + moved.amount"
            " FROM (SELECT unnest(string_to_array(:row_keys, chr(10))) AS row_key,"
            " unnest(CAST(string_to_array(:row_amounts, chr(10)) AS BIGINT[])) AS amount) AS moved"
            f" WHERE {table.name}.{key} = moved.row_key"
        ),
        {"row_keys": listed(conn, names), "row_amounts": listed(conn, [amounts[name] for name in names])},
    ).rowcount
