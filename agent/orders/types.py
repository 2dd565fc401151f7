"""What the orders service answers with."""

from __future__ import annotations

from dataclasses import dataclass

from rules.orders import OrderPrice, SoldOutWord
from rules.requests import OrderState
from rules.waiting import OrderTab, tab_of

LIST_MAX = 2_000  # more than a shop sells in a day; of a longer time the newest, older ones are found by search


@dataclass(frozen=True)
class OrderItem:
    """One line of an order; ``amount_won`` is for the whole quantity."""

    name: str
    qty: int
    amount_won: int
    options: tuple[str, ...] = ()
    menu_id: str = ""


@dataclass(frozen=True)
class OrderView:
    """An order as screens show it: the cloud's projection plus our own unsettled steps."""

    order_id: str
    number: str
    state: OrderState
    channel: str
    items: tuple[OrderItem, ...]
    total_won: int
    payment: str
    nickname: str
    note: str
    created_ms: int
    request_id: str | None
    coupon_won: int = 0
    points: int = 0
    sold_out: SoldOutWord | None = None
    sold_out_ms: int | None = None
    due_ms: int | None = None  # when its customer comes for it; None: as soon as it is made (ORD-10)

    def tab(self, now_ms: int) -> OrderTab:
        """Among which it stands (ORD-17)."""
        return tab_of(self.state, self.due_ms, now_ms)

    @property
    def paid_won(self) -> int:
        """What the customer pays with money."""
        return OrderPrice(self.total_won, self.coupon_won, self.points).paid_won


@dataclass(frozen=True)
class Advanced:
    """The step is stored and on its way."""

    order_id: str
    state: OrderState


@dataclass(frozen=True)
class NotAllowed:
    """ORD-04 has no such step from ``state``; None when there is no such order."""

    order_id: str
    state: OrderState | None


AdvanceOutcome = Advanced | NotAllowed


@dataclass(frozen=True)
class SaidSoldOut:
    """The message is stored and on its way to the customer (ORD-07)."""

    order_id: str


SoldOutOutcome = SaidSoldOut | NotAllowed
