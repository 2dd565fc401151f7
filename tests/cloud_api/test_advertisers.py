"""Rewards of advertisers: CPN-01, CPN-12, CPN-13, Ambiguity A3."""

from __future__ import annotations

import threading
from typing import Any

from cloud_api.clock import DAY_MS
from rules.calendar import local_day, moment_ms
from tests.cloud_api.test_coupons import _ask, _define, _give
from tests.cloud_api.world import World, new_id

HQ = "/v1/hq/advertiser-limits"


def advertised(world: World, member: str, won: int, *, brand: str | None = None, **terms: Any) -> str:
    """A coupon of an advertiser that takes off so much."""
    owner = {"store_id": None, "brand_id": brand or world.store.brand_id}
    plain = {"kind": "product_discount", "pos_discount_won": won, "value_won": won, "valid_days": 30}
    return _give(world, member, _define(world, **owner, **plain | terms))


def use(world: World, member: str, coupon: str, **more: Any) -> Any:
    body = {"payment_won": 20_000, "payment_ref": new_id("payment"), "idempotency_key": new_id("use")} | more
    return world.call("POST", f"/v1/members/{member}/coupons/{coupon}/use", body)


def limits(world: World, path: str, use_max_won: int, day_max_won: int) -> Any:
    body = {"use_max_won": use_max_won, "day_max_won": day_max_won, "reason": "행사"}
    return world.call("POST", path, body)


def test_three_thousand_and_two_thousand_of_a_day_and_no_more(world: World) -> None:
    """CPN-12: the worked example; the next day in Korea begins anew."""
    member = world.member()
    world.clock.now_ms = moment_ms(local_day(world.clock()), 1_439)
    big, small, rest = (advertised(world, member, won) for won in (3_000, 2_000, 500))

    first = use(world, member, big)
    assert (first.status_code, first.json()) == (200, {"coupon_id": big, "state": "used", "discount_won": 3_000})
    assert use(world, member, small).json()["discount_won"] == 2_000
    refused = use(world, member, rest).json()
    assert (refused["code"], refused["problem"]) == ("limit_reached", "day_value")
    assert world.coupon_state(member, rest) == "available"

    world.clock.advance(60_000)

    assert use(world, member, rest).json()["discount_won"] == 500
    history = world.ok("GET", f"/v1/members/{member}/coupons/history")["history"]
    assert [line["what"] for line in history if line["coupon_id"] == rest] == ["approve", "request", "issue"]


def test_a_use_of_more_than_three_thousand_and_a_second_in_a_payment_are_refused(world: World) -> None:
    """CPN-12: single use, no combination; the same call again is the same use."""
    member = world.member()
    dear, first, second = (
        advertised(world, member, 3_001),
        advertised(world, member, 1_000),
        advertised(world, member, 1),
    )
    key = {"payment_ref": "P-1", "idempotency_key": "use-of-p-1"}

    assert use(world, member, dear).json()["problem"] == "per_use"
    done = use(world, member, first, **key).json()
    assert use(world, member, first, **key).json() == done
    together = use(world, member, second, payment_ref="P-1").json()
    assert (together["code"], together["problem"]) == ("overlap_refused", "alone")
    assert use(world, member, first).json()["code"] == "coupon_not_available"
    assert use(world, member, second, payment_ref="P-2").json()["discount_won"] == 1
    assert use(world, member, "nothing").json()["code"] == "coupon_unknown"


def test_a_rate_takes_off_what_it_comes_to_and_conditions_hold(world: World) -> None:
    """CPN-12, CPN-09, CPN-04"""
    member = world.member()
    benefit = {"kind": "rate", "value": 3_000, "max_won": 3_000}
    terms = {"benefit": benefit, "conditions": {"min_won": 8_000, "channels": ["web"]}, "condition": "8,000원 이상"}
    coupon = advertised(world, member, 3_000, **terms)

    assert use(world, member, coupon, payment_won=7_999).json()["unmet"] == ["min_amount"]
    assert use(world, member, coupon, payment_won=9_000).json()["discount_won"] == 2_700


