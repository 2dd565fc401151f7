"""Which receipt a number gets and which number a receipt gets (PNT-08)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from agent.earn import repository
from agent.earn.repository import DocumentRow, EntryRow
from rules.receipts import PAIRING_WINDOW_MS

# An entry screen shows the amount it was opened for; a customer who walked away must not keep that receipt reserved.
OPEN_ENTRY_HOLDS_MS = 60_000
DEFAULT_TILL = "1"
# A receipt is read within moments. One that was printed so long before a number was typed is somebody else's.
LATE_MS = 10_000


@dataclass(frozen=True)
class Gone:
    """The receipt that the customer saw is not to be had any more; another one is somebody else's."""


class Pairing:
    """Reads only. A capture names the till it stands at; a name that is no number belongs to the counter's one till,
    unless ``till_by_source`` says otherwise."""

    def __init__(self, till_by_source: Mapping[str, str]) -> None:
        self._till_by_source = till_by_source

    def till_of(self, source: str) -> str:
        own = str(int(source)) if source.isascii() and source.isdigit() else DEFAULT_TILL
        return self._till_by_source.get(source, own)

    def sale_for_screen(self, conn: sqlite3.Connection, till: str, now_ms: int) -> DocumentRow | None:
        """What an entry screen of this till offers: the receipt it was opened for, else the newest that waits."""
        waiting = self._waiting(conn, till, now_ms)
        for entry in repository.open_entries(conn, till, now_ms - OPEN_ENTRY_HOLDS_MS)[:1]:
            for sale in waiting:
                if sale.document_id == entry.document_id:
                    return sale
        return waiting[0] if waiting else None

    def sale_for_entry(
        self, conn: sqlite3.Connection, entry: EntryRow, shown_id: str | None, now_ms: int
    ) -> DocumentRow | Gone | None:
        """The receipt that a submitted number earns on: the one that the screen showed, and no other. A screen that
        showed none: one that was printed since it was opened. None: the number waits for its receipt."""
        waiting = self._waiting(conn, entry.till, now_ms)
        if shown_id is not None:
            return next((sale for sale in waiting if sale.document_id == shown_id), Gone())
        return next((sale for sale in waiting if sale.captured_ms >= entry.opened_ms), None)

    def entry_for_sale(self, conn: sqlite3.Connection, source: str, captured_ms: int, now_ms: int) -> EntryRow | None:
        """The number that waits at the till of this receipt."""
        entry = repository.waiting_entry(conn, self.till_of(source))
        if entry is None or entry.submitted_ms is None or now_ms - entry.submitted_ms > PAIRING_WINDOW_MS:
            return None
        if entry.submitted_ms - captured_ms > LATE_MS:
            return None
        return entry

    def _waiting(self, conn: sqlite3.Connection, till: str, now_ms: int) -> list[DocumentRow]:
        found = repository.waiting_sales(conn, now_ms - PAIRING_WINDOW_MS)
        return [sale for sale in found if self.till_of(sale.source) == till]
