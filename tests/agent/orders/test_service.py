"""Orders on a real store: ORD-04, ORD-05, ORD-06, AGT-05."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.orders.types import Advanced, NotAllowed, SaidSoldOut
from rules.calendar import DAY_MS, local_day
from rules.orders import SoldOutWord
from rules.requests import OrderState
from rules.waiting import MAKING_LEAD_MS
from tests.helpers.counter import Counter, counter

STAFF = "staff"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def arrive(shop: Counter, order_id: str = "o-1", *, generation: int = 1, **changes: Any) -> None:
    body = {
        "order_id": order_id,
        "version": 1,
        "number": "A-12",
        "state": "new",
        "channel": "in_store",
        "items": [{"name": "아메리카노", "qty": 1, "amount_won": 4_500, "options": []}],
        "total_won": 4_500,
        "payment": "prepaid",
        "nickname": "김*수",
        "note": "",
        "created_ms": shop.clock.wall_ms(),
        "request_id": None,
        **changes,
    }
    shop.feed(shop.agent.appliers()["order"], "order", body, generation=generation)


def state(shop: Counter, order_id: str = "o-1") -> str:
    found = shop.agent.orders.get(order_id)
    assert found is not None
    return found.state.value


def test_the_steps_of_an_order_are_shown_and_sent(shop: Counter) -> None:
    """ORD-04"""
    arrive(shop)

    for to in (OrderState.PREPARING, OrderState.READY):
        assert shop.agent.orders.advance("o-1", to, STAFF) == Advanced("o-1", to)

    assert state(shop) == "ready"
    assert [body["to"] for _, body in shop.ops("order.advance")] == ["preparing", "ready"]


@pytest.mark.parametrize(("now", "to"), [("new", "ready"), ("preparing", "cancelled"), ("ready", "preparing")])
def test_other_steps_are_not_possible(shop: Counter, now: str, to: str) -> None:
    """ORD-04, ORD-07"""
    arrive(shop, state=now)

    assert shop.agent.orders.advance("o-1", OrderState(to), STAFF) == NotAllowed("o-1", OrderState(now))
    assert shop.ops() == []


def test_an_unknown_order_cannot_be_advanced(shop: Counter) -> None:
    assert shop.agent.orders.advance("o-9", OrderState.READY, STAFF) == NotAllowed("o-9", None)


def test_an_unanswered_step_stays_on_top_of_what_the_cloud_sends(shop: Counter) -> None:
    """What the screen shows is the cloud's state plus our own unsettled operations."""
    arrive(shop)
    shop.agent.orders.advance("o-1", OrderState.PREPARING, STAFF)

    arrive(shop, version=2, note="포장해 주세요")

    assert state(shop) == "preparing"


def test_a_step_the_cloud_did_not_take_goes_back_to_what_stands(shop: Counter) -> None:
    arrive(shop)
    shop.agent.orders.advance("o-1", OrderState.PREPARING, STAFF)

    shop.answer("order.advance", "adjusted", {"state": "cancelled"}, "already_decided")

    assert state(shop) == "cancelled"


def test_an_answer_that_comes_again_is_older_than_the_row_that_arrived_meanwhile(shop: Counter) -> None:
    """AGT-10"""
    arrive(shop)
    shop.agent.orders.advance("o-1", OrderState.PREPARING, STAFF)
    arrive(shop, version=3, state="cancelled")

    answer = {"order_id": "o-1", "state": "preparing", "version": 2}
    shop.answer("order.advance", "adjusted", answer, "already_decided")

    assert state(shop) == "cancelled"


@pytest.mark.expect_log("order_state_unknown")
def test_a_state_of_a_newer_cloud_changes_nothing(shop: Counter) -> None:
    arrive(shop)

    arrive(shop, version=2, state="handed_over")

    assert state(shop) == "new"


def test_an_older_row_is_ignored_and_a_restored_cloud_is_not(shop: Counter) -> None:
    arrive(shop, version=4, state="ready")
    arrive(shop, version=3, state="new")
    assert state(shop) == "ready"

    arrive(shop, version=1, state="preparing", generation=2)

    assert state(shop) == "preparing"


def test_orders_are_found_by_day_state_channel_number_and_nickname(shop: Counter) -> None:
    """ORD-06"""
    arrive(shop, "o-old", created_ms=shop.clock.wall_ms() - 86_400_000, number="A-01")
    arrive(shop, "o-1", number="A-12", channel="take_out")
    arrive(shop, "o-2", number="B-07", state="ready", nickname="박*호")
    orders = shop.agent.orders
    today = local_day(shop.clock.wall_ms())

    assert {found.order_id for found in orders.list()} == {"o-old", "o-1", "o-2"}
    assert {found.order_id for found in orders.list(today)} == {"o-1", "o-2"}
    yesterday = today - timedelta(days=1)
    assert [found.order_id for found in orders.list(yesterday)] == ["o-old"]
    assert {found.order_id for found in orders.list(yesterday, through=today)} == {"o-old", "o-1", "o-2"}
    assert [found.order_id for found in orders.list(state=OrderState.READY)] == ["o-2"]
    assert [found.order_id for found in orders.list(channel="take_out")] == ["o-1"]
    assert [found.order_id for found in orders.list(search="B-0")] == ["o-2"]
    assert [found.order_id for found in orders.list(search="박*호")] == ["o-2"]
    assert orders.list(search="' OR 1=1 --") == ()


