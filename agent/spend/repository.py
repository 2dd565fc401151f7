"""Owns the SQL of the spend table."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

OPEN, SPENT, DROPPED = "open", "spent", "dropped"


@dataclass(frozen=True)
class SpendRow:
    """One row. ``snapshot_ms`` is None when the cloud holds the points; ``uncertain``: it was asked first, and whether
    it heard is not known."""

    spend_id: str
    phone_lookup: str
    phone_sealed: bytes | None
    points: int
    payment_won: int
    snapshot_ms: int | None
    uncertain: bool
    state: str
    op_id: str | None
    settled: bool
    created_ms: int

    @property
    def offline(self) -> bool:
        return self.snapshot_ms is not None


_COLUMNS = (
    "spend_id, phone_lookup, phone_sealed, points, payment_won, snapshot_ms, uncertain, state, op_id, settled,"
    " created_ms"
)


def _row(values: Any) -> SpendRow:
    fields = list(values)
    fields[6], fields[9] = bool(fields[6]), bool(fields[9])
    return SpendRow(*fields)


def find(conn: sqlite3.Connection, spend_id: str) -> SpendRow | None:
    found = conn.execute(f"SELECT {_COLUMNS} FROM spend WHERE spend_id = ?", (spend_id,)).fetchone()
    return _row(found) if found else None


def insert(
    conn: sqlite3.Connection,
    spend_id: str,
    *,
    lookup: str,
    sealed: bytes | None,
    points: int,
    payment_won: int,
    snapshot_ms: int | None,
    uncertain: bool,
    day: str,
    created_ms: int,
) -> None:
    conn.execute(
        "INSERT INTO spend (spend_id, phone_lookup, phone_sealed, points, payment_won, snapshot_ms, uncertain, day,"
        " state, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
        (spend_id, lookup, sealed, points, payment_won, snapshot_ms, uncertain, day, created_ms),
    )


def owned(conn: sqlite3.Connection) -> list[SpendRow]:
    """What waits for a decision of this counter alone, oldest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM spend WHERE state = 'open' AND snapshot_ms IS NOT NULL ORDER BY created_ms"
    )
    return [_row(values) for values in rows]


def decide(conn: sqlite3.Connection, spend_id: str, state: str, op_id: str | None) -> None:
    """The number has done its service: the operation carries it, sealed for itself."""
    conn.execute(
        "UPDATE spend SET state = ?, op_id = ?, phone_sealed = NULL, settled = ? WHERE spend_id = ?",
        (state, op_id, op_id is None, spend_id),
    )


def hand_over(conn: sqlite3.Connection, spend_id: str) -> None:
    """The cloud holds the points after all."""
    conn.execute("UPDATE spend SET snapshot_ms = NULL, phone_sealed = NULL WHERE spend_id = ?", (spend_id,))


def settle(conn: sqlite3.Connection, op_id: str, covered_points: int | None, loss_points: int | None) -> None:
    conn.execute(
        "UPDATE spend SET settled = 1, covered_points = ?, loss_points = ? WHERE op_id = ?",
        (covered_points, loss_points, op_id),
    )


def used_on(conn: sqlite3.Connection, day: str, lookup: str) -> tuple[int, int]:
    """Points given without a line that day, to everybody and to one member; open ones count, they may be approved."""
    everybody, member = conn.execute(
        "SELECT coalesce(sum(points), 0), coalesce(sum(points) FILTER (WHERE phone_lookup = ?), 0) FROM spend"
        " WHERE day = ? AND state <> 'dropped' AND snapshot_ms IS NOT NULL",
        (lookup, day),
    ).fetchone()
    return int(everybody), int(member)


def used_since(conn: sqlite3.Connection, lookup: str, since_ms: int) -> int:
    """Points of a member that were asked for here since, with a line or without, unless the request came to nothing."""
    found = conn.execute(
        "SELECT coalesce(sum(spend.points), 0) FROM spend LEFT JOIN request ON request.request_id = spend.spend_id"
        " WHERE spend.phone_lookup = ? AND spend.created_ms >= ? AND spend.state <> 'dropped'"
        " AND coalesce(request.state, '') NOT IN ('rejected', 'withdrawn', 'expired')",
        (lookup, since_ms),
    ).fetchone()
    return int(found[0])


def known_total(conn: sqlite3.Connection, since_ms: int) -> int:
    """Points of requests since, of every counter as far as their rows arrived, unless they came to nothing."""
    found = conn.execute(
        "SELECT coalesce(sum(pos_discount_won), 0) FROM request WHERE kind = 'points' AND created_ms >= ?"
        " AND state IN ('requested', 'seen', 'approved', 'auto_approved')"
        " AND coalesce(local_decision, 'approve') = 'approve'",
        (since_ms,),
    ).fetchone()
    return int(found[0])


def before_receipt(conn: sqlite3.Connection, lookup: str, since_ms: int) -> tuple[str, int, int] | None:
    """Id, points and payment of the member's newest spend since that no receipt has followed yet."""
    found = conn.execute(
        "SELECT spend.spend_id, coalesce(request.pos_discount_won, spend.points), spend.payment_won FROM spend"
        " JOIN request ON request.request_id = spend.spend_id WHERE spend.phone_lookup = ? AND spend.created_ms >= ?"
        " AND spend.document_id IS NULL AND spend.state <> 'dropped'"
        " AND coalesce(request.local_decision, request.state) IN ('approve', 'approved', 'auto_approved')"
        " ORDER BY spend.created_ms DESC LIMIT 1",
        (lookup, since_ms),
    ).fetchone()
    return None if found is None else (str(found[0]), int(found[1]), int(found[2]))


def set_receipt(conn: sqlite3.Connection, spend_id: str, document_id: str) -> None:
    conn.execute("UPDATE spend SET document_id = ? WHERE spend_id = ?", (document_id, spend_id))


def last_day(conn: sqlite3.Connection) -> str:
    """The newest day on which anything was spent without a line; empty before the first time."""
    found = conn.execute("SELECT coalesce(max(day), '') FROM spend WHERE snapshot_ms IS NOT NULL").fetchone()
    return str(found[0])
