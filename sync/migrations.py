"""Owns the schema's history: numbered SQL files, each applied once and whole."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from sync.errors import StoreTooNew

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    sql: str


@cache
def shipped() -> tuple[Migration, ...]:
    """The migrations inside this package, in order. Read as package resources, so that a frozen build has them too."""
    from importlib import resources

    found = []
    for entry in (resources.files("sync") / "schema").iterdir():
        match = _NAME.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match[1]), entry.name, entry.read_text("utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)) or not found:
        raise RuntimeError(f"the schema files are not numbered 1..n: {[m.name for m in found]}")
    return tuple(found)


def version(conn: sqlite3.Connection) -> int:
    """Number of the last migration this file went through; 0 for a new one."""
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def written(conn: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    """What the file says about its tables, indexes and triggers."""
    return frozenset(
        (str(row[0]), str(row[1]), str(row[2]))
        for row in conn.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
    )


@cache
def expected(migrations: tuple[Migration, ...]) -> frozenset[tuple[str, str, str]]:
    """What a file has to say after these migrations."""
    conn = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(conn, migrations)
        return written(conn)
    finally:
        conn.close()


def check_not_newer(conn: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Raises StoreTooNew for a file that a newer program wrote."""
    found = version(conn)
    if found > migrations[-1].number:
        raise StoreTooNew(f"schema {found}, this program knows {migrations[-1].number}")


def migrate(conn: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Brings the file up to date, one transaction a migration: a crash leaves the version before or after it."""
    for migration in migrations[version(conn) :]:
        conn.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements(migration.sql):
                conn.execute(statement)
            conn.execute(f"PRAGMA user_version = {migration.number}")
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise


def statements(sql: str) -> Iterator[str]:
    """The statements of a script. ``executescript`` would commit in between and lose the all-or-nothing."""
    gathered = ""
    for line in sql.splitlines(keepends=True):
        gathered += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in gathered.splitlines()):
        raise ValueError(f"unfinished SQL statement: {gathered.strip()[:80]}")
