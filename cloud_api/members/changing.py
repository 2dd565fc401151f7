"""A member's number changes: after a check that the new one is theirs, and it is nobody else's (MEM-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.members import events, numbers, service, told
from cloud_api.members.models import member, member_number
from cloud_api.vault import Vault
from rules.membership import MemberStatus, Verification
from rules.phone import Phone


@dataclass(frozen=True)
class NewNumber:
    """``checked``: the member answered a message that was sent to the new number."""

    phone: Phone
    checked: bool
    by: str
    reason: str


def change_number(work: Work, vault: Vault, member_id: str, wanted: NewNumber) -> None:
    """From now on this number finds the member and the old one nobody. The same again changes nothing. Raises ApiError
    ``possession_unchecked``, ``phone_taken``, ``rejoin_blocked``, ``member_unknown``, ``member_gone``."""
    known = service.active(work.conn, vault, member_id)
    if not wanted.checked:
        raise ApiError("possession_unchecked")
    if known.status == MemberStatus.DORMANT:
        numbers.wake(work, [member_id])
    row = service.lock(work, member_id)
    if row.status != MemberStatus.NORMAL:  # somebody was faster
        raise ApiError("member_gone", extra={"status": row.status, "merged_into": row.merged_into})
    old = service.open_phone(row.phone_sealed, row.phone_lookup, vault)
    if old == wanted.phone:
        return
    _refuse_taken(work, vault, member_id, wanted.phone)
    stores = told.stores_of(work.conn, [member_id], work.now_ms)
    key = service.writing_key(work, vault)
    lookup = vault.phone_lookup(wanted.phone, key)
    values: dict[str, Any] = {
        "phone_lookup": lookup,
        "phone_sealed": service.seal_phone(vault, wanted.phone, lookup),
        "phone_tail": vault.tail_lookup(wanted.phone, key),
    }
    if row.verification == Verification.UNVERIFIED:
        values["verification"] = Verification.SMS_POSSESSION.value
    work.conn.execute(update(member).where(member.c.member_id == member_id).values(**values))
    events.write(work, member_id, events.NUMBER_CHANGED, by=wanted.by, reason=wanted.reason)
    told.forget(work, vault, old, stores)
    told.tell(work, vault, member_id, stores)


def _refuse_taken(work: Work, vault: Vault, member_id: str, phone: Phone) -> None:
    """A further number of the member's own becomes the main one; anybody else's stays theirs."""
    owner = service.find(work.conn, vault, [phone]).get(phone)
    if owner not in (None, member_id):
        raise ApiError("phone_taken", extra={"member_id": owner})
    other = numbers.elsewhere(work.conn, vault, [phone], work.now_ms).get(phone)
    if other is not None and other.blocked:
        raise ApiError("rejoin_blocked")
    lookups = vault.phone_lookups(phone)
    own = member_number.c.phone_lookup.in_(lookups), member_number.c.member_id == member_id
    work.conn.execute(delete(member_number).where(*own))
