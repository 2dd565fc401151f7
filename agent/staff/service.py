"""Owns the roster of this store, who is on duty here, and the checking of PINs (APR-16, 17, 31, 34)."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable

from agent.dispatch import Listeners
from agent.logbook import topic
from agent.staff import repository
from agent.staff.repository import EmployeeRow
from agent.staff.types import Employee, NobodyThere, PinLocked, PinOutcome, PinRight, PinWrong
from rules.pin import FREE_TRIES, PinHash, lock_ms, pin_fits
from rules.recovery import Person, Role, read_actor
from sync.clock import Clock
from sync.inbox import RowContext
from sync.protocol import FeedRow
from sync.store import Store

ANYBODY = "직원"  # until people are set up and sign in, a decision at this counter is the staff's
log = topic("staff")


class StaffService:
    """Thread-safe. A PIN is checked on the caller's thread and takes a tenth of a second."""

    def __init__(self, *, store: Store, clock: Clock, store_key: Callable[[], bytes]) -> None:
        """``store_key`` raises SyncError while the vault is locked: then nobody can sign in."""
        self.listeners = Listeners()
        self._store = store
        self._clock = clock
        self._store_key = store_key
        self._on_duty = ""

    # --- who ---------------------------------------------------------------------------------------------------------

    def roster(self) -> tuple[Employee, ...]:
        """Who works at this store, the owner last; empty as long as nobody was set up."""
        with self._store.read() as conn:
            return tuple(_shown(row) for row in repository.employed(conn))

    def owner(self) -> Employee | None:
        return next((one for one in self.roster() if one.role is Role.OWNER), None)

    def on_duty(self) -> Employee | None:
        """Who signed in here last and still works at the store."""
        return next((one for one in self.roster() if one.employee_id == self._on_duty), None)

    def actor(self) -> str:
        """How operations of this counter name who acts."""
        found = self.on_duty()
        return ANYBODY if found is None else found.actor

    def name_of(self, conn: sqlite3.Connection, actor: str) -> str:
        """What people call whom an operation names; a removed employee keeps the name."""
        named = read_actor(actor).employee_id
        row = repository.find(conn, named) if named is not None else None
        return row.name if row is not None else actor if named is None else ANYBODY

    def known_as(self, actor: str) -> str:
        """The same for a screen that has no transaction of its own."""
        with self._store.read() as conn:
            return self.name_of(conn, actor)

    def person(self, conn: sqlite3.Connection, actor: str) -> Person | None:
        """What the rules ask about whoever acts; None as long as nobody was set up."""
        people = repository.employed(conn)
        if not people:
            return None
        row = next((one for one in people if one.employee_id == read_actor(actor).employee_id), None)
        if row is None:
            return Person(Role.STAFF, may_recover=False)
        return Person(row.role, row.may_recover and not row.suspended)

    def has_owner(self, conn: sqlite3.Connection) -> bool:
        """Whether anybody can act as the owner here."""
        return any(row.role is Role.OWNER for row in repository.employed(conn))

    def counted_from_ms(self, conn: sqlite3.Connection, employee_id: str) -> int:
        """Recoveries before this moment are not held against anybody again."""
        row = repository.find(conn, employee_id)
        return row.counted_from_ms if row is not None else 0

    # --- signing in --------------------------------------------------------------------------------------------------

    def sign_in(self, employee_id: str, pin: str) -> PinOutcome:
        """From now on this counter's decisions are theirs. Raises SyncError while the vault is locked."""
        outcome = self.check(employee_id, pin)
        if isinstance(outcome, PinRight):
            self._on_duty = employee_id
            self.listeners.notify()
        return outcome

    def sign_out(self) -> None:
        self._on_duty = ""
        self.listeners.notify()

    def check(self, employee_id: str, pin: str) -> PinOutcome:
        """Whether it is their PIN. A try counts as wrong before it is made, so that neither pulling the plug nor two
        tries at once get one more. Raises SyncError while the vault is locked."""
        key = self._store_key()
        now_ms = self._clock.wall_ms()
        with self._store.transaction() as conn:
            row = repository.find(conn, employee_id)
            if row is None or row.removed:
                return NobodyThere()
            failed, last_ms = repository.failures(conn, employee_id)
            # A clock that was set back must not open the door.
            wait_ms = lock_ms(failed) - max(now_ms - last_ms, 0)
            if wait_ms > 0:
                return PinLocked(wait_ms)
            repository.count_failure(conn, employee_id, now_ms)
        if not pin_fits(pin, row.pin, employee_id=employee_id, store_key=key):
            log.warning("pin_wrong", employee=employee_id, failures=failed + 1)
            closed_ms = lock_ms(failed + 1)
            return PinLocked(closed_ms) if closed_ms else PinWrong(FREE_TRIES - failed - 1)
        with self._store.transaction() as conn:
            repository.forget_failures(conn, employee_id)
        return PinRight(_shown(row))

    # --- what the cloud says -----------------------------------------------------------------------------------------

    def apply_employee_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of employee rows."""
        body = row.body
        before = repository.find(conn, str(body["employee_id"]))
        if before is not None and (before.generation, before.version) > (context.generation, int(body["version"])):
            return
        repository.upsert(
            conn,
            EmployeeRow(
                employee_id=str(body["employee_id"]),
                generation=context.generation,
                version=int(body["version"]),
                name=str(body["name"]),
                role=Role(body["role"]) if body["role"] in frozenset(Role) else Role.STAFF,
                pin=PinHash(_bytes(body["pin_salt"]), _bytes(body["pin_verifier"])),
                may_recover=bool(body["may_recover"]),
                suspended=bool(body["suspended"]),
                counted_from_ms=int(body["counted_from_ms"]),
                removed=bool(body["removed"]),
            ),
        )


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(str(text) + "=" * (-len(str(text)) % 4))


def _shown(row: EmployeeRow) -> Employee:
    return Employee(row.employee_id, row.name, row.role, row.may_recover, row.suspended)
