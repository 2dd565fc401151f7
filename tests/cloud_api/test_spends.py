"""Points spent at a counter: held with a line, booked as a fact without one; the books hold either way (PNT-10)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from cloud_api.clock import DAY_MS
from cloud_api.stores.service import Policy, set_policy
from rules.requests import AUTO_CANCEL_WINDOW_MS, NO_ACK_EXPIRE_MS, SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World, new_id

PATH = "/v1/sync/requests"


def _ask(device: Device, **changes: Any) -> httpx.Response:
    body = {"request_id": new_id("spend"), "phone": PHONE, "points": 3_000, "payment_won": 18_000} | changes
    raw = json.dumps(body).encode()
    headers = {"authorization": device.sign("POST", PATH, raw), "content-type": "application/json"}
    return device.world.http.post(PATH, content=raw, headers=headers)


def _spend(device: Device, points: int = 3_000, **changes: Any) -> dict[str, Any]:
    now_ms = device.world.clock()
    body = {
        "spend_id": new_id("spend"),
        "phone": PHONE,
        "points": points,
        "payment_won": 18_000,
        "decided_by_default": False,
        "occurred_ms": now_ms,
        "snapshot_ms": now_ms - 60_000,
    }
    return device.op("points.spend", body | changes)


def _rich(world: World, device: Device, points: int = 3_240, phone: str = PHONE) -> str:
    device.push(device.earn(paid_won=points * 100, phone=phone))
    return world.member(phone)


def _loss(world: World) -> int:
    found: int = world.sums()["offline_loss_points"]
    return found


# With a line ----------------------------------------------------------------------------------------------------------


def test_a_counter_asks_and_it_is_a_request_like_any_other(world: World) -> None:
    """PNT-10, PNT-15: held, shown, approved, captured."""
    device = world.device()
    member = _rich(world, device)

    answer = _ask(device)

    assert answer.status_code == 201, answer.text
    asked = answer.json()
    assert (asked["state"], asked["kind"], asked["points"]) == ("requested", "points", 3_000)
    assert (asked["title"], asked["amount_won"], asked["pos_discount_won"]) == ("3,000P 사용", 18_000, 3_000)
    assert world.points(member) == (240, 3_000, 0)
    assert device.rows("request")[-1]["request_id"] == asked["request_id"]
    device.push(device.seen(asked["request_id"]), device.decide(asked["request_id"]))
    assert world.points(member) == (240, 0, 0)
    assert world.sums()["points_captured"] == 3_000
    world.assert_book_is_sound()


def test_the_same_id_gets_the_same_request_and_other_content_is_refused(world: World) -> None:
    """Case 17: a lost answer is asked for again."""
    device, other = world.device(), world.device()
    member = _rich(world, device)
    asked = _ask(device).json()
    request_id = asked["request_id"]

    assert _ask(device, request_id=request_id).json() == asked
    assert _ask(device, request_id=request_id, points=None).json() == asked
    for differs in ({"points": 100}, {"payment_won": 17_000}, {"phone": OTHER_PHONE}):
        refused = _ask(device, request_id=request_id, **differs)
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_conflict")
    assert _ask(other, request_id=request_id).json()["code"] == "idempotency_conflict"

    assert world.points(member) == (240, 3_000, 0)


def test_ten_repetitions_at_once_hold_once(world: World) -> None:
    device = world.device()
    member = _rich(world, device)
    request_id = new_id("spend")

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: _ask(device, request_id=request_id), range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert world.points(member) == (240, 3_000, 0)
    world.assert_book_is_sound()


def test_as_many_as_possible_is_the_balance_or_the_payment_in_whole_units(world: World) -> None:
    device = world.device()
    member = _rich(world, device)
    hundreds = Policy(use_unit=100)
    world.cloud.database.transact(lambda work: set_policy(work, world.store.brand_id, hundreds))

    assert _ask(device, points=None, payment_won=2_050).json()["points"] == 2_000
    assert _ask(device, points=None).json()["points"] == 1_200
    assert _ask(device, points=None).json()["code"] == "insufficient_points"
    assert _ask(device, points=150).json()["code"] == "points_not_in_units"

    assert world.points(member) == (40, 3_200, 0)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"points": 3_241}, 409, "insufficient_points"),
        ({"points": 18_001}, 409, "points_exceed_payment"),
        ({"points": None, "payment_won": 0}, 409, "points_exceed_payment"),
        ({"phone": OTHER_PHONE}, 404, "member_unknown"),
        ({"phone": "010-000-1234"}, 422, "phone_invalid"),
        ({"points": 0}, 422, "invalid"),
        ({"points": "3000"}, 422, "invalid"),
        ({"points": True}, 422, "invalid"),
        ({"payment_won": -1}, 422, "invalid"),
        ({"request_id": "a b"}, 422, "invalid"),
        ({"extra": 1}, 422, "invalid"),
    ],
)
def test_what_cannot_be_spent_is_refused_and_holds_nothing(
    world: World, changes: dict[str, Any], status: int, code: str
) -> None:
    """Cases 12–14."""
    device = world.device()
    member = _rich(world, device)

    answer = _ask(device, **changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert PHONE[-8:] not in answer.text
    assert world.points(member) == (3_240, 0, 0)


@pytest.mark.expect_log(r"device_forked")
def test_a_suspended_device_gets_no_hold(world: World) -> None:
    device = world.device()
    member = _rich(world, device)
    _fork(device)

    answer = _ask(device)

    assert (answer.status_code, answer.json()["code"]) == (403, "device_suspended")
    assert world.points(member) == (3_240, 0, 0)


def _fork(device: Device) -> None:
    """A copy of the device says something else at a place that is taken."""
    stolen = {**device.sealed[0][0], "actor": "clone"}
    seq, head = device.seq, device.hash
    device.seq, device.hash = stolen["seq"] - 1, device.sealed[0][1]
    clone = device.op("earn", stolen["body"], op_id="clone-1")
    entry = device.sealed.pop()
    device.seq, device.hash = seq, head
    body = {
        "protocol": 1,
        "epoch": device.welcome["epoch"],
        "prev_hash": entry[1],
        "last_hash": entry[2],
        "ops": [clone],
    }
    answer = device.push_raw(json.dumps(body, ensure_ascii=False).encode())
    assert answer.json()["results"][0]["status"] == "forked"


# Without a line -------------------------------------------------------------------------------------------------------


def test_a_spend_without_a_line_is_booked_with_all_roads_back(world: World) -> None:
    """PNT-10, APR-19."""
    device = world.device()
    member = _rich(world, device)

    op = _spend(device)
    result = device.result(op)

    assert (result["status"], result["code"]) == ("applied", None)
    spend_id = op["body"]["spend_id"]
    assert result["body"] == {
        "spend_id": spend_id,
        "points": 3_000,
        "covered_points": 3_000,
        "loss_points": 0,
        "flags": [],
        "state": "approved",
    }
    assert world.points(member) == (240, 0, 0)
    entry = world.ok("GET", f"/v1/members/{member}/entries")["entries"][0]
    assert (entry["kind"], entry["request_id"], entry["op_id"]) == ("spend", spend_id, op["op_id"])
    row = device.rows("request")[-1]
    assert (row["request_id"], row["state"], row["decided_by"]) == (spend_id, "approved", "staff:1")
    assert (world.sums()["points_captured"], _loss(world)) == (3_000, 0)
    world.assert_book_is_sound()


def test_two_counters_without_a_line_spend_the_same_points_and_the_store_bears_the_second(world: World) -> None:
    """PNT-10, I5: never below zero, sums of zero, flagged."""
    device, other = world.device(), world.device()
    member = _rich(world, device)

    first, second = device.result(_spend(device)), other.result(_spend(other, decided_by_default=True))

    assert (first["status"], first["body"]["loss_points"]) == ("applied", 0)
    assert (second["status"], second["body"]["flags"]) == ("adjusted", ["overspent"])
    told = world.ok("GET", f"/v1/stores/{world.store.store_id}/notices")["notices"]  # NTF-01
    odd = [one for one in told if one["kind"] == "anomaly"]
    assert [(one["details"]["what"], one["details"]["loss_points"], one["count"]) for one in odd] == [
        ("offline_spend", second["body"]["loss_points"], 1)
    ]
    assert (second["body"]["covered_points"], second["body"]["loss_points"]) == (240, 2_760)
    assert second["body"]["state"] == "auto_approved"
    assert world.points(member) == (0, 0, 0)
    assert (world.sums()["points_captured"], _loss(world)) == (6_000, 2_760)
    world.assert_book_is_sound()


def test_a_number_that_is_no_member_yet_is_the_stores_loss(world: World) -> None:
    device = world.device()

    result = device.result(_spend(device, 1_000, phone=OTHER_PHONE))

    assert (result["body"]["covered_points"], result["body"]["loss_points"]) == (0, 1_000)
    assert world.points(world.member(OTHER_PHONE)) == (0, 0, 0)
    world.assert_book_is_sound()


def test_limits_flag_what_was_handed_over_and_refuse_nothing(world: World) -> None:
    """A restored copy may have forgotten its quota; the cloud counts again, per device, member and day."""
    device, other = world.device(), world.device()
    _rich(world, device, 100_000)
    _rich(world, device, 100_000, OTHER_PHONE)
    flags = lambda op, by=device: by.result(op)["body"]["flags"]  # noqa: E731

    assert flags(_spend(device, 5_000)) == []
    assert flags(_spend(device, 1)) == ["over_quota"]  # the member's 5,000
    assert flags(_spend(device, 5_000, phone=OTHER_PHONE)) == []
    assert flags(_spend(device, 20_000, phone="+821011112222")) == ["over_quota", "overspent"]
    assert flags(_spend(device, 1, phone="+821011113333")) == ["over_quota", "overspent"]  # the store's 30,000
    assert flags(_spend(other, 5_000), other) == []  # its own quota
    now_ms = world.clock()
    assert flags(_spend(other, 1, snapshot_ms=now_ms - DAY_MS - 1, phone=OTHER_PHONE), other) == ["stale_snapshot"]
    world.clock.advance(DAY_MS)
    assert flags(_spend(device, 5_000)) == []  # a new day
    world.assert_book_is_sound()


def test_a_clock_that_is_ahead_brings_no_new_quota(world: World) -> None:
    """PNT-12: what a device says happens tomorrow happened today at the latest, and is counted so."""
    device = world.device()
    _rich(world, device, 100_000)
    device.push(_spend(device, 5_000))
    ahead_ms = world.clock() + DAY_MS

    result = device.result(_spend(device, 1, occurred_ms=ahead_ms, snapshot_ms=ahead_ms - 60_000))

    assert (result["status"], result["body"]["flags"]) == ("applied", ["over_quota"])


def test_a_spend_comes_twice_and_counts_once(world: World) -> None:
    """I2, I10: the same push; and the same spend under another operation."""
    device = world.device()
    member = _rich(world, device)
    op = _spend(device)

    first, again = device.result(op), device.result(op)
    other_op = device.result(device.op("points.spend", op["body"]))

    assert first == again
    assert (other_op["status"], other_op["code"]) == ("rejected", "duplicate_spend")
    assert other_op["body"] == first["body"]
    assert world.points(member) == (240, 0, 0)


@pytest.mark.parametrize("reached", ["requested", "seen", "auto_approved", "rejected", "expired", "withdrawn"])
@pytest.mark.parametrize("points", [3_000, 2_000])
def test_a_hold_of_which_the_counter_never_heard_and_its_spend_count_once(
    world: World, reached: str, points: int
) -> None:
    """The answer to the ask was lost, so the counter went on without a line under the same id."""
    device = world.device()
    member = _rich(world, device)
    request_id = _ask(device).json()["request_id"]
    if reached in ("seen", "auto_approved"):
        device.push(device.seen(request_id))
    if reached == "auto_approved":
        world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    if reached == "expired":
        world.clock.advance(NO_ACK_EXPIRE_MS)
    if reached == "rejected":
        device.push(device.decide(request_id, "reject"))
    if reached == "withdrawn":
        world.ok("POST", f"/v1/requests/{request_id}/withdraw")
    world.sweep()
    assert world.request(request_id)["state"] == reached

    result = device.result(_spend(device, points, spend_id=request_id))

    assert (result["status"], result["body"]["covered_points"]) == ("applied", points)
    assert world.points(member) == (3_240 - points, 0, 0)
    stands = world.request(request_id)
    assert (stands["state"], stands["pos_discount_won"], stands["reason"]) == ("approved", points, None)
    assert (world.sums()["points_captured"], _loss(world)) == (points, 0)
    world.assert_book_is_sound()
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS + NO_ACK_EXPIRE_MS)
    assert (world.sweep().auto_approved, world.sweep().expired) == (0, 0)


def test_somebody_elses_request_cannot_be_spent_under_its_id(world: World) -> None:
    device = world.device()
    member = _rich(world, device)
    theirs = world.ask_points(member, 100)

    result = device.result(_spend(device, spend_id=theirs["request_id"], phone=OTHER_PHONE))

    assert (result["status"], result["code"]) == ("rejected", "request_differs")
    assert world.points(member) == (3_140, 100, 0)


def test_a_spend_can_be_taken_back_and_the_loss_with_it(world: World) -> None:
    """APR-15, APR-17: covered points to the member, the store's loss to nobody."""
    device, owner = world.device(), world.employ("정민아", "owner")
    member = _rich(world, device)
    by_hand, by_default = _spend(device, 3_000), _spend(device, 1_000, decided_by_default=True)
    device.push(by_hand, by_default)
    assert (world.points(member), _loss(world)) == ((0, 0, 0), 760)

    taken_back = device.result(device.recover(by_default["body"]["spend_id"], actor=owner))
    assert (taken_back["status"], taken_back["body"]["state"]) == ("applied", "auto_cancelled")
    assert (world.points(member), _loss(world)) == ((240, 0, 0), 0)
    device.push(device.recover(by_hand["body"]["spend_id"], actor=owner))

    assert (world.points(member), _loss(world)) == ((3_240, 0, 0), 0)
    assert world.sums()["points_captured"] == 0
    world.assert_book_is_sound()


