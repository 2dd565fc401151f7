"""Figures of orders: by day, hour, channel and menu. ORD-18 to 20."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from rules.calendar import moment_ms
from tests.cloud_api.world import Device, World, new_id

DAY = date(2024, 2, 28)  # a leap year's
NIGHT_OWL = {"weekly": [[1_080, 1_560]] * 7}  # 18:00 to 02:00


def _figures(world: World, first: date = DAY, last: date | None = None, by: str = "day") -> Any:
    span = f"first={first.isoformat()}&last={(last or first).isoformat()}"
    return world.ok("GET", f"/v1/orders/figures?store_id={world.store.store_id}&{span}&by={by}")


def _finish(world: World, device: Device, to: str = "ready", **changes: Any) -> None:
    made = world.order(**changes)
    if to == "cancelled":
        device.push(device.decide(made["request"]["request_id"], "reject"))
        return
    device.push(device.decide(made["request"]["request_id"]), device.advance(made["order"]["order_id"], "ready"))


def _at(world: World, day: date, minute: int) -> None:
    world.clock.now_ms = moment_ms(day, minute)


def test_the_worked_example_of_a_day(world: World) -> None:
    """ORD-18: four orders of 68,210 won, 3,000 off, 65,210 of sales, 42,710 (189.82 %) more than before; one order of
    43,700 cancelled. Delivery is not built: what the menu asks for is the whole."""
    _at(world, DAY - timedelta(days=1), 600)
    device, member = world.device(), world.member()
    prices = {price: world.item(f"{price}원", price) for price in (22_500, 43_700, 20_000, 28_210)}
    order = {price: {"items": [{"menu_id": menu_id}], "total_won": price} for price, menu_id in prices.items()}
    half = {"items": [{"menu_id": world.item("반", 10_000)}], "total_won": 10_000}
    _finish(world, device, **order[22_500])
    _at(world, DAY, 600)
    for terms in (order[20_000], order[28_210]):
        _finish(world, device, channel="in_store", **terms)
    _finish(world, device, **half)
    _finish(world, device, member_id=member, coupon_id=_three_thousand_off(world, member), **half)
    _finish(world, device, "cancelled", **order[43_700])

    found = _figures(world)

    total = found["total"]
    assert (total["completed"], total["order_won"], total["coupon_won"]) == (4, 68_210, 3_000)
    assert (total["sales_won"], total["cancelled"], total["cancelled_won"]) == (65_210, 1, 43_700)
    assert (total["take_out"], total["take_out_rate_bp"]) == (2, 5_000)
    assert found["before"] == {"sales_won": 22_500, "difference_won": 42_710, "rate_bp": 18_982}
    assert _figures(world, DAY - timedelta(days=1))["before"]["rate_bp"] is None


def _three_thousand_off(world: World, member: str) -> str:
    body = {"store_id": world.store.store_id, "name": "할인", "value_won": 3_000, "pos_discount_won": 3_000}
    definition = world.ok("POST", "/v1/coupon-definitions", body)["definition_id"]
    issue = {"definition_id": definition, "idempotency_key": new_id("issue")}
    return str(world.ok("POST", f"/v1/members/{member}/coupons", issue)["coupon_id"])


def test_by_channel_hour_and_menu(world: World) -> None:
    """ORD-19, ORD-20"""
    device = world.device()
    latte, cake = world.item("카페라떼"), world.item("치즈케이크", 6_500)
    _at(world, DAY, 9 * 60 + 59)
    _finish(
        world,
        device,
        items=[{"menu_id": latte, "qty": 3}, {"menu_id": latte, "options": ["샷 추가"]}],
        total_won=20_500,
    )
    _at(world, DAY, 10 * 60)
    _finish(world, device, items=[{"menu_id": cake}], total_won=6_500, channel="app_order")
    _finish(world, device, "cancelled", items=[{"menu_id": cake}], total_won=6_500, channel="in_store")
    world.order(items=[{"menu_id": cake}], total_won=6_500)

    channels = {part["key"]: (part["completed"], part["cancelled"]) for part in _figures(world, by="channel")["parts"]}
    hours = {part["key"]: part["order_won"] for part in _figures(world, by="hour")["parts"]}
    menus = [(part["key"], part["quantity"], part["amount_won"]) for part in _figures(world, by="menu")["parts"]]

    assert channels == {"app_order": (1, 0), "in_store": (0, 1), "take_out": (1, 0)}
    assert hours == {"9": 20_500, "10": 6_500}
    assert menus == [(latte, 4, 20_500), (cake, 1, 6_500)]
    assert _figures(world)["open"] == 1


def test_a_night_belongs_to_its_evening_and_the_leap_day_is_one(world: World) -> None:
    """AGT-07: a store that closes at two counts an order after midnight with the day before."""
    device = world.device()
    world.new_order()
    world.ok("POST", f"/v1/stores/{world.store.store_id}/hours", NIGHT_OWL)
    for day, minute in ((DAY, 1_380), (DAY + timedelta(days=1), 30), (DAY + timedelta(days=1), 1_439)):
        _at(world, day, minute)
        _finish(world, device)

    parts = _figures(world, DAY, DAY + timedelta(days=2))["parts"]

    assert [(part["key"], part["completed"]) for part in parts] == [("2024-02-28", 2), ("2024-02-29", 1)]
    hours = [part["key"] for part in _figures(world, DAY, by="hour")["parts"]]
    assert hours == ["0", "23"]


def test_hours_that_change_later_move_no_order(world: World) -> None:
    device = world.device()
    _at(world, DAY, 30)
    _finish(world, device)
    world.ok("POST", f"/v1/stores/{world.store.store_id}/hours", NIGHT_OWL)

    assert _figures(world)["total"]["completed"] == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("first=2026-02-29&last=2026-03-01", "invalid"),
        ("first=2026-03-02&last=2026-03-01", "span_refused"),
        ("first=2024-01-01&last=2025-01-01", "span_refused"),
        ("first=2026-03-01&last=2026-03-01&by=moon", "invalid"),
        ("first=2026-03-01", "invalid"),
    ],
)
def test_a_span_that_cannot_be_shown(front: World, query: str, code: str) -> None:
    answer = front.call("GET", f"/v1/orders/figures?store_id={front.store.store_id}&{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    unknown = front.call("GET", "/v1/orders/figures?store_id=nothing&first=2026-03-01&last=2026-03-01")
    assert unknown.json()["code"] == "store_unknown"


def test_a_year_of_days_is_the_most(front: World) -> None:
    assert _figures(front, date(2024, 1, 1), date(2024, 12, 31))["parts"] == []
