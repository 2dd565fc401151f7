"""Owns the question whether a database file is sound, as far as SQLite can tell."""

from __future__ import annotations

import sqlite3

# Their indexes decide what is sent: an index that lost a row would hide an operation for ever, and the quick check
# does not compare indexes with their tables.
_WHOLE_CHECK = ("outbox", "outbox_head", "meta")


def problem(conn: sqlite3.Connection) -> str | None:
    """What is wrong with the file, or None. Raises sqlite3.Error when it cannot even be read."""
    found = [str(row[0]) for row in conn.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        return "; ".join(found)
    present = {row[0] for row in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for table in _WHOLE_CHECK:
        if table in present:
            found = [str(row[0]) for row in conn.execute(f"PRAGMA integrity_check({table})")]
            if found != ["ok"]:
                return f"{table}: {'; '.join(found[:3])}"
    return None
