"""Employees of a store: setting them up, their PINs, and what reaches the store's devices about them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.ids import base64url
from cloud_api.staff.models import employee
from cloud_api.stores.service import lock_store, profile_of, store_key
from cloud_api.vault import Vault
from rules.boards import plan_named
from rules.permissions import Grant, Permission, StaffProblem, grant, staff_problem
from rules.pin import SALT_BYTES, hash_pin, pin_problem
from rules.recovery import ActorType, Person, Role, read_actor
from sync.protocol import FeedKind

_REFUSALS = {
    StaffProblem.OWNER_EXISTS: "owner_exists",
    StaffProblem.OWNER_FIRST: "owner_first",
    StaffProblem.TOO_MANY: "too_many_employees",
}


@dataclass(frozen=True)
class NewEmployee:
    name: str
    role: Role
    pin: str


@dataclass(frozen=True)
class Changes:
    """What an owner changes about an employee; None leaves it. ``lift`` gives a suspended right back."""

    pin: str | None = None
    may_recover: bool | None = None
    lift: bool = False


def add(work: Work, vault: Vault, store_id: str, wanted: NewEmployee) -> dict[str, Any]:
    """A new employee, told to the store's devices: one owner, first, and employees as the plan allows (RBA-02). Raises
    ApiError."""
    lock_store(work, store_id)  # of two at once the second counts the first
    store = profile_of(work.conn, store_id)
    assert store is not None  # it was locked
    refuse_weak(wanted.pin)
    roles = [row.role for row in employed(work.conn, store_id)]
    owners, employees = roles.count(Role.OWNER.value), roles.count(Role.STAFF.value)
    problem = staff_problem(wanted.role, plan_named(store.plan), owners, employees)
    if problem is not None:
        raise ApiError(refusal(problem))
    employee_id = work.ids.uuid7()
    row = work.conn.execute(
        insert(employee)
        .values(
            employee_id=employee_id,
            store_id=store_id,
            version=1,
            name=wanted.name,
            role=wanted.role.value,
            may_recover=True,
            counted_from_ms=0,
            created_ms=work.now_ms,
            **_hashed(work.conn, vault, store_id, employee_id, wanted.pin),
        )
        .returning(*employee.c)
    ).one()
    return _told(work, row)


def refusal(problem: StaffProblem) -> str:
    """The code that says so."""
    return _REFUSALS[problem]


def refuse_weak(pin: str) -> None:
    """Raises ApiError ``pin_refused``."""
    problem = pin_problem(pin)
    if problem is not None:
        raise ApiError("pin_refused", extra={"detail": problem.value})


def _hashed(conn: Connection, vault: Vault, store_id: str, employee_id: str, pin: str) -> dict[str, bytes]:
    salt = secrets.token_bytes(SALT_BYTES)
    made = hash_pin(pin, employee_id=employee_id, store_key=store_key(conn, vault, store_id), salt=salt)
    return {"pin_salt": made.salt, "pin_verifier": made.verifier}


def change(work: Work, vault: Vault, store_id: str, employee_id: str, wanted: Changes) -> dict[str, Any]:
    """Raises ApiError ``employee_unknown`` or ``pin_refused``."""
    values: dict[str, Any] = {}
    if wanted.pin is not None:
        refuse_weak(wanted.pin)
        if profile_of(work.conn, store_id) is None:  # no store, no key to hash with
            raise ApiError("employee_unknown")
        values |= _hashed(work.conn, vault, store_id, employee_id, wanted.pin)
    return _write(work, store_id, employee_id, values | _rights(work, wanted))


def change_rights(work: Work, store_id: str, employee_id: str, wanted: Changes) -> dict[str, Any]:
    """The rights of ``wanted`` alone. Raises ApiError ``employee_unknown``."""
    return _write(work, store_id, employee_id, _rights(work, wanted))


def _rights(work: Work, wanted: Changes) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if wanted.may_recover is not None:
        values["may_recover"] = wanted.may_recover
    if wanted.lift:
        values |= {"suspended_ms": None, "suspended_for": None, "counted_from_ms": work.now_ms}
    return values


def suspend(work: Work, store_id: str, employee_id: str, reason: str) -> None:
    """Takes the right to recover away until the owner gives it back (APR-24, APR-25)."""
    _write(work, store_id, employee_id, {"suspended_ms": work.now_ms, "suspended_for": reason})


def remove(work: Work, store_id: str, employee_id: str) -> dict[str, Any]:
    """Nobody signs in as them any more; what they did stays (RBA-24). An owner stays until there is another (RBA-02).
    Raises ApiError ``employee_unknown``, ``owner_needed``."""
    row = find(work.conn, store_id, employee_id)
    if row is not None and row.role == Role.OWNER:
        raise ApiError("owner_needed")
    return _write(work, store_id, employee_id, {"removed_ms": work.now_ms})


def hand_over(work: Work, store_id: str, employee_id: str) -> dict[str, Any]:
    """The employee becomes the owner, who becomes an employee: there is one at any moment (RBA-02). What was counted
    against the new owner is over. Raises ApiError ``store_unknown``, ``employee_unknown``."""
    lock_store(work, store_id)
    people = {row.employee_id: row for row in employed(work.conn, store_id)}
    if employee_id not in people:
        raise ApiError("employee_unknown")
    if people[employee_id].role == Role.OWNER:
        return shown(people[employee_id])
    for row in people.values():
        if row.role == Role.OWNER:
            _write(work, store_id, row.employee_id, {"role": Role.STAFF.value})
    values = {"role": Role.OWNER.value, "may_recover": True, "suspended_ms": None, "suspended_for": None}
    return _write(work, store_id, employee_id, values)


def forget(work: Work, store_id: str) -> None:
    """Of a store that has left nobody signs in any more, and what their PINs could be checked with is gone (RBA-16)."""
    for row in employed(work.conn, store_id):
        _write(work, store_id, row.employee_id, {"removed_ms": work.now_ms, "pin_salt": b"", "pin_verifier": b""})


def _write(work: Work, store_id: str, employee_id: str, values: dict[str, Any]) -> dict[str, Any]:
    row = work.conn.execute(
        update(employee)
        .where(employee.c.store_id == store_id, employee.c.employee_id == employee_id, employee.c.removed_ms.is_(None))
        .values(version=employee.c.version + 1, **values)
        .returning(*employee.c)
    ).one_or_none()
    if row is None:
        raise ApiError("employee_unknown")
    return _told(work, row)


def _told(work: Work, row: Any) -> dict[str, Any]:
    feeds.publish(work, feeds.store_feed(row.store_id), FeedKind.EMPLOYEE, projection(row))
    return shown(row)


def projection(row: Any) -> dict[str, Any]:
    """What the store's devices hold of an employee."""
    return {
        "employee_id": row.employee_id,
        "version": row.version,
        "name": row.name,
        "role": row.role,
        "pin_salt": base64url(row.pin_salt),
        "pin_verifier": base64url(row.pin_verifier),
        "may_recover": row.may_recover,
        "suspended": row.suspended_ms is not None,
        "counted_from_ms": row.counted_from_ms,
        "removed": row.removed_ms is not None,
    }


