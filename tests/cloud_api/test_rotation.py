"""Keys change while the cloud runs: old fields open, members are found under both look-ups, a crash loses nothing."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select, text, update

from cloud_api import rotation
from cloud_api.bootstrap import Cloud, build, prepare
from cloud_api.clock import DAY_MS
from cloud_api.coupons.automatic import Birthdays
from cloud_api.coupons.models import coupon_code
from cloud_api.database import Database, Work
from cloud_api.errors import StartError
from cloud_api.gateway.models import KEY_CHECK, bulk_item, device_op, server_state
from cloud_api.ids import base64url
from cloud_api.members import numbers
from cloud_api.members import service as members
from cloud_api.members.models import NumberStands, member, member_number
from cloud_api.members.service import Join
from cloud_api.settings import Settings
from cloud_api.stores.models import store
from cloud_api.stores.service import store_key
from cloud_api.vault import FIRST_KEY, Keys, SealBroken, Vault, load_vault, read_keys, replace_keys
from rules.calendar import moment_ms
from rules.codes import read_code
from rules.phone import Phone
from tests.cloud_api.test_applications import applied, form
from tests.cloud_api.test_coupon_rules import coupons, joining, rule
from tests.cloud_api.test_coupons import _define
from tests.cloud_api.test_member_persons import profile
from tests.cloud_api.world import Device, World

BULK = "/v1/sync/bulk"
PHONES = [Phone(f"+8210{20_000_000 + number}") for number in range(12)]


@pytest.fixture
def new_world(database_url: str, key_file: Path, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Clouds with a key file of their own; the databases' template keeps the keys that it was made with."""
    made: list[World] = []
    own = tmp_path / "keys" / "cloud.keys"
    own.parent.mkdir()
    shutil.copy(key_file, own)
    first = load_vault(key_file).newest_fingerprint()

    def make() -> World:
        made.append(World(Settings(database_url, own, sweeper=False)))
        return made[-1]

    yield make
    for world in made:
        world.cloud.database.transact(
            lambda work: work.conn.execute(
                update(server_state).where(server_state.c.name == KEY_CHECK).values(value=first)
            )
        )
        world.close()


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """Its store under keys of its own, too."""
    return new_world()


def read(world: World, question: Callable[[Connection], Any]) -> Any:
    with world.cloud.database.read() as conn:
        return question(conn)


def upload(device: Device) -> None:
    body = json.dumps({"items": [{"id": "receipt-1", "kind": "receipt", "body": {"lines": ["4,500"]}}]}).encode()
    named = {"authorization": device.sign("POST", BULK, body), "content-type": "application/json"}
    assert device.world.http.post(BULK, content=body, headers=named).status_code == 200


def rotated(world: World) -> rotation.Rewritten:
    """As the command does it, when every server has noticed."""
    path = world.cloud.settings.secret_file
    if not rotation.under_way(world.cloud.vault):
        rotation.add_keys(path, world.clock())
        world.cloud.vault.refresh()
    return rotation.rewrite(world.cloud.database, world.cloud.vault)


def retired(world: World) -> rotation.Rewritten:
    world.clock.advance(3 * rotation.NOTICED_WITHIN_MS)
    left = rotation.retire(world.cloud.database, world.cloud.vault, world.cloud.settings.secret_file, world.clock())
    world.cloud.vault.refresh()
    return left


def sealed(world: World) -> list[bytes]:
    with world.cloud.database.read() as conn:
        return [
            bytes(row[0])
            for column in (store.c.key_sealed, device_op.c.sealed, bulk_item.c.sealed, member.c.phone_sealed)
            for row in conn.execute(select(column))
        ]


def found(cloud: Cloud, phones: list[Phone]) -> dict[Phone, str]:
    with cloud.database.read() as conn:
        return members.find(conn, cloud.vault, phones)


def joined(world: World, phones: list[Phone]) -> dict[Phone, str]:
    return world.cloud.database.transact(
        lambda work: members.find_or_create(work, world.cloud.vault, phones, store_id=None)
    )


