"""Owns the SQL of the tables employee and pin_try."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from rules.pin import PinHash
from rules.recovery import Role


@dataclass(frozen=True)
class EmployeeRow:
    employee_id: str
    generation: int
    version: int
    name: str
    role: Role
    pin: PinHash
    may_recover: bool
    suspended: bool
    counted_from_ms: int
    removed: bool


_COLUMNS = (
    "employee_id, generation, version, name, role, pin_salt, pin_verifier, may_recover, suspended, counted_from_ms,"
    " removed"
)


def _row(found: Any) -> EmployeeRow:
    return EmployeeRow(
        found["employee_id"],
        found["generation"],
        found["version"],
        found["name"],
        # A role of a later version may do what staff may, and nothing more.
        Role(found["role"]) if found["role"] in frozenset(Role) else Role.STAFF,
        PinHash(found["pin_salt"], found["pin_verifier"]),
        bool(found["may_recover"]),
        bool(found["suspended"]),
        found["counted_from_ms"],
        bool(found["removed"]),
    )


def find(conn: sqlite3.Connection, employee_id: str) -> EmployeeRow | None:
    """Also somebody who was removed: what they did keeps their name."""
    found = conn.execute(f"SELECT {_COLUMNS} FROM employee WHERE employee_id = ?", (employee_id,)).fetchone()
    return _row(found) if found else None


def employed(conn: sqlite3.Connection) -> list[EmployeeRow]:
    """Who works here: staff by name, the owner last."""
    rows = conn.execute(f"SELECT {_COLUMNS} FROM employee WHERE removed = 0 ORDER BY role = 'owner', name, employee_id")
    return [_row(found) for found in rows]


def upsert(conn: sqlite3.Connection, row: EmployeeRow) -> None:
    """What the cloud says now."""
    values = (
        *(row.employee_id, row.generation, row.version, row.name, row.role.value, row.pin.salt, row.pin.verifier),
        *(row.may_recover, row.suspended, row.counted_from_ms, row.removed),
    )
    conn.execute(
        f"INSERT INTO employee ({_COLUMNS}) VALUES ({', '.join('?' for _ in values)})"
        " ON CONFLICT (employee_id) DO UPDATE SET generation = excluded.generation, version = excluded.version,"
        " name = excluded.name, role = excluded.role, pin_salt = excluded.pin_salt,"
        " pin_verifier = excluded.pin_verifier, may_recover = excluded.may_recover, suspended = excluded.suspended,"
        " counted_from_ms = excluded.counted_from_ms, removed = excluded.removed",
        values,
    )


def failures(conn: sqlite3.Connection, employee_id: str) -> tuple[int, int]:
    """How many wrong PINs in a row, and when the last one was."""
    found = conn.execute("SELECT failures, last_wall_ms FROM pin_try WHERE employee_id = ?", (employee_id,)).fetchone()
    return (found[0], found[1]) if found else (0, 0)


def count_failure(conn: sqlite3.Connection, employee_id: str, wall_ms: int) -> None:
    conn.execute(
        "INSERT INTO pin_try (employee_id, failures, last_wall_ms) VALUES (?, 1, ?) ON CONFLICT (employee_id) DO UPDATE"
        " SET failures = failures + 1, last_wall_ms = excluded.last_wall_ms",
        (employee_id, wall_ms),
    )


def forget_failures(conn: sqlite3.Connection, employee_id: str) -> None:
    conn.execute("DELETE FROM pin_try WHERE employee_id = ?", (employee_id,))


def rights_on_the_way(conn: sqlite3.Connection) -> list[str]:
    """Employees about whose right an operation waits for its answer."""
    rows = conn.execute("SELECT body FROM outbox WHERE status = 'pending' AND kind = 'employee.right'")
    return [str(json.loads(row[0])["employee_id"]) for row in rows]