def shown(row: Any) -> dict[str, Any]:
    """The same for people: nothing of the PIN."""
    return {
        "employee_id": row.employee_id,
        "store_id": row.store_id,
        "name": row.name,
        "role": row.role,
        "may_recover": row.may_recover,
        "suspended_ms": row.suspended_ms,
        "suspended_for": row.suspended_for,
        "removed_ms": row.removed_ms,
    }


def roster(conn: Connection, store_id: str) -> list[Any]:
    """Everybody who ever worked here, oldest first."""
    query = select(employee).where(employee.c.store_id == store_id)
    return list(conn.execute(query.order_by(employee.c.created_ms, employee.c.employee_id)))


def find(conn: Connection, store_id: str, employee_id: str) -> Any | None:
    """Somebody who works here now."""
    return next((row for row in employed(conn, store_id) if row.employee_id == employee_id), None)


def employed(conn: Connection, store_id: str) -> list[Any]:
    """Who works here now."""
    return [row for row in roster(conn, store_id) if row.removed_ms is None]


def allowed(conn: Connection, store_id: str, actor: str, permission: Permission) -> bool:
    """Whether whoever acts may do this at once (RBA-01); while nobody is set up, whoever stands there may."""
    person, _row = person_of(conn, store_id, actor)
    return person is None or grant(person.role, permission, may_recover=person.may_recover) is Grant.YES


def person_of(conn: Connection, store_id: str, actor: str) -> tuple[Person | None, Any | None]:
    """Who acts, by what the cloud knows and not by what the device says about the role; with their row.

    (None, None) while nobody is set up. Whoever did not sign in where people are set up may take nothing back.
    """
    people = employed(conn, store_id)
    if not people:
        return None, None
    named = read_actor(actor).employee_id
    row = next((one for one in people if one.employee_id == named), None)
    if row is None:
        return Person(Role.STAFF, may_recover=False), None
    return Person(Role(row.role), row.may_recover and row.suspended_ms is None), row


def actor_type(row: Any | None) -> ActorType:
    """For the log: by the role that the cloud knows."""
    if row is None:
        return ActorType.DEVICE
    return ActorType.PARTNER_OWNER if row.role == Role.OWNER else ActorType.PARTNER_STAFF
