"""The push: every operation has its effect once, keeps its place and gets one lasting answer."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from cloud_api.devices.models import device as device_table
from cloud_api.gateway.models import device_op, forked_op
from cloud_api.ledger import earns
from cloud_api.ledger.models import earn
from sync.protocol import CHAIN_START, Operation, chain_hash
from tests.cloud_api.world import Device, World, new_id, statuses


def test_the_same_batch_twice_is_answered_word_for_word_and_booked_once(world: World) -> None:
    """I2, I10, PNT-09."""
    device = world.device()
    body = device.batch(device.earn(), device.earn(), device.reverse())

    first, second = device.push_raw(body), device.push_raw(body)

    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert first.text.split(',"expected_seq"')[0] == second.text.split(',"expected_seq"')[0]
    member = world.member()
    assert world.points(member) == (90, 0, 0)
    world.assert_book_is_sound()


def test_an_overlapping_batch_repeats_what_is_known_and_books_the_rest(world: World) -> None:
    device = world.device()
    first, second, third = device.earn(), device.earn(), device.earn()
    before = device.push(first, second)

    after = device.push(second, third)

    assert after["results"][0] == before["results"][1]
    assert after["expected_seq"] == 4
    assert world.points(world.member()) == (135, 0, 0)


def test_a_gap_books_nothing_and_names_the_expected_operation(world: World) -> None:
    device = world.device()
    device.push(device.earn())
    _lost, later = device.earn(), device.earn()

    answer = device.push(later)

    assert answer["results"] == []
    assert answer["expected_seq"] == 2
    assert world.points(world.member()) == (45, 0, 0)


def test_an_empty_batch_tells_where_the_chain_stands(front: World) -> None:
    device = front.device()
    device.push(device.earn())

    assert device.push()["expected_seq"] == 2


@pytest.mark.expect_log("device_forked")
def test_another_operation_at_a_known_place_is_forked_kept_and_suspends_the_device(world: World) -> None:
    """R4: a cloned disk. Both operations are kept; earns stay possible, decisions over value do not."""
    device = world.device()
    first = device.earn(paid_won=4500)
    device.push(first)
    clone = Device(world, device.key, device.welcome)
    other = clone.earn(paid_won=9900)

    answer = clone.push(other)

    assert statuses(answer) == ["forked"]
    told = world.ok("GET", "/v1/hq/notices")["notices"]  # NTF-01
    assert [(one["kind"], one["details"]["what"]) for one in told] == [("anomaly", "device_forked")]
    assert answer["expected_seq"] == 2
    with world.cloud.database.read() as conn:
        assert conn.execute(select(device_op.c.op_id)).scalars().all() == [first["op_id"]]
        kept = conn.execute(select(forked_op)).one()
        assert conn.execute(select(device_table.c.suspended_ms)).scalar_one() is not None
    sealed = world.cloud.vault.open(kept.sealed, place=f"fork/{device.device_id}/1/1/{kept.hash}")
    assert json.loads(sealed)["op_id"] == other["op_id"]

    asked = world.ask_coupon(world.member(), world.coupon(world.member()))
    later, decision = device.earn(), device.decide(asked["request_id"])
    booked, refused = device.push(later, decision)["results"]
    assert booked["status"] == "applied"
    assert (refused["status"], refused["code"]) == ("rejected", "device_suspended")


@pytest.mark.expect_log("device_forked")
def test_what_a_suspended_device_shows_starts_no_countdown_until_another_one_shows_it(world: World) -> None:
    """R4, APR-18: its rejections are not believed, so time must not approve what only it has shown."""
    device, other = world.device(), world.device()
    device.push(device.earn(paid_won=4500))
    clone = Device(world, device.key, device.welcome)
    clone.push(clone.earn(paid_won=9900))
    asked = world.ask_coupon(world.member(), world.coupon(world.member()))["request_id"]

    [refused] = device.push(device.seen(asked))["results"]

    assert (refused["status"], refused["code"], refused["body"]["state"]) == (
        "rejected",
        "device_suspended",
        "requested",
    )
    [started] = other.push(other.seen(asked))["results"]
    assert (started["status"], started["body"]["state"]) == ("applied", "seen")
    [told] = device.push(device.seen(asked))["results"]
    assert (told["status"], told["body"]["remaining_ms"]) == ("applied", 60_000)


@pytest.mark.expect_log("device_forked")
def test_a_fork_sent_again_and_again_is_kept_once(world: World) -> None:
    device = world.device()
    device.push(device.earn())
    clone = Device(world, device.key, device.welcome)
    other = clone.earn()

    assert clone.push(other)["results"] == clone.push(other)["results"]

    with world.cloud.database.read() as conn:
        assert len(conn.execute(select(forked_op)).all()) == 1


@pytest.mark.expect_log("device_forked")
def test_a_broken_chain_books_nothing_and_keeps_everything(world: World) -> None:
    """I9: an edited queue."""
    device = world.device()
    device.push(device.earn())
    op = device.earn()
    edited = dict(op, body=dict(op["body"], paid_won=99_000))

    for wire, changes in ((edited, {}), (op, {"prev_hash": "ab" * 32}), (op, {"last_hash": "ab" * 32})):
        result = device.push(wire, **changes)["results"][0]
        assert (result["status"], result["code"]) == ("forked", "chain_broken")
    assert world.points(world.member()) == (45, 0, 0)
    with world.cloud.database.read() as conn:
        assert conn.execute(select(forked_op.c.seq)).scalars().all() == [2, 2, 2]


def test_the_stored_chain_is_the_one_both_sides_compute(world: World) -> None:
    device = world.device()
    ops = [device.earn(), device.reverse(), device.op("future.kind", {"a": [1, None, "가"]})]
    device.push(*ops)

    with world.cloud.database.read() as conn:
        stored = conn.execute(select(device_op.c.hash).order_by(device_op.c.seq)).scalars().all()

    running, computed = CHAIN_START, []
    for op in ops:
        running = chain_hash(running, Operation.from_wire(op))
        computed.append(running)
    assert stored == computed


def test_what_cannot_be_read_is_parked_whole_and_blocks_nothing(world: World) -> None:
    """AGT-15."""
    device = world.device()
    good = device.earn()
    unknown_kind = device.op("stock.count", {"cups": 12})
    unknown_version = device.op("earn", {"earn_id": "x"}, v=2)
    missing = device.op("earn", {"earn_id": "x"})
    bad_phone = device.op("earn", dict(good["body"], earn_id=new_id("earn"), phone="+8225551234"))
    foreign = device.op("earn", dict(good["body"]), store="another-store")
    too_big = device.op("earn", dict(good["body"], earn_id=new_id("earn"), paid_won=2**63))
    last = device.earn()

    results = device.push(good, unknown_kind, unknown_version, missing, bad_phone, foreign, too_big, last)["results"]

    assert [(result["status"], result["code"]) for result in results] == [
        ("applied", None),
        ("parked", "unknown_kind"),
        ("parked", "unknown_version"),
        ("parked", "unreadable"),
        ("parked", "unreadable"),
        ("parked", "foreign_origin"),
        ("parked", "unreadable"),
        ("applied", None),
    ]
    with world.cloud.database.read() as conn:
        kept = conn.execute(select(device_op).where(device_op.c.status == "parked", device_op.c.seq == 2)).one()
    sealed = world.cloud.vault.open(kept.sealed, place=f"op/{device.device_id}/1/2")
    assert json.loads(sealed) == unknown_kind


def test_items_that_are_no_operations_are_parked(world: World) -> None:
    """Also a lone surrogate, which is valid JSON but no text (case 16), NUL, and a number with a fraction."""
    device = world.device()
    good = device.earn()
    body = json.loads(device.batch(good))
    strange = [None, 7, "x", [], {}, {"op_id": "a\x00b"}, {"op_id": 5, "body": {"deep": [[[]]]}}]
    strange += [dict(good, seq=9, op_id=new_id("op"), actor="\ud800"), dict(good, seq=10, wall_ms=1.5)]
    for item in strange:
        spelled = json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        sealed = body["last_hash"].encode() + b"\n" + spelled.encode("utf-8", "surrogatepass")
        body["last_hash"] = hashlib.sha256(sealed).hexdigest()
        body["ops"].append(item)

    answer = device.push_raw(json.dumps(body).encode()).json()

    assert statuses(answer) == ["applied"] + ["parked"] * len(strange)
    assert answer["expected_seq"] == 2 + len(strange)


@pytest.mark.expect_log("op_parked")
def test_an_operation_that_trips_the_server_is_parked_and_its_neighbours_are_booked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug on the server's side must not hold up the queue of a shop."""
    device = world.device()
    ops = [device.earn(), device.earn(paid_won=6660), device.earn()]
    real = earns._earn_row

    def trips(*args: object) -> object:
        row = real(*args)  # type: ignore[arg-type]
        if row.paid_won == 6660:
            raise ZeroDivisionError
        return row

    monkeypatch.setattr(earns, "_earn_row", trips)

    results = device.push(*ops)["results"]

    assert [(result["status"], result["code"]) for result in results] == [
        ("applied", None),
        ("parked", "apply_failed"),
        ("applied", None),
    ]
    assert world.points(world.member()) == (90, 0, 0)
    assert len(device.rows("earn")) == 2
    world.assert_book_is_sound()


