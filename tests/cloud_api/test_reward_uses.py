"""Rewards that were used at a store, and all of them in three boxes: CPN-22, CPN-31, MEM-30."""

from __future__ import annotations

from datetime import date
from typing import Any

from cloud_api.clock import DAY_MS
from rules.calendar import moment_ms
from tests.cloud_api.test_coupons import _define, _give
from tests.cloud_api.test_stamps import rewards, stamp_op, stamping
from tests.cloud_api.world import OTHER_PHONE, Device, World

THURSDAY = date(2025, 10, 16)


def uses(world: World, **filters: Any) -> Any:
    asked = "&".join(f"{name}={value}" for name, value in filters.items())
    return world.ok("GET", f"/v1/stores/{world.store.store_id}/reward-uses?{asked}")


def use(world: World, device: Device, member: str, definition: str) -> str:
    asked = world.ask_coupon(member, _give(world, member, definition))["request_id"]
    device.push(device.decide(asked))
    return str(asked)


def test_uses_of_a_day_a_week_and_a_month_come_newest_first(world: World) -> None:
    """CPN-22, MEM-30: without a filter those of today; names are masked."""
    world.clock.now_ms = moment_ms(THURSDAY, 720)
    device, member, latte = world.device(), world.member(), _define(world)
    asked = []
    for day in (date(2025, 9, 30), date(2025, 10, 1), date(2025, 10, 13), THURSDAY):
        world.clock.now_ms = moment_ms(day, 720)
        asked.append(use(world, device, member, latte))

    today = uses(world)

    assert (today["first"], today["last"], today["by"], today["page"], today["pages"]) == (
        "2025-10-16",
        "2025-10-16",
        "use",
        1,
        1,
    )
    [row] = today["rows"]
    assert (row["request_id"], row["nickname"], row["reward"], row["won"]) == (asked[3], "김*지", "coupon", 3_000)
    week, month = uses(world, period="week"), uses(world, period="month")
    assert [one["request_id"] for one in week["rows"]] == [asked[3], asked[2]]
    assert [one["request_id"] for one in month["rows"]] == [asked[3], asked[2], asked[1]]
    assert [one["request_id"] for one in uses(world, on="2025-09-30")["rows"]] == [asked[0]]
    assert uses(world, on="2025-10-17")["rows"] == []


def test_the_same_uses_by_customer_and_by_reward(world: World) -> None:
    """CPN-22: a use of points stands beside those of coupons; one coupon can be chosen from those of the period."""
    device = world.device()
    device.push(device.earn(100_000))
    member, other = world.member(), world.member(OTHER_PHONE, "박서준")
    latte, cookie = _define(world, name="라떼"), _define(world, name="쿠키", value_won=1_000, pos_discount_won=1_000)
    for whose, which in ((member, latte), (member, cookie), (other, latte)):
        use(world, device, whose, which)
    device.push(device.decide(world.ask_points(member, 400)["request_id"]))

    by_customer, by_reward = uses(world, by="customer"), uses(world, by="reward")

    assert [(one["nickname"], one["uses"], one["won"]) for one in by_customer["rows"]] == [
        ("김*지", 3, 4_400),
        ("박*준", 1, 3_000),
    ]
    found = {one["name"]: (one["reward"], one["uses"], one["won"]) for one in by_reward["rows"]}
    assert found == {"라떼": ("coupon", 2, 6_000), "쿠키": ("coupon", 1, 1_000), "": ("points", 1, 400)}
    assert by_reward["rows"][0]["definition_id"] == latte
    assert {one["name"]: one["definition_id"] for one in by_reward["coupons"]} == {"라떼": latte, "쿠키": cookie}
    alone = uses(world, definition_id=cookie)
    assert ([one["name"] for one in alone["rows"]], alone["total"], len(alone["coupons"])) == (["쿠키"], 1, 2)
    assert uses(world, by="customer", definition_id=cookie)["rows"][0]["uses"] == 1


def test_an_order_that_used_a_coupon_and_points_used_two_rewards_and_what_was_taken_back_none(world: World) -> None:
    """CPN-22, ORD-15, APR-15"""
    device, owner = world.device(), world.employ("정민아", "owner")
    device.push(device.earn(100_000))
    member = world.member()
    made = world.order(member_id=member, coupon_id=_give(world, member, _define(world)), points=500, paid_won=7_500)
    device.push(device.advance(made["order"]["order_id"], "preparing"))
    back = use(world, device, member, _define(world, name="쿠키"))
    assert len(uses(world)["rows"]) == 3

    device.push(device.recover(back, actor=owner))

    assert [(one["reward"], one["won"]) for one in uses(world)["rows"]] == [("coupon", 3_000), ("points", 500)]


