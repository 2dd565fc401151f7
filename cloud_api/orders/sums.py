"""Figures of finished orders: written with an order's last state, read by day, hour, channel or menu (ORD-18 to 20)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select, text

from cloud_api.database import Work
from cloud_api.orders.models import order_menu_sum, order_sum
from rules.calendar import local_time
from rules.requests import OrderState
from rules.sales import SalesSummary, compared

DAYS_MAX = 366

_ADD = text(
    "INSERT INTO order_sum (store_id, day, hour, channel, completed, take_out, menu_won, coupon_won, points, cancelled,"
    " cancelled_won) VALUES (:store_id, :day, :hour, :channel, :completed, :take_out, :menu_won, :coupon_won, :points,"
    " :cancelled, :cancelled_won) ON CONFLICT (store_id, day, hour, channel) DO UPDATE SET"
    " completed = order_sum.completed + :completed, take_out = order_sum.take_out + :take_out,"
    " menu_won = order_sum.menu_won + :menu_won, coupon_won = order_sum.coupon_won + :coupon_won,"
    " points = order_sum.points + :points, cancelled = order_sum.cancelled + :cancelled,"
    " cancelled_won = order_sum.cancelled_won + :cancelled_won"
)
_ADD_MENU = text(
    "INSERT INTO order_menu_sum (store_id, day, menu_id, name, quantity, amount_won)"
    " VALUES (:store_id, :day, :menu_id, :name, :quantity, :amount_won)"
    " ON CONFLICT (store_id, day, menu_id) DO UPDATE SET name = :name,"
    " quantity = order_menu_sum.quantity + :quantity, amount_won = order_menu_sum.amount_won + :amount_won"
)


def add(work: Work, row: Any) -> None:
    """An order ended: it is counted, once, because no state follows its last one."""
    done = row.state == OrderState.READY
    place = {"store_id": row.store_id, "day": row.day}
    work.conn.execute(
        _ADD,
        place
        | {
            "hour": local_time(row.created_ms).hour,
            "channel": row.channel,
            "completed": int(done),
            "take_out": int(done and row.take_out),
            "menu_won": row.total_won if done else 0,
            "coupon_won": row.coupon_won if done else 0,
            "points": row.points if done else 0,
            "cancelled": int(not done),
            "cancelled_won": 0 if done else row.total_won,
        },
    )
    if done:
        by_menu = _by_menu(json.loads(row.items))
        for menu_id in sorted(by_menu):  # in one order for everybody, so that two never wait for each other
            work.conn.execute(_ADD_MENU, place | {"menu_id": menu_id} | by_menu[menu_id])


def _by_menu(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        if "menu_id" not in item:
            continue  # of before orders named the menu
        one = found.setdefault(item["menu_id"], {"name": item["name"], "quantity": 0, "amount_won": 0})
        one["quantity"] += item["qty"]
        one["amount_won"] += item["amount_won"]
    return found


class By(StrEnum):
    DAY = "day"
    HOUR = "hour"
    CHANNEL = "channel"
    MENU = "menu"


@dataclass(frozen=True)
class Span:
    """Business days, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Span:
        """As many days that end where these begin (ORD-18)."""
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


def figures(conn: Connection, store_id: str, span: Span, by: By) -> dict[str, Any]:
    """The whole of the span, what it is against the one before, and its parts."""
    [whole], [earlier] = _read(conn, store_id, span, None), _read(conn, store_id, span.before, None)
    before_won = _summary(earlier).sales_won
    change = compared(_summary(whole).sales_won, before_won)
    return {
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "total": _shown(whole),
        "before": {
            "sales_won": before_won,
            "difference_won": change.difference_won,
            "rate_bp": change.rate_bp,
        },
        "by": by.value,
        "parts": _menu(conn, store_id, span)
        if by is By.MENU
        else [{"key": str(row["key"])} | _shown(row) for row in _read(conn, store_id, span, by)],
    }


_SUMMED = ("completed", "take_out", "menu_won", "coupon_won", "points", "cancelled", "cancelled_won")


def _read(conn: Connection, store_id: str, span: Span, by: By | None) -> list[dict[str, Any]]:
    c = order_sum.c
    summed = [func.coalesce(func.sum(c[name]), 0).label(name) for name in _SUMMED]
    here = (c.store_id == store_id, c.day >= span.first.isoformat(), c.day <= span.last.isoformat())
    if by is None:
        return [dict(row._mapping) for row in conn.execute(select(*summed).where(*here))]
    key = c[by.value]
    query = select(key.label("key"), *summed).where(*here).group_by(key).order_by(key)
    return [dict(row._mapping) for row in conn.execute(query)]


def _summary(row: Mapping[str, Any]) -> SalesSummary:
    n = {name: int(row.get(name, 0)) for name in _SUMMED}
    # No delivery yet; what a store takes off an order is its coupons. Points are a way to pay.
    return SalesSummary(
        n["completed"], n["menu_won"], 0, n["coupon_won"], n["cancelled"], n["cancelled_won"], n["take_out"]
    )


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    found = _summary(row)
    return {
        "completed": found.completed,
        "take_out": found.takeout,
        "take_out_rate_bp": found.takeout_rate_bp,
        "order_won": found.order_won,
        "coupon_won": found.owner_discount_won,
        "sales_won": found.sales_won,
        "points": int(row.get("points", 0)),
        "cancelled": found.cancelled,
        "cancelled_won": found.cancelled_won,
    }


def _menu(conn: Connection, store_id: str, span: Span) -> list[dict[str, Any]]:
    """The best sold first."""
    c = order_menu_sum.c
    quantity, amount_won = func.sum(c.quantity), func.sum(c.amount_won)
    query = (
        select(c.menu_id, func.max(c.name), quantity, amount_won)
        .where(c.store_id == store_id, c.day >= span.first.isoformat(), c.day <= span.last.isoformat())
        .group_by(c.menu_id)
        .order_by(quantity.desc(), c.menu_id)
    )
    return [
        {"key": menu_id, "name": name, "quantity": int(count), "amount_won": int(won)}
        for menu_id, name, count, won in conn.execute(query)
    ]
