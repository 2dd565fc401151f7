"""Earning: once per receipt, computed by the cloud, flagged but never withheld."""

from __future__ import annotations

import json

from sqlalchemy import select

from cloud_api.ledger.models import earn, posting
from cloud_api.members.models import member
from cloud_api.stores.service import Policy, set_policy
from sync.protocol import canonical_json
from tests.cloud_api.world import OTHER_PHONE, PHONE, World, new_id


def test_a_receipt_earns_and_leads_back_to_its_operation(world: World) -> None:
    """PNT-01, PNT-05, PNT-07."""
    device = world.device()
    op = device.earn(paid_won=4500, fingerprint="receipt-x")

    result = device.result(op)

    assert result["body"] == {"earn_id": op["body"]["earn_id"], "status": "posted", "points": 45}
    member_id = world.member()
    entries = world.ok("GET", f"/v1/members/{member_id}/entries")["entries"]
    assert len(entries) == 1
    assert entries[0] | {"posting_id": "", "at_ms": 0} == {
        "posting_id": "",
        "kind": "earn",
        "account": "member",
        "amount": 45,
        "at_ms": 0,
        "store_id": world.store.store_id,
        "op_id": op["op_id"],
        "request_id": None,
        "fingerprint": "receipt-x",
        "reverses_id": None,
        "actor": "staff:1",
    }
    assert device.rows("earn") == [
        {
            "earn_id": op["body"]["earn_id"],
            "op_id": op["op_id"],
            "status": "posted",
            "points": 45,
            "code": None,
        }
    ]


def test_an_unknown_number_becomes_a_member_and_its_number_is_nowhere_readable(world: World) -> None:
    """MEM-01."""
    device = world.device()
    device.push(device.earn(), device.earn(), device.earn(phone=OTHER_PHONE))

    with world.cloud.database.read() as conn:
        rows = conn.execute(select(member)).all()
        everything = str(rows) + str(conn.execute(select(posting)).all()) + str(conn.execute(select(earn)).all())
    assert len(rows) == 2
    assert world.ok("POST", "/v1/members/find", {"phone": "010-1234-5678"})["phone_masked"] == "010-****-5678"
    assert "12345678" not in everything
    assert "5678" not in world.call("GET", f"/v1/members/{rows[0].member_id}").url.path


def test_another_figure_than_the_clouds_is_adjusted(world: World) -> None:
    """PNT-05: the cloud's value wins."""
    device = world.device()

    result = device.result(device.earn(paid_won=4550, points=99))

    assert (result["status"], result["code"]) == ("adjusted", "points_differ")
    assert result["body"]["points"] == 45
    assert world.points(world.member()) == (45, 0, 0)


def test_a_new_policy_holds_from_the_next_push_and_reaches_every_store(world: World) -> None:
    device = world.device()
    double = Policy(rate_bp=200, minimum_payment_won=3000)
    made = world.cloud.database.transact(lambda work: set_policy(work, world.store.brand_id, double))

    full, small = device.push(device.earn(paid_won=5000, points=50), device.earn(paid_won=2999, points=29))["results"]

    assert made.version == 2
    assert (full["status"], full["body"]["points"]) == ("adjusted", 100)
    assert (small["status"], small["body"]["points"]) == ("adjusted", 0)
    assert [row["version"] for row in device.rows("policy")] == [1, 2]


def test_the_same_receipt_earns_once_whoever_sends_it(world: World) -> None:
    """PNT-09, R13."""
    first, second = world.device(), world.device()
    op = first.earn(fingerprint="same")
    first.push(op)

    in_batch = first.push(first.earn(fingerprint="twice"), first.earn(fingerprint="twice"))["results"]
    result = second.result(second.earn(fingerprint="same", phone=OTHER_PHONE))

    assert (result["status"], result["code"]) == ("rejected", "duplicate_receipt")
    assert result["body"] == {"earn_id": op["body"]["earn_id"]}
    assert [item["code"] for item in in_batch] == [None, "duplicate_receipt"]
    assert world.points(world.member()) == (90, 0, 0)
    assert second.rows("earn")[-1]["status"] == "rejected"


