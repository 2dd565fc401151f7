"""Virtual customers: they use the cloud as a consumer app would, with an integrator's key and the API's own client."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from client import Cloud, Refused
from rules.calendar import local_day


class CloudClient:
    """What the customers of one store do."""

    def __init__(self, base_url: str, key: str, store_id: str) -> None:
        self.store_id = store_id
        self.api = Cloud(base_url, key)
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self.api.close()

    def _key(self, what: str) -> str:
        return f"demo-{what}-{next(self._numbers)}"

    def find_member(self, phone: str) -> dict[str, Any] | None:
        """The member of a phone number, or None when the number never earned anything."""
        try:
            found = self.api.members.find(phone=phone)
        except Refused as refused:
            if refused.code == "member_unknown":
                return None
            raise
        return self.member(found["member_id"])

    def member(self, member_id: str) -> dict[str, Any]:
        return dict(self.api.members.show(member_id))

    def join(self, phone: str, nickname: str) -> str:
        return self.api.members.join(phone=phone, nickname=nickname)["member_id"]

    def define_coupon(self, name: str, condition: str, value_won: int) -> str:
        made = self.api.coupon_definitions.define(
            store_id=self.store_id,
            name=name,
            condition=condition,
            value_won=value_won,
            pos_discount_won=value_won,
            valid_days=30,
        )
        return str(made["definition_id"])

    def give_coupon(self, member_id: str, definition_id: str, *, on_paper: bool = False) -> str:
        """``on_paper``: the store's counter may print it for a member without a phone."""
        body = {"definition_id": definition_id, "idempotency_key": self._key("coupon")}
        if on_paper:
            body["print_at"] = self.store_id
        return str(self.api.members.issue(member_id, **body)["coupon_id"])

    def coupon_state(self, member_id: str, coupon_id: str) -> str:
        coupons = self.api.members.show(member_id)["coupons"]
        return next(coupon["state"] for coupon in coupons if coupon["coupon_id"] == coupon_id)

    def ask_coupon(self, member_id: str, coupon_id: str) -> str:
        """Press "use" in the app; the coupon is held until the store answers."""
        asked = self.api.requests.ask(
            {
                "kind": "coupon",
                "store_id": self.store_id,
                "member_id": member_id,
                "coupon_id": coupon_id,
                "idempotency_key": self._key("request"),
            }
        )
        return str(asked["request_id"])

    def ask_points(self, member_id: str, points: int, payment_won: int) -> str:
        asked = self.api.requests.ask(
            {
                "kind": "points",
                "store_id": self.store_id,
                "member_id": member_id,
                "points": points,
                "payment_won": payment_won,
                "idempotency_key": self._key("request"),
            }
        )
        return str(asked["request_id"])

    def request(self, request_id: str) -> dict[str, Any]:
        return dict(self.api.requests.show(request_id))

    def add_category(self, name: str, position: int) -> str:
        key = self._key("category")
        made = self.api.menu.add_category(store_id=self.store_id, name=name, position=position, idempotency_key=key)
        return made["category_id"]

    def add_item(self, name: str, price_won: int, category_id: str, options: Sequence[Any], position: int) -> str:
        made = self.api.menu.add_item(
            store_id=self.store_id,
            category_id=category_id,
            name=name,
            price_won=price_won,
            options=options,
            position=position,
            idempotency_key=self._key("item"),
        )
        return made["menu_id"]

    def menu(self) -> dict[str, Any]:
        return dict(self.api.stores.menu(self.store_id))

    def order(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send an order; the answer holds the order and its request."""
        return dict(self.api.orders.take_in(**body, store_id=self.store_id, idempotency_key=self._key("order")))

    def show_order(self, order_id: str) -> dict[str, Any]:
        return dict(self.api.orders.show(order_id))

    def cancel_order(self, order_id: str) -> dict[str, Any]:
        """The customer's own choice; what it held or used is back."""
        return dict(self.api.orders.cancel(order_id))

    def order_figures(self) -> dict[str, Any]:
        """Of yesterday and today, so that midnight falls into no gap."""
        today = local_day(int(time.time() * 1000))
        first, last = str(today - timedelta(days=1)), str(today)
        return dict(self.api.orders.figures(store_id=self.store_id, first=first, last=last)["total"])

    def order_state(self, order_id: str) -> str:
        return self.api.orders.show(order_id)["state"]

    def stock_up(self, pieces: int) -> dict[str, Any]:
        """Head office orders cup holders for the store, and they arrive."""
        key = self._key("stock")
        made = self.api.stores.order(self.store_id, actor="본사", idempotency_key=key, pieces=pieces)
        return dict(self.api.stores.receive(self.store_id, made["rounds"][-1]["number"], pieces=pieces))

    def sums(self) -> dict[str, Any]:
        return dict(self.api.stores.sums(self.store_id))
