"""How stores earn: programmes of brands and stores, where points are good, limits of stores (PNT)."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_api.clock import DAY_MS
from cloud_api.ledger.expiry import expire_all
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.test_stamps import plus
from tests.cloud_api.test_stamps import program as stamp_program
from tests.cloud_api.world import World, new_id


def set_brand(world: World, **program: Any) -> Any:
    return world.ok("POST", f"/v1/brands/{world.store.brand_id}/earning", {"method": "point"} | program)


def set_store(world: World, store_id: str, **program: Any) -> Any:
    body = {"program": {"method": "point"} | program}
    return world.ok("POST", f"/v1/stores/{store_id}/earning", body)


def usable(world: World, store_id: str) -> int:
    """What a counter of that store may let the member spend, asked as a request."""
    found: int = world.ok("GET", f"/v1/members/{world.member()}?store_id={store_id}")["usable_points"]
    return found


def ask(world: World, store_id: str, points: int, payment_won: int = 100_000) -> Any:
    body = {"kind": "points", "store_id": store_id, "member_id": world.member(), "points": points}
    return world.call("POST", "/v1/requests", body | {"payment_won": payment_won, "idempotency_key": new_id("ask")})


def test_individual_points_are_good_at_the_store_that_gave_them(world: World) -> None:
    """PNT-03: 500 P of store A are nothing at B; they expire, are held, spent, corrected and taken back in their own
    purse."""
    other = world.new_store("망원점", "테스트 커피")
    set_brand(world, scope="individual")
    here, there = world.device(), world.device(other)
    sale = here.earn(50_000)
    assert here.result(sale)["body"]["points"] == 500

    assert (usable(world, world.store.store_id), usable(world, other.store_id)) == (500, 0)
    assert world.points(world.member()) == (0, 0, 0)
    assert ask(world, other.store_id, 100).json()["code"] == "insufficient_points"
    held = ask(world, world.store.store_id, 200).json()
    here.push(here.decide(held["request_id"]))
    there.push(there.earn(20_000))
    assert (usable(world, world.store.store_id), usable(world, other.store_id)) == (300, 200)

    correction = {
        "member_id": world.member(),
        "store_id": other.store_id,
        "points": -50,
        "reason": "오적립",
        "by": "본사",
    }
    world.ok("POST", "/v1/adjustments", correction | {"idempotency_key": new_id("adjust")})
    here.push(here.reverse(earn_id=sale["body"]["earn_id"], amount_won=50_000))
    assert (usable(world, world.store.store_id), usable(world, other.store_id)) == (0, 150)
    world.clock.advance(1_827 * DAY_MS)
    assert expire_all(world.cloud.database).points == 150
    world.assert_book_is_sound()


def test_integrated_points_are_good_in_the_whole_brand_and_no_other(world: World) -> None:
    """PNT-03."""
    second, foreign = world.new_store("망원점", "테스트 커피"), world.new_store("타사점", "다른 커피")
    set_brand(world, scope="integrated")
    here, there = world.device(), world.device(second)
    here.push(here.earn(50_000))

    assert [usable(world, one.store_id) for one in (world.store, second, foreign)] == [500, 500, 0]
    held = ask(world, second.store_id, 500).json()
    there.push(there.decide(held["request_id"]))
    assert [usable(world, one.store_id) for one in (world.store, second)] == [0, 0]
    world.assert_book_is_sound()


def test_where_points_are_good_cannot_change_once_some_were_given(world: World) -> None:
    """PNT-03: no member loses points to a change of settings."""
    device = world.device()
    device.push(device.earn())
    path = f"/v1/brands/{world.store.brand_id}/earning"

    refused = world.call("POST", path, {"method": "point", "scope": "individual"})

    assert (refused.status_code, refused.json()["code"]) == (409, "scope_fixed")
    assert world.ok("GET", path) == {"program": None, "active": True}


@pytest.mark.parametrize("scope", ["individual", "integrated"])
def test_a_store_that_turns_to_stamps_leaves_points_where_they_are(world: World, scope: str) -> None:
    """PNT-02, PNT-03, STP-01, I6: what is held is taken or given back, what members have can be used, and the way back
    to points is open."""
    device = world.device()
    device.push(device.earn(1_000_000))
    member = world.member()
    waits, used = (world.ask_points(member, points)["request_id"] for points in (3_000, 2_000))
    device.push(device.seen(used), device.decide(used), device.seen(waits))

    plus(world)
    set_store(world, world.store.store_id, **stamp_program(scope=scope))

    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    assert world.sweep().auto_approved == 1
    assert device.result(device.recover(used))["status"] == "applied"
    assert world.points(member) == (7_000, 0, 0)
    assert usable(world, world.store.store_id) == 7_000
    asked = ask(world, world.store.store_id, 500).json()["request_id"]
    assert device.result(device.decide(asked))["status"] == "applied"
    set_store(world, world.store.store_id, method="point")
    assert usable(world, world.store.store_id) == 6_500
    refused = world.call(
        "POST", f"/v1/stores/{world.store.store_id}/earning", {"program": {"method": "point", "scope": scope}}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "scope_fixed")
    world.assert_book_is_sound()


def test_a_store_has_its_own_rate_before_its_brands(world: World) -> None:
    """PNT-02, PNT-04, PNT-05: exactly one programme holds; the brand's policy goes with its programme."""
    other = world.new_store("망원점", "테스트 커피")
    set_brand(world, rate_bp=150, lot_valid_days=30, use_unit=100, minimum_payment_won=1_000)
    set_store(world, other.store_id, rate_bp=300)
    here, there = world.device(), world.device(other)

    of_brand, of_store = here.result(here.earn(10_000, 150)), there.result(there.earn(10_000, 300))

    assert (of_brand["status"], of_brand["body"]["points"]) == ("applied", 150)
    assert (of_store["status"], of_store["body"]["points"]) == ("applied", 300)
    assert here.result(here.earn(999, 0))["body"]["points"] == 0
    assert here.rows("policy")[-1]["use_unit"] == 100
    world.ok("POST", f"/v1/stores/{other.store_id}/earning", {"program": None})
    assert there.result(there.earn(10_000, 150))["status"] == "applied"
    world.clock.advance(30 * DAY_MS)
    assert world.points(world.member()) == (0, 0, 0)
    world.assert_book_is_sound()


