"""Writing hundreds of rows in one statement: the two databases want it in different words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, text, update

# Below this an ordinary statement is as fast.
FEW_ROWS = 8


def insert_rows(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows that all have the same columns.

    For PostgreSQL the rows travel as one array per column: parsing thousands of placeholders would cost more than
    the insert. SQLite has no arrays and no round trips to save.
    """
    if conn.dialect.name != "postgresql" or len(rows) < FEW_ROWS:
        conn.execute(insert(table), list(rows))
        return
    names = list(rows[0])
    arrays = ", ".join(f"CAST(:{name} AS {table.c[name].type.compile(conn.dialect)}[])" for name in names)
    statement = text(f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({arrays})")
    conn.execute(statement, {name: [row[name] for row in rows] for name in names})


def add_to_column(conn: Connection, table: Table, key: str, column: str, amounts: Mapping[str, int]) -> None:
    """Adds to a number in each of the rows named by ``key``, in the order of their names."""
    names = sorted(amounts)
    if conn.dialect.name != "postgresql" or len(names) < FEW_ROWS:
        statement = (
            update(table)
            .where(table.c[key] == bindparam("row_key"))
            .values({column: table.c[column] + bindparam("row_amount")})
        )
        conn.execute(statement, [{"row_key": name, "row_amount": amounts[name]} for name in names])
        return
    conn.execute(
        text(
            f"UPDATE {table.name} SET {column} = {table.name}.{column} + moved.amount"
            " FROM unnest(CAST(:row_keys AS VARCHAR[]), CAST(:row_amounts AS BIGINT[])) AS moved (row_key, amount)"
            f" WHERE {table.name}.{key} = moved.row_key"
        ),
        {"row_keys": names, "row_amounts": [amounts[name] for name in names]},
    )
