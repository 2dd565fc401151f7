"""Owns crowds: millions of members with points and coupons, written by PostgreSQL itself, some with numbers one can ask
for."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from cloud_api.members.service import seal_phone
from cloud_api.vault import Vault, load_vault
from rules.phone import Phone

CHUNK = 250_000  # members a statement
KNOWN_EVERY = 1_000  # one in so many has a number that the benchmark knows; they lie evenly among the others
WEALTHY_EVERY = 5  # one in so many has accounts, a lot and a coupon: all of them would need 25 GB for twenty million
POINTS = 45

_MEMBERS = (
    "INSERT INTO member (member_id, phone_lookup, phone_sealed, nickname, joined_ms)"
    " SELECT {member}, coalesce(known.lookup, md5('a' || n) || md5('b' || n)),"
    " coalesce(decode(known.sealed, 'hex'), decode(repeat(md5('s' || n), 2), 'hex')), '', n"
    " FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n"
    " LEFT JOIN unnest(%(numbers)s::bigint[], %(lookups)s::text[], %(seals)s::text[]) AS known (number, lookup, sealed)"
    " ON known.number = n"
)
_WEALTH = (
    "INSERT INTO account (account_id, kind, owner_id, balance)"
    " SELECT kind || ':' || {member}, kind, {member}, CASE kind WHEN 'member' THEN {points} ELSE 0 END"
    " FROM {wealthy}, unnest(ARRAY['member', 'member_debt', 'member_hold']) AS kind",
    "INSERT INTO lot (member_id, expires_ms, posting_id, points, remaining)"
    " SELECT {member}, 1900000000000 + n, {posting}, {points}, {points} FROM {wealthy}",
    "INSERT INTO coupon (coupon_id, definition_id, member_id, state, issued_ms, expires_ms, changed_ms)"
    " SELECT {coupon}, %(definition)s, {member}, 'available', 1, 1900000000000, 1 FROM {wealthy}",
)
_WORDS = {
    # Rising, as long as a UUID, of 2025.
    "member": "'019460' || lpad(to_hex(n), 8, '0') || '-7000-8000-' || substr(md5(n::text), 1, 12)",
    "posting": "'019461' || lpad(to_hex(n), 8, '0') || '-7000-8000-' || substr(md5(n::text), 1, 12)",
    "coupon": "'019462' || lpad(to_hex(n), 8, '0') || '-7000-8000-' || substr(md5(n::text), 1, 12)",
    "points": str(POINTS),
    "wealthy": f"generate_series(%(first)s::bigint, %(last)s::bigint, {WEALTHY_EVERY}) AS n",
}


@dataclass(frozen=True)
class Crowd:
    """Numbers of members that one can ask for, in no order."""

    phones: list[Phone]
    lookups: list[str]


def gather(url: str, keys: Path, members: int, definition: str) -> Crowd:
    """Fills the database with members. Those that can be asked for are wealthy, too."""
    assert KNOWN_EVERY % WEALTHY_EVERY == 0
    vault, phones, lookups = load_vault(keys), [], []
    with psycopg.connect(url, autocommit=True) as conn:
        unique = _loosen(conn)
        for first in range(KNOWN_EVERY, members + KNOWN_EVERY, CHUNK):
            last = min(first + CHUNK, members + KNOWN_EVERY) - 1
            known = _known(vault, range(first, last + 1, KNOWN_EVERY))
            conn.execute(_MEMBERS.format(**_WORDS), {"first": first, "last": last, **known})
            for statement in _WEALTH:
                named = {"first": first, "last": last, "definition": definition}
                conn.execute(statement.format(**_WORDS), named)
            phones += [Phone(f"+8210{number:08d}") for number in map(_number, known["numbers"])]
            lookups += known["lookups"]
        conn.execute(unique)
        conn.execute("SET session_replication_role = DEFAULT")
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")
    order = list(range(len(phones)))
    random.Random(1).shuffle(order)
    return Crowd([phones[n] for n in order], [lookups[n] for n in order])


def _loosen(conn: psycopg.Connection[Any]) -> str:
    """Takes the one index away whose keys come in no order, and the checks of rows that are right; returns how it comes
    back."""
    conn.execute("SET session_replication_role = replica")
    conn.execute("SET maintenance_work_mem = '512MB'")
    found = conn.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'member'::regclass AND contype = 'u'"
        " AND pg_get_constraintdef(oid) = 'UNIQUE (phone_lookup)'"
    ).fetchone()
    assert found is not None
    conn.execute(f"ALTER TABLE member DROP CONSTRAINT {found[0]}")
    return f"ALTER TABLE member ADD CONSTRAINT {found[0]} UNIQUE (phone_lookup)"


def _number(n: int) -> int:
    """The digits behind 010 of a member that can be asked for."""
    return 20_000_000 + n // KNOWN_EVERY


def _known(vault: Vault, numbers: range) -> dict[str, list[Any]]:
    phones = [Phone(f"+8210{_number(n):08d}") for n in numbers]
    lookups = [vault.phone_lookup(phone) for phone in phones]
    seals = [seal_phone(vault, phone, lookup).hex() for phone, lookup in zip(phones, lookups, strict=True)]
    return {"numbers": list(numbers), "lookups": lookups, "seals": seals}


def size_gb(url: str) -> float:
    """Of the whole database."""
    with psycopg.connect(url) as conn:
        found = conn.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found is not None
    return float(found[0]) / 1e9
