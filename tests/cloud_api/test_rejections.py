"""What a consumer is told when the store said no, and when nobody is there: APR-08, 09, 10, 12, A2, A9."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rules.calendar import moment_ms
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.test_coupons import _ask
from tests.cloud_api.world import Device, World

THURSDAY = date(2025, 10, 16)


def reject(world: World, device: Device, request_id: str, reason: str = "out_of_stock", text: str | None = None) -> Any:
    device.push(device.decide(request_id, "reject", reason=reason, reason_text=text))
    return world.request(request_id)


def told(world: World) -> list[dict[str, Any]]:
    return [one for one in world.ok("GET", "/v1/notices")["notices"] if one["kind"] == "rejected"]


@pytest.mark.parametrize(
    ("reason", "text", "korean", "english"),
    [
        ("out_of_stock", None, "재고가 떨어져", "out of stock"),
        ("out_of_hours", None, "영업시간이 아니라서", "closed"),
        ("condition_mismatch", None, "사용 조건에 맞지 않아", "conditions are not met"),
        ("other", "기계 점검", "‘기계 점검’ 때문에", "“기계 점검”"),
    ],
)
def test_a_consumer_reads_sorry_why_and_what_now(
    world: World, reason: str, text: str | None, korean: str, english: str
) -> None:
    """APR-08, APR-09"""
    device, member = world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))["request_id"]
    assert world.request(asked)["message"] is None

    message = reject(world, device, asked, reason, text)["message"]

    assert message["ko"].startswith("죄송해요")
    assert korean in message["ko"]
    assert english in message["en"]
    [notice] = told(world)
    assert (notice["message"], notice["reason"], notice["member_id"]) == (message, reason, member)


def test_where_it_may_be_used_now_depends_on_whose_it_is(world: World) -> None:
    """APR-09, A2: a brand's coupon and its points elsewhere too, a store's own coupon here."""
    device, member = world.device(), world.member()
    device.push(device.earn(paid_won=1_000_000))
    brand_wide = world.ask_coupon(member, world.coupon(member))["request_id"]
    own = world.ask_coupon(member, world.coupon(member, store=world.store))["request_id"]
    points = world.ask_points(member, 100)["request_id"]
    order = world.order()["order"]["request_id"]

    english = [reject(world, device, asked)["message"]["en"] for asked in (brand_wide, own, points, order)]

    assert ["another store" in one for one in english] == [True, False, True, False]
    assert "later in this store" in english[1]
    assert "have it back" not in english[3]


def test_a_late_no_is_told_like_any_other(world: World) -> None:
    """APR-09, APR-19"""
    device, member = world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))["request_id"]
    device.push(device.seen(asked))
    tap = device.decide(asked, "reject", remaining_ms=5_000)
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()
    assert told(world) == []
    device.push(tap)

    assert [one["request_id"] for one in told(world)] == [asked]


def test_a_rejected_coupon_of_a_brand_is_used_in_another_store_and_a_stores_own_is_not(world: World) -> None:
    """APR-12, APR-10, A2"""
    device, member = world.device(), world.member()
    other = world.new_store("성수점", "테스트 커피")
    elsewhere = world.device(other)
    brand_wide, own = world.coupon(member), world.coupon(member, store=world.store)
    for coupon in (brand_wide, own):
        reject(world, device, world.ask_coupon(member, coupon)["request_id"])

    assert _ask(world, member, own, store_id=other.store_id).json()["code"] == "coupon_not_here"
    asked = _ask(world, member, brand_wide, store_id=other.store_id).json()
    assert elsewhere.result(elsewhere.decide(asked["request_id"]))["body"]["state"] == "approved"
    assert (world.coupon_state(member, brand_wide), world.coupon_state(member, own)) == ("used", "available")


def test_outside_its_hours_a_store_is_not_asked_unless_it_wants_to_be(world: World) -> None:
    """A9: closed past midnight, on a holiday; a store without hours is always open."""
    member = world.member()
    coupon = world.coupon(member, valid_days=400)
    path = f"/v1/stores/{world.store.store_id}"
    world.ok("POST", f"{path}/hours", {"weekly": [[480, 1_560]] * 7, "holidays": ["2025-10-18"]})

    def ask(day: date, minute: int) -> str:
        world.clock.now_ms = moment_ms(day, minute)
        answer = _ask(world, member, coupon)
        if answer.status_code == 201:
            world.ok("POST", f"/v1/requests/{answer.json()['request_id']}/withdraw")
        return str(answer.json().get("code", "asked"))

    assert [ask(THURSDAY, minute) for minute in (479, 480, 1_439)] == ["out_of_hours", "asked", "asked"]
    friday, saturday = date(2025, 10, 17), date(2025, 10, 18)
    assert [ask(friday, minute) for minute in (119, 120)] == ["asked", "out_of_hours"]
    assert [ask(saturday, minute) for minute in (119, 600)] == ["asked", "out_of_hours"]
    assert world.coupon_state(member, coupon) == "available"
    world.ok("POST", f"{path}/use-limits", {"outside_hours": True})
    assert ask(saturday, 600) == "asked"