def test_a_means_of_payment_earns_extra(world: World) -> None:
    """PNT-22: local currency."""
    set_brand(world, rate_bp=100, bonus_bp={"local_currency": 200})
    device = world.device()
    op = device.earn(10_000, 300)
    device.seq -= 1
    device.hash = device.sealed.pop()[1]

    paid_so = device.result(device.op("earn", op["body"] | {"sale": {"means": "local_currency"}}))
    by_card = device.result(device.earn(10_000, 100))

    assert [one["status"] for one in (paid_so, by_card)] == ["applied", "applied"]
    assert world.points(world.member()) == (400, 0, 0)


def test_the_limits_of_a_store_hold_before_anybody_sees_the_request(world: World) -> None:
    """PNT-12, Ambiguity A5: 30 % of a payment, 50,000 P a day of all, 1,000 P a day of one member."""
    device, here = world.device(), world.store.store_id
    set_store(
        world,
        here,
        limits={"payment_max_percent": 30, "store_day_max_points": 50_000, "member_day_max_points": 4_000},
    )
    device.push(device.earn(10_000_000))

    assert ask(world, here, 3_601, 12_000).json()["code"] == "points_exceed_share"
    assert ask(world, here, 3_600, 12_000).status_code == 201
    assert ask(world, here, 401, 12_000).json()["code"] == "member_day_reached"
    assert ask(world, here, 400, 12_000).status_code == 201
    set_store(world, here, limits={"store_day_max_points": 6_000})
    assert ask(world, here, 2_001).json()["code"] == "day_total_reached"
    world.clock.advance(DAY_MS)
    assert ask(world, here, 6_000).status_code == 201
    assert world.ok("GET", f"/v1/stores/{here}/earning")["program"]["version"] == 2


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"method": "stamp"}, "stamps_missing"),
        ({"grades": [{"code": "A", "name": "가", "rate_bp": 50, "min_orders": 1}]}, "entry"),
        (
            {"grades": [{"code": "A", "name": "가", "rate_bp": 50}, {"code": "B", "name": "나", "rate_bp": 100}]},
            "condition",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(front: World, body: dict[str, Any], problem: str) -> None:
    """PNT-02, MEM-18."""
    path = f"/v1/brands/{front.store.brand_id}/earning"

    answer = front.call("POST", path, {"method": "point"} | body)

    assert (answer.status_code, answer.json()["code"], answer.json()["problem"]) == (422, "earning_refused", problem)
    assert front.call("POST", "/v1/brands/none/earning", {"method": "point"}).json()["code"] == "brand_unknown"
    unknown = {"grades": [{"code": "A", "name": "가", "rate_bp": 50, "coupon": "none"}]}
    assert front.call("POST", path, {"method": "point"} | unknown).json()["code"] == "definition_unknown"
