"""The life of a request in the cloud: one truth about sixty seconds, one winner, nothing held for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from cloud_api.requests import decisions
from cloud_api.stores.service import Policy
from rules.requests import NO_ACK_EXPIRE_MS, SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.world import Device, World

DAY_MS = 86_400_000


def _with_points(world: World, device: Device, points: int = 1000) -> str:
    device.push(device.earn(paid_won=points * 100))
    return world.member()


def test_use_is_seen_approved_and_the_coupon_is_used(world: World) -> None:
    """APR-01, CPN-15."""
    device, member = world.device(), world.member()
    coupon = world.coupon(member)

    asked = world.ask_coupon(member, coupon)
    assert (asked["state"], asked["remaining_ms"], asked["version"]) == ("requested", None, 1)
    assert (asked["title"], asked["condition"], asked["nickname"]) == ("아메리카노 1잔", "5,000원 이상", "김*지")
    assert world.coupon_state(member, coupon) == "pending"
    shown = device.result(device.seen(asked["request_id"]))
    assert (shown["status"], shown["body"]["state"]) == ("applied", "seen")
    world.clock.advance(1_000)
    assert world.request(asked["request_id"])["remaining_ms"] == TIMEOUT_MS - 1_000
    decided = device.result(device.decide(asked["request_id"], remaining_ms=58_000))

    assert (decided["status"], decided["body"]["state"]) == ("applied", "approved")
    assert world.coupon_state(member, coupon) == "used"
    final = world.request(asked["request_id"])
    assert (final["state"], final["decided_by"], final["version"]) == ("approved", "staff:1", 3)
    assert [row["state"] for row in device.rows("request")] == ["requested", "seen", "approved"]
    assert device.rows("request")[-1] | {"store_unreachable": False, "message": None} == final
    assert world.sums()["coupons_used"] == 1


def test_points_are_held_then_captured_and_lead_back_to_their_request(world: World) -> None:
    """APR-01, PNT-15."""
    device = world.device()
    member = _with_points(world, device)

    asked = world.ask_points(member, 300, payment_won=12_000)
    assert asked["title"] == "300P 사용"  # staff see what they approve
    assert world.points(member) == (700, 300, 0)
    assert (asked["amount_won"], asked["pos_discount_won"]) == (12_000, 300)
    op = device.decide(asked["request_id"])
    device.push(op)

    assert world.points(member) == (700, 0, 0)
    entries = world.ok("GET", f"/v1/members/{member}/entries")["entries"]
    assert [entry["kind"] for entry in entries] == ["capture", "hold", "hold", "earn"]
    assert {entry["request_id"] for entry in entries[:3]} == {asked["request_id"]}
    assert (entries[0]["op_id"], entries[0]["actor"]) == (op["op_id"], "staff:1")
    assert world.sums()["points_captured"] == 300
    paged = world.ok("GET", f"/v1/members/{member}/entries?limit=1&before={entries[2]['posting_id']}")["entries"]
    assert paged == entries[3:]
    world.assert_book_is_sound()


def test_a_rejection_needs_a_reason_and_frees_what_was_held(world: World) -> None:
    """APR-08, APR-10, CPN-15."""
    device = world.device()
    member = _with_points(world, device)
    coupon = world.coupon(member)
    for_coupon, for_points = world.ask_coupon(member, coupon), world.ask_points(member, 300)

    bare = device.result(device.decide(for_coupon["request_id"], "reject", reason=None))
    other = device.result(device.decide(for_coupon["request_id"], "reject", reason="other", reason_text=" "))
    assert (bare["status"], bare["code"]) == (other["status"], other["code"]) == ("rejected", "reason_missing")
    assert world.coupon_state(member, coupon) == "pending"
    device.push(
        device.decide(for_coupon["request_id"], "reject", reason="other", reason_text="기계 고장"),
        device.decide(for_points["request_id"], "reject"),
    )

    assert world.coupon_state(member, coupon) == "available"
    assert world.points(member) == (1000, 0, 0)
    final = world.request(for_coupon["request_id"])
    assert (final["state"], final["reason"], final["reason_text"]) == ("rejected", "other", "기계 고장")
    world.assert_book_is_sound()


def test_a_rejected_coupon_may_be_asked_for_again(world: World) -> None:
    """APR-12, APR-10: here and at once, as long as it is valid."""
    device, member = world.device(), world.member()
    coupon = world.coupon(member)
    first = world.ask_coupon(member, coupon)
    device.push(device.decide(first["request_id"], "reject"))

    second = world.ask_coupon(member, coupon)

    assert (second["state"], second["request_id"] != first["request_id"]) == ("requested", True)
    device.push(device.seen(second["request_id"]), device.decide(second["request_id"]))
    assert world.coupon_state(member, coupon) == "used"


def test_a_rejected_coupon_never_lives_longer_than_it_was_issued_for(world: World) -> None:
    """APR-10."""
    device, member = world.device(), world.member()
    coupon = world.coupon(member, valid_days=1)
    ends_ms = next(one["expires_ms"] for one in world.wallet(member)["coupons"])
    world.clock.now_ms = ends_ms - 1
    asked = world.ask_coupon(member, coupon)
    world.clock.advance(1)

    device.push(device.decide(asked["request_id"], "reject"))

    assert world.coupon_state(member, coupon) == "expired"
    body = {"kind": "coupon", "member_id": member, "coupon_id": coupon}
    again = {"store_id": world.store.store_id, "idempotency_key": "again-again"} | body
    assert world.call("POST", "/v1/requests", again).json()["code"] == "coupon_not_available"


def test_nobody_answers_and_the_cloud_approves_after_the_grace(world: World) -> None:
    """APR-07; the sweeper waits 1.5 s for taps made before 0."""
    device = world.device()
    member = _with_points(world, device)
    asked = world.ask_points(member, 300)
    device.push(device.seen(asked["request_id"]))

    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS - 1)
    assert world.sweep().auto_approved == 0
    assert world.request(asked["request_id"])["remaining_ms"] == 0
    world.clock.advance(1)

    assert world.sweep().auto_approved == 1
    assert world.sweep().auto_approved == 0
    final = world.request(asked["request_id"])
    assert (final["state"], final["decided_by"], final["remaining_ms"]) == ("auto_approved", None, None)
    assert world.points(member) == (700, 0, 0)
    assert device.rows("request")[-1]["state"] == "auto_approved"


def test_the_policy_sets_the_time(new_world: Callable[..., World]) -> None:
    world = new_world(policy=Policy(request_timeout_ms=3_000))
    device, member = world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))
    device.push(device.seen(asked["request_id"]))

    world.clock.advance(3_000 + SWEEP_GRACE_MS)

    assert world.sweep().auto_approved == 1


def test_a_tap_inside_the_grace_counts_when_it_was_made_before_zero(world: World) -> None:
    """APR-19."""
    device, member = world.device(), world.member()
    early, late = (world.ask_coupon(member, world.coupon(member)) for _ in range(2))
    device.push(device.seen(early["request_id"]), device.seen(late["request_id"]))
    world.clock.advance(TIMEOUT_MS + 500)

    before = device.result(device.decide(early["request_id"], "reject", remaining_ms=200))
    after = device.result(device.decide(late["request_id"], "reject", remaining_ms=0))

    assert (before["status"], before["body"]["state"]) == ("applied", "rejected")
    assert (after["status"], after["code"]) == ("adjusted", "already_decided")
    assert after["body"]["state"] == "auto_approved"


def test_a_late_human_rejection_beats_the_sweeper_by_compensation(world: World) -> None:
    """APR-19: the tap was made in time; the line was down."""
    device = world.device()
    member = _with_points(world, device)
    coupon = world.coupon(member)
    for_points, for_coupon = world.ask_points(member, 300), world.ask_coupon(member, coupon)
    device.push(device.seen(for_points["request_id"]), device.seen(for_coupon["request_id"]))
    taps = [device.decide(asked["request_id"], "reject", remaining_ms=40_000) for asked in (for_points, for_coupon)]
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    assert world.sweep().auto_approved == 2
    world.clock.advance(3_600_000)

    results = device.push(*taps)["results"]

    assert [result["body"]["state"] for result in results] == ["rejected", "rejected"]
    assert world.points(member) == (1000, 0, 0)
    assert world.coupon_state(member, coupon) == "available"
    sums = world.sums()
    assert (sums["points_captured"], sums["points_returned"], sums["entries_sum"]) == (0, 300, 0)
    world.assert_book_is_sound()


def test_a_late_human_approval_replaces_the_automatic_one_without_moving_value(world: World) -> None:
    device = world.device()
    member = _with_points(world, device)
    asked = world.ask_points(member, 300)
    device.push(device.seen(asked["request_id"]))
    tap = device.decide(asked["request_id"], remaining_ms=1)
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()

    assert device.result(tap)["body"]["state"] == "approved"
    assert world.points(member) == (700, 0, 0)


def test_a_countdown_that_was_never_shown_is_not_believed(world: World) -> None:
    device, member = world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))
    device.push(device.seen(asked["request_id"]))
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()

    for claimed in (TIMEOUT_MS + 1, 0, -5, None):
        result = device.result(device.decide(asked["request_id"], "reject", remaining_ms=claimed))
        assert (result["status"], result["code"]) == ("adjusted", "already_decided"), claimed


def test_the_second_decision_gets_the_first_one(world: World) -> None:
    """APR-03, APR-36."""
    first, second, member = world.device(), world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))
    first.push(first.seen(asked["request_id"]), first.decide(asked["request_id"], "reject"))

    result = second.result(second.decide(asked["request_id"]))
    shown = second.result(second.seen(asked["request_id"]))

    assert (result["status"], result["code"], result["body"]["state"]) == ("adjusted", "already_decided", "rejected")
    assert (result["body"]["decided_by"], result["body"]["reason"]) == ("staff:1", "out_of_stock")
    assert (shown["status"], shown["body"]["state"]) == ("applied", "rejected")


def test_the_first_device_that_shows_it_starts_the_sixty_seconds(world: World) -> None:
    """APR-18."""
    first, second, member = world.device(), world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))
    first.push(first.seen(asked["request_id"]))
    world.clock.advance(10_000)

    second.push(second.seen(asked["request_id"]))

    assert world.request(asked["request_id"])["remaining_ms"] == TIMEOUT_MS - 10_000


def test_a_request_nobody_shows_expires_and_gives_everything_back(world: World) -> None:
    """APR-18."""
    device = world.device()
    member = _with_points(world, device)
    coupon = world.coupon(member)
    asked = [world.ask_points(member, 300), world.ask_coupon(member, coupon)]
    world.clock.advance(NO_ACK_EXPIRE_MS - 1)
    assert world.sweep().expired == 0
    world.clock.advance(1)

    assert world.sweep().expired == 2

    assert [world.request(one["request_id"])["state"] for one in asked] == ["expired", "expired"]
    assert world.points(member) == (1000, 0, 0)
    assert world.coupon_state(member, coupon) == "available"
    late = device.result(device.decide(asked[0]["request_id"], remaining_ms=None))
    assert (late["code"], late["body"]["state"]) == ("already_decided", "expired")


def test_the_consumer_takes_it_back_until_somebody_decided(world: World) -> None:
    """APR-14, APR-01 (5)."""
    device, member = world.device(), world.member()
    coupon = world.coupon(member)
    open_one = world.ask_coupon(member, coupon)
    decided = world.ask_coupon(member, world.coupon(member))
    over = world.ask_coupon(member, world.coupon(member))
    device.push(device.decide(decided["request_id"]), device.seen(over["request_id"]))
    path = "/v1/requests/{}/withdraw"

    for _ in range(2):
        assert world.ok("POST", path.format(open_one["request_id"]))["state"] == "withdrawn"
    world.clock.advance(TIMEOUT_MS)

    assert world.coupon_state(member, coupon) == "available"
    refused = world.call("POST", path.format(decided["request_id"]))
    assert (refused.status_code, refused.json()["code"], refused.json()["state"]) == (
        409,
        "already_decided",
        "approved",
    )
    assert world.call("POST", path.format(over["request_id"])).status_code == 409
    assert world.call("POST", path.format("nope")).json()["code"] == "request_unknown"
    assert device.rows("request")[-1]["state"] == "withdrawn"


def test_a_wrong_approval_is_recovered_once(world: World) -> None:
    """APR-15."""
    device = world.device()
    member = _with_points(world, device)
    coupon = world.coupon(member)
    asked = [world.ask_points(member, 300), world.ask_coupon(member, coupon)]
    device.push(*[device.decide(one["request_id"]) for one in asked])
    world.clock.advance(3_600_000)

    results = device.push(*[device.recover(one["request_id"]) for one in asked])["results"]
    again = device.result(device.recover(asked[0]["request_id"]))

    assert [result["body"]["state"] for result in results] == ["recovered", "recovered"]
    assert (again["status"], again["code"], again["body"]["state"]) == ("adjusted", "already_decided", "recovered")
    assert world.points(member) == (1000, 0, 0)
    assert world.coupon_state(member, coupon) == "available"
    assert world.ask_coupon(member, coupon)["state"] == "requested"
    world.assert_book_is_sound()


@pytest.mark.parametrize(("after_ms", "state"), [(300_000, "auto_cancelled"), (300_001, "auto_approved")])
def test_an_automatic_approval_is_cancelled_within_five_minutes(world: World, after_ms: int, state: str) -> None:
    """APR-17, inclusive, the owner only; the tap may arrive later, the owner's clock may run behind."""
    device, owner = world.device(), world.employ("정민아", "owner")
    member = _with_points(world, device)
    asked = world.ask_points(member, 300)
    device.push(device.seen(asked["request_id"]))
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()
    world.clock.advance(after_ms)
    tap = device.recover(asked["request_id"], actor=owner)
    world.clock.advance(3_600_000)

    result = device.result(tap)

    assert result["body"]["state"] == state
    assert result["code"] == (None if state == "auto_cancelled" else "too_late")
    assert world.points(member)[0] == (1000 if state == "auto_cancelled" else 700)
    old_tap = device.recover(asked["request_id"], actor=owner)
    world.clock.advance(DAY_MS + 1)
    assert device.result(old_tap)["status"] == "adjusted"


