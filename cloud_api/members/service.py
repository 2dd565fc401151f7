"""Finding and making members by phone number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text, update

from cloud_api.bulk import is_postgres, listed, select_among
from cloud_api.database import Work
from cloud_api.ledger.service import open_member_accounts
from cloud_api.members.models import member
from cloud_api.vault import Vault
from rules.phone import Phone, parse_phone

# Two stores may meet a new number at the same moment; one row stays and both go on with it (MEM-01).
_INSERT = (
    "INSERT INTO member (member_id, phone_lookup, phone_sealed, nickname, joined_ms, join_store_id)"
    " VALUES (?, ?, ?, '', ?, ?) ON CONFLICT (phone_lookup) DO NOTHING"
)
_INSERT_LISTED = text(
    "INSERT INTO member (member_id, phone_lookup, phone_sealed, nickname, joined_ms, join_store_id)"
    " SELECT fresh.member_id, fresh.phone_lookup, decode(fresh.sealed, 'hex'), '', :joined_ms, :join_store_id"
    " FROM (SELECT unnest(string_to_array(:ids, chr(10))) AS member_id,"
    " unnest(string_to_array(:lookups, chr(10))) AS phone_lookup,"
    " unnest(string_to_array(:sealed, chr(10))) AS sealed) AS fresh"
    " ORDER BY fresh.phone_lookup ON CONFLICT (phone_lookup) DO NOTHING"
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
    return find_or_create_by_lookup(work, vault, by_lookup, store_id=store_id)


def find_or_create_by_lookup(
    work: Work, vault: Vault, by_lookup: Mapping[str, Phone], *, store_id: str | None
) -> dict[str, str]:
    """The same for a caller that has the look-up hashes already."""
    found = ids_by_lookup(work.conn, by_lookup)
    missing = sorted(set(by_lookup) - set(found))
    if not missing:
        return found
    fresh = [(work.ids.uuid7(), lookup, seal_phone(vault, by_lookup[lookup], lookup)) for lookup in missing]
    if is_postgres(work.conn):
        ids, lookups, sealed = zip(*fresh, strict=True)
        work.conn.execute(
            _INSERT_LISTED,
            {
                "ids": listed(work.conn, ids),
                "lookups": listed(work.conn, lookups),
                "sealed": listed(work.conn, [item.hex() for item in sealed]),
                "joined_ms": work.now_ms,
                "join_store_id": store_id,
            },
        )
    else:
        work.conn.exec_driver_sql(_INSERT, [(*row, work.now_ms, store_id) for row in fresh])
    made = ids_by_lookup(work.conn, missing)
    open_member_accounts(work.conn, made.values())
    return found | made


def ids_by_lookup(conn: Connection, lookups: Iterable[str]) -> dict[str, str]:
    """Member ids of the numbers that are known."""
    statement = "SELECT phone_lookup, member_id FROM member WHERE phone_lookup {wanted}"
    return dict(select_among(conn, statement, {"wanted": lookups}))


def rename(work: Work, member_id: str, nickname: str) -> None:
    """Sets the nickname."""
    work.conn.execute(update(member).where(member.c.member_id == member_id).values(nickname=nickname))


def get(conn: Connection, vault: Vault, member_id: str) -> Known | None:
    """The member, or None."""
    row = conn.execute(select(member).where(member.c.member_id == member_id)).one_or_none()
    return None if row is None else _known(row, vault)


def phones_of(conn: Connection, vault: Vault, member_ids: Iterable[str]) -> list[tuple[str, Phone]]:
    """The numbers of these members, each with its member's id."""
    statement = "SELECT member_id, phone_lookup, phone_sealed FROM member WHERE member_id {wanted}"
    return [(row.member_id, _phone(row, vault)) for row in select_among(conn, statement, {"wanted": member_ids})]


def _known(row: Any, vault: Vault) -> Known:
    return Known(row.member_id, row.nickname, _phone(row, vault).masked)


def _phone(row: Any, vault: Vault) -> Phone:
    number = vault.open(row.phone_sealed, place=_place(row.phone_lookup)).decode()
    phone = parse_phone(number)
    if not isinstance(phone, Phone):
        raise AssertionError("a stored number is always valid")
    return phone


def seal_phone(vault: Vault, phone: Phone, lookup: str) -> bytes:
    """The number, readable only with the key and only in its own row."""
    return vault.seal(phone.e164.encode(), place=_place(lookup))


def _place(lookup: str) -> str:
    return f"member/{lookup}"
