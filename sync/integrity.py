"""Owns the question whether a database file is sound: its structure, its schema, and what must be readable to go on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from sync import migrations as schema
from sync.profile import read_identity, read_policy, read_store_profile
from sync.restored import read_report

# Their indexes decide what is sent: an index that lost a row would hide an operation for ever, and the quick check
# does not compare indexes with their tables.
_WHOLE_CHECK = ("outbox", "outbox_head", "meta")


def problem(conn: sqlite3.Connection, known: Sequence[schema.Migration]) -> str | None:
    """What is wrong with the file, or None. Raises sqlite3.Error when the file or the disk does not answer."""
    try:
        return _structure(conn) or _schema(conn, known) or _content(conn)
    except sqlite3.OperationalError as unreadable:
        code = getattr(unreadable, "sqlite_errorcode", None)
        if code is not None and code & 0xFF != sqlite3.SQLITE_ERROR:
            raise
        return str(unreadable)  # text that is no text, a schema that does not parse: no fault of the disk today
    except UnicodeDecodeError as unreadable:  # SQLite's own complaint quotes what is broken
        return str(unreadable)


def _structure(conn: sqlite3.Connection) -> str | None:
    found = [str(row[0]) for row in conn.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        return "; ".join(found)
    for table in _WHOLE_CHECK if schema.version(conn) else ():
        found = [str(row[0]) for row in conn.execute(f"PRAGMA integrity_check({table})")]
        if found != ["ok"]:
            return f"{table}: {'; '.join(found[:3])}"
    return None


def _schema(conn: sqlite3.Connection, known: Sequence[schema.Migration]) -> str | None:
    """A changed letter in a table's definition is a changed table."""
    number = schema.version(conn)
    if number > len(known) or schema.written(conn) == schema.expected(tuple(known[:number])):
        return None
    return f"the definitions are not those of schema {number}"


def _content(conn: sqlite3.Connection) -> str | None:
    """Who we are and what is unsent must read; everything else comes again from the cloud."""
    if not schema.version(conn):
        return None
    try:
        for read in (read_identity, read_store_profile, read_policy, read_report):
            read(conn)
        for row in conn.execute("SELECT * FROM outbox WHERE status IN ('pending', 'forked')"):
            json.loads(row["body"])
    except (ValueError, TypeError, KeyError, RecursionError) as unreadable:
        return f"{type(unreadable).__name__}: {unreadable}"
    return None
