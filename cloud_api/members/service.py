"""Finding and making members by phone number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text, update

from cloud_api.database import Work
from cloud_api.ledger.service import open_member_accounts
from cloud_api.members.models import member
from cloud_api.vault import Vault
from rules.phone import Phone, parse_phone

# Two stores may meet a new number at the same moment; one row stays and both go on with it (MEM-01).
_INSERT = text(
    "INSERT INTO member (member_id, phone_lookup, phone_sealed, nickname, joined_ms, join_store_id)"
    " VALUES (:member_id, :phone_lookup, :phone_sealed, :nickname, :joined_ms, :join_store_id)"
    " ON CONFLICT (phone_lookup) DO NOTHING"
)


@dataclass(frozen=True)
class Known:
    """A member with the number shown masked."""

    member_id: str
    nickname: str
    phone_masked: str


def find_or_create(work: Work, vault: Vault, phones: Iterable[Phone], *, store_id: str | None) -> dict[str, str]:
    """Member ids by phone look-up hash; unknown numbers become members in the same step (MEM-01)."""
    by_lookup: Mapping[str, Phone] = {vault.phone_lookup(phone): phone for phone in phones}
    found = ids_by_lookup(work.conn, by_lookup)
    missing = sorted(set(by_lookup) - set(found))
    if not missing:
        return found
    rows = []
    for lookup in missing:
        member_id = work.ids.uuid7()
        rows.append(
            {
                "member_id": member_id,
                "phone_lookup": lookup,
                "phone_sealed": seal_phone(vault, by_lookup[lookup], lookup),
                "nickname": "",
                "joined_ms": work.now_ms,
                "join_store_id": store_id,
            }
        )
    work.conn.execute(_INSERT, rows)
    made = ids_by_lookup(work.conn, missing)
    open_member_accounts(work.conn, made.values())
    return found | made


def ids_by_lookup(conn: Connection, lookups: Iterable[str]) -> dict[str, str]:
    """Member ids of the numbers that are known."""
    wanted = list(lookups)
    found = conn.execute(select(member.c.phone_lookup, member.c.member_id).where(member.c.phone_lookup.in_(wanted)))
    return {row.phone_lookup: row.member_id for row in found}


def rename(work: Work, member_id: str, nickname: str) -> None:
    """Sets the nickname."""
    work.conn.execute(update(member).where(member.c.member_id == member_id).values(nickname=nickname))


def get(conn: Connection, vault: Vault, member_id: str) -> Known | None:
    """The member, or None."""
    row = conn.execute(select(member).where(member.c.member_id == member_id)).one_or_none()
    return None if row is None else _known(row, vault)


def _known(row: Any, vault: Vault) -> Known:
    number = vault.open(row.phone_sealed, place=_place(row.phone_lookup)).decode()
    phone = parse_phone(number)
    if not isinstance(phone, Phone):
        raise AssertionError("a stored number is always valid")
    return Known(row.member_id, row.nickname, phone.masked)


def seal_phone(vault: Vault, phone: Phone, lookup: str) -> bytes:
    """The number, readable only with the key and only in its own row."""
    return vault.seal(phone.e164.encode(), place=_place(lookup))


def _place(lookup: str) -> str:
    return f"member/{lookup}"