def test_twenty_rows_a_page_and_no_more_than_five_pages(world: World) -> None:
    """CPN-22: a page behind the last is the last."""
    device = world.device()
    device.push(device.earn(1_000_000))
    member = world.member()
    for _ in range(21):
        device.push(device.decide(world.ask_points(member, 10)["request_id"]))

    first, second = uses(world), uses(world, page=2)

    assert (len(first["rows"]), len(second["rows"]), first["pages"], first["total"]) == (20, 1, 2, 21)
    shown = [one["request_id"] for one in (*first["rows"], *second["rows"])]
    assert len(set(shown)) == 21
    assert uses(world, page=5) == second
    path = f"/v1/stores/{world.store.store_id}/reward-uses"
    assert world.call("GET", f"{path}?page=6").status_code == 422
    assert world.call("GET", f"{path}?on=2025-02-30").status_code == 422
    assert world.call("GET", "/v1/stores/nobody/reward-uses").json()["code"] == "store_unknown"


def test_coupons_points_and_stamps_given_and_used_today_and_in_all(world: World) -> None:
    """CPN-31: coupons 2 issued and 1 used, points 1,000 and 300, three stamps and the reward of their tier."""
    device, path = world.device(), f"/v1/stores/{world.store.store_id}/rewards/summary"
    device.push(device.earn(100_000))
    member, latte = world.member(), _define(world)
    _give(world, member, latte)
    use(world, device, member, latte)
    device.push(device.decide(world.ask_points(member, 300)["request_id"]))
    assert world.ok("GET", path)["stamps"] is None
    counter = stamping(world, rewards=rewards(world), card={"valid_days": 30})
    counter.push(*[stamp_op(counter) for _ in range(3)])
    tier = next(one for one in world.wallet(member)["coupons"] if one["name"] == "보상 0")
    counter.push(counter.decide(world.ask_coupon(member, tier["coupon_id"])["request_id"]))

    today = world.ok("GET", path)
    world.clock.advance(DAY_MS)
    tomorrow = world.ok("GET", path)

    box = dict(zip(("given", "given_today", "used", "used_today"), (2, 2, 2, 2), strict=True))
    assert today == {
        "coupons": box,  # of its own two, of which one was used, and the brand's that the tier paid
        "points": {"given": 1_000, "given_today": 1_000, "used": 300, "used_today": 300},
        "stamps": {"given": 3, "given_today": 3, "used": 1, "used_today": 1},
    }
    assert [tomorrow[name]["given_today"] for name in ("coupons", "points", "stamps")] == [0, 0, 0]
    assert [tomorrow[name]["used_today"] for name in ("coupons", "points", "stamps")] == [0, 0, 0]
    assert [tomorrow[name]["used"] for name in ("coupons", "points", "stamps")] == [2, 300, 1]


# -- for the counters ------------------------------------------------------------------------------------------------


def test_a_counter_reads_the_uses_of_its_own_store(world: World) -> None:
    """CPN-22, MEM-30: the same page as head office's, of the device's store and no other."""
    world.clock.now_ms = moment_ms(THURSDAY, 720)
    device, member = world.device(), world.member()
    use(world, device, member, _define(world))
    stranger = world.device(world.new_store("망원점", "테스트 커피"))

    asked = device.get("/v1/sync/reward-uses?period=week&by=customer&on=2025-10-16")

    assert asked.status_code == 200, asked.text
    assert asked.json() == uses(world, period="week", by="customer", on="2025-10-16")
    assert stranger.get("/v1/sync/reward-uses").json()["rows"] == []
    assert device.get("/v1/sync/reward-uses?page=6").status_code == 422
    assert world.http.get("/v1/sync/reward-uses").status_code == 401


def test_a_counter_reads_its_boards_and_what_each_tier_gives(world: World) -> None:
    """CPN-21, CPN-31, STP-04, STP-22: five names, the figures, and which tier gives what."""
    world.member()
    device = stamping(world, rewards=rewards(world))
    for _ in range(4):
        device.push(stamp_op(device))

    found = device.get("/v1/sync/rewards").json()

    (first,) = found["stamps"]["top"]
    assert (first["nickname"], first["collected"], first["collect_rate_bp"]) == ("김*지", 4, 4_000)
    assert found["card"] == {
        "per_board": 10,
        "tiers": [
            {"stamps": 3, "name": "보상 0"},
            {"stamps": 7, "name": "보상 1"},
            {"stamps": 10, "name": "보상 2"},
        ],
    }
    assert (found["stamps"]["issued"], found["coupons"]["used"], found["points"]["used"]) == (4, 0, 0)


def test_a_store_without_a_card_has_no_board_of_stamps(world: World) -> None:
    """STP-22"""
    found = world.device().get("/v1/sync/rewards").json()

    assert (found["stamps"], found["card"]) == (None, None)
    assert world.http.get("/v1/sync/rewards").status_code == 401