def test_five_minutes_after_the_countdown_approved_it_stays(world: World) -> None:
    """APR-17, counted from what happened at the counter."""
    device, owner = world.device(), world.employ("정민아", "owner")
    _rich(world, device)
    op = _spend(device, decided_by_default=True)
    world.clock.advance(AUTO_CANCEL_WINDOW_MS + 1)
    device.push(op)

    late = device.result(device.recover(op["body"]["spend_id"], actor=owner))

    assert (late["status"], late["code"]) == ("adjusted", "too_late")


@pytest.mark.expect_log(r"device_forked")
def test_a_suspended_device_is_believed_only_about_what_happened_before(world: World) -> None:
    """R4: what was handed over before the fork was found is booked and flagged."""
    device = world.device()
    member = _rich(world, device)
    before = _spend(device, 1_000)
    world.clock.advance(1_000)
    _fork(device)
    after = _spend(device, 1_000)

    results = device.push(before, after)["results"]

    assert (results[0]["status"], results[0]["body"]["flags"]) == ("applied", ["device_suspended"])
    assert (results[1]["status"], results[1]["code"]) == ("rejected", "device_suspended")
    assert world.points(member) == (2_240, 0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"points": 0},
        {"points": -1},
        {"points": 2**63},
        {"points": 10**13},
        {"payment_won": -1},
        {"phone": "02-123-4567"},
        {"decided_by_default": 1},
        {"occurred_ms": 2**48},
        {"snapshot_ms": None},
        {"spend_id": ""},
    ],
)
def test_a_spend_that_cannot_be_read_is_parked_and_books_nothing(world: World, changes: dict[str, Any]) -> None:
    """Case 12."""
    device = world.device()
    member = _rich(world, device)

    result = device.result(_spend(device, **changes))

    assert (result["status"], result["code"]) == ("parked", "unreadable")
    assert world.points(member) == (3_240, 0, 0)


