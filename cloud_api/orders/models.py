"""Tables of orders: the orders, the counter of their numbers, and the sums that their figures are read from."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, partial, table

OPEN = "customer_order.state IN ('new', 'preparing')"  # as the index of open orders says it, word for word


class CustomerOrder(SQLModel, table=True):
    """One order. ``version`` rises with every change of state."""

    __tablename__ = "customer_order"
    __table_args__ = (
        Index("order_store", "store_id", "created_ms"),
        partial("order_open", "store_id", "state IN ('new', 'preparing')"),
    )

    order_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id")
    member_id: str | None = None
    version: int
    number: str
    state: str
    channel: str
    items: str  # JSON list
    total_won: int = Field(sa_type=Big)
    payment: str
    nickname: str
    note: str
    created_ms: int = Field(sa_type=Big)
    request_id: str
    take_out: bool  # ORD-20
    day: str  # the store's business day, as its hours were then
    coupon_won: int = Field(sa_type=Big)
    points: int = Field(sa_type=Big)
    sold_out: str | None = None  # rules.orders.SoldOutWord
    sold_out_ms: int | None = Field(default=None, sa_type=Big)
    sold_out_items: str | None = None  # JSON list of menu ids
    due_ms: int | None = Field(default=None, sa_type=Big)  # when its customer comes for it; None: as soon as it is made


class OrderCounter(SQLModel, table=True):
    """Last order number of a store's day."""

    __tablename__ = "order_counter"

    store_id: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    n: int


class OrderSum(SQLModel, table=True):
    """Finished orders of one business day, hour and channel (ORD-18 to 20). Written with the order's last state."""

    __tablename__ = "order_sum"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    day: str = Field(primary_key=True)
    hour: int = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    completed: int
    take_out: int
    menu_won: int = Field(sa_type=Big)
    coupon_won: int = Field(sa_type=Big)
    points: int = Field(sa_type=Big)
    cancelled: int
    cancelled_won: int = Field(sa_type=Big)


class OrderMenuSum(SQLModel, table=True):
    """What of an item went out on one business day."""

    __tablename__ = "order_menu_sum"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    day: str = Field(primary_key=True)
    menu_id: str = Field(primary_key=True)
    name: str
    quantity: int
    amount_won: int = Field(sa_type=Big)


customer_order = table(CustomerOrder)
order_counter = table(OrderCounter)
order_sum = table(OrderSum)
order_menu_sum = table(OrderMenuSum)
