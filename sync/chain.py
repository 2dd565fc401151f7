"""Owns the care of a whole operation chain: checking it, and moving what is unsent to a new enrollment."""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass, replace

from sync.errors import CellUnreadable
from sync.outbox import Cipher, from_row, insert, read_head
from sync.profile import require_identity
from sync.protocol import chain_hash

log = logging.getLogger("sync")


@dataclass(frozen=True)
class CarriedOver:
    """``unreadable`` operations stay where they are, parked: their personal part does not open any more."""

    moved: int
    unreadable: int


def carry_over(conn: sqlite3.Connection, old: tuple[str, int], *, cipher: Cipher | None) -> CarriedOver:
    """After a new enrollment: gives what the cloud has not taken from the chain ``old`` (device, epoch) new numbers.

    Ids stay, so that what the features remember still fits, and so that the cloud can tell what it has already.
    """
    identity = require_identity(conn)
    rows = conn.execute(
        "SELECT * FROM outbox WHERE device_id = ? AND epoch = ? AND status IN ('pending', 'forked') ORDER BY seq", old
    ).fetchall()
    moved = 0
    for row in rows:
        try:
            before = from_row(row, cipher)
        except CellUnreadable:
            log.error("carry_over_unreadable seq=%s kind=%s", row["seq"], row["kind"])
            conn.execute(
                "UPDATE outbox SET status = 'parked', code = 'secret_unreadable' WHERE op_id = ?", (row["op_id"],)
            )
            continue
        conn.execute("DELETE FROM outbox WHERE op_id = ?", (row["op_id"],))
        last_seq, prev_hash = read_head(conn, identity.device_id, identity.epoch)
        wire = replace(
            before, device=identity.device_id, epoch=identity.epoch, seq=last_seq + 1, store=identity.store_id
        )
        insert(conn, wire, json.loads(row["body"]), row["sealed"], prev_hash)
        moved += 1
    return CarriedOver(moved, len(rows) - moved)


def verify_chain(conn: sqlite3.Connection, cipher: Cipher | None) -> int | None:
    """Recomputes the current chain over what is kept; the first number that does not fit, or None when all does."""
    identity = require_identity(conn)
    previous: sqlite3.Row | None = None
    for row in conn.execute(
        "SELECT * FROM outbox WHERE device_id = ? AND epoch = ? ORDER BY seq", (identity.device_id, identity.epoch)
    ):
        follows = previous is not None and row["seq"] == previous["seq"] + 1
        if follows and previous is not None and row["prev_hash"] != previous["hash"]:
            return int(row["seq"])
        if chain_hash(row["prev_hash"], from_row(row, cipher)) != row["hash"]:
            return int(row["seq"])
        previous = row
    last_seq, last_hash = read_head(conn, identity.device_id, identity.epoch)
    if previous is not None and (previous["seq"], previous["hash"]) != (last_seq, last_hash):
        return last_seq
    return None