def test_a_counter_withdraws_what_a_counter_asked_for_and_nothing_else(world: World) -> None:
    """APR-14, APR-36: once; what an app asked for only its consumer takes back."""
    device = world.device()
    member = _rich(world, device)
    asked = _ask(device).json()["request_id"]

    first = device.result(device.decide(asked, "withdraw", remaining_ms=40_000))
    again = device.result(device.decide(asked, "withdraw", remaining_ms=40_000))

    assert (first["status"], first["body"]["state"]) == ("applied", "withdrawn")
    assert (again["status"], again["code"], again["body"]["state"]) == ("adjusted", "already_decided", "withdrawn")
    assert world.points(member) == (3_240, 0, 0)
    of_app = world.ask_points(member, 300)["request_id"]
    refused = device.result(device.decide(of_app, "withdraw"))
    assert (refused["status"], refused["code"], refused["body"]["state"]) == ("rejected", "not_asked_here", "requested")
    unread = device.result(device.decide(of_app, "wander"))
    assert unread["status"] == "parked"
    world.assert_book_is_sound()


# The store's limits ---------------------------------------------------------------------------------------------------


def _limit(world: World, **fields: int) -> None:
    world.cloud.database.transact(lambda work: set_policy(work, world.store.brand_id, Policy(**fields)))


