"""Orders: in, asked, accepted or refused, ready."""

from __future__ import annotations

from rules.requests import NO_ACK_EXPIRE_MS, SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.world import World


def _order_state(world: World, order_id: str) -> str:
    return str(world.ok("GET", f"/v1/orders/{order_id}")["state"])


def test_an_order_comes_with_the_request_to_accept_it(world: World) -> None:
    """ORD-03, APR-05."""
    device = world.device()

    latte, cake = world.item("카페라떼"), world.item("치즈케이크", 6_500)
    items = [{"menu_id": latte, "qty": 2, "options": ["샷 추가"]}, {"menu_id": cake}]
    made = world.order(items=items, total_won=17_500, note="얼음 적게")

    order, asked = made["order"], made["request"]
    assert (order["number"], order["state"], order["channel"], order["version"]) == ("101", "new", "take_out", 1)
    shown = [[item[name] for name in ("menu_id", "name", "qty", "amount_won", "options")] for item in order["items"]]
    assert shown == [[latte, "카페라떼", 2, 11_000, ["샷 추가"]], [cake, "치즈케이크", 1, 6_500, []]]
    assert (asked["kind"], asked["title"], asked["amount_won"]) == ("order", "카페라떼 외 2개", 17_500)
    assert (asked["order_id"], order["request_id"]) == (order["order_id"], asked["request_id"])
    assert asked["nickname"] == order["nickname"] == "민*"
    assert device.rows("order") == [order]
    assert world.ok("GET", f"/v1/orders/{order['order_id']}") == order


def test_the_card_counts_pieces_as_the_list_of_orders_does(world: World) -> None:
    """ORD-03: two figures for one order would make staff count again."""
    latte, cake = world.item("카페라떼"), world.item("치즈케이크", 6_500)
    ordered = (([(latte, 1)], "카페라떼"), ([(latte, 3)], "카페라떼 3개"), ([(latte, 2), (cake, 2)], "카페라떼 외 3개"))
    for wanted, title in ordered:
        items = [{"menu_id": menu_id, "qty": quantity} for menu_id, quantity in wanted]
        total_won = sum((5_000 if menu_id == latte else 6_500) * quantity for menu_id, quantity in wanted)

        assert world.order(items=items, total_won=total_won)["request"]["title"] == title


def test_approval_prepares_and_rejection_cancels(world: World) -> None:
    """ORD-04, ORD-05."""
    device = world.device()
    accepted, refused, unanswered, unseen, taken_back = (world.order() for _ in range(5))
    device.push(
        device.decide(accepted["request"]["request_id"]),
        device.decide(refused["request"]["request_id"], "reject"),
        device.seen(unanswered["request"]["request_id"]),
    )
    world.ok("POST", f"/v1/requests/{taken_back['request']['request_id']}/withdraw")
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()
    world.clock.advance(NO_ACK_EXPIRE_MS)
    world.sweep()

    states = [
        _order_state(world, made["order"]["order_id"]) for made in (accepted, refused, unanswered, unseen, taken_back)
    ]

    assert states == ["preparing", "cancelled", "preparing", "cancelled", "cancelled"]
    versions = [(row["order_id"], row["version"]) for row in device.rows("order")]
    assert len(set(versions)) == len(versions) == 10


def test_staff_move_an_order_step_by_step(world: World) -> None:
    """ORD-04, ORD-07."""
    device = world.device()
    order_id = world.order()["order"]["order_id"]

    accepted = device.result(device.advance(order_id, "preparing"))
    cancelled = device.result(device.advance(order_id, "cancelled"))
    ready = device.result(device.advance(order_id, "ready"))
    again = device.result(device.advance(order_id, "ready"))
    back = device.result(device.advance(order_id, "preparing"))

    assert accepted["status"] == ready["status"] == again["status"] == "applied"
    assert (cancelled["status"], cancelled["code"], cancelled["body"]["state"]) == (
        "rejected",
        "step_not_allowed",
        "preparing",
    )
    assert (back["code"], back["body"]["state"]) == ("step_not_allowed", "ready")
    assert device.result(device.advance("nope", "ready"))["code"] == "order_unknown"
    assert device.result(device.advance(order_id, "eaten"))["status"] == "parked"


def test_accepting_in_the_list_is_the_same_as_approving_the_card(world: World) -> None:
    device = world.device()
    accepted, refused = world.order(), world.order()

    device.push(
        device.advance(accepted["order"]["order_id"], "preparing"),
        device.advance(refused["order"]["order_id"], "cancelled"),
    )

    assert world.request(accepted["request"]["request_id"])["state"] == "approved"
    rejected = world.request(refused["request"]["request_id"])
    assert (rejected["state"], rejected["reason"]) == ("rejected", "other")
    assert rejected["reason_text"]


def test_cancelling_in_the_list_after_the_time_was_over_finds_it_accepted(world: World) -> None:
    """APR-07 holds wherever the tap is made."""
    device = world.device()
    made = world.order()
    device.push(device.seen(made["request"]["request_id"]))
    world.clock.advance(TIMEOUT_MS)

    result = device.result(device.advance(made["order"]["order_id"], "cancelled"))

    assert (result["status"], result["code"]) == ("rejected", "already_decided")
    assert _order_state(world, made["order"]["order_id"]) == "preparing"


def test_a_late_rejection_cancels_what_is_in_preparation_but_not_what_is_ready(world: World) -> None:
    """APR-19."""
    device = world.device()
    preparing, ready = world.order(), world.order()
    device.push(*[device.seen(made["request"]["request_id"]) for made in (preparing, ready)])
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()
    device.push(device.advance(ready["order"]["order_id"], "ready"))

    device.push(
        *[device.decide(made["request"]["request_id"], "reject", remaining_ms=9) for made in (preparing, ready)]
    )

    assert _order_state(world, preparing["order"]["order_id"]) == "cancelled"
    assert _order_state(world, ready["order"]["order_id"]) == "ready"


def test_an_accepted_order_cannot_be_recovered(world: World) -> None:
    device = world.device()
    made = world.order()
    device.push(device.decide(made["request"]["request_id"]))

    result = device.result(device.recover(made["request"]["request_id"]))

    assert (result["status"], result["code"]) == ("rejected", "not_recoverable")


def test_numbers_start_anew_every_korean_day_and_in_every_store(world: World) -> None:
    other = world.new_store("다른 매장", "테스트 커피")

    numbers = [world.order()["order"]["number"] for _ in range(3)]
    elsewhere = world.order(store_id=other.store_id)["order"]["number"]
    world.clock.advance(86_400_000)
    next_day = world.order()["order"]["number"]

    assert numbers == ["101", "102", "103"]
    assert elsewhere == next_day == "101"


def test_an_order_of_a_member_shows_a_masked_name(front: World) -> None:
    """MEM-02, MEM-30."""
    named = front.order(member_id=front.member(nickname="김민지"), nickname="")
    nameless = front.order(member_id=front.member("010-9999-0000", nickname=""), nickname="")
    nobody = front.order(nickname="")

    assert named["order"]["nickname"] == "김*지"
    assert nameless["order"]["nickname"] == "010-****-0000"
    assert nobody["order"]["nickname"] == ""
