"""Owns bulk uploads: redacted receipts and telemetry wait here for a quiet moment, each thing once by its id.

Writes the table upload and the mark up to which documents were sent.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from sync.clock import Clock
from sync.meta import get_meta, set_meta
from sync.outcomes import Upload
from sync.protocol import canonical_json

RECEIPT, HEALTH = "receipt.text", "health"
DOCUMENT_SENT = "uploads.document"  # meta: rowid of the newest document that the cloud keeps
ITEMS_MAX = 100  # half of what the cloud takes at once: a push behind it must not wait for the line
BATCH_BYTES_MAX = 128 * 1024
RECEIPT_BYTES_MAX = 12 * 1024  # an item may have 16 KiB; a longer document is a report, and its head says which


@dataclass(frozen=True)
class Waiting:
    """``n`` is the row in its own table, the documents' or ours."""

    n: int
    upload: Upload
    size: int


def add(conn: sqlite3.Connection, kind: str, upload_id: str, body: dict[str, Any], clock: Clock) -> None:
    """Queues a small body of its own, inside the caller's transaction. Documents need no queueing."""
    conn.execute(
        "INSERT INTO upload (upload_id, kind, body, created_ms) VALUES (?, ?, ?, ?)",
        (upload_id, kind, canonical_json(body).decode(), clock.wall_ms()),
    )


def document_sent(conn: sqlite3.Connection) -> int:
    """Rowid up to which documents need not be kept for uploading."""
    return int(get_meta(conn, DOCUMENT_SENT) or 0)


def pending(conn: sqlite3.Connection) -> int:
    """How much waits."""
    found = conn.execute(
        "SELECT (SELECT count(*) FROM upload) + (SELECT count(*) FROM document WHERE rowid > ?)",
        (document_sent(conn),),
    ).fetchone()
    return int(found[0])


def next_batch(conn: sqlite3.Connection, limit_items: int = ITEMS_MAX) -> list[Waiting]:
    """The oldest that wait, as many as one upload takes; one at least, if there is any."""
    chosen: list[Waiting] = []
    size = 0
    for n, upload in _waiting(conn, max(limit_items, 1)):
        weight = len(canonical_json(upload.to_wire()))
        if chosen and (size + weight > BATCH_BYTES_MAX or len(chosen) >= limit_items):
            break
        size += weight
        chosen.append(Waiting(n, upload, weight))
    return chosen


def _waiting(conn: sqlite3.Connection, limit: int) -> list[tuple[int, Upload]]:
    ours = conn.execute("SELECT n, upload_id, kind, body FROM upload ORDER BY n LIMIT ?", (limit,)).fetchall()
    documents = conn.execute(
        "SELECT rowid, document_id, captured_ms, kind, lines_json FROM document WHERE rowid > ? ORDER BY rowid LIMIT ?",
        (document_sent(conn), limit),
    ).fetchall()
    found = [(int(row[0]), Upload(row[1], row[2], json.loads(row[3]))) for row in ours]
    return found + [(int(row[0]), Upload(row[1], RECEIPT, _receipt(row))) for row in documents]


def _receipt(row: sqlite3.Row) -> dict[str, Any]:
    """What the till printed, redacted by the capture before it came to this disk."""
    lines: list[str] = []
    size = 0
    for line in json.loads(row["lines_json"]):
        size += len(canonical_json(line)) + 1
        if size > RECEIPT_BYTES_MAX:
            break
        lines.append(line)
    return {"captured_ms": row["captured_ms"], "kind": row["kind"], "lines": lines}


def forget(conn: sqlite3.Connection, sent: list[Waiting]) -> None:
    """The cloud keeps them."""
    conn.executemany("DELETE FROM upload WHERE n = ?", [(one.n,) for one in sent if one.upload.kind != RECEIPT])
    documents = [one.n for one in sent if one.upload.kind == RECEIPT]
    if documents:
        set_meta(conn, DOCUMENT_SENT, str(max(documents)))