def test_unknown_requests_are_refused_without_blocking(world: World) -> None:
    device = world.device()

    results = device.push(device.seen("nope"), device.decide("nope"), device.recover("nope"), device.earn())["results"]

    assert [result["code"] for result in results] == ["request_unknown"] * 3 + [None]


def test_fifty_parallel_uses_of_one_coupon_give_one_request(world: World) -> None:
    """Case 24, 76."""
    member = world.member()
    coupon = world.coupon(member)
    body = {"kind": "coupon", "store_id": world.store.store_id, "member_id": member, "coupon_id": coupon}

    def use(index: int) -> int:
        return world.call("POST", "/v1/requests", body | {"idempotency_key": f"parallel-{index}"}).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(use, range(50)))

    assert sorted(answers) == [201] + [409] * 49


def test_fifty_parallel_uses_of_the_last_points_never_overdraw(world: World) -> None:
    """Case 24."""
    device = world.device()
    member = _with_points(world, device)
    body = {
        "kind": "points",
        "store_id": world.store.store_id,
        "member_id": member,
        "points": 400,
        "payment_won": 9000,
    }

    def use(index: int) -> int:
        return world.call("POST", "/v1/requests", body | {"idempotency_key": f"parallel-{index}"}).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(use, range(50)))

    assert sorted(answers) == [201, 201] + [409] * 48
    assert world.points(member) == (200, 800, 0)
    world.assert_book_is_sound()