def test_numbers_that_stand_apart_are_written_anew_as_well(new_world: Callable[..., World]) -> None:
    """MEM-04, MEM-05: a dormant member is found under new keys, and who left stays blocked."""
    world = new_world()
    ids = joined(world, PHONES[:3])
    asleep, gone = ids[PHONES[0]], ids[PHONES[1]]
    answer = world.ok("POST", f"/v1/members/{gone}/withdraw", {"reason": "이사", "confirmed": True})
    world.clock.now_ms = answer["withdrawn_ms"] + 5 * DAY_MS

    def fall_asleep(work: Work) -> None:
        row = work.conn.execute(select(member).where(member.c.member_id == asleep)).one()
        numbers.put_aside(work, row, NumberStands.DORMANT, member_id=asleep)
        values = {"phone_lookup": numbers.apart(asleep), "phone_sealed": b"", "status": "dormant"}
        work.conn.execute(update(member).where(member.c.member_id == asleep).values(**values))

    world.cloud.database.transact(fall_asleep)

    full = {name: name for name in ("login", "password", "name", "gender", "domestic", "ci", "di", "email", "address")}
    who = {"verification": "verified", "items": full | {"birth_date": "1990-01-01"}, "by": "app"}
    world.ok("POST", f"/v1/members/{ids[PHONES[2]]}/profile", who)

    assert rotated(world).members == 3
    assert retired(world).nothing
    with world.cloud.database.read() as conn:
        sealed_apart = [bytes(row[0]) for row in conn.execute(select(member_number.c.sealed))]
    assert all(field.startswith(world.cloud.vault.head) for field in sealed_apart)
    again = world.cloud.database.transact(
        lambda work: members.admit(work, world.cloud.vault, PHONES[:2], Join.at_counter(None))
    )
    assert (again.ids, again.blocked) == ({PHONES[0]: asleep}, {PHONES[1]: gone})
    twice = world.call("POST", f"/v1/members/{asleep}/profile", who)
    assert twice.json()["code"] == "duplicate_member"
    data = world.ok("GET", f"/v1/members/{ids[PHONES[2]]}/data")
    assert data["profile"]["email"] == "email"


# --- the file and the seal -------------------------------------------------------------------------------------------


def test_a_file_without_numbers_and_its_fields_still_open(tmp_path: Path) -> None:
    """Fields from before keys had numbers: the nonce, then the sealed bytes."""
    path = tmp_path / "cloud.keys"
    path.write_text(json.dumps({"field_key": base64url(b"f" * 32), "lookup_key": base64url(b"l" * 32)}))
    vault = load_vault(path)
    old = b"n" * 12 + AESGCM(b"f" * 32).encrypt(b"n" * 12, b"number", b"member/x")
    looks_marked = b"\xf5\x01" + b"n" * 10
    unlucky = looks_marked + AESGCM(b"f" * 32).encrypt(looks_marked, b"number", b"member/x")

    assert vault.open(old, place="member/x") == b"number"
    assert vault.open(unlucky, place="member/x") == b"number"
    assert vault.open(vault.seal(b"new", place="p"), place="p") == b"new"


def test_a_field_opens_with_the_key_it_names_and_nowhere_else(tmp_path: Path) -> None:
    """NFR-05"""
    """Case 62: swapped and altered cells, also in their first bytes."""
    path = tmp_path / "cloud.keys"
    vault = load_vault(path)
    before = vault.seal(b"secret", place="a")
    rotation.add_keys(path, 1)
    vault.refresh()
    after = vault.seal(b"secret", place="a")

    assert before[:3] != after[:3] == vault.head
    assert vault.open(before, place="a") == vault.open(after, place="a") == b"secret"
    for broken in (before[:3] + after[3:], after[:3] + before[3:], after[:-1], after[:2], b"", after[3:]):
        with pytest.raises(SealBroken):
            vault.open(broken, place="a")
    with pytest.raises(SealBroken):
        vault.open(after, place="b")


def test_a_process_that_meets_a_newer_key_looks_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cloud.keys"
    ours, theirs = load_vault(path), load_vault(path)
    rotation.add_keys(path, 1)
    theirs.refresh()

    assert ours.open(theirs.seal(b"x", place="p"), place="p") == b"x"
    assert ours.head == theirs.head


