"""Figures of a day's orders (ORD-18, ORD-19, ORD-20)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rules.requests import OrderState


@dataclass(frozen=True)
class OrderFigures:
    """One order as the sums need it; all in won. ``takeout``: ORD-20."""

    state: OrderState
    menu_won: int
    delivery_won: int = 0
    owner_discount_won: int = 0
    takeout: bool = False


@dataclass(frozen=True)
class SalesSummary:
    """ORD-18: ``sales_won`` is what is left after the owner's discounts; cancelled orders stand beside it."""

    completed: int
    menu_won: int
    delivery_won: int
    owner_discount_won: int
    cancelled: int
    cancelled_won: int
    takeout: int

    @property
    def order_won(self) -> int:
        """Menu and delivery."""
        return self.menu_won + self.delivery_won

    @property
    def sales_won(self) -> int:
        return self.order_won - self.owner_discount_won

    @property
    def takeout_rate_bp(self) -> int:
        """Share of completed orders that were taken out, in basis points (ORD-19)."""
        return self.takeout * 10_000 // self.completed if self.completed else 0


def summarise(orders: Iterable[OrderFigures]) -> SalesSummary:
    """Completed are orders that are ready; open ones count in neither (ORD-18)."""
    found = list(orders)
    done = [order for order in found if order.state is OrderState.READY]
    gone = [order for order in found if order.state is OrderState.CANCELLED]
    return SalesSummary(
        len(done),
        sum(order.menu_won for order in done),
        sum(order.delivery_won for order in done),
        sum(order.owner_discount_won for order in done),
        len(gone),
        sum(order.menu_won + order.delivery_won for order in gone),
        sum(order.takeout for order in done),
    )


@dataclass(frozen=True)
class Change:
    """Against another period. ``rate_bp`` None: there is nothing to compare with."""

    difference_won: int
    rate_bp: int | None


def compared(now_won: int, before_won: int) -> Change:
    """ORD-18, rounded half up to a hundredth of a percent."""
    difference_won = now_won - before_won
    if before_won <= 0:
        return Change(difference_won, None)
    return Change(difference_won, (2 * difference_won * 10_000 + before_won) // (2 * before_won))
