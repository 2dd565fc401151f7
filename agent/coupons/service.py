"""Owns the coupons that the cloud lets this store print: keeping them, and their slips, by themselves or on a press.

The paper gives nothing: the coupon stays its member's, and the code on the slip is made of its id.

Rules: STP-04.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from agent.dispatch import Listeners
from agent.logbook import topic
from agent.printing.types import JobKind, JobState
from printers.document import Document
from printers.layout import as_text, lay_out
from printers.slip_kinds import Templates
from printers.slips import coupon
from rules.calendar import local_day
from rules.codes import code_of_id, shown
from rules.scans import COUPON_QR
from sync.clock import Clock
from sync.inbox import RowContext
from sync.profile import require_identity
from sync.protocol import FeedRow
from sync.store import Store

# What was earned without a line and booked hours later belongs to somebody who has left; staff may still print it.
STILL_THERE_MS = 600_000
SHOWN = 100
SCREEN_COLUMNS = 32  # the narrowest paper, so that its letters are the largest
log = topic("print")


@dataclass(frozen=True)
class PaperCoupon:
    """``masked`` is whose payment brought it, ``printed`` what became of its slip; None while none was asked for."""

    coupon_id: str
    name: str
    condition: str
    expires_ms: int
    issued_ms: int
    why: str
    masked: str | None = None
    printed: JobState | None = None

    @property
    def code(self) -> str:
        return shown(code_of_id(self.coupon_id))


class PrintingPort(Protocol):
    """What slips need of ``agent.printing.service.PrintingService``."""

    def enqueue(self, conn: sqlite3.Connection, job_id: str, kind: JobKind, document: Document) -> bool: ...
    def reprint(self, job_id: str) -> bool: ...


class PaperCoupons:
    """Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        printing: PrintingPort,
        shop: Callable[[sqlite3.Connection], str],
        templates: Callable[[], Templates],
        by_itself: Callable[[], bool],
    ) -> None:
        """``by_itself``: the shop wants the slip without a press."""
        self.listeners = Listeners()
        self._store, self._clock, self._printing = store, clock, printing
        self._shop, self._templates, self._by_itself = shop, templates, by_itself

    def newest(self) -> tuple[PaperCoupon, ...]:
        """Those that are still valid, the newest first."""
        with self._store.read() as conn:
            rows = conn.execute(
                f"{_FOUND} WHERE paper_coupon.expires_ms > ? ORDER BY issued_ms DESC, coupon_id LIMIT ?",
                (self._clock.wall_ms(), SHOWN),
            ).fetchall()
        return tuple(_read(row) for row in rows)

    def paper(self, found: PaperCoupon) -> tuple[str, ...]:
        """What its slip says, as a screen shows paper: a QR code is its name there."""
        with self._store.read() as conn:
            document = self._document(conn, found)
        lines = as_text(lay_out(document, SCREEN_COLUMNS))
        return tuple("[QR]" if line.startswith("[QR ") else line for line in lines)

    def print_slip(self, coupon_id: str, actor: str) -> bool:
        """The coupon on paper; a second one is marked as a reprint. False when there is no such coupon, or when its
        slip is on its way already."""
        with self._store.transaction() as conn:
            found = conn.execute(f"{_FOUND} WHERE coupon_id = ?", (coupon_id,)).fetchone()
            if found is None:
                return False
            first = self._enqueue(conn, _read(found))
        done = first or self._printing.reprint(_job_id(coupon_id))
        log.event("coupon_slip_asked", coupon=coupon_id, by=actor, done=done)
        self.listeners.notify()
        return done

    def apply_coupon_row(self, conn: sqlite3.Connection, row: FeedRow, _context: RowContext) -> None:
        """The inbox applier of coupons for paper; the same one again changes nothing and prints nothing. Raises
        KeyError, TypeError or ValueError for what is none."""
        body = row.body
        values = {
            "coupon_id": str(body["coupon_id"]),
            "name": str(body["name"]),
            "condition": str(body["condition"]),
            "expires_ms": int(body["expires_ms"]),
            "issued_ms": int(body["issued_ms"]),
            "why": str(body["why"]),
            "earn_id": body["earn_id"],
        }
        code_of_id(values["coupon_id"])
        kept = conn.execute(_KEEP, values).rowcount == 1
        recent = self._clock.wall_ms() - values["issued_ms"] <= STILL_THERE_MS
        if kept and recent and self._by_itself() and body["print_device"] == require_identity(conn).device_id:
            self._enqueue(conn, _read(conn.execute(f"{_FOUND} WHERE coupon_id = ?", (values["coupon_id"],)).fetchone()))

    def _enqueue(self, conn: sqlite3.Connection, found: PaperCoupon) -> bool:
        return self._printing.enqueue(conn, _job_id(found.coupon_id), JobKind.COUPON, self._document(conn, found))

    def _document(self, conn: sqlite3.Connection, found: PaperCoupon) -> Document:
        return coupon(
            shop=self._shop(conn),
            name=found.name,
            condition=found.condition,
            valid_until=local_day(found.expires_ms - 1).isoformat(),
            code=found.code.replace("-", ""),
            slip_code=found.code,
            qr_payload=COUPON_QR + found.coupon_id,
            templates=self._templates(),
        )


def _job_id(coupon_id: str) -> str:
    """One slip a coupon; more are reprints, marked as such."""
    return f"{coupon_id}:{JobKind.COUPON.value}"


_KEEP = (
    "INSERT OR IGNORE INTO paper_coupon (coupon_id, name, condition, expires_ms, issued_ms, why, earn_id)"
    " VALUES (:coupon_id, :name, :condition, :expires_ms, :issued_ms, :why, :earn_id)"
)
_FOUND = (
    "SELECT coupon_id, name, condition, expires_ms, issued_ms, why, earn.masked, print_job.state FROM paper_coupon"
    " LEFT JOIN earn ON earn.earn_id = paper_coupon.earn_id"
    f" LEFT JOIN print_job ON print_job.job_id = paper_coupon.coupon_id || ':{JobKind.COUPON.value}'"
)


def _read(row: Any) -> PaperCoupon:
    *facts, state = row
    coupon_id, name, condition, expires_ms, issued_ms, why, masked = facts
    printed = None if state is None else JobState(state)
    return PaperCoupon(coupon_id, name, condition, int(expires_ms), int(issued_ms), why, masked, printed)
