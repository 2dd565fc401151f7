"""Orders by menu: priced by the cloud, refused where a store cannot serve them. ORD-01, 03, 15, 16, 20, MNU-05 to 14"""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from cloud_api.stores.service import NewStore, Profile, create_store
from rules.calendar import moment_ms
from tests.cloud_api.test_stamps import card, stamping
from tests.cloud_api.world import World, new_id

THURSDAY = date(2025, 10, 16)
NIGHT_OWL = {"weekly": [[1_080, 1_560]] * 6 + [None], "holidays": ["2025-10-20"]}  # 18:00 to 02:00, Sundays closed


def _refused(world: World, **changes: Any) -> dict[str, Any]:
    """The body of a refusal, after which there is no order and nothing is held."""
    before = _counts(world)
    answer = world.call("POST", "/v1/orders", world.new_order(**changes))
    assert answer.status_code in (404, 409, 422), answer.text
    assert _counts(world) == before
    found: dict[str, Any] = answer.json()
    return found


def _counts(world: World) -> list[int]:
    tables = ("customer_order", "request", "posting", "order_counter", "idempotent_call WHERE operation = 'order'")
    with world.cloud.database.read() as conn:
        return [conn.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables]


def _own_store(world: World, kind: str) -> Profile:
    wanted = NewStore("다른 매장", "테스트 커피", service_type=kind)
    return world.cloud.database.transact(lambda work: create_store(work, world.cloud.vault, wanted, world.policy))


# -- prices ----------------------------------------------------------------------------------------------------------


def test_the_menu_says_what_an_order_costs_and_a_wrong_total_is_told_the_right_one(world: World) -> None:
    """ORD-03, MNU-05, MNU-07"""
    latte, cake = world.item("카페라떼"), world.item("치즈케이크", 6_500)
    items = [{"menu_id": latte, "qty": 2, "options": ["샷 추가"]}, {"menu_id": cake}]

    refused = _refused(world, items=items, total_won=17_499)

    figures = {"total_won": 17_500, "coupon_won": 0, "paid_won": 17_500}
    assert {name: refused[name] for name in figures} == figures
    assert refused["items"] == [{"menu_id": latte, "amount_won": 11_000}, {"menu_id": cake, "amount_won": 6_500}]
    assert refused["code"] == "total_differs"
    assert world.order(items=items, total_won=refused["total_won"])["order"]["total_won"] == 17_500


def test_a_price_that_changed_meanwhile_is_the_menus(world: World) -> None:
    """MNU-05: what the app had cached is refused, and the order that was sent keeps its own price."""
    sent = world.order()["order"]
    latte = sent["items"][0]["menu_id"]
    [item] = world.ok("GET", f"/v1/stores/{world.store.store_id}/menu")["items"]
    dearer = {name: item[name] for name in ("category_id", "name", "options")} | {"price_won": 6_000}
    world.ok("POST", f"/v1/menu/items/{latte}", {"store_id": world.store.store_id} | dearer)

    assert _refused(world)["total_won"] == 13_000
    assert world.ok("GET", f"/v1/orders/{sent['order_id']}")["total_won"] == 11_000


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"options": ["오트"]}, "options_refused"),
        ({"options": ["샷 추가", "샷 추가"]}, "options_refused"),
        ({"menu_id": "nothing"}, "menu_unknown"),
        ({"qty": 0}, "invalid"),
        ({"qty": True}, "invalid"),
        ({"qty": 101}, "invalid"),
        ({"amount_won": 1}, "invalid"),
        ({"menu_id": "a b"}, "invalid"),
    ],
)
def test_a_line_that_cannot_be_is_refused(front: World, line: dict[str, Any], code: str) -> None:
    """MNU-07; nobody names a price."""
    latte = front.item("카페라떼")

    assert _refused(front, items=[{"menu_id": latte} | line], total_won=5_000)["code"] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"total_won": "11,000"},
        {"total_won": 11_000.5},
        {"total_won": -1},
        {"total_won": 2**63},
        {"items": []},
        {"items": [{"menu_id": "x"}] * 101},
        {"channel": "delivery"},
        {"note": "a\u0000b"},
        {"nickname": "\u202e민지"},
        {"points": 5},  # nobody's
        {"coupon_id": "c"},
        {"state": "ready"},
        {"channel": "in_store", "take_out": True},
        {"channel": "take_out", "take_out": False},
    ],
)
def test_a_body_that_cannot_be_is_422(front: World, changes: dict[str, Any]) -> None:
    """ORD-20, and the cases of bad input that an order can carry."""
    assert _refused(front, **changes)["code"] == "invalid"


