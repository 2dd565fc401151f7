"""Finding and making members by phone number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text, update

from cloud_api.bulk import listed, select_among
from cloud_api.database import Work
from cloud_api.exchange import Asked, among, is_postgres
from cloud_api.gateway.models import KEY_CHECK, server_state
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


def find_or_create(work: Work, vault: Vault, phones: Iterable[Phone], *, store_id: str | None) -> dict[Phone, str]:
    """Member ids by number; unknown numbers become members in the same step (MEM-01)."""
    return find_or_create_graded(work, vault, phones, store_id=store_id)[0]


def find_or_create_graded(
    work: Work, vault: Vault, phones: Iterable[Phone], *, store_id: str | None
) -> tuple[dict[Phone, str], dict[str, str]]:
    """The same, and what the members' rows say of grades, by member id, for those who have one (PNT-05)."""
    wanted = set(phones)
    by_lookup = {lookup: phone for phone in wanted for lookup in vault.phone_lookups(phone)}
    rows = work.ask(ids_question(work, by_lookup))
    found = {by_lookup[lookup]: member_id for lookup, member_id, _ in rows}
    grades = {member_id: written for _, member_id, written in rows if written is not None}
    if len(found) < len(wanted):
        found |= _create(work, vault, wanted, found, store_id)
    return found, grades


def _create(
    work: Work, vault: Vault, wanted: set[Phone], found: dict[Phone, str], store_id: str | None
) -> dict[Phone, str]:
    """Those of the wanted who were not found."""
    key, changing = _writing_key(work, vault)
    if changing:  # what another process wrote under a key that was not known here a moment ago
        found = found | find(work.conn, vault, wanted - set(found))
    missing = {vault.phone_lookup(phone, key): phone for phone in wanted - set(found)}
    _insert(work, vault, missing, store_id)
    made = _ids(work.conn, missing)
    open_member_accounts(work.conn, made.values())
    return found | {missing[lookup]: member_id for lookup, member_id in made.items()}


def _insert(work: Work, vault: Vault, missing: Mapping[str, Phone], store_id: str | None) -> None:
    fresh = [(work.ids.uuid7(), lookup, seal_phone(vault, missing[lookup], lookup)) for lookup in sorted(missing)]
    if not fresh:
        return
    if not is_postgres(work.conn):
        work.conn.exec_driver_sql(_INSERT, [(*row, work.now_ms, store_id) for row in fresh])
        return
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


def find(conn: Connection, vault: Vault, phones: Iterable[Phone]) -> dict[Phone, str]:
    """Member ids of the numbers that are known, under whichever look-up key they stand."""
    by_lookup = {lookup: phone for phone in phones for lookup in vault.phone_lookups(phone)}
    return {by_lookup[lookup]: member_id for lookup, member_id in _ids(conn, by_lookup).items()}


def ids_question(work: Work, lookups: Iterable[str]) -> Asked:
    """Look-ups, ids and grades of those of these members that are known."""
    return among(work, _IDS, {"wanted": list(lookups)})


_IDS = "SELECT phone_lookup, member_id, grades FROM member WHERE phone_lookup {wanted}"


def _ids(conn: Connection, lookups: Iterable[str]) -> dict[str, str]:
    return {row.phone_lookup: row.member_id for row in select_among(conn, _IDS, {"wanted": lookups})}


# All who write new members hold this together until they commit; who changes the key holds it alone. A row's lock
# would do the same, and write to the row each time.
_WRITING_KEY_LOCK = 7_203_114
_KEY_NAME = text(f"SELECT value FROM server_state WHERE name = '{KEY_CHECK}'")


def _writing_key(work: Work, vault: Vault) -> tuple[int, bool]:
    """The look-up key under which new members are written, the same for every process at every moment, so that one
    number cannot become two members; and whether members may stand under another one."""
    if is_postgres(work.conn):
        work.conn.execute(text(f"SELECT pg_advisory_xact_lock_shared({_WRITING_KEY_LOCK})"))
    key = vault.lookup_named(work.conn.execute(_KEY_NAME).scalar_one())
    return key, len(vault.keys.lookups) > 1


def write_under_newest(work: Work, vault: Vault) -> None:
    """From this commit on new members are written under the newest look-up key; all processes must know it."""
    if is_postgres(work.conn):
        work.conn.execute(text(f"SELECT pg_advisory_xact_lock({_WRITING_KEY_LOCK})"))
    work.conn.execute(
        update(server_state).where(server_state.c.name == KEY_CHECK).values(value=vault.newest_fingerprint())
    )


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
    number = vault.open(row.phone_sealed, place=phone_place(row.phone_lookup)).decode()
    phone = parse_phone(number)
    if not isinstance(phone, Phone):
        raise AssertionError("a stored number is always valid")
    return phone


def seal_phone(vault: Vault, phone: Phone, lookup: str) -> bytes:
    """The number, readable only with the key and only in its own row."""
    return vault.seal(phone.e164.encode(), place=phone_place(lookup))


def phone_place(lookup: str) -> str:
    """What a sealed number is bound to."""
    return f"member/{lookup}"
