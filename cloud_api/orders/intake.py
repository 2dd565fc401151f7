"""Taking an order in: priced from the store's menu, refused where the store cannot serve it (ORD-01, 03, 10, 15,
20)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, text

from cloud_api.clock import korean_day
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.menu import pricing
from cloud_api.menu.pricing import PricedLine, WantedLine
from cloud_api.orders import states
from cloud_api.orders.earning import APP
from cloud_api.orders.models import customer_order
from cloud_api.requests import service as requests
from cloud_api.requests.service import Asking, OrderTerms
from cloud_api.stores.hours import hours_of
from cloud_api.stores.service import Profile
from cloud_api.stores.states import refuse_if_not_open
from rules.calendar import local_day
from rules.hours import StoreHours, business_day, next_business_day, open_at, opens_ms
from rules.orders import OrderPrice, counting_won
from rules.requests import OrderState
from rules.sale import SaleChannel, ServiceType
from rules.stores import StoreKind, orders_on, rewards_by_themselves
from rules.waiting import reservable

CONTENT_LINES_MAX = 5  # of an order on a card; the whole stands in the list
FIRST_NUMBER = 101  # three digits from the first order of a day on

_NEXT_NUMBER = text(
    "INSERT INTO order_counter (store_id, day, n) VALUES (:store_id, :day, 1)"
    " ON CONFLICT (store_id, day) DO UPDATE SET n = order_counter.n + 1 RETURNING n"
)


@dataclass(frozen=True)
class NewOrder:
    """``total_won`` is what the caller thinks the menu asks for it, ``paid_won`` what it thinks is left to pay after
    coupon and points; None: it does not know what the coupon takes off."""

    channel: str
    take_out: bool
    lines: tuple[WantedLine, ...]
    total_won: int
    payment: str
    note: str = ""
    coupon_id: str | None = None
    points: int = 0
    paid_won: int | None = None
    due_ms: int | None = None


def take_in(work: Work, who: Asking, wanted: NewOrder) -> dict[str, Any]:
    """A new order and the request that asks the store to accept it.

    Raises ApiError: ``store_not_open``, ``orders_not_taken``, ``out_of_hours``, ``due_refused``, what
    ``menu.pricing`` and the rewards refuse, and ``total_differs`` with the right figures. Nothing is kept then.
    """
    store = who.store
    hours = _check_open(work.conn, store, work.now_ms)
    due_ms = _due(hours, wanted.due_ms, work.now_ms)
    lines = pricing.price(work.conn, store, wanted.lines, due_ms, _service(wanted))
    menu_won = sum(line.amount_won for line in lines)
    if menu_won != wanted.total_won:
        raise _differs(lines, OrderPrice(menu_won))
    order_id = work.ids.uuid7()
    asked, coupon_won = requests.new_order_request(
        work, who, order_id, _title(lines), menu_won, _terms(store, wanted, lines)
    )
    price = OrderPrice(menu_won, coupon_won, wanted.points)
    if wanted.paid_won not in (None, price.paid_won):
        raise _differs(lines, price)
    work.conn.execute(
        insert(customer_order).values(
            order_id=order_id,
            store_id=store.store_id,
            member_id=who.member_id,
            version=1,
            number=_number(work, store.store_id),
            state=OrderState.NEW.value,
            channel=wanted.channel,
            take_out=wanted.take_out,
            day=business_day(hours, due_ms).isoformat(),
            due_ms=wanted.due_ms,
            items=json.dumps([_item(line) for line in lines], ensure_ascii=False),
            total_won=menu_won,
            coupon_won=coupon_won,
            points=wanted.points,
            payment=wanted.payment,
            nickname=who.nickname,
            note=wanted.note,
            created_ms=work.now_ms,
            request_id=asked["request_id"],
        )
    )
    row = states.find(work.conn, order_id)
    assert row is not None
    states.publish(work, row)
    return {"order": states.projection(row), "request": asked}


def _check_open(conn: Connection, store: Profile, now_ms: int) -> StoreHours:
    """Nobody is there to accept it otherwise (APR Ambiguity A9); nor while the store is closed for longer (STO-15)."""
    refuse_if_not_open(store)
    if store.service_type in frozenset(StoreKind) and not orders_on(StoreKind(store.service_type)):
        raise ApiError("orders_not_taken")
    hours = hours_of(conn, store.store_id)
    if not open_at(hours, now_ms):
        raise ApiError("out_of_hours", extra={"opens_ms": _next_opening_ms(hours, now_ms)})
    return hours


def _due(hours: StoreHours, due_ms: int | None, now_ms: int) -> int:
    """When it is sold. For a later time the store has to be open then."""
    if due_ms is None:
        return now_ms
    if not reservable(due_ms, now_ms):
        raise ApiError("due_refused")
    if not open_at(hours, due_ms):
        raise ApiError("out_of_hours", extra={"opens_ms": _next_opening_ms(hours, due_ms)})
    return due_ms


def _next_opening_ms(hours: StoreHours, now_ms: int) -> int | None:
    today = local_day(now_ms)
    opening_ms = opens_ms(hours, today)
    if opening_ms is not None and opening_ms > now_ms:
        return opening_ms
    following = next_business_day(hours, today)
    return None if following is None else opens_ms(hours, following)


def _differs(lines: Sequence[PricedLine], price: OrderPrice) -> ApiError:
    figures = {
        "total_won": price.menu_won,
        "coupon_won": price.coupon_won,
        "paid_won": price.paid_won,
        "items": [{"menu_id": line.menu_id, "amount_won": line.amount_won} for line in lines],
    }
    return ApiError("total_differs", extra=figures)


def _terms(store: Profile, wanted: NewOrder, lines: Sequence[PricedLine]) -> OrderTerms:
    content = ", ".join(_said(line) for line in lines[:CONTENT_LINES_MAX])
    if wanted.due_ms is not None:
        content = f"{states.due_words(wanted.due_ms)} · {content}"
    if wanted.coupon_id is None and not wanted.points:
        return OrderTerms(content=content)
    if store.service_type in frozenset(StoreKind) and not rewards_by_themselves(StoreKind(store.service_type)):
        raise ApiError("rewards_not_taken")
    counting = [line for line in lines if "coupon" in line.rewards]
    sale = {
        "payment_won": _counting(lines, "coupon"),
        "items": [
            {"product_id": line.menu_id, "category_id": line.category_id, "quantity": line.quantity}
            for line in counting
        ],
        "service": _service(wanted),
        "channel": SaleChannel.APP if wanted.channel == APP else SaleChannel.OFFLINE,
    }
    return OrderTerms(wanted.coupon_id, wanted.points, sale, content)


def _service(wanted: NewOrder) -> ServiceType:
    return ServiceType.PICKUP if wanted.take_out else ServiceType.IN_STORE


def _said(line: PricedLine) -> str:
    """``카페라떼 2개(샷 추가)``, as staff read it on the card."""
    options = f"({', '.join(line.options)})" if line.options else ""
    return f"{line.name} {line.quantity}개{options}"


def _counting(lines: Sequence[PricedLine], reward: str) -> int:
    return counting_won((line.amount_won, reward in line.rewards) for line in lines)


def _title(lines: Sequence[PricedLine]) -> str:
    """``카페라떼 외 2개``: how many pieces more, as the counter's list of orders counts them."""
    pieces = sum(line.quantity for line in lines)
    if len(lines) > 1:
        return f"{lines[0].name} 외 {pieces - 1}개"
    return f"{lines[0].name} {pieces}개" if pieces > 1 else lines[0].name


def _item(line: PricedLine) -> dict[str, Any]:
    return {
        "menu_id": line.menu_id,
        "category_id": line.category_id,
        "name": line.name,
        "qty": line.quantity,
        "amount_won": line.amount_won,
        "options": list(line.options),
        "rewards": sorted(line.rewards),
    }


def _number(work: Work, store_id: str) -> str:
    day = korean_day(work.now_ms)
    n: int = work.conn.execute(_NEXT_NUMBER, {"store_id": store_id, "day": day}).scalar_one()
    return str(FIRST_NUMBER - 1 + n)