def test_today_is_counted_by_state(shop: Counter) -> None:
    arrive(shop, "o-1")
    arrive(shop, "o-2", state="ready")
    arrive(shop, "o-old", created_ms=shop.clock.wall_ms() - 86_400_000)

    assert shop.agent.orders.counts() == {
        OrderState.NEW: 1,
        OrderState.PREPARING: 0,
        OrderState.READY: 1,
        OrderState.CANCELLED: 0,
    }


def test_listeners_hear_of_rows_after_the_commit(shop: Counter) -> None:
    heard: list[int] = []
    shop.agent.orders.listeners.subscribe(lambda: heard.append(len(shop.agent.orders.list())))

    arrive(shop)

    assert heard == [1]


# -- sold out after acceptance ---------------------------------------------------------------------------------------


def test_the_sold_out_message_is_shown_at_once_and_sent_once(shop: Counter) -> None:
    """ORD-07: without a line it waits in the queue."""
    items = [{"menu_id": "m-1", "name": "아메리카노", "qty": 1, "amount_won": 4_500, "options": []}]
    arrive(shop, state="preparing", items=items)

    for _ in range(2):
        assert shop.agent.orders.say_sold_out("o-1", STAFF) == SaidSoldOut("o-1")

    said = {"order_id": "o-1", "menu_ids": [], "occurred_ms": shop.clock.wall_ms()}
    assert shop.ops() == [("order.sold_out", said)]
    found = shop.agent.orders.get("o-1")
    assert found is not None
    assert (found.sold_out, found.sold_out_ms) == (SoldOutWord.ASKED, shop.clock.wall_ms())
    arrive(shop, state="preparing", version=2, note="얼음 적게", sold_out=None)
    found = shop.agent.orders.get("o-1")
    assert found is not None
    assert (found.sold_out, found.note) == (SoldOutWord.ASKED, "얼음 적게")


@pytest.mark.parametrize("now", ["new", "ready", "cancelled"])
def test_only_an_accepted_order_can_turn_out_to_be_sold_out(shop: Counter, now: str) -> None:
    """ORD-07"""
    arrive(shop, state=now)

    assert shop.agent.orders.say_sold_out("o-1", STAFF) == NotAllowed("o-1", OrderState(now))
    assert shop.agent.orders.say_sold_out("o-9", STAFF) == NotAllowed("o-9", None)
    assert shop.ops() == []


def test_a_message_the_cloud_did_not_take_is_gone(shop: Counter) -> None:
    arrive(shop, state="preparing")
    shop.agent.orders.say_sold_out("o-1", STAFF)

    answer = {"order_id": "o-1", "state": "ready", "version": 2, "sold_out": None}
    shop.answer("order.sold_out", "rejected", answer, "step_not_allowed")

    found = shop.agent.orders.get("o-1")
    assert found is not None
    assert (found.state, found.sold_out) == (OrderState.READY, None)


def test_what_an_order_is_paid_with(shop: Counter) -> None:
    """ORD-03"""
    arrive(shop, total_won=11_000, coupon_won=3_000, points=500, sold_out="eaten", sold_out_ms=1)

    found = shop.agent.orders.get("o-1")

    assert found is not None
    assert (found.paid_won, found.coupon_won, found.points, found.sold_out) == (7_500, 3_000, 500, None)


def test_an_order_for_later_is_of_the_day_it_is_for(shop: Counter) -> None:
    """ORD-10, ORD-17, ORD-18: made on Monday for Saturday it is Saturday's, here as in the cloud's figures."""
    now_ms, today = shop.clock.wall_ms(), local_day(shop.clock.wall_ms())
    arrive(shop, "now", state="preparing")
    arrive(shop, "later", state="preparing", due_ms=now_ms + 2 * DAY_MS)
    arrive(shop, "of-before", state="preparing", created_ms=now_ms - 3 * DAY_MS, due_ms=now_ms)

    assert {one.order_id for one in shop.agent.orders.list(today)} == {"now", "of-before"}
    assert [one.order_id for one in shop.agent.orders.list(today + timedelta(days=2))] == ["later"]


def test_orders_for_later_stand_together_until_they_are_made(shop: Counter) -> None:
    """ORD-17: soonest first; half an hour before its time an order comes to those that are being made."""
    now_ms = shop.clock.wall_ms()
    arrive(shop, "saturday", state="preparing", due_ms=now_ms + 2 * DAY_MS)
    arrive(shop, "evening", state="new", due_ms=now_ms + MAKING_LEAD_MS + 1)
    arrive(shop, "soon", state="preparing", due_ms=now_ms + MAKING_LEAD_MS)
    arrive(shop, "gone", state="cancelled", due_ms=now_ms + 2 * DAY_MS)
    arrive(shop, "now", state="preparing")

    assert [one.order_id for one in shop.agent.orders.for_later()] == ["evening", "saturday"]
    shop.clock.advance(2 * DAY_MS)
    assert shop.agent.orders.for_later() == ()


def test_a_day_of_orders_is_found_without_reading_the_years(shop: Counter) -> None:
    """ORD-06: both kinds of orders by an index."""
    from agent.orders import repository

    asked: list[str] = []
    with shop.bench.store.read() as conn:
        conn.set_trace_callback(asked.append)
        repository.search(conn, span_ms=(0, 1), state=None, channel=None, text="")
        conn.set_trace_callback(None)
        plan = " ".join(str(row[3]) for row in conn.execute(f"EXPLAIN QUERY PLAN {asked[0]}"))

    assert "MULTI-INDEX OR" in plan
    assert "SCAN" not in plan
