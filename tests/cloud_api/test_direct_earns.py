"""Earning through the API: once for a receipt, whoever reports it; taken back once; nothing changes on bad input.

PNT-07, PNT-09, PNT-11, PNT-16.
"""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from cloud_api.clock import DAY_MS
from cloud_api.members.dormancy import turn_some
from cloud_api.stores.service import Policy, set_policy, store_key
from rules.receipts import fingerprint
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.test_stamps import stamping
from tests.cloud_api.world import OTHER_PHONE, PHONE, START_MS, World, new_id


def earn(world: World, **changes: Any) -> httpx.Response:
    body: dict[str, Any] = {
        "store_id": world.store.store_id,
        "phone": PHONE,
        "paid_won": 4_500,
        "receipt_no": new_id("r"),
        "till": "01",
        "occurred_ms": world.clock(),
        "idempotency_key": new_id("earn"),
    }
    body |= changes
    return world.call("POST", "/v1/earns", {name: value for name, value in body.items() if value is not None})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_new_number_earns_its_first_points_and_they_are_explained(world: World) -> None:
    """MEM-01."""
    device = world.device()
    made = earn(world, receipt_no="20251009-01-0042").json()

    member = world.member()
    assert made == {
        "earn_id": made["earn_id"],
        "store_id": world.store.store_id,
        "member_id": member,
        "receipt_no": "20251009-01-0042",
        "till": "01",
        "paid_won": 4_500,
        "status": "posted",
        "occurred_ms": world.clock(),
        "booked_ms": world.clock(),
        "points": 45,
        "points_balance": 45,
    }
    assert world.ok("GET", f"/v1/earns/{made['earn_id']}") == made
    (told,) = device.rows("earn")
    assert (told["earn_id"], told["status"], told["points"]) == (made["earn_id"], "posted", 45)
    (entry,) = world.ok("GET", f"/v1/members/{member}/explain")["entries"]
    assert (entry["receipt"]["receipt_no"], entry["amount"]) == ("20251009-01-0042", 45)
    assert earn(world, phone=None, member_id=member).json()["points_balance"] == 90
    world.assert_book_is_sound()


def test_a_kiosk_earns_and_spends_by_the_tills_rules_and_needs_nobody(world: World) -> None:
    """PNT-11, PNT-12: the customer chooses; nobody at the counter does anything."""
    device, limits = world.device(), Policy(payment_max_percent=30)
    world.cloud.database.transact(lambda work: set_policy(work, world.store.brand_id, limits))
    at_kiosk = earn(world, till="kiosk-1", paid_won=1_200_000).json()["points"]
    at_till = device.result(device.earn(1_200_000))

    member = world.member()
    assert (at_kiosk, at_till["status"]) == (12_000, "applied")
    assert world.points(member) == (24_000, 0, 0)
    use = {"store_id": world.store.store_id, "kind": "points", "member_id": member, "payment_won": 12_000}
    too_much = world.call("POST", "/v1/requests", use | {"points": 3_601, "idempotency_key": new_id("use")})
    assert code(too_much) == (409, "points_exceed_share")
    asked = world.ok("POST", "/v1/requests", use | {"points": 3_600, "idempotency_key": new_id("use")})["request_id"]
    device.push(device.seen(asked))
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()

    assert world.ok("GET", f"/v1/requests/{asked}")["state"] == "auto_approved"
    assert world.points(member) == (20_400, 0, 0)
    world.assert_book_is_sound()


def test_a_repeated_call_is_the_same_earn_and_a_second_call_for_the_receipt_none(world: World) -> None:
    key, receipt = new_id("earn"), new_id("r")
    first = earn(world, idempotency_key=key, receipt_no=receipt)
    again = earn(world, idempotency_key=key, receipt_no=receipt)
    twice = earn(world, receipt_no=receipt, phone=OTHER_PHONE)

    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (code(twice), twice.json()["earn_id"]) == ((409, "receipt_used"), first.json()["earn_id"])
    assert code(earn(world, idempotency_key=key, receipt_no=receipt, paid_won=1)) == (409, "idempotency_conflict")
    assert world.points(world.member()) == (45, 0, 0)
    assert world.points(world.member(OTHER_PHONE)) == (0, 0, 0)
    assert earn(world, receipt_no=receipt, till="02").status_code == 201, "another till counts for itself"


@pytest.mark.parametrize("counter_first", [True, False])
def test_a_receipt_earns_once_at_the_counter_or_here(world: World, counter_first: bool) -> None:
    device = world.device()
    with world.cloud.database.read() as conn:
        key = store_key(conn, world.cloud.vault, world.store.store_id)
    facts: dict[str, Any] = {"date": "2025-10-09", "receipt_no": "0042", "till": "01", "total_won": 5_000}
    read = fingerprint(key, **facts, approval_tags=(), text_digest="what the paper says")
    call = {"receipt_no": "0042", "paid_won": 4_500, "total_won": 5_000}
    if counter_first:
        op = device.earn(fingerprint=read, paid_won=4_500, points=45)
        device.push(op)
        assert code(earn(world, **call)) == (409, "receipt_used")
    else:
        assert earn(world, **call).status_code == 201
        (result,) = device.push(device.earn(fingerprint=read, paid_won=4_500, points=45))["results"]
        assert (result["status"], result["code"]) == ("rejected", "duplicate_receipt")
    assert world.points(world.member()) == (45, 0, 0)
    world.assert_book_is_sound()


