"""Owns what the cloud told this store: applying it, who may see it, saying that it was seen (NTF-02, 11; APR-28)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Protocol

from agent.dispatch import Listeners
from agent.logbook import topic
from agent.notices import repository
from agent.notices.repository import NoticeRow
from agent.notices.types import Told
from agent.staff.service import StaffService
from rules.calendar import DAY_MS
from rules.notices import SHOWN_DAYS, NoticeKind, Priority, in_bell_order, wanted
from rules.recovery import Role
from sync.clock import Clock
from sync.inbox import RowContext
from sync.protocol import FeedRow, OpKind, OpResult, OpStatus
from sync.store import Store

KEPT = 200  # as many as a snapshot brings
_OWN_FIELDS = frozenset(
    {"notice_id", "version", "kind", "priority", "for_owner", "count", "created_ms", "at_ms", "expires_ms"}
    | {"read_ms", "acked_ms", "acked_by"}
)
log = topic("approval")


class OperationsPort(Protocol):
    """Who writes operations (agent.operations.Operations)."""

    def append(self, conn: sqlite3.Connection, kind: OpKind, body: dict[str, object], *, actor: str) -> object: ...


class NoticeService:
    """Thread-safe. What was acknowledged here is gone from the bell at once, with or without a line."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        operations: OperationsPort,
        staff: StaffService,
        is_reported: Callable[[sqlite3.Connection, str], bool] = lambda _conn, _day: False,
    ) -> None:
        """``is_reported``: whether this counter has a number for a day, sent or not."""
        self.listeners = Listeners()
        self._is_reported = is_reported
        self._store = store
        self._clock = clock
        self._operations = operations
        self._staff = staff

    def bell(self) -> tuple[Told, ...]:
        """What whoever is on duty should look at, urgent first, newer first. What is the owner's is shown to nobody
        else, once the shop has set up its people. A report that waits for the line is not missing (CUP-08)."""
        with self._store.read() as conn:
            _, _, off = repository.switched_off(conn)
            sees_all = self._sees_all(conn, self._staff.actor())
            rows = [row for row in repository.waiting(conn, self._clock.wall_ms()) if not self._done(conn, row.told)]
        shown = [row.told for row in rows if (sees_all or not row.for_owner) and _wanted(row.told, off)]
        return tuple(in_bell_order(shown))

    def _done(self, conn: sqlite3.Connection, told: Told) -> bool:
        return told.kind == NoticeKind.REPORT_MISSING.value and self._is_reported(conn, told.text("day"))

    def urgent(self) -> tuple[Told, ...]:
        """Of those the ones that the home page shows too."""
        return tuple(told for told in self.bell() if told.priority is Priority.HIGH)

    def newest(self, kinds: tuple[str, ...], limit: int) -> tuple[Told, ...]:
        """Of these kinds, seen or not, the newest first."""
        with self._store.read() as conn:
            return tuple(row.told for row in repository.newest(conn, kinds, limit))

    def acknowledge(self, notice_id: str, actor: str) -> bool:
        """Somebody has seen it; the cloud hears of it when there is a line. False when it is not theirs to see, or
        already seen."""
        with self._store.transaction() as conn:
            row = repository.find(conn, notice_id)
            if row is None or not row.waits or (row.for_owner and not self._sees_all(conn, actor)):
                return False
            repository.set_acked(conn, notice_id, row.told.count)
            body: dict[str, object] = {
                "notice_id": notice_id,
                "count": row.told.count,
                "occurred_ms": self._clock.wall_ms(),
            }
            self._operations.append(conn, OpKind.NOTICE_ACK, body, actor=actor)
        log.event("notice_seen", notice=notice_id, kind=row.told.kind)
        self.listeners.notify()
        return True

    def _sees_all(self, conn: sqlite3.Connection, actor: str) -> bool:
        person = self._staff.person(conn, actor)
        return person is None or person.role is Role.OWNER

    # --- what the cloud says -----------------------------------------------------------------------------------------

    def apply_notice_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of notices; the same one again changes nothing."""
        new = _read(row.body, context.generation)
        before = repository.find(conn, new.told.notice_id)
        if before is None or (before.generation, before.version) < (new.generation, new.version):
            repository.upsert(conn, new, keep=KEPT)

    def apply_setting_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of what the store wants in its bell (NTF-11)."""
        generation, version, _ = repository.switched_off(conn)
        if (generation, version) <= (context.generation, int(row.body["version"])):
            kinds = frozenset(str(kind) for kind in row.body["switched_off"])
            repository.set_switched_off(conn, context.generation, int(row.body["version"]), kinds)

    def on_result(self, conn: sqlite3.Connection, result: OpResult, body: dict[str, Any]) -> None:
        """What the cloud refuses (the owner's word was needed) is back in the bell. What grew meanwhile comes by its
        own row."""
        if result.status == OpStatus.REJECTED:
            repository.set_acked(conn, str(body["notice_id"]), 0)


def _wanted(told: Told, off: frozenset[str]) -> bool:
    if told.kind not in frozenset(NoticeKind):
        return told.kind not in off
    return wanted(NoticeKind(told.kind), frozenset(NoticeKind(kind) for kind in off if kind in frozenset(NoticeKind)))


def _read(body: dict[str, Any], generation: int) -> NoticeRow:
    """A cloud of before there was a notification centre gave no ids: its notices are kept, and nobody is asked to
    acknowledge what cannot be named. Raises KeyError, TypeError or ValueError."""
    named = body.get("notice_id")
    created_ms = int(body["created_ms"])
    told = Told(
        str(named or f"{body['kind']} {created_ms} {body.get('employee_id') or ''}".strip()),
        str(body["kind"]),
        Priority(body["priority"]) if body.get("priority") in frozenset(Priority) else Priority.LOW,
        int(body.get("count", 1)),
        int(body.get("at_ms", created_ms)),
        {name: value for name, value in body.items() if name not in _OWN_FIELDS},
    )
    return NoticeRow(
        told,
        generation,
        int(body.get("version", 1)),
        bool(body.get("for_owner", True)),
        created_ms,
        int(body.get("expires_ms", created_ms + SHOWN_DAYS * DAY_MS)),
        acked=named is None or body.get("acked_ms") is not None,
    )
