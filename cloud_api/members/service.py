"""Finding and making members by phone number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text, update

from cloud_api.bulk import listed, select_among
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.exchange import Asked, among, is_postgres
from cloud_api.gateway.models import KEY_CHECK, server_state
from cloud_api.ledger.service import open_member_accounts
from cloud_api.members import numbers
from cloud_api.members.models import MERGED, NumberStands, member
from cloud_api.notices import happened
from cloud_api.notices.happened import Topic
from cloud_api.vault import Vault
from rules.membership import JoinChannel, MemberStatus
from rules.phone import Phone, parse_phone

_COLUMNS = (
    "member_id, phone_lookup, phone_sealed, phone_tail, nickname, joined_ms, check_ms, join_store_id, join_channel,"
    " join_detail"
)
# Two stores may meet a new number at the same moment; one row stays and both go on with it (MEM-01).
_INSERT = (
    f"INSERT INTO member ({_COLUMNS}) VALUES (?, ?, ?, ?, '', ?, ?, ?, ?, ?) ON CONFLICT (phone_lookup) DO NOTHING"
)
_INSERT_LISTED = text(
    f"INSERT INTO member ({_COLUMNS})"
    " SELECT fresh.member_id, fresh.phone_lookup, decode(fresh.sealed, 'hex'), fresh.tail, '', :joined_ms, :check_ms,"
    " :join_store_id, :join_channel, :join_detail"
    " FROM (SELECT unnest(string_to_array(:ids, chr(10))) AS member_id,"
    " unnest(string_to_array(:lookups, chr(10))) AS phone_lookup,"
    " unnest(string_to_array(:sealed, chr(10))) AS sealed,"
    " unnest(string_to_array(:tails, chr(10))) AS tail) AS fresh"
    " ORDER BY fresh.phone_lookup ON CONFLICT (phone_lookup) DO NOTHING"
)


@dataclass(frozen=True)
class Known:
    """A member with the number shown masked; of somebody who left, or is another member now, neither is shown."""

    member_id: str
    nickname: str
    phone_masked: str
    status: str = MemberStatus.NORMAL.value
    merged_into: str | None = None


@dataclass(frozen=True)
class Join:
    """Where somebody joins (MEM-13)."""

    channel: JoinChannel
    store_id: str | None = None
    detail: str | None = None

    @staticmethod
    def at_counter(store_id: str | None) -> Join:
        """Typed at the tablet of this store."""
        return Join(JoinChannel.TABLET, store_id)


@dataclass(frozen=True)
class Admitted:
    """Members by number; ``blocked`` are the former members whose numbers may not join again yet (MEM-05). ``grades``
    is what the rows of those who have one say, by member id (PNT-05)."""

    ids: dict[Phone, str]
    blocked: dict[Phone, str]
    grades: dict[str, str]


_NOBODY: dict[Phone, str] = {}


def admit(work: Work, vault: Vault, phones: Iterable[Phone], join: Join) -> Admitted:
    """Members by number; unknown numbers become members in the same step (MEM-01), dormant ones wake (MEM-04)."""
    wanted = set(phones)
    by_lookup = {lookup: phone for phone in wanted for lookup in vault.phone_lookups(phone)}
    rows = work.ask(ids_question(work, by_lookup))
    found = {by_lookup[lookup]: member_id for lookup, member_id, _ in rows}
    grades = {member_id: written for _, member_id, written in rows if written is not None}
    blocked = _NOBODY
    if len(found) < len(wanted):
        found, blocked, woken = _meet(work, vault, wanted, found, join)
        grades |= _grades(work.conn, woken)
    return Admitted(found, blocked, grades)


def _meet(
    work: Work, vault: Vault, wanted: set[Phone], found: dict[Phone, str], join: Join
) -> tuple[dict[Phone, str], dict[Phone, str], set[str]]:
    """All of the wanted, those who may not join, and the ids of those whose number stood apart."""
    key, changing = _writing_key(work, vault)
    if changing:  # what another process wrote under a key that was not known here a moment ago
        found = found | find(work.conn, vault, wanted - set(found))
    others = numbers.elsewhere(work.conn, vault, wanted - set(found), work.now_ms)
    blocked = {phone: other.member_id for phone, other in others.items() if other.blocked}
    here = {phone: other.member_id for phone, other in others.items() if not other.blocked}
    numbers.wake(work, here.values())
    missing = {vault.phone_lookup(phone, key): phone for phone in wanted - set(found) - set(others)}
    fresh = _insert(work, vault, missing, key, join)
    made = _ids(work.conn, missing)
    happened.note(work, Topic.MEMBER, sorted(fresh & set(made.values())))
    open_member_accounts(work.conn, made.values())
    new = {missing[lookup]: member_id for lookup, member_id in made.items()}
    return found | here | new, blocked, set(here.values())


def _grades(conn: Connection, member_ids: set[str]) -> dict[str, str]:
    if not member_ids:
        return {}
    query = "SELECT member_id, grades FROM member WHERE member_id {wanted} AND grades IS NOT NULL"
    return {row.member_id: row.grades for row in select_among(conn, query, {"wanted": member_ids})}


def find_or_create(work: Work, vault: Vault, phones: Iterable[Phone], *, store_id: str | None) -> dict[Phone, str]:
    """Somebody to book for, whatever happened: a fact about a former member's number is booked for the former member,
    who has nothing to spend."""
    admitted = admit(work, vault, phones, Join.at_counter(store_id))
    return admitted.ids | admitted.blocked


def _insert(work: Work, vault: Vault, missing: Mapping[str, Phone], key: int, join: Join) -> frozenset[str]:
    """Ids of those who are new, unless somebody else made them at the same moment."""
    fresh = [
        (
            work.ids.uuid7(),
            lookup,
            seal_phone(vault, missing[lookup], lookup),
            vault.tail_lookup(missing[lookup], key),
        )
        for lookup in sorted(missing)
    ]
    ids = frozenset(row[0] for row in fresh)
    if not fresh:
        return ids
    check_ms = work.now_ms + numbers.FIRST_LOOK_MS
    if not is_postgres(work.conn):
        common = (work.now_ms, check_ms, join.store_id, join.channel.value, join.detail)
        work.conn.exec_driver_sql(_INSERT, [(*row, *common) for row in fresh])
        return ids
    named, lookups, sealed, tails = zip(*fresh, strict=True)
    work.conn.execute(
        _INSERT_LISTED,
        {
            "ids": listed(work.conn, named),
            "lookups": listed(work.conn, lookups),
            "sealed": listed(work.conn, [item.hex() for item in sealed]),
            "tails": listed(work.conn, tails),
            "joined_ms": work.now_ms,
            "check_ms": check_ms,
            "join_store_id": join.store_id,
            "join_channel": join.channel.value,
            "join_detail": join.detail,
        },
    )
    return ids


def find(conn: Connection, vault: Vault, phones: Iterable[Phone]) -> dict[Phone, str]:
    """Member ids of the numbers that are known, under whichever look-up key they stand; also of dormant members, and
    by the further numbers of those who were two."""
    by_lookup = {lookup: phone for phone in phones for lookup in vault.phone_lookups(phone)}
    found = {by_lookup[lookup]: member_id for lookup, member_id in _ids(conn, by_lookup).items()}
    missing = [lookup for lookup, phone in by_lookup.items() if phone not in found]
    if missing:
        rows = select_among(conn, _APART, {"wanted": missing})
        found |= {by_lookup[row.phone_lookup]: row.member_id for row in rows}
    return found


_APART = (
    "SELECT phone_lookup, member_id FROM member_number WHERE phone_lookup {wanted}"
    f" AND stands <> '{NumberStands.WITHDRAWN.value}'"
)


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


def writing_key(work: Work, vault: Vault) -> int:
    """The look-up key under which numbers are written until the transaction ends."""
    return _writing_key(work, vault)[0]


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
    """The member, in whatever state, or None."""
    row = conn.execute(select(member).where(member.c.member_id == member_id)).one_or_none()
    return None if row is None else known_from(conn, row, vault)


def active(conn: Connection, vault: Vault, member_id: str) -> Known:
    """A member who may be given something or use something. Raises ApiError ``member_unknown``, ``member_gone``."""
    known = get(conn, vault, member_id)
    if known is None:
        raise ApiError("member_unknown")
    if known.status in (MERGED, MemberStatus.WITHDRAWN):
        raise ApiError("member_gone", extra={"status": known.status, "merged_into": known.merged_into})
    return known


def lock(work: Work, member_id: str) -> Any:
    """The member's row, which nobody else changes until the transaction ends. Raises ApiError ``member_unknown``."""
    row = work.conn.execute(select(member).where(member.c.member_id == member_id).with_for_update()).one_or_none()
    if row is None:
        raise ApiError("member_unknown")
    return row


