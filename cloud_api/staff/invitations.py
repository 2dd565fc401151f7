"""How an employee joins: the owner names a number, a code goes there, whoever has it chooses a PIN (RBA-03)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cloud_api.database import Database, Work
from cloud_api.errors import ApiError
from cloud_api.staff import service
from cloud_api.staff.models import invitation
from cloud_api.staff.service import NewEmployee
from cloud_api.stores.service import lock_store, profile_of
from cloud_api.vault import Vault
from rules.boards import plan_named
from rules.permissions import staff_problem
from rules.phone import Phone
from rules.recovery import Role

VALID_MS = 600_000
TRIES_MAX = 5
CODE_DIGITS = 6


@dataclass(frozen=True)
class Invited:
    """``code`` exists only in this answer; the program that invites sends it to the number."""

    invitation_id: str
    code: str
    phone_masked: str
    expires_ms: int


def invite(work: Work, vault: Vault, store_id: str, name: str, phone: Phone) -> Invited:
    """Raises ApiError ``store_unknown``, ``owner_first``, ``too_many_employees``: nobody is sent a code in vain."""
    lock_store(work, store_id)
    profile = profile_of(work.conn, store_id)
    assert profile is not None  # it was locked
    roles = [row.role for row in service.employed(work.conn, store_id)]
    owners, employees = roles.count(Role.OWNER.value), roles.count(Role.STAFF.value)
    problem = staff_problem(Role.STAFF, plan_named(profile.plan), owners, employees)
    if problem is not None:
        raise ApiError(service.refusal(problem))
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    made = Invited(work.ids.uuid7(), code, phone.masked, work.now_ms + VALID_MS)
    work.conn.execute(
        insert(invitation).values(
            invitation_id=made.invitation_id,
            store_id=store_id,
            name=name,
            phone_masked=made.phone_masked,
            code_digest=vault.digest(_secret(made.invitation_id, code)),
            tries=0,
            expires_ms=made.expires_ms,
            created_ms=work.now_ms,
        )
    )
    return made


def _secret(invitation_id: str, code: str) -> str:
    return f"{invitation_id}:{code}"


def open_ones(conn: Connection, now_ms: int) -> int:
    """How many codes could still be brought, whatever key they are kept under."""
    c = invitation.c
    query = select(func.count()).where(c.employee_id.is_(None), c.expires_ms > now_ms)
    return int(conn.execute(query).scalar_one())


def accept(database: Database, vault: Vault, invitation_id: str, code: str, pin: str) -> dict[str, Any]:
    """The new employee. A wrong code is counted in a transaction of its own: the refusal must not roll it back. Raises
    ApiError ``invitation_unknown``, ``_expired``, ``_code``, and what ``service.add`` raises."""
    made = database.transact(lambda work: _accept(work, vault, invitation_id, code, pin))
    if made is None:
        raise ApiError("invitation_code")
    return made


def _accept(work: Work, vault: Vault, invitation_id: str, code: str, pin: str) -> dict[str, Any] | None:
    here = invitation.c.invitation_id == invitation_id
    row = work.conn.execute(select(invitation).where(here).with_for_update()).one_or_none()
    if row is None or row.employee_id is not None:
        raise ApiError("invitation_unknown")
    if work.now_ms >= row.expires_ms or row.tries >= TRIES_MAX:
        raise ApiError("invitation_expired")
    if row.code_digest not in vault.digests(_secret(invitation_id, code)):
        work.conn.execute(update(invitation).where(here).values(tries=row.tries + 1))
        return None
    made = service.add(work, vault, row.store_id, NewEmployee(row.name, Role.STAFF, pin))
    work.conn.execute(update(invitation).where(here).values(employee_id=made["employee_id"]))
    return made