def test_a_key_file_that_cannot_be_read_stops_a_start_but_not_a_running_server(tmp_path: Path) -> None:
    path = tmp_path / "cloud.keys"
    vault = load_vault(path)
    kept = path.read_bytes()
    for broken in (b"", b"[]", b"{}", b'{"field_keys": {"1": "AA"}, "lookup_keys": {}}', b"\xff"):
        path.unlink()
        path.write_bytes(broken)
        with pytest.raises(StartError):
            load_vault(path)
    with pytest.raises(StartError):
        rotation.add_keys(path, 1)
    path.unlink()
    path.write_bytes(kept)
    vault.refresh()
    assert vault.open(vault.seal(b"x", place="p"), place="p") == b"x"


@pytest.mark.expect_log(r"keys_not_read")
def test_a_running_server_keeps_its_keys_when_the_file_breaks(tmp_path: Path) -> None:
    path = tmp_path / "cloud.keys"
    vault = load_vault(path)
    before = vault.seal(b"x", place="p")
    path.unlink()
    path.write_text("{")

    vault.refresh()

    assert vault.open(before, place="p") == b"x"


def test_the_file_stays_its_owners_and_no_repr_shows_a_key(tmp_path: Path) -> None:
    path = tmp_path / "cloud.keys"
    load_vault(path)
    rotation.add_keys(path, 1)

    assert path.stat().st_mode & 0o777 == 0o600
    assert repr(read_keys(path)) == "Keys(fields [1, 2], lookups [1, 2])"
    assert [left.name for left in tmp_path.iterdir()] == ["cloud.keys"]


# --- the database ----------------------------------------------------------------------------------------------------


def test_everything_is_written_anew_and_the_old_keys_go(world: World) -> None:
    device = world.device()
    device.push(device.earn(phone=PHONES[0].e164))
    upload(device)
    before = joined(world, PHONES)
    key = read(world, lambda conn: store_key(conn, world.cloud.vault, world.store.store_id))

    done = rotated(world)

    assert done.fields >= 3
    assert done.members == len(before)
    assert done.broken == 0
    assert all(cell.startswith(world.cloud.vault.head) for cell in sealed(world))
    assert rotated(world).nothing, "a second run finds nothing"
    assert retired(world).nothing
    keys = read_keys(world.cloud.settings.secret_file)
    assert (sorted(keys.fields), sorted(keys.lookups)) == ([2], [2])
    again = build(world.cloud.settings, clock=world.clock)
    try:
        assert found(again, PHONES) == before
        with again.database.read() as conn:
            assert store_key(conn, again.vault, world.store.store_id) == key
            known = members.get(conn, again.vault, before[PHONES[3]])
        assert known is not None
        assert known.phone_masked == PHONES[3].masked
    finally:
        again.database.close()
    device.push(device.earn(phone=PHONES[0].e164))
    assert len(joined(world, PHONES)) == len(before)


def whole_rotation(world: World) -> None:
    rotated(world)
    assert retired(world).nothing
    keys = world.cloud.vault.keys
    assert len(keys.lookups) == 1, "the old ones are gone"


def former(world: World) -> int:
    return len(world.cloud.vault.keys.former)


def test_printed_codes_and_invitations_outlive_the_keys(world: World) -> None:
    """CPN-18, RBA-03: codes are 80 bits of chance and need no key; an invitation lives ten minutes, under any."""
    member = world.member()
    [code] = world.ok("POST", f"/v1/coupon-definitions/{_define(world)}/codes", {"count": 1})["codes"]
    world.employ("정민아", "owner")
    invited = {"name": "이지은", "phone": "010-1234-5678"}
    asked = world.ok("POST", f"/v1/stores/{world.store.store_id}/invitations", invited)

    whole_rotation(world)

    assert former(world) == 1
    assert world.call("POST", f"/v1/members/{member}/coupons/code", {"code": code}).status_code == 201
    accepted = {"code": asked["code"], "pin": "280650"}
    assert world.call("POST", f"/v1/invitations/{asked['invitation_id']}/accept", accepted).status_code == 201
    retired(world)
    assert former(world) == 0