def test_an_operation_sent_again_by_the_newly_enrolled_device_has_no_second_effect(world: World) -> None:
    """The answer got lost, the PC was rebuilt, the queue is sent under a new identity."""
    old, new = world.device(), world.device()
    op = old.earn()
    told = old.result(op)
    again = new.op("earn", op["body"], op_id=op["op_id"])
    altered = new.op("earn", dict(op["body"], paid_won=9900), op_id=op["op_id"])

    first = new.result(again)
    second = new.result(altered)

    assert first == told | {"seq": 1}
    assert (second["status"], second["code"]) == ("rejected", "op_id_reused")
    assert world.points(world.member()) == (45, 0, 0)


def test_one_op_id_twice_in_one_batch_counts_once(world: World) -> None:
    device = world.device()
    first = device.earn()
    second = device.op("earn", dict(first["body"], earn_id=new_id("earn"), receipt=None), op_id=first["op_id"])

    assert statuses(device.push(first, second)) == ["applied", "rejected"]
    assert world.points(world.member()) == (45, 0, 0)


def test_a_gzipped_batch_is_the_same_batch(front: World) -> None:
    device = front.device()
    body = device.batch(device.earn(), device.earn())

    assert device.push_gzip(body).json() == device.push_raw(body).json()


def test_too_much_is_413_also_when_it_was_small_before_unpacking(front: World) -> None:
    """Cases 8, 37."""
    device = front.device()
    bomb = b'{"protocol":1,"pad":"' + b"0" * 20_000_000 + b'"}'
    many = device.batch(**{"ops": [{}] * 501})

    assert device.push_gzip(bomb).status_code == 413
    assert device.push_raw(b" " * (256 * 1024 + 1)).status_code == 413
    assert device.push_raw(many).status_code == 413


