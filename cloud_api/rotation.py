"""Changing the cloud's keys while it runs: new ones are added, everything is written anew in small steps, old ones go
when nothing needs them.

Every step is one short transaction and finds for itself what is left to do: whatever ends it in the middle, the next
run goes on. Nobody notices: fields open with every key that the file has, members are found under every look-up key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, literal, select, tuple_, update

from cloud_api.coupons.codes import keyed_unused
from cloud_api.database import Database, Work
from cloud_api.errors import StartError
from cloud_api.gateway.models import KEY_CHECK, bulk_item, device_op, forked_op, server_state
from cloud_api.gateway.push import fork_place, op_place
from cloud_api.gateway.uploads import place as bulk_place
from cloud_api.imports.models import import_part, import_row
from cloud_api.imports.service import part_place, row_place
from cloud_api.members.models import member, member_number
from cloud_api.members.person_models import member_profile
from cloud_api.members.profile import birthday_lookup
from cloud_api.members.profile import place as profile_place
from cloud_api.members.service import phone_place, write_under_newest
from cloud_api.process_lock import locked
from cloud_api.staff.invitations import open_ones
from cloud_api.stores.applications import business_secret, form_place
from cloud_api.stores.models import store, store_application
from cloud_api.stores.service import key_place
from cloud_api.vault import HEAD_BYTES, KEY_NUMBER_MAX, SealBroken, Vault, new_key, read_keys, replace_keys
from cloud_api.webhooks.models import webhook_endpoint
from cloud_api.webhooks.service import old_secret_place, secret_place
from rules.phone import Phone

ROWS_AT_ONCE = 200  # a few milliseconds during which a writer waits
# Servers look at the key file every two seconds; after this long each of them reads and writes with the new keys.
NOTICED_WITHIN_MS = 10_000


@dataclass(frozen=True)
class _Cells:
    """A column of sealed fields: the row's key, and what a field is bound to."""

    table: Table
    column: str
    key: tuple[str, ...]
    place: Callable[..., str]


_CELLS = (
    _Cells(store, "key_sealed", ("store_id",), key_place),
    _Cells(device_op, "sealed", ("device_id", "epoch", "seq"), op_place),
    _Cells(forked_op, "sealed", ("device_id", "epoch", "seq", "hash"), fork_place),
    _Cells(webhook_endpoint, "secret_sealed", ("endpoint_id",), secret_place),
    _Cells(webhook_endpoint, "old_secret_sealed", ("endpoint_id",), old_secret_place),
    _Cells(bulk_item, "sealed", ("device_id", "item_id"), bulk_place),
    _Cells(import_part, "sealed", ("import_id", "n"), part_place),
    _Cells(import_row, "sealed", ("import_id", "line"), row_place),
)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One rotation at a time: two that add a key would write over each other's. Raises StartError."""
    with locked(path.with_name(f"{path.name}.lock"), "다른 교체가 진행 중입니다 / another rotation is under way"):
        yield


@dataclass
class Rewritten:
    """How many fields and members were written anew; ``broken`` ones do not open and stay as they are."""

    fields: int = 0
    members: int = 0
    broken: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.fields or self.members or self.broken)

    def __str__(self) -> str:
        return f"fields {self.fields} members {self.members} broken {self.broken}"


def under_way(vault: Vault) -> bool:
    """Whether the file has keys of an earlier time, so that a rotation goes on instead of beginning."""
    return len(vault.keys.fields) > 1 or len(vault.keys.lookups) > 1


def add_keys(path: Path, now_ms: int) -> None:
    """A new key of each kind; fields are sealed with theirs from now on. Raises StartError."""
    keys = read_keys(path)
    fields, lookups = max(keys.fields) + 1, max(keys.lookups) + 1
    if max(fields, lookups) > KEY_NUMBER_MAX:
        raise StartError("키 번호를 다 썼습니다 / there are no key numbers left")
    grown = replace(
        keys,
        fields={**keys.fields, fields: new_key()},
        lookups={**keys.lookups, lookups: new_key()},
        added_ms=now_ms,
    )
    replace_keys(path, grown)