def test_a_code_from_before_keeps_its_key_until_it_is_used(world: World) -> None:
    """CPN-18: of what is kept under a key nothing else is known; the key finds the code, and no member."""
    member = world.member()
    [code] = world.ok("POST", f"/v1/coupon-definitions/{_define(world)}/codes", {"count": 1})["codes"]
    keyed = world.cloud.vault.digest(f"coupon-code\n{read_code(code)}")
    world.cloud.database.transact(lambda work: work.conn.execute(update(coupon_code).values(digest=keyed)))
    lookup = world.cloud.vault.phone_lookup(PHONES[0])
    joined(world, PHONES[:1])

    whole_rotation(world)
    whole_rotation(world)

    assert former(world) == 2
    assert lookup not in world.cloud.vault.phone_lookups(PHONES[0])
    assert world.call("POST", f"/v1/members/{member}/coupons/code", {"code": code}).status_code == 201
    retired(world)
    assert former(world) == 0
    assert "former_lookup_keys" not in world.cloud.settings.secret_file.read_text()


def test_one_business_stays_one_store_and_a_repeated_call_the_same_under_new_keys(world: World) -> None:
    """STO-02, STO-07: while there are two keys and when the old one is gone."""
    applied(world)
    body = {"name": "정민아", "role": "owner", "pin": "280650", "idempotency_key": "employ-0001"}
    path = f"/v1/stores/{world.store.store_id}/employees"
    first = world.ok("POST", path, body)

    rotated(world)
    assert world.call("POST", "/v1/applications", form()).json()["code"] == "business_taken"
    assert world.ok("POST", path, body) == first
    assert world.call("POST", path, body | {"pin": "280651"}).json()["code"] == "idempotency_conflict"
    assert retired(world).nothing

    assert world.call("POST", "/v1/applications", form()).json()["code"] == "business_taken"


def test_birthdays_are_found_under_both_keys_and_under_the_new_one(world: World) -> None:
    """CPN-05, MEM-08"""
    world.clock.now_ms = moment_ms(date(2026, 2, 28), 480)
    rule(world, "birthday", name="생일 쿠폰")
    members = [joining(world, phone.e164) for phone in PHONES[:3]]

    def born_today(which: int) -> None:
        assert profile(world, members[which], birth_date="2000-02-29", ci=f"ci {which}").status_code == 200

    born_today(0)
    born_today(1)
    rotation.add_keys(world.cloud.settings.secret_file, world.clock())
    world.cloud.vault.refresh()
    born_today(2)
    birthdays = Birthdays(world.cloud.vault, most=1)
    assert birthdays.portion(world.cloud.database, world.clock) == 1
    rotation.rewrite(world.cloud.database, world.cloud.vault)
    assert rotation.rewrite(world.cloud.database, world.cloud.vault).nothing
    assert retired(world).nothing
    while birthdays.portion(world.cloud.database, world.clock):
        pass

    assert [coupons(world, one) for one in members] == [["생일 쿠폰"]] * 3


def test_old_keys_stay_while_a_server_may_not_know_the_new_ones(world: World) -> None:
    rotated(world)

    with pytest.raises(StartError):
        rotation.retire(world.cloud.database, world.cloud.vault, world.cloud.settings.secret_file, world.clock())

    assert FIRST_KEY in read_keys(world.cloud.settings.secret_file).fields


def test_a_field_that_does_not_open_keeps_the_old_keys(world: World) -> None:
    """It may be of a key that only a person can find again."""
    joined(world, PHONES[:2])
    world.cloud.database.transact(
        lambda work: work.conn.execute(
            text("UPDATE member SET phone_sealed = :junk WHERE phone_lookup = :one"),
            {"junk": b"x" * 40, "one": world.cloud.vault.phone_lookup(PHONES[0])},
        )
    )

    assert rotated(world).broken == 1
    assert retired(world).broken == 1
    assert FIRST_KEY in read_keys(world.cloud.settings.secret_file).fields