def lock_now(work: Work, member_id: str) -> str:
    """Who the member is, which stays so until the transaction ends: a merge that was under way when the number was
    looked for is followed (MEM-08). Raises ApiError ``member_unknown``."""
    now: str | None = lock(work, member_id).merged_into
    return member_id if now is None else now


def known_from(conn: Connection, row: Any, vault: Vault) -> Known:
    """What a member's row says."""
    nickname, masked = row.nickname, ""
    if row.status == MemberStatus.NORMAL:
        masked = open_phone(row.phone_sealed, row.phone_lookup, vault).masked
    elif row.status == MemberStatus.DORMANT:
        for number in numbers.of_member(conn, row.member_id):
            if number.stands == NumberStands.DORMANT:
                nickname, masked = number.nickname, open_phone(number.sealed, number.phone_lookup, vault).masked
    return Known(row.member_id, nickname, masked, row.status, row.merged_into)


@dataclass(frozen=True)
class Number:
    """A number and whose it is; ``stands`` None: a normal member's own."""

    phone: Phone
    member_id: str
    stands: NumberStands | None = None
    until_ms: int = 0  # of one that was withdrawn: when it may join again


# A dormant member's own number comes before the further ones.
_THEIR_NUMBERS = "SELECT * FROM member_number WHERE member_id {wanted} ORDER BY stands, since_ms, phone_lookup"


