"""The menu in the cloud: MNU-01 to 05, 07 to 10, 12 to 15, AGT-08, AGT-10."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from rules.calendar import moment_ms
from tests.cloud_api.world import Device, World, new_id

MONDAY = date(2025, 10, 13)


class Menu:
    """A store's menu through the door that a console uses."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.own = {"store_id": world.store.store_id}
        self.brand = {"brand_id": world.store.brand_id}
        self.path = f"/v1/stores/{world.store.store_id}/menu"

    def category(self, name: str, **terms: Any) -> str:
        body = self.own | {"name": name, "idempotency_key": new_id("menu")} | terms
        return str(self.world.ok("POST", "/v1/menu/categories", body)["category_id"])

    def item(self, name: str, category: str, price_won: int = 5_000, **terms: Any) -> str:
        body = {"category_id": category, "name": name, "price_won": price_won, "idempotency_key": new_id("menu")}
        owner = {} if "brand_id" in terms else self.own
        return str(self.world.ok("POST", "/v1/menu/items", body | owner | terms)["menu_id"])

    def now(self) -> Any:
        return self.world.ok("GET", self.path)

    def reasons(self) -> dict[str, str | None]:
        return {item["name"]: item["not_on_sale"] for item in self.now()["items"]}


@pytest.fixture
def menu(world: World) -> Menu:
    world.clock.now_ms = moment_ms(MONDAY, 720)
    return Menu(world)


def _sold_out(device: Device, menu_id: str, kind: str | None, *, said_ms: int | None = None) -> dict[str, Any]:
    said_ms = device.world.clock() if said_ms is None else said_ms
    return device.op("menu.sold_out", {"menu_id": menu_id, "kind": kind, "occurred_ms": said_ms})


def test_a_store_sees_its_own_items_and_its_brands_in_their_order(menu: Menu) -> None:
    """MNU-01, MNU-03, MNU-04, MNU-12"""
    coffee = menu.category("커피", **{"store_id": None}, **menu.brand)
    own = menu.category("우리 가게", position=2)
    menu.item("아메리카노", coffee, 4_500, **menu.brand, position=1)
    menu.item("수제 쿠키", own, 3_000, position=2)
    menu.item("꿀라떼", coffee, 5_500, position=3)
    other = menu.world.new_store("망원점", "테스트 커피")
    stranger = menu.world.new_store("서교점", "다른 커피")

    assert [item["name"] for item in menu.now()["items"]] == ["아메리카노", "수제 쿠키", "꿀라떼"]
    assert [one["name"] for one in menu.now()["categories"]] == ["커피", "우리 가게"]
    elsewhere = menu.world.ok("GET", f"/v1/stores/{other.store_id}/menu")
    assert [item["name"] for item in elsewhere["items"]] == ["아메리카노"]
    assert menu.world.ok("GET", f"/v1/stores/{stranger.store_id}/menu")["items"] == []
    device = menu.world.device()
    assert [row["name"] for row in device.rows("menu")] == ["아메리카노", "수제 쿠키", "꿀라떼"]
    assert [row["name"] for row in device.rows("menu_category")] == ["커피", "우리 가게"]


def test_a_change_replaces_all_of_an_item_and_a_repeated_call_adds_none(menu: Menu) -> None:
    """MNU-05, AGT-06"""
    coffee = menu.category("커피")
    body = menu.own | {"category_id": coffee, "name": "라떼", "price_won": 5_000, "idempotency_key": "latte-latte"}
    made = menu.world.ok("POST", "/v1/menu/items", body)
    assert menu.world.ok("POST", "/v1/menu/items", body) == made

    change = menu.own | {"category_id": coffee, "name": "카페라떼", "price_won": 5_500, "rewards": ["stamp"]}
    changed = menu.world.ok("POST", f"/v1/menu/items/{made['menu_id']}", change)

    assert (changed["name"], changed["price_won"], changed["rewards"], changed["version"]) == (
        "카페라떼",
        5_500,
        ["stamp"],
        2,
    )
    gone = menu.world.ok("POST", f"/v1/menu/items/{made['menu_id']}/remove", menu.own)
    assert gone["removed"] is True
    assert menu.now()["items"] == []
    assert menu.world.call("POST", f"/v1/menu/items/{made['menu_id']}", change).json()["code"] == "menu_unknown"