def test_one_key_makes_one_order_however_often_it_is_sent(world: World) -> None:
    """The answer is the first one's, also after the item is sold out and the store is closed."""
    body = world.new_order()
    first = world.ok("POST", "/v1/orders", body)
    world.ok(
        "POST", f"/v1/stores/{world.store.store_id}/menu/{body['items'][0]['menu_id']}/sold-out", {"kind": "today"}
    )
    world.ok("POST", f"/v1/stores/{world.store.store_id}/hours", {"weekly": [[0, 1]] * 7})

    assert world.ok("POST", "/v1/orders", body) == first
    other = world.call("POST", "/v1/orders", body | {"total_won": 10_999})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert len(world.device().rows("order")) == 1


# -- when and where --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "minute", "opens"),
    [
        (0, 1_079, (0, 1_080)),  # a minute before it opens
        (0, 1_080, None),
        (1, 0, None),  # midnight: the evening goes on
        (1, 119, None),  # a minute before two in the night
        (1, 120, (1, 1_080)),
        (3, 60, None),  # Sunday night belongs to Saturday
        (3, 600, (5, 1_080)),  # closed on Sunday, and Monday is a holiday
    ],
)
def test_orders_are_taken_while_the_store_is_open(
    front: World, day: int, minute: int, opens: tuple[int, int] | None
) -> None:
    """STO-06 at its boundaries; somebody must be there to accept it."""
    front.new_order()
    front.ok("POST", f"/v1/stores/{front.store.store_id}/hours", NIGHT_OWL)
    front.clock.now_ms = moment_ms(THURSDAY + timedelta(days=day), minute)

    if opens is None:
        assert front.order()["order"]["state"] == "new"
        return
    refused = _refused(front)
    assert refused["code"] == "out_of_hours"
    assert refused["opens_ms"] == moment_ms(THURSDAY + timedelta(days=opens[0]), opens[1])


def test_a_reward_store_takes_no_orders(front: World) -> None:
    """ORD-01"""
    store = _own_store(front, "reward")

    assert _refused(front, store_id=store.store_id)["code"] == "orders_not_taken"
    assert front.order(store_id=_own_store(front, "order").store_id)["order"]["state"] == "new"
    assert _refused(front, store_id="nothing", items=[{"menu_id": "x"}])["code"] == "store_unknown"


def test_a_store_serves_its_own_menu_and_its_brands(world: World) -> None:
    """MNU-12"""
    brand = {"brand_id": world.store.brand_id}
    shared = world.ok("POST", "/v1/menu/categories", brand | {"name": "커피", "idempotency_key": new_id("c")})
    item = {"category_id": shared["category_id"], "name": "아메리카노", "price_won": 4_500}
    americano = world.ok("POST", "/v1/menu/items", brand | item | {"idempotency_key": new_id("i")})["menu_id"]
    other, stranger = world.new_store("망원점", "테스트 커피"), world.new_store("서교점", "다른 커피")
    own = world.item("수제 쿠키", 3_000)
    line = [{"menu_id": americano}]

    assert world.order(items=line, total_won=4_500, store_id=other.store_id)["order"]["total_won"] == 4_500
    refused = _refused(world, items=line, total_won=4_500, store_id=stranger.store_id)
    assert (refused["code"], refused["menu_id"]) == ("menu_unknown", americano)
    assert _refused(world, items=[{"menu_id": own}], store_id=other.store_id)["code"] == "menu_unknown"
    world.ok("POST", f"/v1/stores/{other.store_id}/menu/{americano}/available", {"available": False})
    refused = _refused(world, items=line, total_won=4_500, store_id=other.store_id)
    assert (refused["code"], refused["reason"]) == ("menu_not_on_sale", "not_here")


def test_what_is_sold_out_today_can_be_ordered_from_midnight_on(world: World) -> None:
    """MNU-09"""
    world.clock.now_ms = moment_ms(THURSDAY, 22 * 60 + 10)
    latte = world.new_order()["items"][0]["menu_id"]
    device = world.device()
    device.push(device.op("menu.sold_out", {"menu_id": latte, "kind": "today", "occurred_ms": world.clock()}))
    midnight_ms = moment_ms(THURSDAY + timedelta(days=1), 0)

    world.clock.now_ms = midnight_ms - 1
    refused = _refused(world)
    assert (refused["code"], refused["menu_id"], refused["reason"]) == ("menu_not_on_sale", latte, "sold_out")
    world.clock.now_ms = midnight_ms
    assert world.order()["order"]["number"] == "101"


