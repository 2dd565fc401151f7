"""Owns the care of a whole operation chain: checking it, and moving what is unsent to a new enrollment."""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass, replace

from sync.errors import CellUnreadable, ChainBroken
from sync.outbox import Cipher, from_row, insert, read_head
from sync.profile import require_identity
from sync.protocol import chain_hash

log = logging.getLogger("sync")


UNREADABLE = "secret_unreadable"
UNSOUND = "hash_mismatch"
_UNSETTLED = (
    "(status IN ('pending', 'forked')"
    f" OR status = 'parked' AND coalesce(code, '') NOT IN ('{UNREADABLE}', '{UNSOUND}'))"
)


@dataclass(frozen=True)
class CarriedOver:
    """What stays is parked: ``unreadable`` operations do not open any more, ``unsound`` ones were changed."""

    moved: int
    unreadable: int
    unsound: int = 0


def carry_over(conn: sqlite3.Connection, old: tuple[str, int], *, cipher: Cipher | None) -> CarriedOver:
    """After a new enrollment: gives what the cloud has not taken from the chain ``old`` (device, epoch) new numbers.

    Ids stay, so that what the features remember still fits, and so that the cloud can tell what it has already. An
    operation that does not match its hash is parked: a changed record must not be sealed anew as if it were sound.
    What the cloud had parked goes along, because only its new answer tells whether it was booked meanwhile.
    """
    rows = conn.execute(
        f"SELECT * FROM outbox WHERE device_id = ? AND epoch = ? AND {_UNSETTLED} ORDER BY seq", old
    ).fetchall()
    found = [_moved(conn, row, cipher) for row in rows]
    return CarriedOver(found.count(None), found.count(UNREADABLE), found.count(UNSOUND))


def carry_over_all(conn: sqlite3.Connection, *, cipher: Cipher | None) -> CarriedOver:
    """``carry_over`` from every chain but the current one, oldest first; what waited for an epoch comes last."""
    identity = require_identity(conn)
    chains = conn.execute(
        f"SELECT DISTINCT device_id, epoch FROM outbox WHERE {_UNSETTLED} AND store_id = ?"
        " AND NOT (device_id = ? AND epoch = ?) ORDER BY epoch = 0, epoch, device_id",
        (identity.store_id, identity.device_id, identity.epoch),
    ).fetchall()
    moved = [carry_over(conn, (row[0], row[1]), cipher=cipher) for row in chains]
    return CarriedOver(
        sum(one.moved for one in moved), sum(one.unreadable for one in moved), sum(one.unsound for one in moved)
    )


def _moved(conn: sqlite3.Connection, row: sqlite3.Row, cipher: Cipher | None) -> str | None:
    """Moves one operation to the end of the current chain; why not, otherwise."""
    try:
        before = from_row(row, cipher)
        problem = None if chain_hash(row["prev_hash"], before) == row["hash"] else UNSOUND
    except CellUnreadable:
        problem = UNREADABLE
    except (ValueError, TypeError):  # a body that is no JSON any more
        problem = UNSOUND
    if problem is not None:
        log.error("carry_over_unreadable seq=%s kind=%s why=%s", row["seq"], row["kind"], problem)
        conn.execute("UPDATE outbox SET status = 'parked', code = ? WHERE op_id = ?", (problem, row["op_id"]))
        return problem
    identity = require_identity(conn)
    conn.execute("DELETE FROM outbox WHERE op_id = ?", (row["op_id"],))
    last_seq, prev_hash = read_head(conn, identity.device_id, identity.epoch)
    wire = replace(before, device=identity.device_id, epoch=identity.epoch, seq=last_seq + 1, store=identity.store_id)
    insert(conn, wire, json.loads(row["body"]), row["sealed"], prev_hash)
    return None


def opens_any(conn: sqlite3.Connection, cipher: Cipher | None) -> bool:
    """Whether this key opens at least one of the newest sealed operations."""
    for row in conn.execute("SELECT * FROM outbox WHERE sealed IS NOT NULL ORDER BY rowid DESC LIMIT 50"):
        try:
            from_row(row, cipher)
            return True
        except (CellUnreadable, ValueError):
            continue
    return False


def check_links(conn: sqlite3.Connection) -> None:
    """Whether what is unsent hangs together, without keys; the whole hashes are checked on sending.

    Raises ChainBroken with the first number that does not fit.
    """
    identity = require_identity(conn)
    key = (identity.device_id, identity.epoch)
    last_seq, last_hash = read_head(conn, *key)
    newest = conn.execute(
        "SELECT seq, hash FROM outbox WHERE device_id = ? AND epoch = ? ORDER BY seq DESC LIMIT 1", key
    ).fetchone()
    if newest is not None and (newest["seq"], newest["hash"]) != (last_seq, last_hash):
        raise ChainBroken(newest["seq"])
    first = conn.execute(
        "SELECT min(seq) FROM outbox WHERE status = 'pending' AND device_id = ? AND epoch = ?", key
    ).fetchone()[0]
    previous: sqlite3.Row | None = None
    for row in conn.execute(
        "SELECT seq, prev_hash, hash FROM outbox WHERE device_id = ? AND epoch = ? AND seq >= ? ORDER BY seq",
        (*key, (first or last_seq + 1) - 1),
    ):
        if previous is not None and (row["seq"], row["prev_hash"]) != (previous["seq"] + 1, previous["hash"]):
            raise ChainBroken(row["seq"])
        previous = row


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