def test_a_category_with_items_stays(menu: Menu) -> None:
    """MNU-03"""
    coffee = menu.category("커피")
    latte = menu.item("라떼", coffee)
    path = f"/v1/menu/categories/{coffee}"

    assert menu.world.call("POST", f"{path}/remove", menu.own).json()["code"] == "category_not_empty"
    assert menu.world.ok("POST", path, menu.own | {"name": "음료", "visible": False})["version"] == 2
    menu.world.ok("POST", f"/v1/menu/items/{latte}/remove", menu.own)
    assert menu.world.ok("POST", f"{path}/remove", menu.own)["removed"] is True
    assert menu.world.call("POST", path, menu.own | {"name": "음료"}).json()["code"] == "category_unknown"


def test_nobody_writes_into_anothers_menu(menu: Menu) -> None:
    """MNU-12"""
    coffee = menu.category("커피")
    latte = menu.item("라떼", coffee)
    other = {"store_id": menu.world.new_store("서교점", "다른 커피").store_id}
    terms = {"category_id": coffee, "name": "x", "price_won": 1}

    for path, body in (
        (f"/v1/menu/items/{latte}", other | terms),
        (f"/v1/menu/items/{latte}", menu.brand | terms),
        ("/v1/menu/items", other | terms | {"idempotency_key": new_id("menu")}),
        (f"/v1/menu/categories/{coffee}", other | {"name": "x"}),
        (f"/v1/stores/{other['store_id']}/menu/{latte}/sold-out", {"kind": "today"}),
    ):
        assert menu.world.call("POST", path, body).status_code == 404
    assert (
        menu.world.call("POST", "/v1/menu/categories", {"name": "x", "idempotency_key": "12345678"}).status_code == 422
    )


# -- sold out --------------------------------------------------------------------------------------------------------


def test_sold_out_today_ends_at_midnight_by_itself(menu: Menu) -> None:
    """MNU-09"""
    latte = menu.item("라떼", menu.category("커피"))
    device = menu.world.device()
    menu.world.clock.now_ms = moment_ms(MONDAY, 22 * 60 + 10)

    assert device.result(_sold_out(device, latte, "today"))["status"] == "applied"

    item = menu.now()["items"][0]
    assert (item["sold_out"], item["not_on_sale"]) == ("today", "sold_out")
    assert item["sold_out_until_ms"] == moment_ms(MONDAY + timedelta(days=1), 0)
    assert device.rows("menu_here")[-1]["sold_out"] == "today"
    menu.world.clock.now_ms = moment_ms(MONDAY + timedelta(days=1), 0) - 1
    assert menu.reasons() == {"라떼": "sold_out"}
    menu.world.clock.advance(1)
    assert menu.reasons() == {"라떼": None}
    assert menu.now()["items"][0]["sold_out"] is None


def test_sold_out_until_released_lasts_until_somebody_says_so(menu: Menu) -> None:
    """MNU-10"""
    latte = menu.item("라떼", menu.category("커피"))
    word = f"{menu.path}/{latte}/sold-out"

    assert menu.world.ok("POST", word, {"kind": "until_released"})["sold_out"] == "until_released"
    menu.world.clock.advance(40 * 86_400_000)
    assert menu.reasons() == {"라떼": "sold_out"}
    menu.world.ok("POST", word, {"kind": None})
    assert menu.reasons() == {"라떼": None}


def test_of_two_counters_the_later_word_stands_in_whatever_order_it_arrives(menu: Menu) -> None:
    """AGT-08, AGT-10: one of them was offline."""
    latte = menu.item("라떼", menu.category("커피"))
    one, two = menu.world.device(), menu.world.device()
    noon = menu.world.clock()
    menu.world.clock.advance(3_600_000)

    two.push(_sold_out(two, latte, None, said_ms=noon + 20_000))
    late = one.result(_sold_out(one, latte, "until_released", said_ms=noon + 10_000))

    assert (late["status"], late["body"]["sold_out"]) == ("applied", None)
    assert menu.reasons() == {"라떼": None}
    # A clock that is ahead says it no later than now.
    one.push(_sold_out(one, latte, "today", said_ms=noon + 86_400_000))
    menu.world.clock.advance(1)
    assert two.result(_sold_out(two, latte, None))["body"]["sold_out"] is None