@pytest.mark.parametrize(
    ("minute", "reason"), [(689, "time"), (690, None), (839, None), (840, "time"), (0, "time"), (1_439, "time")]
)
def test_an_item_of_certain_hours_is_sold_in_them_only(front: World, minute: int, reason: str | None) -> None:
    """MNU-08, at the edges of its template."""
    lunch = front.item("점심 세트", sale_times={"weekdays": [3], "times": [[690, 840]]})
    front.clock.now_ms = moment_ms(THURSDAY, minute)

    answer = front.call("POST", "/v1/orders", front.new_order(items=[{"menu_id": lunch}], total_won=5_000))

    assert (answer.status_code, answer.json().get("reason")) == ((201, None) if reason is None else (409, reason))


def test_a_hidden_category_hides_what_is_in_it(front: World) -> None:
    """MNU-03"""
    latte = front.item("카페라떼")
    [category] = front.ok("GET", f"/v1/stores/{front.store.store_id}/menu")["categories"]
    hidden = {"store_id": front.store.store_id, "name": "음료", "visible": False}
    front.ok("POST", f"/v1/menu/categories/{category['category_id']}", hidden)

    refused = _refused(front, items=[{"menu_id": latte}], total_won=5_000)
    assert (refused["code"], refused["reason"]) == ("menu_not_on_sale", "hidden")


def test_how_it_is_taken_is_kept_with_every_order(front: World) -> None:
    """ORD-20"""
    taken = {
        (channel, asked): front.order(channel=channel, take_out=asked)["order"]["take_out"]
        for channel, asked in (
            *(("in_store", None), ("in_store", False), ("take_out", None), ("take_out", True)),
            *(("app_order", None), ("app_order", True), ("app_order", False)),
        )
    }

    assert [key for key, out in taken.items() if not out] == [
        ("in_store", None),
        ("in_store", False),
        ("app_order", False),
    ]


# -- what it is paid with --------------------------------------------------------------------------------------------


def _rich_member(world: World) -> str:
    device, member = world.device(), world.member()
    device.push(device.earn(paid_won=200_000))
    return member


def _discount(world: World, member: str, **terms: Any) -> str:
    body = {"store_id": world.store.store_id, "name": "3천원 할인", "value_won": 3_000, "pos_discount_won": 3_000}
    definition = world.ok("POST", "/v1/coupon-definitions", body | terms)["definition_id"]
    issue = {"definition_id": definition, "idempotency_key": new_id("issue")}
    return str(world.ok("POST", f"/v1/members/{member}/coupons", issue)["coupon_id"])


def test_coupon_and_points_ride_on_the_order_and_nobody_decides_about_them_alone(world: World) -> None:
    """ORD-15, ORD-03, APR-05"""
    device, member = world.device(), _rich_member(world)
    coupon = _discount(world, member)

    made = world.order(member_id=member, coupon_id=coupon, points=500, paid_won=7_500)

    order, asked = made["order"], made["request"]
    assert (order["total_won"], order["coupon_won"], order["points"], order["paid_won"]) == (11_000, 3_000, 500, 7_500)
    assert (asked["kind"], asked["amount_won"]) == ("order", 11_000)
    assert asked["condition"] == "3천원 할인 3,000원 · 500P 사용 · 카페라떼 2개(샷 추가)"
    assert asked["pos_discount_won"] is None  # there is nothing to key into a till
    assert [row["kind"] for row in device.rows("request")] == ["order"]
    assert world.points(member) == (1_500, 500, 0)
    assert world.coupon_state(member, coupon) == "pending"
    device.push(device.decide(asked["request_id"]))
    assert world.points(member) == (1_500, 0, 0)
    assert world.coupon_state(member, coupon) == "used"
    assert world.sums()["points_captured"] == 500
    world.assert_book_is_sound()


@pytest.mark.parametrize("way", ["reject", "withdraw", "cancel", "expire"])
def test_an_order_that_does_not_come_about_gives_everything_back(world: World, way: str) -> None:
    """APR-10, APR-14, ORD-04"""
    device, member = world.device(), _rich_member(world)
    coupon = _discount(world, member)
    made = world.order(member_id=member, coupon_id=coupon, points=500)
    request_id, order_id = made["request"]["request_id"], made["order"]["order_id"]

    if way == "reject":
        device.push(device.decide(request_id, "reject"))
    elif way == "withdraw":
        world.ok("POST", f"/v1/requests/{request_id}/withdraw")
    elif way == "cancel":
        world.ok("POST", f"/v1/orders/{order_id}/cancel")
    else:
        world.clock.advance(600_000)
        world.sweep()

    order = world.ok("GET", f"/v1/orders/{order_id}")
    assert (order["state"], order["refund_won"]) == ("cancelled", 7_500)
    assert world.points(member) == (2_000, 0, 0)
    assert world.coupon_state(member, coupon) == "available"
    world.assert_book_is_sound()