def test_the_same_receipt_in_another_store_is_another_receipt(world: World) -> None:
    here, there = world.device(), world.device(world.new_store("다른 매장", "테스트 커피"))

    here.push(here.earn(fingerprint="same"))
    result = there.result(there.earn(fingerprint="same"))

    assert result["status"] == "applied"
    assert world.points(world.member()) == (90, 0, 0)


def test_equal_texts_without_number_or_approval_are_one_sale_only_within_ten_minutes(world: World) -> None:
    device = world.device()

    def sale() -> str:
        return str(device.result(device.earn(fingerprint="text", receipt_no=None))["status"])

    assert sale() == "applied"
    world.clock.advance(600_000)
    assert sale() == "rejected"
    world.clock.advance(1)
    assert sale() == "applied"


def test_an_earn_id_counts_once(world: World) -> None:
    device = world.device()
    op = device.earn()
    again = device.op("earn", dict(op["body"], receipt=None))

    assert [item["code"] for item in device.push(op, again)["results"]] == [None, "duplicate_earn"]


def test_suspicion_flags_and_books(world: World) -> None:
    """R14, case 54: 99,999,999 won; a clock a day ahead; a device that was forked."""
    device = world.device()
    device.push(device.earn(paid_won=99_999_999))
    late = device.earn()
    late["body"]["occurred_ms"] = world.clock() + 86_400_001
    fresh = world.device()
    ahead = fresh.op("earn", dict(late["body"], earn_id=new_id("earn")))
    fresh.push(ahead)

    with world.cloud.database.read() as conn:
        flags = {row.device_id: json.loads(row.flags) for row in conn.execute(select(earn))}
    assert flags[device.device_id] == ["suspicious_amount"]
    assert flags[fresh.device_id] == ["clock_ahead"]
    assert world.points(world.member()) == (999_999 + 45, 0, 0)


def test_nothing_paid_earns_nothing_and_is_still_one_receipt(world: World) -> None:
    device = world.device()

    results = device.push(device.earn(0, fingerprint="zero"), device.earn(0, fingerprint="zero"))["results"]

    assert [item["status"] for item in results] == ["applied", "rejected"]
    assert world.points(world.member()) == (0, 0, 0)
    assert world.sums()["earns"] == 1
    world.assert_book_is_sound()


def test_the_biggest_sale_does_not_overflow(world: World) -> None:
    """Case 79."""
    device = world.device()
    ops = [device.earn(10**12) for _ in range(5)]
    too_much = device.earn(10**12 + 1)

    results = device.push(*ops, too_much)["results"]

    assert [item["status"] for item in results] == ["applied"] * 5 + ["parked"]
    assert world.points(world.member(PHONE)) == (5 * 10**10, 0, 0)


def test_texts_with_the_databases_own_signs_come_back_as_they_were(world: World) -> None:
    """Case 15: rows are written in bulk; what a till prints is never part of the format."""
    device = world.device()
    texts = ["a\tb", "a\nb\r", "\\N", "\\", "\\.", "'; DROP TABLE earn; --", "가\u2028나 😀"]

    device.push(*[device.earn(receipt_no=text, till=text) for text in texts])

    with world.cloud.database.read() as conn:
        found = {row.receipt_no: row.till for row in conn.execute(select(earn))}
    assert found == {text: text for text in texts}


def test_points_that_the_receipt_does_not_show_leave_the_basis_and_are_flagged(world: World) -> None:
    """PNT-06: staff forgot to key the discount in."""
    device = world.device()
    pattern = device.earn(paid_won=18_000)
    another = {"earn_id": "told", "receipt": pattern["body"]["receipt"] | {"fingerprint": "another"}, "points": 150}
    told = device.op("earn", pattern["body"] | another | {"points_spent_won": 3_000})

    # Spelled as the chain covers it, as our own agent does.
    answer = device.push_raw(canonical_json(json.loads(device.batch(pattern, told)))).json()

    result = answer["results"][1]
    assert (result["status"], result["body"]["points"]) == ("applied", 150)
    with world.cloud.database.read() as conn:
        row = conn.execute(select(earn.c.flags, earn.c.reasons).where(earn.c.earn_id == "told")).one()
    assert (row.flags, row.reasons) == ('["discount_not_keyed"]', '["points_spent_subtracted","rate"]')