def test_a_body_that_is_no_batch_changes_nothing(front: World) -> None:
    device = front.device()
    op = device.earn()
    good = json.loads(device.batch(op))
    bad_bodies = [
        (b"not json", 400),
        (b'{"protocol":1,"protocol":1}', 400),
        (b'{"protocol":NaN}', 422),
        (b"[" * 10_000 + b"]" * 10_000, 400),
        (b"[]", 422),
        (json.dumps(good | {"protocol": "1"}).encode(), 422),
        (json.dumps(good | {"ops": {}}).encode(), 422),
        (json.dumps(good | {"epoch": True}).encode(), 422),
        (json.dumps(good | {"prev_hash": None}).encode(), 422),
        (json.dumps(good | {"last_hash": "가" * 64}).encode(), 422),
        (json.dumps(good | {"ops": [dict(op, seq=0)]}).encode(), 422),
        (json.dumps(good | {"ops": [op, dict(op, seq=5)]}).encode(), 422),
        (json.dumps(good | {"ops": [{}]}).encode(), 422),
    ]

    for body, status in bad_bodies:
        answer = device.push_raw(body)
        assert answer.status_code == status, (body[:60], answer.text)
        assert set(answer.json()) >= {"code", "message", "request_id"}
    assert device.push_raw(b"{}", **{"content-encoding": "br"}).status_code == 400
    assert device.push_raw(b"\x1f\x8bnot gzip", **{"content-encoding": "gzip"}).status_code == 400
    assert device.push()["expected_seq"] == 1


def test_an_older_epoch_is_told_to_enroll_again(world: World) -> None:
    device = world.device()

    answer = device.push_raw(device.batch(device.earn(), epoch=7))

    assert (answer.status_code, answer.json()["code"]) == (401, "stale_epoch")


def test_five_hundred_operations_are_one_transaction(world: World) -> None:
    device = world.device()
    phones = [f"+8210{index:08d}" for index in range(50)]
    ops = [device.op("earn", _lean_earn(device, phones[index % 50])) for index in range(500)]

    answer = device.push_gzip(device.batch(*ops))

    assert answer.status_code == 200, answer.text
    assert statuses(answer.json()) == ["applied"] * 500
    assert world.sums()["points_issued"] == 500 * 45
    page = device.pull()
    assert len(page["rows"]) == 500
    assert page["has_more"]
    world.assert_book_is_sound()


