"""An accepted order that turns out to be sold out: the store says so, its customer chooses. ORD-07, ORD-22, APR-19."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from cloud_api.orders import states
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.world import Device, World


def _accepted(world: World, device: Device, **changes: Any) -> tuple[str, str]:
    """The order and its request."""
    made = world.order(**changes)
    device.push(device.decide(made["request"]["request_id"]))
    return made["order"]["order_id"], made["request"]["request_id"]


def _order(world: World, order_id: str) -> Any:
    return world.ok("GET", f"/v1/orders/{order_id}")


def _refusal(world: World, order_id: str, choice: str) -> tuple[int, str]:
    answer = world.call("POST", f"/v1/orders/{order_id}/{choice}")
    return answer.status_code, answer.json()["code"]


def _notices(world: World) -> list[tuple[str, str]]:
    return [(one["kind"], one["request_id"]) for one in world.ok("GET", "/v1/notices?cursor=")["notices"]]


def _rewarded(world: World, device: Device) -> tuple[str, str, str, str]:
    """Member, coupon, order and request of an accepted order that used both."""
    member = world.member()
    device.push(device.earn(paid_won=200_000))
    coupon = world.coupon(member)
    order_id, request_id = _accepted(world, device, member_id=member, coupon_id=coupon, points=500)
    return member, coupon, order_id, request_id


def test_the_customer_is_told_chooses_and_has_everything_back_at_once(world: World) -> None:
    """ORD-07"""
    device = world.device()
    member, coupon, order_id, request_id = _rewarded(world, device)
    assert _refusal(world, order_id, "cancel") == (409, "order_stands")
    assert _refusal(world, order_id, "keep") == (409, "nothing_asked")

    latte = _order(world, order_id)["items"][0]["menu_id"]
    said = device.result(device.say_sold_out(order_id, latte))

    assert (said["status"], said["body"]["sold_out"]) == ("applied", "asked")
    assert _notices(world) == [("sold_out", request_id)]
    told = _order(world, order_id)
    assert (told["state"], told["sold_out"], told["sold_out_items"]) == ("preparing", "asked", [latte])
    assert device.rows("order")[-1] == told
    cancelled = world.ok("POST", f"/v1/orders/{order_id}/cancel")
    assert (cancelled["state"], cancelled["refund_won"]) == ("cancelled", 11_000 - 4_500 - 500)
    assert world.request(request_id)["state"] == "withdrawn"
    assert world.points(member) == (2_000, 0, 0)
    assert world.coupon_state(member, coupon) == "available"
    assert world.ok("POST", f"/v1/orders/{order_id}/cancel") == cancelled
    world.assert_book_is_sound()


def test_no_answer_cancels_nothing(world: World) -> None:
    """ORD-07: the owner does not cancel alone, and neither does the clock."""
    device = world.device()
    _, _, order_id, _ = _rewarded(world, device)
    device.push(device.say_sold_out(order_id))

    world.clock.advance(86_400_000)
    world.sweep()

    assert _order(world, order_id)["state"] == "preparing"
    assert device.result(device.advance(order_id, "cancelled"))["code"] == "step_not_allowed"
    assert world.ok("POST", f"/v1/orders/{order_id}/cancel")["state"] == "cancelled"


def test_a_customer_who_keeps_it_gets_it_and_may_still_cancel_until_it_is_ready(world: World) -> None:
    """ORD-07"""
    device = world.device()
    kept, changed_mind = (_accepted(world, device)[0] for _ in range(2))
    device.push(device.say_sold_out(kept), device.say_sold_out(changed_mind))

    for order_id in (kept, changed_mind):
        assert world.ok("POST", f"/v1/orders/{order_id}/keep")["sold_out"] == "kept"
    assert world.ok("POST", f"/v1/orders/{kept}/keep")["version"] == 4  # saying it twice changes nothing
    device.push(device.advance(kept, "ready"))
    assert world.ok("POST", f"/v1/orders/{changed_mind}/cancel")["state"] == "cancelled"
    assert _refusal(world, kept, "cancel") == (409, "order_stands")
    assert _refusal(world, kept, "keep") == (409, "nothing_asked")
    assert _refusal(world, "nothing", "cancel") == _refusal(world, "nothing", "keep") == (404, "order_unknown")


def test_the_message_is_of_accepted_orders_and_told_once(world: World) -> None:
    """ORD-07"""
    device, stranger = world.device(), world.device(world.new_store("다른 매장", "다른 브랜드"))
    fresh = world.order()["order"]["order_id"]
    accepted, _ = _accepted(world, device)

    assert device.result(device.say_sold_out(fresh))["code"] == "step_not_allowed"
    assert stranger.result(stranger.say_sold_out(accepted))["code"] == "order_unknown"
    assert device.result(device.say_sold_out("nothing"))["code"] == "order_unknown"
    first, again = device.result(device.say_sold_out(accepted)), device.result(device.say_sold_out(accepted))
    assert (first["status"], again["status"]) == ("applied", "applied")
    assert first["body"] == again["body"]
    assert len(_notices(world)) == 1
    device.push(device.advance(accepted, "ready"))
    assert device.result(device.say_sold_out(accepted))["body"]["state"] == "ready"


@pytest.mark.parametrize("body", [{"menu_ids": "x"}, {"menu_ids": [5]}, {"menu_ids": ["x"] * 201}, {"order_id": 1}])
def test_what_is_no_message_is_parked(front: World, body: dict[str, Any]) -> None:
    """AGT-15"""
    device = front.device()
    good = {"order_id": "o", "menu_ids": [], "occurred_ms": 1}

    assert device.result(device.op("order.sold_out", good | body))["status"] == "parked"


def test_a_customer_cancels_freely_until_silence_has_accepted(world: World) -> None:
    """ORD-05, Ambiguity A4 of orders: at the sixtieth second the store's silence is a yes."""
    device = world.device()
    before, at_zero = world.order(), world.order()
    device.push(*[device.seen(made["request"]["request_id"]) for made in (before, at_zero)])

    world.clock.advance(TIMEOUT_MS - 1)
    assert world.ok("POST", f"/v1/orders/{before['order']['order_id']}/cancel")["refund_won"] == 11_000
    world.clock.advance(1)
    assert _refusal(world, at_zero["order"]["order_id"], "cancel") == (409, "order_stands")
    world.clock.advance(SWEEP_GRACE_MS)
    world.sweep()
    assert _order(world, at_zero["order"]["order_id"])["state"] == "preparing"


