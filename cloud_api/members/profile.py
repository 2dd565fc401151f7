"""Who a member is beyond a number: items, verification, age, and that nobody is here twice (MEM-07, 08, 10 to 12)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.members import events, numbers, service
from cloud_api.members.models import MERGED, NumberStands, SpecialGroup, member
from cloud_api.members.person_models import member_profile
from cloud_api.vault import Vault
from rules.calendar import local_day
from rules.membership import JoinProblem, MemberStatus, Verification, is_duplicate, join_problem, missing_items


@dataclass(frozen=True)
class NewProfile:
    """``items`` by the names of MEM-10; the number is the member's own and is not among them."""

    verification: Verification
    items: Mapping[str, str]
    special: SpecialGroup
    by: str


def set_profile(work: Work, vault: Vault, member_id: str, wanted: NewProfile) -> None:
    """What is known of the member from now on. Raises ApiError ``profile_incomplete`` with what is missing,
    ``under_age``, ``duplicate_member``, ``rejoin_blocked``, ``member_unknown``, ``member_gone``."""
    service.active(work.conn, vault, member_id)
    numbers.wake(work, [member_id])
    service.lock(work, member_id)
    missing = missing_items(wanted.verification, {**wanted.items, "phone": "known"})
    if missing:
        raise ApiError("profile_incomplete", extra={"missing": sorted(missing)})
    born = date.fromisoformat(wanted.items["birth_date"]) if wanted.items.get("birth_date") else None
    if join_problem(local_day(work.now_ms), born=born, age_confirmed=True) is JoinProblem.UNDER_AGE:
        raise ApiError("under_age")
    ci = wanted.items.get("ci") or None
    if wanted.verification is Verification.VERIFIED and ci is not None:
        _refuse_twice(work, vault, member_id, ci)
    written = json.dumps(dict(wanted.items), ensure_ascii=False).encode()
    work.conn.execute(delete(member_profile).where(member_profile.c.member_id == member_id))
    work.conn.execute(
        insert(member_profile).values(
            member_id=member_id,
            sealed=vault.seal(written, place=place(member_id)),
            ci_lookup=None if ci is None else vault.ci_lookup(ci),
            birthday_lookup=birthday_lookup(vault, wanted.items),
            has_email=bool(wanted.items.get("email")),
            changed_ms=work.now_ms,
        )
    )
    values = {"verification": wanted.verification.value, "special": wanted.special.value}
    work.conn.execute(update(member).where(member.c.member_id == member_id).values(**values))
    events.write(work, member_id, events.PROFILE, by=wanted.by, verification=wanted.verification.value)


def _refuse_twice(work: Work, vault: Vault, member_id: str, ci: str) -> None:
    query = (
        select(member_profile.c.member_id, member.c.status)
        .join(member, member.c.member_id == member_profile.c.member_id)
        .where(member_profile.c.ci_lookup.in_(vault.ci_lookups(ci)), member_profile.c.member_id != member_id)
    )
    for other in work.conn.execute(query).all():
        if other.status == MemberStatus.WITHDRAWN:
            if _still_blocked(work, other.member_id):
                raise ApiError("rejoin_blocked")
        elif other.status != MERGED and is_duplicate(Verification.VERIFIED, ci, None, "", [(ci, None, "")]):
            raise ApiError("duplicate_member", extra={"member_id": other.member_id})


def _still_blocked(work: Work, member_id: str) -> bool:
    rows = [row for row in numbers.of_member(work.conn, member_id) if row.stands == NumberStands.WITHDRAWN]
    return any(numbers.blocked_until_ms(row.since_ms, row.block_days) > work.now_ms for row in rows)


def items_of(conn: Connection, vault: Vault, member_id: str) -> dict[str, str]:
    """What the member said; empty when nothing was asked."""
    query = select(member_profile.c.sealed).where(member_profile.c.member_id == member_id)
    sealed = conn.execute(query).scalar_one_or_none()
    if sealed is None:
        return {}
    found: dict[str, str] = json.loads(vault.open(bytes(sealed), place=place(member_id)))
    return found


def birthday_lookup(vault: Vault, items: Mapping[str, Any]) -> str:
    """What the birthday among the items is found by; empty without one (CPN-05)."""
    born = items.get("birth_date")
    return vault.birthday_lookup(f"{date.fromisoformat(born):%m-%d}") if born else ""


def place(member_id: str) -> str:
    """What a sealed profile is bound to."""
    return f"member_profile/{member_id}"


def shown_items(items: Mapping[str, str]) -> dict[str, Any]:
    """For whoever looks after a member: what can be told without being the member; secrets are named only."""
    secret = {"password", "ci", "di"}
    return {name: (True if name in secret else value) for name, value in items.items()}