def test_a_rotation_that_is_cut_off_anywhere_goes_on(new_world: Callable[..., World], monkeypatch: Any) -> None:
    """The power fails after each commit in turn; whoever looks meanwhile finds everybody once."""
    monkeypatch.setattr(rotation, "ROWS_AT_ONCE", 3)
    world = new_world()
    device = world.device()
    for phone in PHONES[:4]:
        device.push(device.earn(phone=phone.e164))
    before = joined(world, PHONES)
    rotation.add_keys(world.cloud.settings.secret_file, world.clock())
    world.cloud.vault.refresh()
    commits, cuts = 0, 0
    while True:
        left = CutOff(world.cloud.database, commits)
        try:
            rotation.rewrite(left, world.cloud.vault)  # type: ignore[arg-type]
            break
        except Cut:
            cuts += 1
            commits += 1
        assert found(world.cloud, PHONES) == before
        assert joined(world, PHONES) == before, "nobody becomes a second member"

    assert cuts > 5
    assert rotated(world).nothing
    assert read(world, lambda conn: conn.execute(text("SELECT count(*) FROM member")).scalar_one()) == len(before)


class Cut(Exception):
    pass


class CutOff:
    """A database whose caller dies after so many commits."""

    def __init__(self, database: Database, commits: int) -> None:
        self._database = database
        self._left = commits

    def transact(self, job: Callable[..., Any]) -> Any:
        if not self._left:
            raise Cut
        self._left -= 1
        return self._database.transact(job)


def test_servers_that_know_different_keys_write_new_members_under_the_same(world: World) -> None:
    """One process saw the new file, the other did not: the database says which key is written."""
    path = world.cloud.settings.secret_file
    stale = Vault(read_keys(path), path=path)
    rotation.add_keys(path, world.clock())
    world.cloud.vault.refresh()

    ours = joined(world, PHONES[:1])
    world.cloud.database.transact(lambda work: members.write_under_newest(work, world.cloud.vault))
    newer = joined(world, PHONES[1:2])
    theirs = world.cloud.database.transact(lambda work: members.find_or_create(work, stale, PHONES[:3], store_id=None))

    assert (theirs[PHONES[0]], theirs[PHONES[1]]) == (ours[PHONES[0]], newer[PHONES[1]])
    assert read(world, lambda conn: conn.execute(text("SELECT count(*) FROM member")).scalar_one()) == 3
    assert found(world.cloud, PHONES[:3]) == theirs


def test_people_join_and_earn_while_everything_is_written_anew(world: World, monkeypatch: Any) -> None:
    """Two writers beside the rotation, at every step of it; one number stays one member."""
    monkeypatch.setattr(rotation, "ROWS_AT_ONCE", 2)
    before = joined(world, PHONES)
    path = world.cloud.settings.secret_file
    rotation.add_keys(path, world.clock())
    world.cloud.vault.refresh()
    fresh = [Phone(f"+8210{30_000_000 + number}") for number in range(40)]
    ids: list[dict[Phone, str]] = []

    def join() -> None:
        ids.extend(joined(world, [*PHONES, phone]) for phone in fresh)

    others = [threading.Thread(target=join) for _ in range(2)]
    for other in others:
        other.start()
    rotation.rewrite(world.cloud.database, world.cloud.vault)
    for other in others:
        other.join()

    assert len(ids) == 2 * len(fresh)
    assert all({phone: one[phone] for phone in PHONES} == before for one in ids)
    assert read(world, lambda conn: conn.execute(text("SELECT count(*) FROM member")).scalar_one()) == 52
    rotated(world)
    assert rotated(world).nothing


def test_a_foreign_key_file_is_still_refused(world: World) -> None:
    """With other keys every known number would become a second member."""
    path = world.cloud.settings.secret_file
    kept = read_keys(path)
    replace_keys(path, Keys.first())
    try:
        other = build(world.cloud.settings, clock=world.clock)
        with pytest.raises(StartError):
            prepare(other)
        other.database.close()
    finally:
        replace_keys(path, kept)
