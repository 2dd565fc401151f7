"""Owns the SQL of the tables notice and notice_setting."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from agent.notices.types import Told
from rules.notices import Priority


@dataclass(frozen=True)
class NoticeRow:
    """``acked``: the cloud says that somebody has seen it. What was acknowledged here stands in ``acked_count``."""

    told: Told
    generation: int
    version: int
    for_owner: bool
    created_ms: int
    expires_ms: int
    acked: bool
    acked_count: int = 0

    @property
    def waits(self) -> bool:
        """Whether nobody has seen it as it is now."""
        return not self.acked and self.told.count > self.acked_count


_COLUMNS = (
    "notice_id, generation, version, kind, priority, for_owner, count, details, created_ms, at_ms, expires_ms, acked"
)


def _row(found: Any) -> NoticeRow:
    # A priority of a later version is not urgent.
    priority = Priority(found["priority"]) if found["priority"] in frozenset(Priority) else Priority.LOW
    told = Told(
        found["notice_id"],
        found["kind"],
        priority,
        found["count"],
        found["at_ms"],
        json.loads(found["details"]),
    )
    return NoticeRow(
        told,
        found["generation"],
        found["version"],
        bool(found["for_owner"]),
        found["created_ms"],
        found["expires_ms"],
        bool(found["acked"]),
        found["acked_count"],
    )


def find(conn: sqlite3.Connection, notice_id: str) -> NoticeRow | None:
    found = conn.execute("SELECT * FROM notice WHERE notice_id = ?", (notice_id,)).fetchone()
    return _row(found) if found else None


def upsert(conn: sqlite3.Connection, row: NoticeRow, *, keep: int) -> None:
    """What the cloud says now; only the newest ``keep`` stay. What was acknowledged here is not forgotten by it."""
    told = row.told
    values = (
        *(told.notice_id, row.generation, row.version, told.kind, told.priority.value, row.for_owner, told.count),
        *(json.dumps(told.details, ensure_ascii=False), row.created_ms, told.at_ms, row.expires_ms, row.acked),
    )
    conn.execute(
        f"INSERT INTO notice ({_COLUMNS}) VALUES ({', '.join('?' for _ in values)})"
        " ON CONFLICT (notice_id) DO UPDATE SET generation = excluded.generation, version = excluded.version,"
        " kind = excluded.kind, priority = excluded.priority, for_owner = excluded.for_owner, count = excluded.count,"
        " details = excluded.details, created_ms = excluded.created_ms, at_ms = excluded.at_ms,"
        " expires_ms = excluded.expires_ms, acked = excluded.acked",
        values,
    )
    conn.execute(
        "DELETE FROM notice WHERE notice_id NOT IN"
        " (SELECT notice_id FROM notice ORDER BY at_ms DESC, notice_id DESC LIMIT ?)",
        (keep,),
    )


def waiting(conn: sqlite3.Connection, now_ms: int) -> list[NoticeRow]:
    """What nobody has seen and what is still to be shown."""
    rows = conn.execute(
        "SELECT * FROM notice WHERE acked = 0 AND count > acked_count AND expires_ms > ? ORDER BY at_ms DESC", (now_ms,)
    )
    return [_row(found) for found in rows]


def newest(conn: sqlite3.Connection, kinds: tuple[str, ...], limit: int) -> list[NoticeRow]:
    """Of these kinds, seen or not, the newest first."""
    marks = ", ".join("?" for _ in kinds)
    rows = conn.execute(
        f"SELECT * FROM notice WHERE kind IN ({marks}) ORDER BY at_ms DESC, notice_id DESC LIMIT ?", (*kinds, limit)
    )
    return [_row(found) for found in rows]


def set_acked(conn: sqlite3.Connection, notice_id: str, count: int) -> None:
    """Here it was seen when it had happened so often; 0 takes that back."""
    conn.execute("UPDATE notice SET acked_count = ? WHERE notice_id = ?", (count, notice_id))


def switched_off(conn: sqlite3.Connection) -> tuple[int, int, frozenset[str]]:
    """Generation and version of the store's choice, and the kinds that it does not want in its bell."""
    found = conn.execute("SELECT generation, version, switched_off FROM notice_setting WHERE id = 1").fetchone()
    return (found[0], found[1], frozenset(json.loads(found[2]))) if found else (0, 0, frozenset())


def set_switched_off(conn: sqlite3.Connection, generation: int, version: int, kinds: frozenset[str]) -> None:
    conn.execute(
        "INSERT INTO notice_setting (id, generation, version, switched_off) VALUES (1, ?, ?, ?) ON CONFLICT (id)"
        " DO UPDATE SET generation = excluded.generation, version = excluded.version,"
        " switched_off = excluded.switched_off",
        (generation, version, json.dumps(sorted(kinds))),
    )