def test_a_late_rejection_gives_back_what_is_in_preparation_but_not_what_went_out(world: World) -> None:
    """APR-19: a tap before zero that arrives after the drink was handed over changes nothing any more."""
    device, member = world.device(), world.member()
    device.push(device.earn(paid_won=200_000))
    preparing, ready = (world.order(member_id=member, points=500) for _ in range(2))
    device.push(*[device.seen(made["request"]["request_id"]) for made in (preparing, ready)])
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()
    device.push(device.advance(ready["order"]["order_id"], "ready"))
    earned = world.points(member)[0] - 1_000

    late = [device.decide(made["request"]["request_id"], "reject", remaining_ms=9) for made in (preparing, ready)]
    results = device.push(*late)["results"]

    assert [(result["status"], result["code"]) for result in results] == [
        ("applied", None),
        ("adjusted", "already_decided"),
    ]
    assert [_order(world, made["order"]["order_id"])["state"] for made in (preparing, ready)] == ["cancelled", "ready"]
    assert world.points(member) == (1_500 + earned, 0, 0)
    world.assert_book_is_sound()


def test_ready_and_cancel_at_once_have_one_winner(world: World) -> None:
    """ORD-04, ORD-07: never a drink and its refund."""
    device = world.device()
    for _ in range(4):
        member = world.member()
        device.push(device.earn(paid_won=200_000))
        before = world.points(member)[0]
        order_id, request_id = _accepted(world, device, member_id=member, points=500)
        device.push(device.say_sold_out(order_id))
        ready = device.advance(order_id, "ready")
        threads = [
            threading.Thread(target=device.push, args=(ready,)),
            threading.Thread(target=world.call, args=("POST", f"/v1/orders/{order_id}/cancel")),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        order, asked = _order(world, order_id), world.request(request_id)
        ends = {"ready": ("approved", before - 500 + 105), "cancelled": ("withdrawn", before)}
        assert (asked["state"], world.points(member)[0]) == ends[order["state"]]
    world.assert_book_is_sound()


def test_open_orders_are_counted_for_a_store_that_wants_to_leave(world: World) -> None:
    """ORD-22"""
    device = world.device()
    preparing, _ = _accepted(world, device)
    world.order()
    world.order(store_id=world.new_store("다른 매장", "다른 브랜드").store_id)

    def open_orders() -> int:
        with world.cloud.database.read() as conn:
            return states.open_count(conn, world.store.store_id)

    assert open_orders() == 2
    device.push(device.advance(preparing, "ready"))
    assert open_orders() == 1