def test_points_cover_only_a_part_of_one_payment_whoever_asks(world: World) -> None:
    """PNT-12, APR-35: 30 % of 12,000 won are 3,600 P; nothing is held, and no card appears."""
    device = world.device()
    member = _rich(world, device, 5_000)
    _limit(world, payment_max_percent=30)

    refused = _ask(device, points=3_601, payment_won=12_000)

    assert (refused.status_code, refused.json()["code"]) == (409, "points_exceed_share")
    body = {"kind": "points", "member_id": member, "points": 3_601, "payment_won": 12_000}
    body |= {"store_id": world.store.store_id, "idempotency_key": "share-share"}
    assert world.call("POST", "/v1/requests", body).json()["code"] == "points_exceed_share"
    assert (world.points(member), device.rows("request")) == ((5_000, 0, 0), [])
    assert _ask(device, points=None, payment_won=12_000).json()["points"] == 3_600


def test_a_store_gives_no_more_points_a_day_than_its_policy_says(world: World) -> None:
    """PNT-12: what waits counts, what came to nothing does not, offline ones do, midnight in Seoul begins anew."""
    device = world.device()
    _rich(world, device, 20_000)
    _limit(world, store_day_max_points=5_000)
    first = _ask(device, points=3_000).json()["request_id"]
    device.push(_spend(device, 1_000))

    assert _ask(device, points=1_001).json()["code"] == "day_total_reached"
    assert _ask(device, points=None).json()["points"] == 1_000
    assert _ask(device, points=None).json()["code"] == "day_total_reached"
    device.push(device.decide(first, "withdraw"))
    assert _ask(device, points=3_000).status_code == 201
    world.clock.advance(DAY_MS)
    assert _ask(device, points=5_000).status_code == 201
    world.assert_book_is_sound()


def test_two_counters_at_once_never_pass_the_days_limit_together(front: World) -> None:
    """PNT-12"""
    devices = [front.device() for _ in range(4)]
    _rich(front, devices[0], 20_000)
    _limit(front, store_day_max_points=5_000)

    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda device: _ask(device, points=2_000).status_code, devices))

    assert sorted(answers) == [201, 201, 409, 409]
