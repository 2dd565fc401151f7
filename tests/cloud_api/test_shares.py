"""What stores and head office each bear of rewards, in the cloud: STP-24 with SET-10, SET-19, SET-25."""

from __future__ import annotations

from typing import Any

from cloud_api.clock import DAY_MS
from rules.calendar import local_day
from tests.cloud_api.test_coupons import _define, _give
from tests.cloud_api.test_stamps import rewards, stamp_op, stamping
from tests.cloud_api.world import World

NOTHING = {"uses": 0, "value_won": 0, "store_won": 0, "hq_won": 0}


def say(world: World, coupon_bp: int, stamp_bp: int, **more: Any) -> Any:
    body = {"coupon_bp": coupon_bp, "stamp_bp": stamp_bp, "reason": "계약"} | more
    return world.ok("POST", f"/v1/brands/{world.store.brand_id}/shares", body)


def settled(world: World, of: str = "stores", days: int = 1, **headers: str) -> Any:
    which = world.store.store_id if of == "stores" else world.store.brand_id
    since = local_day(world.clock()).isoformat()
    return world.call("GET", f"/v1/{of}/{which}/shares/settlement?since={since}&days={days}", **headers).json()


def test_a_tiers_reward_is_shared_between_store_and_head_office(world: World) -> None:
    """STP-24, SET-19: 40 % of a reward of 4,500 won are the store's 1,800, head office credits 2,700."""
    device = stamping(world, rewards=rewards(world))
    say(world, 10_000, 4_000)
    device.push(*[stamp_op(device) for _ in range(3)])
    [coupon] = world.wallet(world.member())["coupons"]
    assert settled(world)["stamp"] == NOTHING  # given is not used

    device.push(device.decide(world.ask_coupon(world.member(), coupon["coupon_id"])["request_id"]))

    found = settled(world)
    wanted = {"uses": 1, "value_won": 4_500, "store_won": 1_800, "hq_won": 2_700}
    assert (found["stamp"], found["coupon"], found["hq_won"]) == (wanted, NOTHING, 2_700)
    assert [(one["name"], one["good"], one["hq_won"]) for one in found["rewards"]] == [("보상 0", "stamp", 2_700)]
    brand = settled(world, "brands")
    assert (brand["stores"][0]["name"], brand["stores"][0]["stamp"], brand["totals"]["hq_won"]) == (
        "합정점",
        wanted,
        2_700,
    )


def test_coupons_have_a_ratio_of_their_own_and_a_stores_coupon_is_its_own(world: World) -> None:
    """STP-24, SET-19, CPN-01: 3,000 won at 40 % are 1,200 and 1,800."""
    device, member = world.device(), world.member()
    say(world, 4_000, 0)
    shared = _define(world, store_id=None, brand_id=world.store.brand_id, name="브랜드 쿠폰")
    for definition in (shared, _define(world)):
        asked = world.ask_coupon(member, _give(world, member, definition))
        device.push(device.decide(asked["request_id"]))

    found = settled(world)

    assert found["coupon"] == {"uses": 1, "value_won": 3_000, "store_won": 1_200, "hq_won": 1_800}
    assert [one["definition_id"] for one in found["rewards"]] == [shared]


def test_what_is_taken_back_counts_by_the_ratio_of_its_use_on_the_day_it_is_taken_back(world: World) -> None:
    """STP-24, SET-19: another ratio since then changes no settled day."""
    device, owner, member = world.device(), world.employ("정민아", "owner"), world.member()
    say(world, 4_000, 0)
    terms = {"store_id": None, "brand_id": world.store.brand_id}
    request_id = world.ask_coupon(member, _give(world, member, _define(world, **terms)))["request_id"]
    device.push(device.decide(request_id))
    first = settled(world)
    world.clock.advance(DAY_MS)
    say(world, 9_000, 0)

    device.push(device.recover(request_id, actor=owner))

    assert settled(world)["coupon"] == {"uses": -1, "value_won": -3_000, "store_won": -1_200, "hq_won": -1_800}
    world.clock.advance(-DAY_MS)
    assert settled(world) == first
    assert settled(world, days=2)["coupon"] == NOTHING


def test_what_an_orders_coupon_took_off_is_shared(world: World) -> None:
    """STP-24, SET-19, ORD-16: a rate takes off what it came to, not what the coupon says it is worth."""
    device, member = world.device(), world.member()
    say(world, 5_000, 0)
    terms = {"store_id": None, "brand_id": world.store.brand_id, "benefit": {"kind": "rate", "value": 1_000}}
    coupon = _give(world, member, _define(world, **terms))
    made = world.order(member_id=member, coupon_id=coupon, paid_won=9_900)
    device.push(device.advance(made["order"]["order_id"], "preparing"))

    assert settled(world)["coupon"] == {"uses": 1, "value_won": 1_100, "store_won": 550, "hq_won": 550}


def test_a_store_may_have_a_ratio_of_its_own_and_only_head_office_says_it(world: World) -> None:
    """STP-24, SET-19, SET-25"""
    other = world.new_store("망원점", "테스트 커피")
    stranger = world.new_store("서교점", "다른 커피")
    path = f"/v1/brands/{world.store.brand_id}/shares"
    assert world.ok("GET", path) == {"brand": None, "stores": []}
    say(world, 6_000, 5_000)
    say(world, 3_000, 2_000, store_id=other.store_id)

    now = world.ok("GET", path)

    assert (now["brand"]["coupon_bp"], now["brand"]["stamp_bp"]) == (6_000, 5_000)
    assert [(one["store_id"], one["stamp_bp"]) for one in now["stores"]] == [(other.store_id, 2_000)]
    body = {"coupon_bp": 1, "stamp_bp": 1, "reason": "계약"}
    assert world.call("POST", path, body | {"store_id": stranger.store_id}).json()["code"] == "store_unknown"
    assert world.call("POST", path, body | {"coupon_bp": 10_001}).status_code == 422
    assert world.call("POST", "/v1/brands/nobody/shares", body).json()["code"] == "brand_unknown"
    owner = world.employ("정민아", "owner").partition(":")[2]
    assert world.call("POST", path, body, **{"acting-employee": owner}).json()["code"] == "not_allowed"
    log = world.ok("GET", "/v1/audit-log")["entries"]
    said = [line for line in log if line["action"] == "brand.shares"]
    assert [(line["target"], line["reason"]) for line in said] == [
        (other.store_id, "계약"),
        (world.store.brand_id, "계약"),
    ]


def test_only_the_owner_sees_what_a_store_settles(world: World) -> None:
    """SET-10, RBA-01"""
    staff = world.employ("이지은").partition(":")[2]
    owner = next(
        one["employee_id"]
        for one in world.ok("GET", f"/v1/stores/{world.store.store_id}/employees")["employees"]
        if one["role"] == "owner"
    )

    assert settled(world, **{"acting-employee": staff})["code"] == "not_allowed"
    assert settled(world, **{"acting-employee": owner})["hq_won"] == 0
