"""Tables of coupon definitions and issued coupons."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class CouponDefinition(SQLModel, table=True):
    """What a coupon gives and where it is valid: one store, or every store of a brand."""

    __tablename__ = "coupon_definition"

    definition_id: str = Field(primary_key=True)
    brand_id: str = Field(foreign_key="brand.brand_id")
    store_id: str | None = Field(default=None, foreign_key="store.store_id")
    name: str
    condition: str
    value_won: int = Field(sa_type=Big)
    pos_discount_won: int = Field(sa_type=Big)
    valid_days: int
    created_ms: int = Field(sa_type=Big)


class Coupon(SQLModel, table=True):
    """One single-use right of one member."""

    __tablename__ = "coupon"
    __table_args__ = (Index("coupon_member", "member_id"), Index("coupon_request", "request_id"))

    coupon_id: str = Field(primary_key=True)
    definition_id: str = Field(foreign_key="coupon_definition.definition_id")
    member_id: str = Field(foreign_key="member.member_id")
    state: str
    request_id: str | None = None
    used_store_id: str | None = None
    issued_ms: int = Field(sa_type=Big)
    expires_ms: int = Field(sa_type=Big)
    changed_ms: int = Field(sa_type=Big)


coupon_definition = table(CouponDefinition)
coupon = table(Coupon)
