"""Owns printing a captured receipt once more on a printer of ours: as it is kept, hidden numbers and all, and marked.

Every copy is a job of its own, named after its document and numbered, so that the paper says which one it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent.logbook import topic
from agent.printing import repository
from agent.printing.types import JobKind, JobState, PrinterState
from agent.receipts.types import ReceiptDetail
from printers.document import Document
from printers.profiles import PrinterProfile
from printers.slip_kinds import Templates
from printers.slips import receipt_copy
from rules.calendar import local_time
from sync.clock import Clock
from sync.store import Store

_UNDER_WAY = frozenset({JobState.QUEUED, JobState.PRINTING})
log = topic("print")


@dataclass(frozen=True)
class Copies:
    """How many copies of a receipt were asked for, and whether the last of them still waits for its paper."""

    made: int = 0
    under_way: bool = False


class CopyPrinter(Protocol):
    """What copies need of ``agent.printing.service.PrintingService``."""

    def printers(self) -> tuple[PrinterState, ...]: ...
    def profile(self, place: str) -> PrinterProfile: ...
    def enqueue(
        self, conn: sqlite3.Connection, job_id: str, kind: JobKind, document: Document, *, place: str
    ) -> bool: ...


class ReceiptCopies:
    """Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        find: Callable[[str], ReceiptDetail | None],
        printing: CopyPrinter,
        shop: Callable[[sqlite3.Connection], str],
        templates: Callable[[], Templates],
    ) -> None:
        self._store, self._clock = store, clock
        self._find, self._printing = find, printing
        self._shop, self._templates = shop, templates

    def places(self) -> tuple[str, ...]:
        """Where a copy may be printed: every printer that is set up."""
        return tuple(found.name for found in self._printing.printers())

    def of(self, document_id: str) -> Copies:
        """What was printed of this receipt so far."""
        with self._store.read() as conn:
            return _copies(conn, document_id)

    def print_again(self, document_id: str, place: str, actor: str) -> bool:
        """Queues one more copy for this printer. False when there is nothing to print, or when the copy before it has
        not come out yet: a second press of an impatient finger is no second copy."""
        detail = self._find(document_id)
        if detail is None or not detail.lines or place not in self.places():
            return False
        now_ms = self._clock.wall_ms()
        with self._store.transaction() as conn:
            before = _copies(conn, document_id)
            if before.under_way:
                return False
            document = receipt_copy(
                shop=self._shop(conn),
                lines=detail.lines,
                receipt_no=detail.row.receipt_no or "",
                copy_number=before.made + 1,
                columns=self._printing.profile(place).columns,
                printed_at=f"{local_time(now_ms):%Y-%m-%d %H:%M}",
                templates=self._templates(),
            )
            job_id = f"{_prefix(document_id)}{before.made + 1}"
            self._printing.enqueue(conn, job_id, JobKind.RECEIPT_COPY, document, place=place)
        log.event("receipt_copied", document=document_id, copy=before.made + 1, printer=place, by=actor)
        return True


def _prefix(document_id: str) -> str:
    return f"{document_id}:{JobKind.RECEIPT_COPY.value}:"


def _copies(conn: sqlite3.Connection, document_id: str) -> Copies:
    """The numbers count, not the rows: old jobs go, and a number must not be given twice."""
    prefix = _prefix(document_id)
    found = {int(job_id.removeprefix(prefix)): state for job_id, state in repository.named(conn, prefix)}
    return Copies(max(found), found[max(found)] in _UNDER_WAY) if found else Copies()