def test_a_tap_and_the_sweeper_at_once_give_one_outcome(world: World) -> None:
    """I6: one winner by compare-and-set, whoever comes first; holds are captured or released once."""
    devices = [world.device(), world.device()]
    member = _with_points(world, devices[0])
    for turn in range(5):
        asked = world.ask_points(member, 100)
        devices[0].push(devices[0].seen(asked["request_id"]))
        world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
        taps = [(one, one.batch(one.decide(asked["request_id"], "reject", remaining_ms=5))) for one in devices]

        with ThreadPoolExecutor(3) as pool:
            jobs = [pool.submit(one.push_raw, body) for one, body in taps]
            swept = pool.submit(world.sweep)
            results = [job.result().json()["results"][0] for job in jobs]
            swept.result()

        assert sorted(result["status"] for result in results) == ["adjusted", "applied"], turn
        assert world.request(asked["request_id"])["state"] == "rejected"
    assert world.points(member) == (1000, 0, 0)
    world.assert_book_is_sound()


def test_the_loser_of_a_compare_and_set_is_told_the_outcome(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading and writing somebody else was faster."""
    device, member = world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))
    real = decisions.service.find
    stale: list[object] = []

    def find(conn: object, request_id: str, **options: str) -> object:
        row = real(conn, request_id, **options)  # type: ignore[arg-type]
        if not stale:
            stale.append(row)
            return SimpleNamespace(**dict(row._mapping, version=row.version - 1))  # type: ignore[attr-defined]
        return row

    monkeypatch.setattr(decisions.service, "find", find)

    assert device.result(device.decide(asked["request_id"]))["body"]["state"] == "approved"
    assert len(stale) == 1
