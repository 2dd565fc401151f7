"""Virtual customers: they use the cloud as a consumer app would, with an integrator's key."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta
from typing import Any

import httpx

from rules.calendar import local_day


class CloudClient:
    """The cloud as integrators see it."""

    def __init__(self, base_url: str, key: str, store_id: str) -> None:
        self.store_id = store_id
        self._client = httpx.Client(
            base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=15.0, trust_env=False
        )
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str) -> Any:
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def _key(self, what: str) -> str:
        return f"demo-{what}-{next(self._numbers)}"

    def find_member(self, phone: str) -> dict[str, Any] | None:
        """The member of a phone number, or None when the number never earned anything."""
        answer = self._client.post("/v1/members/find", json={"phone": phone})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return self.member(found["member_id"])

    def member(self, member_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/members/{member_id}")
        return found

    def join(self, phone: str, nickname: str) -> str:
        return str(self.post("/v1/members", {"phone": phone, "nickname": nickname})["member_id"])

    def define_coupon(self, name: str, condition: str, value_won: int) -> str:
        body = {
            "store_id": self.store_id,
            "name": name,
            "condition": condition,
            "value_won": value_won,
            "pos_discount_won": value_won,
            "valid_days": 30,
        }
        return str(self.post("/v1/coupon-definitions", body)["definition_id"])

    def give_coupon(self, member_id: str, definition_id: str) -> str:
        body = {"definition_id": definition_id, "idempotency_key": self._key("coupon")}
        return str(self.post(f"/v1/members/{member_id}/coupons", body)["coupon_id"])

    def coupon_state(self, member_id: str, coupon_id: str) -> str:
        coupons = self.member(member_id)["coupons"]
        return str(next(coupon["state"] for coupon in coupons if coupon["coupon_id"] == coupon_id))

    def ask_coupon(self, member_id: str, coupon_id: str) -> str:
        """Press "use" in the app; the coupon is held until the store answers."""
        body = {
            "kind": "coupon",
            "store_id": self.store_id,
            "member_id": member_id,
            "coupon_id": coupon_id,
            "idempotency_key": self._key("request"),
        }
        return str(self.post("/v1/requests", body)["request_id"])

    def ask_points(self, member_id: str, points: int, payment_won: int) -> str:
        body = {
            "kind": "points",
            "store_id": self.store_id,
            "member_id": member_id,
            "points": points,
            "payment_won": payment_won,
            "idempotency_key": self._key("request"),
        }
        return str(self.post("/v1/requests", body)["request_id"])

    def request(self, request_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/requests/{request_id}")
        return found

    def add_category(self, name: str, position: int) -> str:
        body = {"store_id": self.store_id, "name": name, "position": position, "idempotency_key": self._key("category")}
        return str(self.post("/v1/menu/categories", body)["category_id"])

    def add_item(
        self, name: str, price_won: int, category_id: str, options: list[dict[str, Any]], position: int
    ) -> str:
        body = {
            "store_id": self.store_id,
            "category_id": category_id,
            "name": name,
            "price_won": price_won,
            "options": options,
            "position": position,
            "idempotency_key": self._key("item"),
        }
        return str(self.post("/v1/menu/items", body)["menu_id"])

    def menu(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/stores/{self.store_id}/menu")
        return found

    def order(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send an order; the answer holds the order and its request."""
        named = {"store_id": self.store_id, "idempotency_key": self._key("order")}
        found: dict[str, Any] = self.post("/v1/orders", body | named)
        return found

    def show_order(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/orders/{order_id}")
        return found

    def cancel_order(self, order_id: str) -> dict[str, Any]:
        """The customer's own choice; what it held or used is back."""
        found: dict[str, Any] = self.post(f"/v1/orders/{order_id}/cancel", {})
        return found

    def order_figures(self) -> dict[str, Any]:
        """Of yesterday and today, so that midnight falls into no gap."""
        today = local_day(int(time.time() * 1000))
        span = f"first={today - timedelta(days=1)}&last={today}"
        found: dict[str, Any] = self.get(f"/v1/orders/figures?store_id={self.store_id}&{span}")["total"]
        return found

    def order_state(self, order_id: str) -> str:
        return str(self.get(f"/v1/orders/{order_id}")["state"])

    def sums(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/stores/{self.store_id}/sums")
        return found
