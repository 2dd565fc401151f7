"""A store's rewards: six at most, in versions, drawn by a number of chance that is kept (CPN, PNT-14)."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_api.clock import DAY_MS
from tests.cloud_api.world import World, new_id


def reward(name: str = "쿠키", **changes: Any) -> dict[str, Any]:
    terms = {"name": name, "kind": "dessert", "value_won": 2_000, "condition": "5,000원 이상 구매", "quantity": 2}
    return terms | {"valid_days": 30, "probability_bp": 10_000, "minimum_won": 5_000} | changes


def put(world: World, *rewards: dict[str, Any], active: bool = True) -> Any:
    return world.ok("POST", f"/v1/stores/{world.store.store_id}/rewards", {"rewards": rewards, "active": active})


def play(world: World, roll: int, key: str | None = None) -> Any:
    """A draw for which chance gives this number."""
    world.cloud.ids.chance = lambda _limit: roll
    body = {"member_id": world.member(), "idempotency_key": key or new_id("draw")}
    return world.ok("POST", f"/v1/stores/{world.store.store_id}/draws", body)


def test_probabilities_share_the_number_of_chance_and_every_draw_is_kept(world: World) -> None:
    """CPN-03, PNT-14: 20 % cookie, 30 % points, 50 % drink, to the last number of each."""
    points = reward("100P", kind="store_points", value_won=100, probability_bp=3_000, quantity=5)
    drink = reward("음료", kind="free_drink", probability_bp=5_000, quantity=5)
    put(world, reward(probability_bp=2_000), points, drink)

    rolls = [0, 1_999, 2_000, 4_999, 5_000, 9_999]
    names = [play(world, roll)["reward"]["name"] for roll in rolls]

    assert names == ["쿠키", "쿠키", "100P", "100P", "음료", "음료"]
    wallet = world.wallet(world.member())
    assert sorted(one["name"] for one in wallet["coupons"]) == ["음료", "음료", "쿠키", "쿠키"]
    assert wallet["points_balance"] == 200
    told = world.ok("GET", f"/v1/stores/{world.store.store_id}/draws")["draws"]
    assert [one["roll_bp"] for one in told] == rolls[::-1]
    assert [one["place"] for one in told] == [3, 3, 2, 2, 1, 1]
    world.clock.advance(30 * DAY_MS)
    assert world.points(world.member()) == (0, 0, 0)
    world.assert_book_is_sound()


def test_what_is_gone_is_won_by_nobody_and_a_repeated_call_draws_once(world: World) -> None:
    """CPN-03: the total issue quantity holds."""
    put(world, reward(probability_bp=5_000, quantity=1), reward("음료", probability_bp=5_000, quantity=1))
    key = new_id("draw")

    first, again = play(world, 0, key), play(world, 9_999, key)
    second, third = play(world, 0), play(world, 0)

    assert first == again
    assert [one["reward"] and one["reward"]["name"] for one in (first, second, third)] == ["쿠키", "음료", None]
    assert len(world.wallet(world.member())["coupons"]) == 2


@pytest.mark.parametrize(
    ("rewards", "problem"),
    [
        ([reward(probability_bp=1_000)] * 7, "too_many"),
        ([reward(probability_bp=5_000), reward(probability_bp=4_999)], "probabilities"),
        ([reward(kind="sample_kit")], "owner"),
        ([reward(valid_days=6)], "validity"),
    ],
)
def test_rewards_that_cannot_be_kept_are_refused(front: World, rewards: list[dict[str, Any]], problem: str) -> None:
    """CPN-02, CPN-03, CPN-14, PNT-14: points and coupons are six together, probabilities 100 %."""
    path = f"/v1/stores/{front.store.store_id}/rewards"

    answer = front.call("POST", path, {"rewards": rewards})

    assert (answer.json()["code"], answer.json()["problem"]) == ("rewards_refused", problem)
    assert front.ok("GET", path)["version"] == 0
    assert front.call("POST", path, {"rewards": [reward(condition=" ")]}).json()["code"] == "invalid"


def test_the_board_adds_up_and_a_store_may_switch_its_rewards_off(front: World) -> None:
    """CPN-23, CPN-24."""
    made = put(front, reward(probability_bp=4_000, quantity=10), reward("음료", probability_bp=6_000, value_won=4_000))
    assert made["board"] == {"rewards": 2, "probability_bp": 10_000, "budget_won": 28_000, "sales_won": 60_000}
    assert (made["version"], made["played"]) == (1, True)

    off = put(front, reward(), active=False)

    assert (off["version"], off["played"]) == (2, False)
    body = {"member_id": front.member(), "idempotency_key": new_id("draw")}
    answer = front.call("POST", f"/v1/stores/{front.store.store_id}/draws", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "rewards_off")
