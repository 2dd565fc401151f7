"""Owns what the owner may change about recoveries at this counter (APR-16, 24, 25, A3)."""

from __future__ import annotations

import sqlite3
from typing import Protocol

from agent.dispatch import Listeners
from agent.logbook import topic
from agent.staff import repository
from agent.staff.service import StaffService
from rules.recovery import RightChange, Role
from sync.clock import Clock
from sync.protocol import OpKind
from sync.store import Store

log = topic("staff")


class OperationsPort(Protocol):
    """Who writes operations (agent.operations.Operations)."""

    def append(self, conn: sqlite3.Connection, kind: OpKind, body: dict[str, object], *, actor: str) -> object: ...


class RightsService:
    """Thread-safe. Rights change in the cloud: this counter sends the owner's word and shows what comes back."""

    def __init__(self, *, store: Store, clock: Clock, operations: OperationsPort, staff: StaffService) -> None:
        self.listeners = Listeners()
        self._store = store
        self._clock = clock
        self._operations = operations
        self._staff = staff

    def on_the_way(self) -> frozenset[str]:
        """About whom the owner's word has not been answered yet."""
        with self._store.read() as conn:
            return frozenset(repository.rights_on_the_way(conn))

    def change(self, employee_id: str, change: RightChange, actor: str) -> bool:
        """The owner's word is on its way; False when ``actor`` is not the owner, or nobody has that id."""
        with self._store.transaction() as conn:
            person = self._staff.person(conn, actor)
            row = repository.find(conn, employee_id)
            if person is None or person.role is not Role.OWNER or row is None or row.removed:
                return False
            body: dict[str, object] = {
                "employee_id": employee_id,
                "change": change.value,
                "occurred_ms": self._clock.wall_ms(),
            }
            self._operations.append(conn, OpKind.EMPLOYEE_RIGHT, body, actor=actor)
        log.event("right_changed", employee=employee_id, change=change.value)
        self.listeners.notify()
        return True
