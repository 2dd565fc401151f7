"""Owns the words about orders: states, channels, what was ordered in one line, how long it has been."""

from __future__ import annotations

from collections.abc import Sequence

from agent.orders.types import OrderItem, OrderView
from agent.texts import Texts, mark
from rules.calendar import local_day
from rules.orders import SoldOutWord, customer_to_be_called, sold_out_message_allowed
from rules.requests import OrderState

CHANNELS = ("in_store", "take_out", "app_order")
_STATES = {
    OrderState.NEW: mark("New"),
    OrderState.PREPARING: mark("Preparing"),
    OrderState.READY: mark("Order ready"),
    OrderState.CANCELLED: mark("Cancelled"),
}
_CHANNELS = {
    "in_store": mark("In store"),
    "take_out": mark("Take-out"),
    "app_order": mark("WithFoM order"),
}
CHANNEL_ICONS = {"in_store": "store", "take_out": "shopping-bag", "app_order": "smartphone"}
_PAYMENTS = {"prepaid": mark("Prepaid"), "postpaid": mark("Pay later")}
_STEPS = {OrderState.NEW: mark("Accept"), OrderState.PREPARING: mark("Mark ready")}
STATE_LOOKS = {
    OrderState.NEW: ("", "ink"),
    OrderState.PREPARING: ("loader-circle", "neutral"),
    OrderState.READY: ("check", "green"),
    OrderState.CANCELLED: ("x", "neutral"),
}


def due(t: Texts, due_ms: int, now_ms: int) -> str:
    """For when an order is: the time alone where it is today."""
    day = "" if local_day(due_ms) == local_day(now_ms) else t.date(due_ms)
    return t.n("for {time}", time=f"{day} {t.clock(due_ms)}".strip())


def state(t: Texts, order_state: OrderState) -> str:
    return t._(_STATES[order_state])


def channel(t: Texts, name: str) -> str:
    """The word of a channel; one of a later version as it came."""
    return t._(_CHANNELS.get(name, name))


def payment(t: Texts, name: str) -> str:
    return t._(_PAYMENTS.get(name, name))


def rewards(t: Texts, order: OrderView) -> tuple[tuple[str, str], ...]:
    """What coupon and points take off, as lines under what was ordered: word and amount (ORD-03)."""
    lines = []
    if order.coupon_won:
        lines.append((t._("Coupon"), t.won(-order.coupon_won)))
    if order.points:
        lines.append((t._("Points"), t.points(-order.points)))
    return tuple(lines)


def paid_short(t: Texts, order: OrderView) -> str:
    """``선결제 · 쿠폰 · 포인트``: what a row has room for (ORD-03)."""
    rewards = [t._("Coupon")] * bool(order.coupon_won) + [t._("Points")] * bool(order.points)
    return " · ".join([payment(t, order.payment), *rewards])


def can_say_sold_out(order: OrderView) -> bool:
    """Whether its customer can be told so, and was not told yet (ORD-07)."""
    return sold_out_message_allowed(order.state) and order.sold_out is None


def sold_out(t: Texts, order: OrderView, now_ms: int) -> str:
    """Where its sold-out message stands; empty without one, and once the order has ended."""
    if order.sold_out is None or order.state is not OrderState.PREPARING:
        return ""
    if order.sold_out is SoldOutWord.KEPT:
        return t._("Sold out: the customer keeps it")
    if customer_to_be_called(order.state, order.sold_out, order.sold_out_ms, now_ms):
        return t._("Sold out: no answer, please call")
    return t._("Sold out: the customer was told")


def step(t: Texts, order_state: OrderState) -> str:
    """The button of the next step; empty when there is none (ORD-04)."""
    return t._(_STEPS.get(order_state, ""))


def summary(t: Texts, items: Sequence[OrderItem]) -> str:
    """``아메리카노(HOT) 2개, 소금빵 1개``; more than two kinds: the first and how many others."""
    if not items:
        return ""
    first = t.n("{name} × {qty}", name=items[0].name, qty=items[0].qty)
    if len(items) == 1:
        return first
    if len(items) == 2:
        return f"{first}, {t.n('{name} × {qty}', name=items[1].name, qty=items[1].qty)}"
    others = sum(item.qty for item in items[1:])
    return t.n("{name} and {n} more", name=items[0].name, n=others + items[0].qty - 1)


def minutes(t: Texts, ms: int) -> str:
    """``8분``; from two hours on in hours."""
    whole = max(0, ms) // 60_000
    if whole < 1:
        return t._("just now")
    if whole >= 120:
        return t.n("{n} h", n=whole // 60)
    return t.n("{n} min", n=whole)