def test_head_office_raises_the_platforms_limits_and_an_advertiser_stays_within(world: World) -> None:
    """CPN-12, Ambiguity A3: every change is in the audit log."""
    member = world.member()
    own = f"/v1/brands/{world.store.brand_id}/advertiser-limits"
    assert world.ok("GET", HQ) == world.ok("GET", own) == {"use_max_won": 3_000, "day_max_won": 5_000}
    refused = limits(world, own, 4_000, 5_000).json()
    assert (refused["code"], refused["use_max_won"]) == ("above_platform", 3_000)
    assert limits(world, own, 1_000, 1_500).status_code == 200
    first, second = (advertised(world, member, 1_000) for _ in range(2))
    assert use(world, member, advertised(world, member, 1_001)).json()["problem"] == "per_use"
    assert use(world, member, first).status_code == 200
    assert use(world, member, second).json()["problem"] == "day_value"

    assert limits(world, HQ, 10_000, 20_000).json() == {"use_max_won": 10_000, "day_max_won": 20_000}

    assert use(world, member, second).json()["problem"] == "day_value"  # its own word holds
    assert limits(world, own, 9_000, 10_000).status_code == 200
    assert use(world, member, advertised(world, member, 9_000)).json()["discount_won"] == 9_000
    assert limits(world, HQ, 3_000, 5_000).status_code == 200
    assert world.ok("GET", own) == {"use_max_won": 3_000, "day_max_won": 5_000}
    log = [line for line in world.ok("GET", "/v1/audit-log")["entries"] if line["action"] == "advertiser.limits"]
    assert [line["target"] for line in log] == ["platform", world.store.brand_id, "platform", world.store.brand_id]
    assert limits(world, "/v1/brands/nobody/advertiser-limits", 1, 1).json()["code"] == "brand_unknown"


def test_the_platforms_day_counts_the_rewards_of_all_advertisers(world: World) -> None:
    """CPN-12"""
    member, other = world.member(), world.new_store("서교점", "다른 커피")
    assert use(world, member, advertised(world, member, 3_000)).status_code == 200

    assert use(world, member, advertised(world, member, 2_001, brand=other.brand_id)).json()["problem"] == "day_value"
    assert use(world, member, advertised(world, member, 2_000, brand=other.brand_id)).status_code == 200


def test_no_counter_sees_an_advertisers_reward_and_no_store_reward_is_used_without_one(world: World) -> None:
    """CPN-01, CPN-13: and it is good for thirty days at least."""
    device, member = world.device(), world.member()
    coupon, stores = advertised(world, member, 1_000), _give(world, member, _define(world))

    assert _ask(world, member, coupon).json()["code"] == "coupon_not_here"
    assert use(world, member, stores).json()["code"] == "coupon_not_here"
    assert device.rows("request") == []
    terms = {"name": "광고", "value_won": 1, "pos_discount_won": 1, "kind": "sample_kit"}
    brand = {"brand_id": world.store.brand_id}
    assert world.call("POST", "/v1/coupon-definitions", terms | brand | {"valid_days": 29}).status_code == 422
    assert world.call("POST", "/v1/coupon-definitions", terms | brand | {"valid_days": 30}).status_code == 201
    world.clock.advance(31 * DAY_MS)
    assert use(world, member, coupon).json()["code"] == "coupon_not_available"


def test_two_uses_at_once_never_pass_the_day_together(world: World) -> None:
    """CPN-12"""
    member = world.member()
    coupons = [advertised(world, member, 3_000) for _ in range(4)]
    statuses: list[int] = []

    threads = [
        threading.Thread(target=lambda which=one: statuses.append(use(world, member, which).status_code))  # type: ignore[misc]
        for one in coupons
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 409, 409, 409]