def test_words_at_once_are_all_heard(menu: Menu) -> None:
    """AGT-10"""
    latte = menu.item("라떼", menu.category("커피"))
    answers: list[int] = []

    def say() -> None:
        answers.append(menu.world.call("POST", f"{menu.path}/{latte}/sold-out", {"kind": "today"}).status_code)

    threads = [threading.Thread(target=say) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [200] * 6
    assert [row["version"] for row in menu.world.device().rows("menu_here")] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("body", [{"kind": "tomorrow"}, {"menu_id": 5}, {"occurred_ms": -1}])
def test_what_is_no_word_is_parked(menu: Menu, body: dict[str, Any]) -> None:
    """AGT-15"""
    device = menu.world.device()
    good = {"menu_id": "x", "kind": "today", "occurred_ms": 1}

    assert device.result(device.op("menu.sold_out", good | body))["status"] == "parked"
    assert device.result(_sold_out(device, "nothing", "today"))["code"] == "menu_unknown"


# -- what can be ordered ---------------------------------------------------------------------------------------------


def test_hidden_elsewhere_and_out_of_its_time(menu: Menu) -> None:
    """MNU-02, MNU-04, MNU-08, MNU-12, MNU-14"""
    coffee = menu.category("커피", **{"store_id": None}, **menu.brand)
    lunch = {"weekdays": [0, 1, 2, 3, 4], "times": [[690, 840]]}
    menu.item("늘", coffee)
    menu.item("숨김", coffee, visible=False)
    menu.item("점심", coffee, sale_times=lunch)
    not_here = menu.item("다른 지점", coffee, **menu.brand, rewards=[])
    menu.world.ok("POST", f"{menu.path}/{not_here}/available", {"available": False})

    assert menu.reasons() == {"늘": None, "숨김": "hidden", "점심": None, "다른 지점": "not_here"}
    assert menu.now()["summary"] == {
        "all": 4,
        "on_sale": 2,
        "hidden": 1,
        "reward_eligible": 3,
        "reward_excluded": 1,
        "with_times": 1,
    }
    menu.world.clock.now_ms = moment_ms(MONDAY, 840)
    assert menu.reasons()["점심"] == "time"
    kept = menu.world.ok("POST", f"{menu.path}/time-templates", {"name": "점심", "sale_times": lunch})
    assert kept == {"name": "점심", "sale_times": lunch}
    assert menu.world.ok("POST", f"{menu.path}/time-templates", {"name": "점심", "sale_times": lunch}) == kept


_OPTIONS = [
    {
        "group_id": "우유",
        "least": 1,
        "most": 1,
        "options": [{"option_id": "오트", "extra_won": 600}, {"option_id": "일반"}],
    },
    {"group_id": "샷", "options": [{"option_id": "추가", "extra_won": 500}]},
]


def test_a_line_costs_what_its_options_add(menu: Menu) -> None:
    """MNU-05, MNU-07"""
    latte = menu.item("라떼", menu.category("커피"), options=_OPTIONS)

    def ask(**line: Any) -> Any:
        return menu.world.call("POST", f"{menu.path}/price", {"menu_id": latte} | line)

    assert ask(options=["오트", "추가"], quantity=2).json() == {"total_won": 12_200}
    assert ask(options=["일반"]).json() == {"total_won": 5_000}
    assert ask().json()["code"] == "options_refused"
    assert ask(options=["오트", "일반"]).json()["code"] == "options_refused"
    assert ask(menu_id="nothing").json()["code"] == "menu_unknown"
    menu.world.ok("POST", f"{menu.path}/{latte}/sold-out", {"kind": "today"})
    refused = ask(options=["일반"]).json()
    assert (refused["code"], refused["reason"]) == ("menu_not_on_sale", "sold_out")


@pytest.mark.parametrize(
    "terms",
    [
        {"price_won": -1},
        {"name": " "},
        {"rewards": ["money"]},
        {"sale_times": {"times": [[840, 690]]}},
        {"sale_times": {"weekdays": [7]}},
        {"options": [{"group_id": "a", "least": 2, "options": [{"option_id": "b"}]}]},
        {"options": [{"group_id": "a", "most": 2, "options": [{"option_id": "b"}]}]},
        {"category_id": "nothing"},
    ],
)
def test_an_item_that_cannot_be_is_refused(menu: Menu, terms: dict[str, Any]) -> None:
    """MNU-05"""
    body = menu.own | {"category_id": menu.category("커피"), "name": "x", "price_won": 1, "idempotency_key": "12345678"}

    assert menu.world.call("POST", "/v1/menu/items", body | terms).status_code in (404, 422)
    assert menu.now()["items"] == []


# -- carts and products --------------------------------------------------------------------------------------------

_TOPPINGS = {
    "group_id": "토핑",
    "most": 3,
    "options": [
        {"option_id": name, "extra_won": won} for name, won in (("계란", 1_000), ("치즈", 2_000), ("곱창", 3_000))
    ],
}


def test_a_cart_says_its_total_with_every_topping(menu: Menu) -> None:
    """MNU-13: 14,000 won with toppings of 1,000, 2,000 and 3,000; nothing is refused while somebody chooses."""
    spice = {"group_id": "맵기", "least": 1, "options": [{"option_id": "순한맛"}]}
    main = menu.item("떡볶이", menu.category("분식"), 14_000, options=[_TOPPINGS, spice])
    gone = menu.item("순대", menu.category("사이드"), 4_000, visible=False)

    def cart(*lines: Any, **more: Any) -> Any:
        return menu.world.ok("POST", f"{menu.path}/cart", {"lines": lines} | more)

    totals = []
    chosen: list[str] = []
    for option in ("순한맛", "계란", "치즈", "곱창"):
        chosen.append(option)
        totals.append(cart({"menu_id": main, "options": chosen})["total_won"])
    assert totals == [14_000, 15_000, 17_000, 20_000]
    both = cart({"menu_id": main, "options": ["치즈", "당면"], "quantity": 2}, {"menu_id": gone})
    first, second = both["lines"]
    assert (first["missing"], first["unknown"], first["amount_won"]) == (["맵기"], ["당면"], 32_000)
    assert first["options"] == [{"option_id": "치즈", "extra_won": 2_000}]
    assert (second["not_on_sale"], second["can_be_ordered"]) == ("hidden", False)
    assert (both["total_won"], both["can_be_ordered"]) == (36_000, False)
    whole = cart({"menu_id": main, "options": chosen, "quantity": 2})
    assert (whole["total_won"], whole["can_be_ordered"]) == (40_000, True)
    assert cart() == {"lines": [], "total_won": 0, "can_be_ordered": True}
    unknown = menu.world.call("POST", f"{menu.path}/cart", {"lines": [{"menu_id": "nothing"}]})
    assert unknown.json()["code"] == "menu_unknown"


def _products(menu: Menu, **filters: str) -> list[Any]:
    asked = "&".join(f"{name}={value}" for name, value in filters.items())
    found: list[Any] = menu.world.ok("GET", f"/v1/brands/{menu.world.store.brand_id}/products?{asked}")["products"]
    return found


def test_head_office_sees_code_composition_ways_state_days_and_manager(menu: Menu) -> None:
    """MNU-15"""
    coffee = menu.category("커피", **{"store_id": None}, **menu.brand)
    season = {"sale_first": "2025-10-14", "sale_last": "2025-10-31"}
    menu.item(
        "단호박라떼",
        coffee,
        6_000,
        **menu.brand,
        code="PUMPKIN-1",
        composition="set",
        services=["pickup", "in_store"],
        manager="이지은",
        **season,
    )
    menu.item("아메리카노", coffee, 4_500, **menu.brand, code="AME")
    menu.item("쿠키", menu.category("우리 가게"), 3_000, code="AME", stopped=True)  # a store counts for itself

    pumpkin, americano, cookie = _products(menu)

    assert {
        name: pumpkin[name] for name in ("code", "composition", "services", "manager", "sale_state", "price_won")
    } == {
        "code": "PUMPKIN-1",
        "composition": "set",
        "services": ["in_store", "pickup"],
        "manager": "이지은",
        "sale_state": "before",
        "price_won": 6_000,
    }
    assert (pumpkin["sale_first"], pumpkin["sale_last"]) == ("2025-10-14", "2025-10-31")
    assert (americano["sale_state"], cookie["sale_state"], cookie["store_id"]) == (
        "on_sale",
        "stopped",
        menu.world.store.store_id,
    )
    names = {
        key: [one["name"] for one in _products(menu, **{name: value})]
        for key, name, value in (
            ("before", "state", "before"),
            ("on_sale", "state", "on_sale"),
            ("stopped", "state", "stopped"),
            ("ended", "state", "ended"),
            ("set", "composition", "set"),
            ("delivery", "service", "delivery"),
            ("manager", "manager", "이지은"),
            ("code", "words", "AME"),
            ("name", "words", "라떼"),
        )
    }
    assert names == {
        "before": ["단호박라떼"],
        "on_sale": ["아메리카노"],
        "stopped": ["쿠키"],
        "ended": [],
        "set": ["단호박라떼"],
        "delivery": ["아메리카노", "쿠키"],
        "manager": ["단호박라떼"],
        "code": ["아메리카노", "쿠키"],
        "name": ["단호박라떼"],
    }
    menu.world.clock.now_ms = moment_ms(date(2025, 11, 1), 0)
    assert [one["name"] for one in _products(menu, state="ended")] == ["단호박라떼"]
    assert [one["name"] for one in _products(menu, limit="1", after=pumpkin["menu_id"])] == ["아메리카노"]
    assert "manager" not in menu.now()["items"][0]  # of a store's menu everybody may know the rest


def test_a_season_and_a_stop_are_seen_by_customers_and_counters(menu: Menu) -> None:
    """MNU-15: both days included."""
    coffee = menu.category("커피")
    latte = menu.item("단호박라떼", coffee, sale_first="2025-10-14", sale_last="2025-10-14")
    device = menu.world.device()
    reasons = []
    for day in (MONDAY, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)):
        menu.world.clock.now_ms = moment_ms(day, 720)
        reasons.append(menu.reasons()["단호박라떼"])
    assert reasons == ["period", None, "period"]

    change = menu.own | {"category_id": coffee, "name": "단호박라떼", "price_won": 5_000, "stopped": True}
    menu.world.ok("POST", f"/v1/menu/items/{latte}", change)

    assert menu.reasons() == {"단호박라떼": "stopped"}
    assert [(row["stopped"], row["sale_first"]) for row in device.rows("menu")] == [(False, "2025-10-14"), (True, None)]


