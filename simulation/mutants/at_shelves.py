"""Owns the mistakes that somebody could make about what is sold out."""

from __future__ import annotations

from agent.menu.service import MenuService
from agent.orders import repository
from agent.orders.service import OrdersService
from agent.orders.types import SaidSoldOut, SoldOutOutcome
from rules.orders import SoldOutWord
from simulation.mutants.planting import Mutant, nothing, swap


def _said_here_only(self: OrdersService, order_id: str, actor: str) -> SoldOutOutcome:
    """The screen says that the customer was told, and nobody tells them."""
    del actor
    with self._store.transaction() as conn:
        repository.set_sold_out(conn, order_id, SoldOutWord.ASKED, self._clock.wall_ms())
    return SaidSoldOut(order_id)


AT_SHELVES: tuple[Mutant, ...] = (
    Mutant(
        "marks_of_others_ignored", "a counter knows its own marks alone", swap((MenuService, "apply_here_row", nothing))
    ),
    Mutant("customer_not_told", "sold out is said to nobody", swap((OrdersService, "say_sold_out", _said_here_only))),
)
