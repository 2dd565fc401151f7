"""The menu between real counters and a real cloud: MNU-09, MNU-10, ORD-07, AGT-08, AGT-10."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.orders.types import SaidSoldOut
from rules.menu import SoldOutKind
from rules.orders import SoldOutWord
from rules.requests import OrderState
from tests.cloud_api.world import World
from tests.helpers.joined import Joined, joined

Two = tuple[Joined, Joined]
STAFF = "staff:1"


@pytest.fixture
def two(front: World, tmp_path: Path) -> Iterator[Two]:
    with joined(front, tmp_path / "first") as first, joined(front, tmp_path / "second") as second:
        yield first, second


def _marks(one: Joined) -> dict[str, SoldOutKind | None]:
    return {item.name: item.sold_out for item in one.counter.agent.menu.menu().items}


def _reason(world: World) -> str | None:
    [item] = world.ok("GET", f"/v1/stores/{world.store.store_id}/menu")["items"]
    return item["not_on_sale"]  # type: ignore[no-any-return]


def test_a_mark_made_without_a_line_reaches_everybody_once_it_is_back(front: World, two: Two) -> None:
    """MNU-09, MNU-10, AGT-08"""
    first, second = two
    latte = front.new_order()["items"][0]["menu_id"]
    for one in two:
        one.pull()
    first.counter.agent.menu.mark(latte, SoldOutKind.UNTIL_RELEASED, STAFF)
    assert (_marks(first), _marks(second), _reason(front)) == (
        {"카페라떼": SoldOutKind.UNTIL_RELEASED},
        {"카페라떼": None},
        None,
    )

    first.push()
    assert _marks(first) == {"카페라떼": SoldOutKind.UNTIL_RELEASED}  # before the row is here
    for one in two:
        one.pull()

    assert _marks(first) == _marks(second) == {"카페라떼": SoldOutKind.UNTIL_RELEASED}
    assert front.call("POST", "/v1/orders", front.new_order()).json()["reason"] == "sold_out"


def test_of_two_counters_without_a_line_the_later_word_stands_on_both(front: World, two: Two) -> None:
    """AGT-10"""
    first, second = two
    latte = front.new_order()["items"][0]["menu_id"]
    for one in two:
        one.pull()
    first.counter.agent.menu.mark(latte, SoldOutKind.TODAY, STAFF)
    front.clock.advance(1_000)
    second.counter.clock.advance(1_000)
    second.counter.agent.menu.mark(latte, SoldOutKind.UNTIL_RELEASED, STAFF)

    second.push()
    first.push()  # the earlier word arrives later
    for one in two:
        one.pull()

    assert _marks(first) == _marks(second) == {"카페라떼": SoldOutKind.UNTIL_RELEASED}


def test_an_accepted_order_that_is_sold_out_goes_the_whole_way(front: World, two: Two) -> None:
    """ORD-07: said at one counter, cancelled by the customer, gone from both."""
    first, second = two
    member = front.member()
    made = front.order(member_id=member, coupon_id=front.coupon(member))
    order_id, latte = made["order"]["order_id"], made["order"]["items"][0]["menu_id"]
    for one in two:
        one.pull()
    first.counter.agent.orders.advance(order_id, OrderState.PREPARING, STAFF)
    first.counter.agent.menu.mark(latte, SoldOutKind.TODAY, STAFF)
    assert first.counter.agent.orders.say_sold_out(order_id, STAFF) == SaidSoldOut(order_id)
    first.push()
    for one in two:
        one.pull()

    told = second.counter.agent.orders.get(order_id)
    assert told is not None
    assert (told.state, told.sold_out) == (OrderState.PREPARING, SoldOutWord.ASKED)
    assert front.ok("GET", f"/v1/orders/{order_id}")["sold_out_items"] == [latte]
    front.ok("POST", f"/v1/orders/{order_id}/cancel")
    for one in two:
        one.pull()
        found = one.counter.agent.orders.get(order_id)
        assert found is not None
        assert found.state is OrderState.CANCELLED
    front.assert_book_is_sound()


def test_a_new_counter_has_the_menu_from_its_snapshot(front: World) -> None:
    """MNU-01, AGT-11"""
    body = front.new_order()
    latte = body["items"][0]["menu_id"]
    gone = front.item("없어진 메뉴")
    front.ok("POST", f"/v1/menu/items/{gone}/remove", {"store_id": front.store.store_id})
    front.ok("POST", f"/v1/stores/{front.store.store_id}/menu/{latte}/sold-out", {"kind": "today"})

    device = front.device()
    lines = [json.loads(line) for line in device.get("/v1/sync/snapshot").text.splitlines()]

    kinds = [line["kind"] for line in lines]
    assert kinds.count("menu_category") == 2
    [item] = [line["body"] for line in lines if line["kind"] == "menu"]
    [here] = [line["body"] for line in lines if line["kind"] == "menu_here"]
    assert (item["menu_id"], item["removed"]) == (latte, False)
    assert (here["menu_id"], here["sold_out"]) == (latte, "today")