def test_the_day_of_a_receipt_is_the_koreans_day(world: World) -> None:
    """Numbers start again every day: the minute before midnight in Seoul and the one after are two receipts."""
    midnight_ms = START_MS - (START_MS + 9 * 3_600_000) % 86_400_000
    before = earn(world, receipt_no="0001", occurred_ms=midnight_ms - 1)
    assert before.status_code == 201
    assert earn(world, receipt_no="0001", occurred_ms=midnight_ms).status_code == 201
    assert code(earn(world, receipt_no="0001", occurred_ms=midnight_ms + 3_600_000)) == (409, "receipt_used")


def test_a_cancel_takes_back_once_and_what_was_spent_becomes_a_debt(world: World) -> None:
    made = earn(world, paid_won=10_000).json()
    member = made["member_id"]
    world.ok("POST", f"/v1/requests/{world.ask_points(member, 60)['request_id']}/withdraw")
    held = world.ask_points(member, 60)
    path = f"/v1/earns/{made['earn_id']}/cancel"

    first, again = world.ok("POST", path), world.ok("POST", path)

    assert first == made | {"status": "reversed", "points_balance": 0, "points_taken_back": 100, "debt_points": 60}
    assert again == first
    assert world.ok("GET", f"/v1/earns/{made['earn_id']}")["status"] == "reversed"
    assert world.points(member) == (0, 60, 60)
    world.ok("POST", f"/v1/requests/{held['request_id']}/withdraw")
    world.assert_book_is_sound()
    assert code(world.call("POST", "/v1/earns/nope/cancel")) == (404, "earn_unknown")
    assert code(earn(world, receipt_no=made["receipt_no"], paid_won=10_000)) == (409, "receipt_used")


def test_the_counters_cancel_slip_and_the_calls_are_one_cancel(world: World) -> None:
    device = world.device()
    made = earn(world).json()
    device.push(device.reverse(earn_id=made["earn_id"]))
    path = f"/v1/earns/{made['earn_id']}/cancel"

    assert world.ok("POST", path)["points_taken_back"] == 45
    assert world.ok("POST", path)["points_taken_back"] == 45
    assert world.points(made["member_id"]) == (0, 0, 0)
    world.assert_book_is_sound()


def test_of_many_calls_at_once_for_a_receipt_one_earns(world: World) -> None:
    start = threading.Barrier(6)
    answers: list[int] = []

    def call() -> None:
        start.wait()
        answers.append(earn(world, receipt_no="race").status_code)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201] + [409] * 5
    assert world.points(world.member()) == (45, 0, 0)
    world.assert_book_is_sound()


def test_bad_input_changes_nothing(front: World) -> None:
    wrong: list[dict[str, Any]] = [
        {"member_id": front.member()},
        {"phone": None},
        {"receipt_no": None},
        {"receipt_no": "한글"},
        {"paid_won": -1},
        {"paid_won": 4500.5},
        {"occurred_ms": front.clock() + 86_400_001},
        {"occurred_ms": 0},
        {"idempotency_key": "short"},
        {"points": 10_000},
    ]
    for change in wrong:
        assert code(earn(front, **change)) == (422, "invalid"), change
    assert code(earn(front, phone="02-123-4567")) == (422, "phone_invalid")
    assert code(earn(front, store_id="nope")) == (404, "store_unknown")
    assert code(earn(front, phone=None, member_id="nope")) == (404, "member_unknown")
    assert front.points(front.member()) == (0, 0, 0)
    assert front.sums()["earns"] == 0


def test_a_pos_maker_earns_for_a_dormant_member_and_not_for_one_who_left(world: World) -> None:
    """MEM-04, MEM-05"""
    member_id = world.member()
    world.clock.advance(340 * DAY_MS)
    world.cloud.database.transact(turn_some)
    world.clock.advance(40 * DAY_MS)
    world.cloud.database.transact(turn_some)
    assert world.wallet(member_id)["status"] == "dormant"

    assert earn(world, phone=None, member_id=member_id, receipt_no="1").json()["member_id"] == member_id
    assert world.wallet(member_id)["status"] == "normal"
    body = {"reason": "이사", "confirmed": True, "by": "박상담"}
    world.ok("POST", f"/v1/members/{member_id}/withdraw", body)

    assert code(earn(world, receipt_no="2")) == (409, "rejoin_blocked")
    assert code(earn(world, phone=None, member_id=member_id, receipt_no="3")) == (410, "member_gone")
    world.assert_book_is_sound()


def test_what_a_pos_says_of_the_sale_decides_about_stamps(world: World) -> None:
    """PNT-11, STP-08, STP-10, STP-11, MNU-14: by item, by product, by means; once, and the same again."""
    stamping(world, stamps={"basis": "condition_items", "products": ["latte", "mocha"], "means": ["cash"]})
    sale = {"means": "cash", "items": [{"product_id": "latte", "quantity": 2}, {"product_id": "cookie"}]}
    named = {"paid_won": 13_500, "receipt_no": "r-1", "idempotency_key": "earn-r-1"}

    given = earn(world, **named, sale=sale).json()

    assert (given["stamps"], given["points"]) == (2, 0)
    assert earn(world, **named, sale=sale).json() == given
    assert code(earn(world, **named, sale=sale | {"means": "card"})) == (409, "idempotency_conflict")
    assert earn(world, paid_won=13_500, sale=sale | {"means": "card"}).json()["stamps"] == 0
    assert earn(world, paid_won=13_500).json()["stamps"] == 0
    for wrong in ({"means": "gold"}, {"items": [{"product_id": "latte", "quantity": 0}]}, {"weight": 1}):
        assert code(earn(world, sale=sale | wrong)) == (422, "invalid")
    world.assert_book_is_sound()