def test_an_item_for_the_table_is_not_taken_out(menu: Menu) -> None:
    """MNU-15"""
    pot = menu.item("빙수", menu.category("디저트"), 9_000, services=["in_store"])
    order = {"items": [{"menu_id": pot}], "total_won": 9_000}

    refused = menu.world.call("POST", "/v1/orders", menu.world.new_order(channel="take_out", **order))

    assert (refused.json()["code"], refused.json()["reason"]) == ("menu_not_on_sale", "service")
    assert menu.world.order(channel="in_store", **order)["order"]["state"] == "new"


def test_a_code_names_one_product(menu: Menu) -> None:
    """MNU-15: also when two want it at once; a removed one gives it back."""
    coffee = menu.category("커피")
    latte = menu.item("라떼", coffee, code="LATTE")
    mocha = menu.item("모카", coffee)
    body = menu.own | {"category_id": coffee, "name": "모카", "price_won": 5_000}
    path = f"/v1/menu/items/{mocha}"

    assert menu.world.call("POST", path, body | {"code": "LATTE"}).json()["code"] == "code_taken"
    for wrong in ({"code": "라떼"}, {"sale_first": "2025-10-15", "sale_last": "2025-10-14"}, {"composition": "box"}):
        assert menu.world.call("POST", path, body | wrong).status_code == 422
    statuses: list[int] = []

    def add(name: str) -> None:
        wanted = body | {"name": name, "code": "NEW", "idempotency_key": new_id("menu")}
        statuses.append(menu.world.call("POST", "/v1/menu/items", wanted).status_code)

    threads = [threading.Thread(target=add, args=(f"새 메뉴 {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409, 409]
    menu.world.ok("POST", f"/v1/menu/items/{latte}/remove", menu.own)
    assert menu.world.ok("POST", path, body | {"code": "LATTE"})["code"] == "LATTE"
