"""The order table and the counter of order numbers."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class CustomerOrder(SQLModel, table=True):
    """One order. ``version`` rises with every change of state."""

    __tablename__ = "customer_order"
    __table_args__ = (Index("order_store", "store_id", "created_ms"),)

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


class OrderCounter(SQLModel, table=True):
    """Last order number of a store's day."""

    __tablename__ = "order_counter"

    store_id: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    n: int


customer_order = table(CustomerOrder)
order_counter = table(OrderCounter)