def _lean_earn(device: Device, phone: str) -> dict[str, object]:
    return {
        "earn_id": new_id("e"),
        "phone": phone,
        "receipt": {"fingerprint": new_id("r"), "receipt_no": "1"},
        "paid_won": 4500,
        "points": 45,
        "source": "claim",
        "occurred_ms": 1,
    }


def test_one_batch_sent_many_times_at_once_is_booked_once_and_answered_alike(world: World) -> None:
    """I2, I10: a client that gave up waiting sends again while the first try still runs."""
    device = world.device()
    body = device.batch(*[device.earn() for _ in range(20)])

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: device.push_raw(body), range(6)))

    assert len({json.dumps(answer.json()["results"]) for answer in answers}) == 1
    assert statuses(answers[0].json()) == ["applied"] * 20
    assert world.points(world.member()) == (20 * 45, 0, 0)
    assert len(device.rows("earn")) == 20
    world.assert_book_is_sound()


@pytest.mark.expect_log("database_failed")
def test_an_outcome_that_cannot_be_stored_leaves_nothing_and_may_be_sent_again(
    front: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a push is one transaction: what fails at its very end takes everything with it."""
    device = front.device()
    body = device.batch(*[device.earn() for _ in range(10)])
    real = front.cloud.database._write_feeds

    def full(*_: object) -> None:
        raise OperationalError("INSERT", None, Exception("database or disk is full"))

    monkeypatch.setattr(front.cloud.database, "_write_feeds", full)
    assert device.push_raw(body).status_code == 503
    monkeypatch.setattr(front.cloud.database, "_write_feeds", real)
    assert front.points(front.member()) == (0, 0, 0)

    assert statuses(device.push_raw(body).json()) == ["applied"] * 10
    assert front.points(front.member()) == (450, 0, 0)


def test_two_devices_of_one_store_report_the_same_receipt_at_once_and_one_earns(world: World) -> None:
    """R13, PNT-09."""
    devices = [world.device() for _ in range(4)]
    bodies = [device.batch(device.earn(fingerprint="shared")) for device in devices]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda pair: pair[0].push_raw(pair[1]), zip(devices, bodies, strict=True)))

    found = [answer.json()["results"][0] for answer in answers]
    assert sorted(result["status"] for result in found) == ["applied", "rejected", "rejected", "rejected"]
    assert world.points(world.member()) == (45, 0, 0)
    world.assert_book_is_sound()


def test_stores_that_push_the_same_new_members_at_once_end_with_one_member_each(world: World) -> None:
    """MEM-01; both transactions lock the same accounts and neither loses."""
    stores = [world.new_store(f"지점 {index}", "테스트 커피") for index in range(4)]
    devices = [world.device(store) for store in stores]
    phones = [f"+8210777{index:05d}" for index in range(20)]
    bodies = []
    for turn, device in enumerate(devices):
        order = phones[turn * 5 :] + phones[: turn * 5]
        bodies.append(device.batch(*[device.earn(phone=phone) for phone in order]))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda pair: pair[0].push_raw(pair[1]), zip(devices, bodies, strict=True)))

    assert all(statuses(answer.json()) == ["applied"] * 20 for answer in answers)
    assert all(world.points(world.member(phone)) == (180, 0, 0) for phone in phones)
    world.assert_book_is_sound()
    with world.cloud.database.read() as conn:
        assert len(conn.execute(select(earn.c.earn_id)).all()) == 80


@pytest.mark.expect_log("op_parked")
def test_a_write_that_fails_only_with_the_commit_parks_its_operation_alone(world: World) -> None:
    """Nothing stands of the first try; the second one books each run inside a savepoint."""
    device = world.device()
    issuance = f"store_issuance:{world.store.store_id}"
    world.cloud.database.transact(
        lambda work: work.conn.exec_driver_sql(f"DELETE FROM account WHERE account_id = '{issuance}'")
    )

    answer = device.push(device.earn())

    assert [(result["status"], result["code"]) for result in answer["results"]] == [("parked", "apply_failed")]
    with world.cloud.database.read() as conn:
        assert conn.execute(select(earn)).all() == []
        assert len(conn.execute(select(device_op)).all()) == 1
