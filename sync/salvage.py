"""Owns what can still be read from a damaged store: row by row, stepping over what does not read, changing nothing."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync.protocol import Operation, chain_hash

log = logging.getLogger("sync")

STEPS_MAX = 5_000  # rows stepped over in a row; a broken inner page of the tree hides about as many
_TEXTS = ("device_id", "op_id", "kind", "store_id", "actor", "boot_id", "seen_cursor", "body", "prev_hash", "hash")
_NUMBERS = ("epoch", "seq", "v", "wall_ms", "mono_ms", "wire_bytes")
_STATUSES = frozenset({"pending", "applied", "adjusted", "rejected", "parked", "forked"})
COLUMNS = (*_TEXTS, *_NUMBERS, "sealed", "status", "code", "result_json", "acked_ms", "local_error")


@dataclass
class Salvage:
    """``ops`` are rows of the outbox that are whole as far as can be told without keys; ``heads`` the ends of chains.

    ``unreadable`` counts rows of the outbox that were there and could not be trusted.
    """

    ops: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    unreadable: int = 0


def salvage(path: Path) -> Salvage:
    """Reads a damaged file and the log beside it. Never raises for what the file contains; it may find nothing."""
    found = Salvage()
    for address in (f"{path.absolute().as_uri()}?mode=ro", f"{path.absolute().as_uri()}?mode=ro&immutable=1"):
        # With its log first: the newest operations are in there. A log that does not open is left out.
        try:
            conn = sqlite3.connect(address, uri=True, isolation_level=None)
        except sqlite3.Error:
            continue
        with contextlib.closing(conn):
            conn.row_factory = sqlite3.Row
            try:
                conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            except (sqlite3.Error, UnicodeDecodeError):
                continue
            _read(conn, found)
            break
    log.info("salvaged ops=%s heads=%s unreadable=%s", len(found.ops), len(found.heads), found.unreadable)
    return found


def _read(conn: sqlite3.Connection, found: Salvage) -> None:
    for row in _walk(conn, found):
        if _sound(row):
            found.ops.append({name: row[name] for name in COLUMNS})
        else:
            found.unreadable += 1
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        for device_id, epoch, last_seq, last_hash in conn.execute(
            "SELECT device_id, epoch, last_seq, last_hash FROM outbox_head"
        ):
            if isinstance(device_id, str) and isinstance(last_hash, str) and _whole(epoch) and _whole(last_seq):
                found.heads[device_id, epoch] = (last_seq, last_hash)
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        for key, value in conn.execute("SELECT key, value FROM meta"):
            if isinstance(key, str) and isinstance(value, str):
                found.meta[key] = value


def _walk(conn: sqlite3.Connection, found: Salvage) -> Iterator[sqlite3.Row]:
    """The rows of the outbox in the order in which they were written."""
    last, steps = 0, 0
    while steps < STEPS_MAX:
        try:
            for row in conn.execute(
                "SELECT rowid AS place, * FROM outbox NOT INDEXED WHERE rowid > ? ORDER BY rowid", (last,)
            ):
                if not isinstance(row["place"], int) or row["place"] <= last:
                    raise sqlite3.DatabaseError("rows out of order")
                last, steps = row["place"], 0
                yield row
            break
        except (sqlite3.Error, UnicodeDecodeError, OverflowError):
            last, steps = last + 1, steps + 1
            found.unreadable += 1
    if steps:
        found.unreadable -= steps - 1  # steps over the end are no rows; one of them found the damage


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _sound(row: sqlite3.Row) -> bool:
    """Types, ranges, and the hash where no key is needed for it; a sealed part authenticates itself later."""
    try:
        if not all(isinstance(row[name], str) for name in _TEXTS) or not all(_whole(row[name]) for name in _NUMBERS):
            return False
        body = json.loads(row["body"])
        if not isinstance(body, dict) or row["status"] not in _STATUSES or row["seq"] < 1 or not row["op_id"]:
            return False
        if row["sealed"] is not None:
            return isinstance(row["sealed"], bytes) and {len(row["hash"]), len(row["prev_hash"])} == {64}
        op = Operation(
            **{name: row[name] for name in ("op_id", "epoch", "seq", "kind", "v", "actor", "wall_ms", "mono_ms")},
            **{name: row[name] for name in ("boot_id", "seen_cursor")},
            device=row["device_id"],
            store=row["store_id"],
            body=body,
        )
        return chain_hash(row["prev_hash"], op) == str(row["hash"])
    except (IndexError, KeyError, TypeError, ValueError, RecursionError):
        return False
