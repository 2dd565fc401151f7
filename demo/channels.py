"""Virtual order channels: an app, a kiosk and a counter that order from the store's menu as it stands."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from demo.customers import CloudClient

SIZE = {
    "group_id": "샷",
    "least": 0,
    "most": 2,
    "options": [{"option_id": "연하게", "extra_won": 0}, {"option_id": "샷 추가", "extra_won": 500}],
}


@dataclass(frozen=True)
class Dish:
    name: str
    price_won: int
    category: str
    options: tuple[dict[str, Any], ...] = ()


COFFEE, BAKERY = "커피", "빵"
MENU = (
    Dish("아메리카노(HOT)", 4_500, COFFEE, (SIZE,)),
    Dish("카페라떼(ICE)", 5_000, COFFEE, (SIZE,)),
    Dish("콜드브루", 5_000, COFFEE),
    Dish("자몽에이드", 6_000, COFFEE),
    Dish("소금빵", 3_500, BAKERY),
)


def open_menu(cloud: CloudClient, dishes: Sequence[Dish] = MENU) -> dict[str, str]:
    """Puts the dishes on the store's menu; their ids by name."""
    names = list(dict.fromkeys(dish.category for dish in dishes))
    categories = {name: cloud.add_category(name, position) for position, name in enumerate(names)}
    return {
        dish.name: cloud.add_item(dish.name, dish.price_won, categories[dish.category], list(dish.options), position)
        for position, dish in enumerate(dishes)
    }


@dataclass(frozen=True)
class Wanted:
    """One line as a customer says it."""

    name: str
    qty: int = 1
    options: tuple[str, ...] = ()


class OrderChannel:
    """Knows of the menu what any customer sees, and computes the price itself: the cloud checks it."""

    def __init__(self, cloud: CloudClient, channel: str) -> None:
        self._cloud = cloud
        self.channel = channel

    def on_sale(self) -> dict[str, dict[str, Any]]:
        """What can be ordered now, by name."""
        return {item["name"]: item for item in self._cloud.menu()["items"] if item["not_on_sale"] is None}

    def order(
        self,
        member_id: str,
        wanted: Sequence[Wanted],
        note: str = "",
        *,
        coupon_id: str | None = None,
        points: int | None = None,
    ) -> dict[str, Any]:
        """The order and its request. Raises KeyError for what is not on sale."""
        menu = self.on_sale()
        lines = [{"menu_id": menu[one.name]["menu_id"], "qty": one.qty, "options": list(one.options)} for one in wanted]
        total_won = sum(one.qty * _each_won(menu[one.name], one.options) for one in wanted)
        body: dict[str, Any] = {
            "member_id": member_id,
            "channel": self.channel,
            "items": lines,
            "total_won": total_won,
            "payment": "prepaid" if self.channel == "app_order" else "postpaid",
            "note": note,
        }
        rewards = {"coupon_id": coupon_id, "points": points}
        return self._cloud.order(body | {name: value for name, value in rewards.items() if value is not None})

    def order_something(self, member_id: str, dice: random.Random) -> dict[str, Any] | None:
        """One to three things of what there is; None when everything is sold out."""
        menu = self.on_sale()
        if not menu:
            return None
        names = dice.sample(sorted(menu), min(dice.randint(1, 3), len(menu)))
        return self.order(member_id, [Wanted(name, dice.randint(1, 2), _some(menu[name], dice)) for name in names])


def _each_won(item: dict[str, Any], chosen: Sequence[str]) -> int:
    offered = [option for group in item["options"] for option in group["options"]]
    extra: dict[str, int] = {option["option_id"]: option["extra_won"] for option in offered}
    return int(item["price_won"]) + sum(extra[option] for option in chosen)


def _some(item: dict[str, Any], dice: random.Random) -> tuple[str, ...]:
    """As many of each group as it asks for, sometimes one more."""
    chosen: list[str] = []
    for group in item["options"]:
        count = min(group["least"] + dice.randint(0, 1), group["most"])
        chosen += dice.sample([option["option_id"] for option in group["options"]], count)
    return tuple(chosen)
