"""Orders against a model: whatever staff, customers and time do, one end each, and nothing is made or lost."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from cloud_api.orders import states, sums
from cloud_api.orders.models import customer_order
from cloud_api.settings import Settings
from rules.calendar import local_day
from rules.orders import SoldOutWord, customer_may_cancel, sold_out_message_allowed
from rules.requests import NO_ACK_EXPIRE_MS, SWEEP_GRACE_MS, TIMEOUT_MS, OrderState, RequestState
from rules.sales import OrderFigures, summarise
from tests.cloud_api.world import Device, World

ORDERS_MAX = 3  # few enough that the same one is met again and again
_folders = itertools.count()


@dataclass
class Sent:
    """An order as the model knows it: how it stands now, and what was put into it."""

    order_id: str
    request_id: str
    points: int
    coupon: str | None
    state: OrderState = OrderState.NEW
    sold_out: SoldOutWord | None = None


class OrderMachine(RuleBasedStateMachine):
    """Each rule looks at how the order stands, does one thing, and says how it must stand then."""

    template: Path
    key_file: Path
    folder: Path

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        path = self.folder / f"machine-{next(_folders)}.db"
        shutil.copy(self.template, path)
        self.world = World(Settings(f"sqlite:///{path}", self.key_file, sweeper=False, trust_every_ms=50))
        self.counter: Device = self.world.device()
        self.member = self.world.member()
        self.counter.push(self.counter.earn(paid_won=1_000_000))
        self.world.new_order()
        self.given = self.balance()
        self.sent: list[Sent] = []
        self.earned = 0

    def teardown(self) -> None:
        try:
            self.world.assert_book_is_sound()
            self._figures_fit()
        finally:
            self.world.close()

    def balance(self) -> int:
        return self.world.points(self.member)[0]

    # -- what people do -----------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.sent) < ORDERS_MAX)
    @rule(target=orders, points=st.sampled_from((0, 100, 700)), coupon=st.booleans(), channel=st.booleans())
    def order(self, points: int, coupon: bool, channel: bool) -> Sent:
        held = self.world.coupon(self.member) if coupon else None
        rewards: dict[str, Any] = {"member_id": self.member, "channel": "in_store" if channel else "app_order"}
        if points:
            rewards["points"] = points
        made = self.world.order(**rewards, **({"coupon_id": held} if held else {}))
        found = Sent(made["order"]["order_id"], made["request"]["request_id"], points, held)
        self.sent.append(found)
        return found

    @precondition(lambda self: len(self.sent) < ORDERS_MAX)
    @rule(target=orders, points=st.sampled_from((0, 700)))
    def an_order_that_silence_accepts(self, points: int) -> Sent:
        found = self.order(points, coupon=False, channel=False)
        self.nobody_answers(shown=True)
        return found

    @rule(order=orders, decision=st.sampled_from(("approve", "reject")))
    def decide(self, order: Sent, decision: str) -> None:
        self.counter.push(self.counter.decide(order.request_id, decision))
        if order.state is OrderState.NEW:
            order.state = OrderState.PREPARING if decision == "approve" else OrderState.CANCELLED

    @rule(order=orders)
    def a_rejection_from_before_zero_arrives_late(self, order: Sent) -> None:
        """APR-19: it beats silence, but not what went out."""
        if self.world.request(order.request_id)["state"] != RequestState.AUTO_APPROVED:
            return
        self.counter.push(self.counter.decide(order.request_id, "reject", remaining_ms=5))
        if order.state is OrderState.PREPARING:
            order.state = OrderState.CANCELLED

    @rule(order=orders)
    def make_ready(self, order: Sent) -> None:
        self.advance(order, OrderState.READY)

    @rule(order=orders, to=st.sampled_from(list(OrderState)))
    def advance(self, order: Sent, to: OrderState) -> None:
        before = order.state
        self.counter.push(self.counter.advance(order.order_id, to))
        ways = {
            OrderState.NEW: (OrderState.PREPARING, OrderState.CANCELLED),
            OrderState.PREPARING: (OrderState.READY,),
        }
        if to in ways.get(before, ()):
            order.state = to
        if before is OrderState.PREPARING and order.state is OrderState.READY:
            found = self.world.ok("GET", f"/v1/orders/{order.order_id}")
            self.earned += found["paid_won"] // 100

    @rule(order=orders)
    def say_sold_out(self, order: Sent) -> None:
        self.counter.push(self.counter.say_sold_out(order.order_id))
        if sold_out_message_allowed(order.state) and order.sold_out is None:
            order.sold_out = SoldOutWord.ASKED

    @rule(order=orders)
    def cancel(self, order: Sent) -> None:
        answer = self.world.call("POST", f"/v1/orders/{order.order_id}/cancel")
        withdrawn = self.world.request(order.request_id)["state"] == RequestState.WITHDRAWN
        allowed = customer_may_cancel(order.state, order.sold_out)
        assert answer.is_success is (allowed or withdrawn), answer.text
        if allowed:
            order.state = OrderState.CANCELLED

    @rule(order=orders)
    def keep(self, order: Sent) -> None:
        answer = self.world.call("POST", f"/v1/orders/{order.order_id}/keep")
        allowed = order.state is OrderState.PREPARING and order.sold_out is not None
        assert answer.is_success is allowed
        if allowed:
            order.sold_out = SoldOutWord.KEPT

    @rule(order=orders)
    def withdraw(self, order: Sent) -> None:
        self.world.call("POST", f"/v1/requests/{order.request_id}/withdraw")
        if order.state is OrderState.NEW:
            order.state = OrderState.CANCELLED

    @rule(shown=st.sampled_from((True, True, False)))
    def nobody_answers(self, shown: bool) -> None:
        """Silence accepts what stood on a screen, and gives up what did not."""
        waiting = [order for order in self.sent if order.state is OrderState.NEW]
        if shown and waiting:
            self.counter.push(*[self.counter.seen(order.request_id) for order in waiting])
        self.world.clock.advance((TIMEOUT_MS if shown else NO_ACK_EXPIRE_MS) + SWEEP_GRACE_MS)
        self.world.sweep()
        for order in waiting:
            order.state = OrderState.PREPARING if shown else OrderState.CANCELLED

    # -- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def every_order_stands_as_the_model_says_and_nothing_is_lost(self) -> None:
        inside, wallet = 0, self.world.wallet(self.member)
        coupons = {one["coupon_id"]: one["state"] for one in wallet["coupons"]}
        with self.world.cloud.database.read() as conn:
            rows = {row.order_id: row for row in conn.execute(select(customer_order))}
        for order in self.sent:
            found = states.projection(rows[order.order_id])
            assert found["state"] == order.state
            assert found["sold_out"] == order.sold_out
            assert found["paid_won"] + found["coupon_won"] + found["points"] == found["total_won"]
            cancelled = order.state is OrderState.CANCELLED
            assert found["refund_won"] == (found["paid_won"] if cancelled else 0)
            if order.coupon is not None:
                used = {OrderState.NEW: "pending", OrderState.CANCELLED: "available"}.get(order.state, "used")
                assert coupons[order.coupon] == used
            inside += 0 if cancelled else order.points
        assert wallet["points_balance"] == self.given + self.earned - inside

    def _figures_fit(self) -> None:
        """ORD-18: the sums that were kept are the sum of the orders."""
        day = local_day(self.world.clock())
        with self.world.cloud.database.read() as conn:
            kept = sums.figures(conn, self.world.store.store_id, sums.Span(day, day), sums.By.CHANNEL)["total"]
        orders = [self.world.ok("GET", f"/v1/orders/{order.order_id}") for order in self.sent]
        fresh = summarise(
            OrderFigures(
                OrderState(one["state"]),
                one["total_won"],
                owner_discount_won=one["coupon_won"],
                takeout=one["take_out"],
            )
            for one in orders
            if local_day(one["created_ms"]) == day
        )
        assert (kept["completed"], kept["sales_won"]) == (fresh.completed, fresh.sales_won)
        assert (kept["cancelled"], kept["cancelled_won"]) == (fresh.cancelled, fresh.cancelled_won)
        assert kept["take_out"] == fresh.takeout


def test_whatever_happens_an_order_ends_once_and_nothing_is_made_or_lost(
    sqlite_template: Path, key_file: Path, tmp_path: Path
) -> None:
    """ORD-04, ORD-07, ORD-15, ORD-16, I6: held is captured, released or open, and comes back once at most."""
    OrderMachine.template, OrderMachine.key_file, OrderMachine.folder = sqlite_template, key_file, tmp_path
    run_state_machine_as_test(
        OrderMachine,
        settings=hypothesis.settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