def rewrite(database: Database, vault: Vault) -> Rewritten:
    """Everything under the newest keys. Call when every server has noticed them."""
    done = Rewritten()
    database.transact(lambda work: write_under_newest(work, vault))
    for cells in _CELLS:
        _walk(database, lambda work, after, cells=cells: _reseal(work, vault, cells, after, done))  # type: ignore[misc]
    _walk(database, lambda work, after: _reprofile(work, vault, after, done))
    _walk(database, lambda work, after: _reapply(work, vault, after, done))
    for people in (_MEMBERS, _NUMBERS):
        _walk(database, lambda work, after, people=people: _rekey(work, vault, people, after, done))  # type: ignore[misc]
    return done


_Step = Callable[[Work, tuple[Any, ...] | None], tuple[Any, ...] | None]


def _walk(database: Database, step: _Step) -> None:
    """Steps from the first row to the last, each in a transaction of its own."""
    after: tuple[Any, ...] | None = None
    while True:
        reached = after
        after = database.transact(lambda work, reached=reached: step(work, reached))  # type: ignore[misc]
        if after is None:
            return


def _old_rows(work: Work, cells: _Cells, head: bytes | None, after: tuple[Any, ...] | None) -> Sequence[Any]:
    """Rows behind ``after`` whose field does not begin with ``head``; all rows when it is None. Empty fields have
    nothing to hide: what they said is elsewhere, or gone."""
    columns = [cells.table.c[name] for name in cells.key]
    sealed = cells.table.c[cells.column]
    query = select(cells.table).where(func.length(sealed) > 0).order_by(*columns).limit(ROWS_AT_ONCE)
    if head is not None:
        query = query.where(func.substr(sealed, 1, HEAD_BYTES) != literal(head))
    if after is not None:
        query = query.where(tuple_(*columns) > tuple_(*(literal(value) for value in after)))
    return work.conn.execute(query).all()


def _reseal(
    work: Work, vault: Vault, cells: _Cells, after: tuple[Any, ...] | None, done: Rewritten
) -> tuple[Any, ...] | None:
    rows = _old_rows(work, cells, vault.head, after)
    for row in rows:
        key = {name: getattr(row, name) for name in cells.key}
        old = bytes(getattr(row, cells.column))
        try:
            place = cells.place(*key.values())
            fresh = vault.seal(vault.open(old, place=place), place=place)
        except SealBroken:
            done.broken += 1
            continue
        done.fields += _replaced(work, cells.table, {**key, cells.column: old}, {cells.column: fresh})
    return tuple(getattr(rows[-1], name) for name in cells.key) if rows else None


_MEMBERS = _Cells(member, "phone_sealed", ("member_id",), phone_place)
_NUMBERS = _Cells(member_number, "sealed", ("member_id", "phone_lookup"), phone_place)


def _rekey(
    work: Work, vault: Vault, cells: _Cells, after: tuple[Any, ...] | None, done: Rewritten
) -> tuple[Any, ...] | None:
    """Members and the numbers apart: the sealed number is bound to the look-up, so both change together."""
    # A look-up does not say which key made it: while there are several, each number has to be opened.
    rows = _old_rows(work, cells, vault.head if len(vault.keys.lookups) == 1 else None, after)
    for row in rows:
        old = bytes(getattr(row, cells.column))
        try:
            number = vault.open(old, place=phone_place(row.phone_lookup))
        except SealBroken:
            done.broken += 1
            continue
        phone = Phone(number.decode())
        lookup = vault.phone_lookup(phone)
        if lookup == row.phone_lookup and old.startswith(vault.head):
            continue
        fresh: dict[str, Any] = {"phone_lookup": lookup, cells.column: vault.seal(number, place=phone_place(lookup))}
        if cells.table is member:
            fresh["phone_tail"] = vault.tail_lookup(phone)
        was = {"member_id": row.member_id, "phone_lookup": row.phone_lookup, cells.column: old}
        done.members += _replaced(work, cells.table, was, fresh)
    return tuple(getattr(rows[-1], name) for name in cells.key) if rows else None


