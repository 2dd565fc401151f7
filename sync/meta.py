"""Owns the table meta: small single values, read and written inside the caller's transaction.

A store's writer keeps the values that it has read (``WriterConnection.kept_meta``): nobody else writes the file while
the store is open, and every operation needs the same four. Whoever undoes something calls `forget_meta`.
"""

from __future__ import annotations

import sqlite3

from sync.room import WriterConnection


def get_meta(conn: sqlite3.Connection, key: str) -> str | None:
    """A stored single value, inside the caller's transaction or read."""
    kept = conn.kept_meta if isinstance(conn, WriterConnection) else None
    if kept is not None and key in kept:
        return kept[key]
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    value = None if row is None else str(row[0])
    if kept is not None:
        kept[key] = value
    return value


def set_meta(conn: sqlite3.Connection, key: str, value: str | None) -> None:
    """Writes a single value inside the caller's transaction; None removes it."""
    if value is None:
        conn.execute("DELETE FROM meta WHERE key = ?", (key,))
    else:
        conn.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )
    if isinstance(conn, WriterConnection) and conn.kept_meta is not None:
        conn.kept_meta[key] = value


def forget_meta(conn: sqlite3.Connection) -> None:
    """What was kept may have been undone, by a rollback or a savepoint's."""
    if isinstance(conn, WriterConnection) and conn.kept_meta is not None:
        conn.kept_meta.clear()
