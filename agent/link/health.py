"""Owns what this computer tells about its own health, hourly and when a printer's state changes: numbers, nobody's
data (AGT-07, AGT-11, AGT-14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agent.link.service import LinkService
from agent.printing.types import PrinterState
from sync import outbox, snapshot, uploads
from sync.clock import Clock
from sync.ids import IdSource
from sync.migrations import version as schema_version
from sync.profile import read_identity, read_policy
from sync.store import Store

EVERY_MS = 3_600_000
CHANGED_EVERY_MS = 60_000  # a printer that comes and goes is told of so often at most


class Health:
    """``tick`` is called every second or so."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSource,
        link: LinkService,
        printers: Callable[[], Sequence[PrinterState]],
        version: str,
    ) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._link, self._printers, self._version = link, printers, version
        self._due_mono_ms = clock.mono_ms()
        self._told: list[str] = []  # what the printers said in the last report

    def tick(self) -> None:
        """Queues a report when it is time for one. Raises StoreError."""
        now_ms, words = self._clock.mono_ms(), [one.status.value for one in self._printers()]
        changed = words != self._told and now_ms >= self._due_mono_ms - EVERY_MS + CHANGED_EVERY_MS
        if now_ms < self._due_mono_ms and not changed:
            return
        self._due_mono_ms, self._told = now_ms + EVERY_MS, words
        with self._store.read() as conn:
            if read_identity(conn) is None:
                return
        body = self.report()
        with self._store.transaction() as conn:
            uploads.add(conn, uploads.HEALTH, self._ids.uuid7(), body, self._clock)

    def report(self) -> dict[str, Any]:
        """As of now."""
        status, disk = self._link.status(), self._store.disk()
        with self._store.read() as conn:
            age_ms, schema = snapshot.read_age_ms(conn, self._clock), schema_version(conn)
            policy_version, offset_ms = read_policy(conn).version, outbox.clock_offset_ms(conn)
        return {
            "at_ms": self._clock.wall_ms(),
            "version": self._version,
            "schema": schema,
            "sqlite": self._store.sqlite_version.text,
            "free_bytes": disk.free_bytes,
            "disk_full": disk.full,
            "pending": status.pending,
            "oldest_pending_ms": status.oldest_pending_wall_ms,
            "needs_attention": status.needs_attention,
            "last_error": status.last_error,
            "members_age_ms": age_ms,
            "policy_version": policy_version,
            "clock_offset_ms": offset_ms,
            "printers": [{"status": one.status.value, "queued": one.queued} for one in self._printers()],
        }
