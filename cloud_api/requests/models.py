"""Tables of requests and of what consumers dispute about them."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table
from rules.requests import AtZero


class Request(SQLModel, table=True):
    """Something a consumer asks of a store. ``version`` rises with every change of state."""

    __tablename__ = "request"
    __table_args__ = (
        Index("request_deadline", "state", "deadline_ms"),
        Index("request_created", "state", "created_ms"),
        Index("request_recovery", "recovery_due_ms"),
        Index("request_store", "store_id", "state"),
        Index(
            "request_member",
            "member_id",
            "created_ms",
            sqlite_where=text("member_id IS NOT NULL"),
            postgresql_where=text("member_id IS NOT NULL"),
        ),
        Index(
            "request_spent_offline",
            "device_id",
            "decided_ms",
            sqlite_where=text("spend_op_id IS NOT NULL"),
            postgresql_where=text("spend_op_id IS NOT NULL"),
        ),
    )

    request_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id")
    member_id: str | None = None
    kind: str
    state: str
    version: int
    title: str
    nickname: str
    condition: str
    amount_won: int | None = Field(default=None, sa_type=Big)
    pos_discount_won: int | None = Field(default=None, sa_type=Big)
    coupon_id: str | None = None
    # What an app names the payment by, so that what is used in one payment is judged together (CPN-11).
    payment_ref: str | None = None
    points: int = Field(sa_type=Big, default=0)
    order_id: str | None = None
    slip_code: str
    created_ms: int = Field(sa_type=Big)
    seen_ms: int | None = Field(default=None, sa_type=Big)
    deadline_ms: int | None = Field(default=None, sa_type=Big)
    reason: str | None = None
    reason_text: str | None = None
    decided_by: str | None = None
    decided_ms: int | None = Field(default=None, sa_type=Big)
    # The one device whose printer the slip comes out of, whoever approves; named when the first one shows it.
    print_device: str | None = None
    # What the policy of the moment when its countdown began says about silence (rules.requests.AtZero).
    at_zero: str = AtZero.APPROVE.value
    # Staff asked to take it back; the owner confirms, or it happens by itself at this moment (APR-16).
    recovery_by: str | None = None
    recovery_due_ms: int | None = Field(default=None, sa_type=Big)
    # When the consumer was told that nobody at the store can be reached.
    unreachable_ms: int | None = Field(default=None, sa_type=Big)
    # Born at a counter: the device that asked, or that reported with `spend_op_id` what was decided without a line.
    device_id: str | None = None
    spend_op_id: str | None = None
    loss_points: int = Field(sa_type=Big, default=0)
    flags: str | None = None  # JSON list of rules.spending.SpendFlag


class Dispute(SQLModel, table=True):
    """A consumer says that a request went wrong; head office decides (APR-27)."""

    __tablename__ = "dispute"

    dispute_id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="request.request_id", unique=True)
    store_id: str
    member_id: str = Field(index=True)
    text: str
    created_ms: int = Field(sa_type=Big)
    decision: str | None = None
    decided_by: str | None = None
    decided_ms: int | None = Field(default=None, sa_type=Big)
    note: str | None = None


request = table(Request)
dispute = table(Dispute)