def numbers_of(conn: Connection, vault: Vault, member_ids: Iterable[str]) -> list[Number]:
    """All numbers of these members, their own first. Who is another member now has none, see ``merged_into``."""
    wanted = {"wanted": set(member_ids)}
    own = "SELECT member_id, phone_lookup, phone_sealed FROM member WHERE member_id {wanted} AND status = 'normal'"
    found = [
        Number(open_phone(row.phone_sealed, row.phone_lookup, vault), row.member_id)
        for row in select_among(conn, own, wanted)
    ]
    for row in select_among(conn, _THEIR_NUMBERS, wanted):
        until_ms = numbers.blocked_until_ms(row.since_ms, row.block_days)
        phone = open_phone(row.sealed, row.phone_lookup, vault)
        found.append(Number(phone, row.member_id, NumberStands(row.stands), until_ms))
    return found


def merged_into(conn: Connection, member_ids: Iterable[str]) -> dict[str, str]:
    """Of these members those who are another one now, and who that is. Never a chain: merging shortens it."""
    query = "SELECT member_id, merged_into FROM member WHERE member_id {wanted} AND status = 'merged'"
    return dict(select_among(conn, query, {"wanted": set(member_ids)}))


def phone_now(conn: Connection, vault: Vault, member_id: str) -> Phone | None:
    """A number that finds this member, or who the member is now; None for somebody who left."""
    now = merged_into(conn, [member_id]).get(member_id, member_id)
    found = [one for one in numbers_of(conn, vault, [now]) if one.stands is not NumberStands.WITHDRAWN]
    return found[0].phone if found else None


def open_phone(sealed: bytes, lookup: str, vault: Vault) -> Phone:
    """The number in a sealed field, by the look-up that it is bound to."""
    phone = parse_phone(vault.open(bytes(sealed), place=phone_place(lookup)).decode())
    if not isinstance(phone, Phone):
        raise AssertionError("a stored number is always valid")
    return phone


def seal_phone(vault: Vault, phone: Phone, lookup: str) -> bytes:
    """The number, readable only with the key and only in its own row."""
    return vault.seal(phone.e164.encode(), place=phone_place(lookup))


def phone_place(lookup: str) -> str:
    """What a sealed number is bound to."""
    return f"member/{lookup}"
