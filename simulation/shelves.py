"""Owns a day on which things run out: staff mark items and tell customers, at both counters and without a line; and
what must stand at rest (MNU-09, MNU-10, ORD-07, AGT-10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.menu.types import Marked
from agent.orders.types import SaidSoldOut
from rules.menu import SoldOutKind
from rules.orders import sold_out_message_allowed
from simulation.counter import CounterMachine
from simulation.outcomes import demand

if TYPE_CHECKING:
    from simulation.run import World

WORDS = (5, 12)
ORDERS = (2, 4)
KINDS = (SoldOutKind.TODAY, SoldOutKind.UNTIL_RELEASED, None)
ITEMS_MARKED = 2  # so that two counters speak of the same one
_MARKS = "SELECT menu_id, available, sold_out, sold_out_ms, version FROM menu_here ORDER BY menu_id"
_TOLD = "SELECT order_id, sold_out, sold_out_ms FROM customer_order ORDER BY order_id"


class Shelves:
    """Of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng, self._shop = world.rng, world.shop

    def begin(self, span_ms: int) -> None:
        """More orders than elsewhere, and what staff say about them and about the menu."""
        for _ in range(self._rng.randint(*ORDERS)):
            self._at(span_ms // 3, self._shop.consumers.order)
        for _ in range(self._rng.randint(*WORDS)):
            self._at(span_ms, self._rng.choice((self._mark, self._tell, self._tell)))

    def _at(self, within_ms: int, job: Callable[[], object]) -> None:
        def step() -> None:
            if self._shop.open:
                job()

        self._world.agenda.after(self._rng.randrange(within_ms), step)

    def _mark(self) -> None:
        counter = self._rng.choice(self._world.counters)
        menu_id = self._rng.choice(self._world.ground.menu_ids[:ITEMS_MARKED])
        kind = self._rng.choice(KINDS)
        said = counter.acting(lambda agent: agent.menu.mark(menu_id, kind, f"staff:{counter.name}"))
        if isinstance(said, Marked):
            self._world.memory.confirmed(counter)

    def _tell(self) -> None:
        counter = self._rng.choice(self._world.counters)
        orders = counter.acting(lambda agent: agent.orders.list()) or ()
        open_ones = [order for order in orders if sold_out_message_allowed(order.state)]
        if not open_ones:
            return
        order_id = self._rng.choice(open_ones).order_id
        said = counter.acting(lambda agent: agent.orders.say_sold_out(order_id, f"staff:{counter.name}"))
        if isinstance(said, SaidSoldOut):
            self._world.memory.confirmed(counter)

    def judge(self) -> None:
        """Every counter shows what the cloud has, whoever said it and in whatever order it arrived."""
        for counter in self._world.counters:
            if not counter.gone:
                self._same(counter, _MARKS, "MNU-09")
                self._same(counter, _TOLD, "ORD-07")

    def _same(self, counter: CounterMachine, sql: str, rule: str) -> None:
        assert counter.now is not None
        there = self._world.cloud.rows(sql)
        here = [tuple(row) for row in counter.now.store.conn.execute(sql)]
        demand(here == there, rule, f"{counter.name} shows {set(here) ^ set(there)}")