_PROFILES = _Cells(member_profile, "sealed", ("member_id",), profile_place)


def _reprofile(work: Work, vault: Vault, after: tuple[Any, ...] | None, done: Rewritten) -> tuple[Any, ...] | None:
    """Profiles, and the hashes of the CI and of the birthday inside."""
    rows = _old_rows(work, _PROFILES, vault.head if len(vault.keys.lookups) == 1 else None, after)
    for row in rows:
        old = bytes(row.sealed)
        try:
            plain = vault.open(old, place=profile_place(row.member_id))
        except SealBroken:
            done.broken += 1
            continue
        ci = json.loads(plain).get("ci")
        lookups = {
            "ci_lookup": vault.ci_lookup(ci) if ci else None,
            "birthday_lookup": birthday_lookup(vault, json.loads(plain)),
        }
        known = all(getattr(row, name) == value for name, value in lookups.items())
        if known and old.startswith(vault.head):
            continue
        fresh = {"sealed": vault.seal(plain, place=profile_place(row.member_id)), **lookups}
        done.fields += _replaced(work, member_profile, {"member_id": row.member_id, "sealed": old}, fresh)
    return (rows[-1].member_id,) if rows else None


_APPLICATIONS = _Cells(store_application, "form_sealed", ("application_id",), form_place)


def _reapply(work: Work, vault: Vault, after: tuple[Any, ...] | None, done: Rewritten) -> tuple[Any, ...] | None:
    """Applications, and the hash of the business number inside."""
    rows = _old_rows(work, _APPLICATIONS, vault.head if len(vault.keys.lookups) == 1 else None, after)
    for row in rows:
        old, place = bytes(row.form_sealed), form_place(row.application_id)
        try:
            plain = vault.open(old, place=place)
        except SealBroken:
            done.broken += 1
            continue
        digest = vault.digest(business_secret(json.loads(plain)["business_no"]))
        if digest == row.business_digest and old.startswith(vault.head):
            continue
        fresh = {"form_sealed": vault.seal(plain, place=place), "business_digest": digest}
        was = {"application_id": row.application_id, "form_sealed": old}
        done.fields += _replaced(work, store_application, was, fresh)
    return (rows[-1].application_id,) if rows else None


def _replaced(work: Work, table: Table, was: Mapping[str, Any], fresh: Mapping[str, Any]) -> int:
    """Writes unless somebody else changed the row meanwhile; then it is that one's, or the next run's."""
    unchanged = [table.c[name] == value for name, value in was.items()]
    return int(work.conn.execute(update(table).where(*unchanged).values(**fresh)).rowcount)


def retire(database: Database, vault: Vault, path: Path, now_ms: int) -> Rewritten:
    """Takes the keys of earlier times out of the file, unless something still needs them; what was found then. As long
    as somebody may bring a code that is kept under an old look-up key, and of which nothing else is known, that key
    stays among the former ones: it finds the code, and no number and no person.

    Raises StartError while a server may not have noticed the newest keys.
    """
    if now_ms < vault.keys.added_ms + 2 * NOTICED_WITHIN_MS:
        raise StartError("새 키를 방금 추가했습니다. 잠시 후 다시 / the new keys are too fresh, try again in a minute")
    left = rewrite(database, vault)
    if not left.nothing:
        left = rewrite(database, vault)
    with database.read() as conn:
        under = conn.execute(select(server_state.c.value).where(server_state.c.name == KEY_CHECK)).scalar_one()
        codes_wait = keyed_unused(conn) + open_ones(conn, now_ms) > 0
    if left.nothing and under == vault.newest_fingerprint():
        keys = vault.keys
        newest = [{max(known): known[max(known)]} for known in (keys.fields, keys.lookups)]
        old = [key for number, key in sorted(keys.lookups.items()) if number != max(keys.lookups)]
        former = (*keys.former, *old) if codes_wait else ()
        replace_keys(path, replace(keys, fields=newest[0], lookups=newest[1], former=former))
    return left
