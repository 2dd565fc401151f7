"""Owns the ways back at this counter: taking an approval back, asking the owner to, saying no (APR-15..17, 24, 25)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from agent.approval import repository
from agent.approval.repository import RequestRow
from agent.approval.types import (
    NotAllowed,
    NotPossible,
    OwnerNeeded,
    Recovering,
    RecoverOutcome,
    WaitsForOwner,
)
from agent.operations import Operations
from agent.staff.service import StaffService
from agent.staff.types import Role
from rules.calendar import day_bounds_ms, local_day
from rules.recovery import (
    OWNER_WAIT_MS,
    WEEK_MS,
    Limit,
    Person,
    Way,
    limits_reached,
    opened_ms,
    read_actor,
    way_back,
)
from rules.requests import RequestKind, RequestState, auto_cancel_allowed
from sync.clock import Clock
from sync.profile import read_store_profile
from sync.protocol import OpKind, OpResult, OpStatus

WAITS_FOR_OWNER = "waits_for_owner"  # the cloud's word for a recovery that was asked for


@dataclass
class Recoveries:
    """Part of the approval service. What it books is inside the caller's transaction."""

    clock: Clock
    operations: Operations
    staff: StaffService
    online: Callable[[], bool]

    def opened_ms(self, conn: sqlite3.Connection) -> int | None:
        """When the shop last opened; None when it never closes or nobody said (APR-13)."""
        profile = read_store_profile(conn)
        if profile is None or profile.opens_minute is None:
            return None
        now_ms = self.clock.wall_ms()
        return opened_ms(now_ms, profile.opens_minute, day_bounds_ms(local_day(now_ms))[0])

    def possible(self, row: RequestRow) -> bool:
        """Whether anybody, the owner at least, can take it back now."""
        if row.kind is RequestKind.ORDER:
            return False  # an accepted order ends through the sold-out notice, not by taking it back (ORD-07)
        if row.effective_state is RequestState.AUTO_APPROVED:
            return auto_cancel_allowed(row.decided_ms or 0, self._acted_ms(row))
        return row.effective_state is RequestState.APPROVED

    def _acted_ms(self, row: RequestRow) -> int:
        return max(self.clock.wall_ms(), row.decided_ms or 0)

    def recover(self, conn: sqlite3.Connection, row: RequestRow, actor: str) -> RecoverOutcome:
        """The owner's word is booked at once, that of staff asks for it. Nothing is booked for anything else."""
        request_id = row.request_id
        if not self.possible(row):
            return NotPossible(request_id, row.effective_state)
        person = self.staff.person(conn, actor)
        match self._way(conn, row, person):
            case Way.AT_ONCE:
                repository.set_local_decision(conn, request_id, repository.RECOVER)
                self._append(conn, OpKind.REQUEST_RECOVER, row, actor)
                return Recovering(request_id)
            case Way.OWNER_OR_WAIT if row.recovery_by is not None:
                return WaitsForOwner(request_id, OWNER_WAIT_MS)
            case Way.OWNER_OR_WAIT if self._too_often(conn, actor):
                return NotAllowed(request_id)
            case Way.OWNER_OR_WAIT:
                repository.set_recovery_by(conn, request_id, actor)
                self._append(conn, OpKind.REQUEST_RECOVER, row, actor)
                return WaitsForOwner(request_id, OWNER_WAIT_MS)
            case Way.OWNER_ONLY:
                return OwnerNeeded(request_id, set_up=self.staff.has_owner(conn))
            case Way.NOT_ALLOWED:
                return NotAllowed(request_id)
            case _:
                return NotPossible(request_id, row.effective_state)

    def _way(self, conn: sqlite3.Connection, row: RequestRow, person: Person | None) -> Way:
        acted_ms = self._acted_ms(row)
        opened = self.opened_ms(conn)
        return way_back(
            person,
            row.effective_state,
            decided_ms=row.decided_ms or 0,
            acted_ms=acted_ms,
            arrived_ms=acted_ms,
            opened_ms=opened if opened is not None else opened_ms(acted_ms, None, 0),
        )

    def _too_often(self, conn: sqlite3.Connection, actor: str) -> bool:
        """The cloud counts for all counters; this one counts its own, so that a week without a line has its limits
        too (APR-25). One person's share of them all is taken without a line only: with one the cloud knows it better
        (APR-24)."""
        employee_id = read_actor(actor).employee_id or ""
        week_ms = self.clock.wall_ms() - WEEK_MS
        own = repository.recoveries_since(conn, actor, max(week_ms, self.staff.counted_from_ms(conn, employee_id)))
        store = own if self.online() else max(own, repository.all_recoveries_since(conn, week_ms))
        reached = limits_reached(own_day=0, own_week=own, store_week=store)
        return Limit.WEEK in reached or (Limit.SHARE in reached and not self.online())

    def keep(self, conn: sqlite3.Connection, row: RequestRow, actor: str) -> bool:
        """The owner says no to what staff asked for; False when there is nothing to refuse, or it is not the owner."""
        person = self.staff.person(conn, actor)
        if row.recovery_by is None or person is None or person.role is not Role.OWNER:
            return False
        repository.set_recovery_by(conn, row.request_id, None)
        self._append(conn, OpKind.REQUEST_KEEP, row, actor)
        return True

    def _append(self, conn: sqlite3.Connection, kind: OpKind, row: RequestRow, actor: str) -> None:
        body = {"request_id": row.request_id, "occurred_ms": self.clock.wall_ms()}
        self.operations.append(conn, kind, body, actor=actor)

    def on_result(self, conn: sqlite3.Connection, row: RequestRow, result: OpResult) -> None:
        """A recovery that the cloud did not take does not go on waiting here."""
        if row.recovery_by is not None and result.code != WAITS_FOR_OWNER and result.status != OpStatus.APPLIED:
            repository.set_recovery_by(conn, row.request_id, None)
