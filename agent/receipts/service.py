"""Owns the list of captured documents: what was read, and why it was or was not credited. Reads only."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from agent.dispatch import Listeners
from agent.receipts.types import DocumentOutcome, ReceiptDetail, ReceiptFilter, ReceiptRow
from sync.store import Store

__all__ = ["DocumentOutcome", "ReceiptDetail", "ReceiptFilter", "ReceiptRow", "ReceiptsService"]

_COLUMNS = (
    "document.document_id, captured_ms, source, kind, total_won, document.paid_won, receipt_no, outcome,"
    " coalesce(earn.posted_points, earn.points), earn.masked, earn.status"
)
_FROM = "FROM document LEFT JOIN earn ON earn.earn_id = document.earn_id"
_FILTERS = {
    ReceiptFilter.ALL: "1 = 1",
    ReceiptFilter.SALES: "verdict = 'earn'",
    ReceiptFilter.EARNED: "outcome = 'earned'",
    ReceiptFilter.UNMATCHED: "outcome IN ('unmatched', 'waiting') AND outcome <> 'earned'",
    ReceiptFilter.ASK: "outcome = 'ask' AND outcome <> 'earned'",
}


class ReceiptsService:
    """Thread-safe. Its listeners are told of everything that changes a document."""

    def __init__(self, *, store: Store) -> None:
        self.listeners = Listeners()
        self._store = store

    def list(self, limit: int = 100, filter: ReceiptFilter = ReceiptFilter.ALL) -> tuple[ReceiptRow, ...]:
        """The newest documents first."""
        with self._store.read() as conn:
            rows = conn.execute(
                f"SELECT {_COLUMNS} {_FROM} WHERE {_FILTERS[filter]}"
                " ORDER BY captured_ms DESC, document.document_id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return tuple(_row(values) for values in rows)

    def get(self, document_id: str) -> ReceiptDetail | None:
        with self._store.read() as conn:
            return _detail(conn, document_id)

    def read_since(self, start_ms: int) -> tuple[int, int | None]:
        """How many documents were captured since then, and when the newest of all was."""
        with self._store.read() as conn:
            found = conn.execute(
                "SELECT (SELECT count(*) FROM document WHERE captured_ms >= ?),"
                " (SELECT max(captured_ms) FROM document)",
                (start_ms,),
            ).fetchone()
        return int(found[0]), None if found[1] is None else int(found[1])


def _row(values: Any) -> ReceiptRow:
    fields = list(values)
    fields[7] = DocumentOutcome(fields[7])
    return ReceiptRow(*fields)


def _detail(conn: sqlite3.Connection, document_id: str) -> ReceiptDetail | None:
    found = conn.execute(
        f"SELECT {_COLUMNS}, lines_json, reading_json {_FROM} WHERE document.document_id = ?", (document_id,)
    ).fetchone()
    if found is None:
        return None
    values = tuple(found)
    return ReceiptDetail(_row(values[:11]), tuple(json.loads(values[11])), json.loads(values[12]))