def test_what_was_to_be_paid_is_checked_too_and_a_refusal_holds_nothing(world: World) -> None:
    """ORD-15"""
    member = _rich_member(world)
    coupon = _discount(world, member)

    refused = _refused(world, member_id=member, coupon_id=coupon, points=500, paid_won=8_000)

    assert (refused["code"], refused["coupon_won"], refused["paid_won"]) == ("total_differs", 3_000, 7_500)
    assert world.points(member) == (2_000, 0, 0)
    assert world.coupon_state(member, coupon) == "available"
    assert _refused(world, member_id=member, points=2_001)["code"] == "insufficient_points"
    assert _refused(world, member_id=member, coupon_id=coupon, points=8_001)["code"] == "points_exceed_payment"
    assert _refused(world, member_id=member, coupon_id="nothing")["code"] == "coupon_unknown"
    assert _refused(world, member_id="nobody", points=1)["code"] == "member_unknown"


def test_a_menu_that_counts_for_no_coupon_takes_none(world: World) -> None:
    """MNU-14: the coupon's base is what counts."""
    member = _rich_member(world)
    excluded = world.item("텀블러", 20_000, rewards=["point"])
    latte = world.item("카페라떼")
    items = [{"menu_id": excluded}, {"menu_id": latte}]
    dear = _discount(world, member, conditions={"min_won": 6_000}, condition="6,000원 이상")
    half = _discount(world, member, benefit={"kind": "rate", "value": 5_000})

    refused = _refused(world, items=items, total_won=25_000, member_id=member, coupon_id=dear)
    assert (refused["code"], refused["unmet"]) == ("conditions_unmet", ["min_amount"])
    made = world.order(items=items, total_won=25_000, member_id=member, coupon_id=half)
    assert made["order"]["coupon_won"] == 2_500


def test_the_stores_limits_count_what_orders_use(world: World) -> None:
    """APR-35, CPN-10"""
    member = _rich_member(world)
    world.ok("POST", f"/v1/stores/{world.store.store_id}/use-limits", {"day_value_won": 5_000})
    world.order(member_id=member, coupon_id=_discount(world, member))

    refused = _refused(world, member_id=member, coupon_id=_discount(world, member))
    assert (refused["code"], refused["problem"]) == ("limit_reached", "day_value")


def test_an_order_store_takes_no_rewards(front: World) -> None:
    """ORD-15: they apply by themselves in a composite store."""
    store, member = _own_store(front, "order"), front.member()

    assert _refused(front, store_id=store.store_id, member_id=member, points=1)["code"] == "rewards_not_taken"


def test_of_many_orders_with_the_last_points_one_gets_them(world: World) -> None:
    """Case 24 of the attacks, by way of orders."""
    member = _rich_member(world)
    bodies = [world.new_order(member_id=member, points=2_000) for _ in range(8)]
    answers: list[int] = []

    def send(body: dict[str, Any]) -> None:
        answers.append(world.call("POST", "/v1/orders", body).status_code)

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201] + [409] * 7
    assert world.points(member) == (0, 2_000, 0)
    world.assert_book_is_sound()


def test_a_ready_order_earns_on_what_was_paid_once(world: World) -> None:
    """ORD-16, MNU-14"""
    device, member = world.device(), _rich_member(world)
    excluded = world.item("상품권", 50_000, rewards=[])
    latte = world.item("카페라떼")
    items = [{"menu_id": excluded}, {"menu_id": latte, "qty": 2}]
    made = world.order(items=items, total_won=60_000, member_id=member, points=500)
    order_id = made["order"]["order_id"]

    device.push(device.decide(made["request"]["request_id"]))
    assert world.points(member) == (1_500, 0, 0)
    device.push(device.advance(order_id, "ready"), device.advance(order_id, "ready"))

    assert world.points(member) == (1_600, 0, 0)  # 1 % of what counts
    [earned] = [row for row in device.rows("earn") if row["earn_id"] == order_id]
    assert (earned["status"], earned["points"]) == ("posted", 100)
    nobody = world.order()
    device.push(device.decide(nobody["request"]["request_id"]), device.advance(nobody["order"]["order_id"], "ready"))
    world.assert_book_is_sound()


def test_an_order_in_a_store_of_stamps_earns_stamps_for_what_counts(world: World) -> None:
    """ORD-16, MNU-14, STP-02"""
    device, member = stamping(world), world.member()
    excluded, latte = world.item("텀블러", 20_000, rewards=["coupon", "point"]), world.item("카페라떼")
    for items, total_won in (([excluded], 20_000), ([latte, latte], 10_000)):
        lines = [{"menu_id": menu_id} for menu_id in items]
        made = world.order(items=lines, total_won=total_won, member_id=member)
        device.push(device.decide(made["request"]["request_id"]))
        device.push(device.advance(made["order"]["order_id"], "ready"))

    assert card(world)["total"] == 1
    assert world.points(member) == (0, 0, 0)
    world.assert_book_is_sound()
