"""The list of a store's orders, tab by tab, and orders for a later time: ORD-10, ORD-17."""

from __future__ import annotations

from datetime import date
from typing import Any

from cloud_api.clock import DAY_MS
from rules.calendar import moment_ms
from rules.waiting import MAKING_LEAD_MS, RESERVED_MAX_MS
from tests.cloud_api.world import World

THURSDAY = date(2025, 10, 16)
MINUTE_MS = 60_000


def listed(world: World, tab: str = "waiting", **more: Any) -> Any:
    asked = "".join(f"&{name}={value}" for name, value in more.items())
    return world.ok("GET", f"/v1/orders/waiting?store_id={world.store.store_id}&tab={tab}{asked}")


def numbers(world: World, tab: str, **more: Any) -> list[str]:
    return [row["number"] for row in listed(world, tab, **more)["rows"]]


def test_orders_go_through_the_tabs_with_their_counts_and_the_new_mark(world: World) -> None:
    """ORD-17, ORD-03: menus are counted, the amount is what is paid, a wish of the customer is flagged."""
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    device = world.device()
    first = world.order(note="빨대 없이")
    world.clock.advance(3 * MINUTE_MS)
    second = world.order()
    device.push(device.seen(first["request"]["request_id"]))

    found = listed(world)

    assert found["counts"] == {"waiting": 2, "making": 0, "reserved": 0, "new": 1}
    old, new = found["rows"]
    assert (old["number"], old["new"], old["menus"], old["amount_won"], old["waits_minutes"], old["has_note"]) == (
        "101",
        False,
        2,
        11_000,
        3,
        True,
    )
    assert (new["number"], new["new"], new["has_note"], new["delivery_won"], new["address"]) == (
        "102",
        True,
        False,
        0,
        None,
    )
    device.push(device.advance(first["order"]["order_id"], "preparing"))
    assert (numbers(world, "waiting"), numbers(world, "making")) == (["102"], ["101"])
    assert listed(world, "making")["counts"] == {"waiting": 1, "making": 1, "reserved": 0, "new": 1}
    device.push(
        device.advance(first["order"]["order_id"], "ready"), device.advance(second["order"]["order_id"], "cancelled")
    )
    assert [(row["number"], row["state"]) for row in listed(world, "past")["rows"]] == [
        ("102", "cancelled"),
        ("101", "ready"),
    ]
    assert listed(world)["counts"] == {"waiting": 0, "making": 0, "reserved": 0, "new": 0}
    world.clock.advance(DAY_MS)
    assert (numbers(world, "past"), numbers(world, "past", days=2)) == ([], ["102", "101"])
    assert world.call("GET", "/v1/orders/waiting?store_id=nobody").json()["code"] == "store_unknown"


def test_an_order_for_later_stands_apart_until_half_an_hour_before(world: World) -> None:
    """ORD-17, ORD-10: the counter reads when it is for, on the card and with the order."""
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    device = world.device()
    due_ms = moment_ms(THURSDAY, 900)
    cake = world.order(due_ms=due_ms, note="초 세 개")
    soon = world.order(due_ms=moment_ms(THURSDAY, 800))
    plain = world.order()
    assert cake["order"]["due_ms"] == due_ms
    assert numbers(world, "waiting") == ["101", "102", "103"]
    assert device.rows("order")[0]["note"] == "10월 16일 15:00 예약 · 초 세 개"
    assert device.rows("order")[1]["note"] == "10월 16일 13:20 예약"
    assert device.rows("request")[0]["condition"].startswith("10월 16일 15:00 예약 · 카페라떼 2개")

    device.push(*[device.advance(one["order"]["order_id"], "preparing") for one in (cake, soon, plain)])

    assert (numbers(world, "making"), numbers(world, "reserved")) == (["103"], ["102", "101"])
    assert listed(world)["counts"] == {"waiting": 0, "making": 1, "reserved": 2, "new": 0}
    world.clock.now_ms = due_ms - MAKING_LEAD_MS - 1
    assert (numbers(world, "making"), numbers(world, "reserved")) == (["103", "102"], ["101"])
    world.clock.advance(1)
    assert (numbers(world, "making"), numbers(world, "reserved")) == (["103", "102", "101"], [])


def test_only_times_to_come_at_which_the_store_is_open_can_be_ordered_for(world: World) -> None:
    """ORD-10, MNU-15: what is sold then counts, and the figures are those of that day."""
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    now_ms = world.clock()

    def refused(**changes: Any) -> str:
        return str(world.call("POST", "/v1/orders", world.new_order(**changes)).json()["code"])

    assert refused(due_ms=now_ms) == "due_refused"
    assert refused(due_ms=now_ms + RESERVED_MAX_MS + 1) == "due_refused"
    season = world.item("시즌 케이크", 35_000, sale_first="2025-10-17")
    items = {"items": [{"menu_id": season}], "total_won": 35_000}
    assert refused(**items) == "menu_not_on_sale"
    made = world.order(**items, due_ms=moment_ms(date(2025, 10, 17), 720))
    device = world.device()
    order_id = made["order"]["order_id"]
    device.push(device.advance(order_id, "preparing"), device.advance(order_id, "ready"))
    path = f"/v1/orders/figures?store_id={world.store.store_id}"
    assert world.ok("GET", f"{path}&first=2025-10-16&last=2025-10-16")["total"]["completed"] == 0
    assert world.ok("GET", f"{path}&first=2025-10-17&last=2025-10-17")["total"]["sales_won"] == 35_000
    world.ok("POST", f"/v1/stores/{world.store.store_id}/hours", {"weekly": [[480, 1_320]] * 7})
    closed = world.call("POST", "/v1/orders", world.new_order(due_ms=moment_ms(THURSDAY, 1_320))).json()
    assert (closed["code"], closed["opens_ms"]) == ("out_of_hours", moment_ms(date(2025, 10, 17), 480))
    assert world.order(due_ms=moment_ms(THURSDAY, 1_319))["order"]["state"] == "new"


def test_pages_are_turned_like_three_of_four(world: World) -> None:
    """ORD-17"""
    for _ in range(31):
        world.order()

    third = listed(world, page=3)

    assert (third["page"], third["pages"], len(third["rows"]), third["counts"]["new"]) == (3, 4, 10, 31)
    assert [row["number"] for row in third["rows"]][:2] == ["121", "122"]
    assert numbers(world, "waiting", page=9) == ["131"]
