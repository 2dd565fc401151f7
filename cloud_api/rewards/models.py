"""Tables of a store's rewards in versions, and of every draw."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class RewardSet(SQLModel, table=True):
    """One version of a store's rewards; the highest holds. ``active`` False: the function is off (CPN-24)."""

    __tablename__ = "reward_set"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    version: int = Field(primary_key=True)
    active: bool
    created_ms: int = Field(sa_type=Big)


class StoreRewardRow(SQLModel, table=True):
    """One box of a version. A coupon has a definition of its own; points are given directly (PNT-14)."""

    __tablename__ = "store_reward"

    store_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    name: str
    kind: str
    value_won: int = Field(sa_type=Big)
    condition: str
    quantity: int
    given: int
    valid_days: int
    probability_bp: int
    minimum_won: int = Field(sa_type=Big)
    definition_id: str | None = None


class RewardDraw(SQLModel, table=True):
    """One play: the number that chance gave and what it came to, so that anybody can check it (rules.coupons.drawn)."""

    __tablename__ = "reward_draw"
    __table_args__ = (Index("reward_draw_store", "store_id", "draw_id"),)

    draw_id: str = Field(primary_key=True)
    store_id: str
    version: int
    member_id: str
    roll_bp: int
    place: int | None = None  # None: all were gone
    coupon_id: str | None = None
    posting_id: str | None = None
    key_id: str
    drawn_ms: int = Field(sa_type=Big)


reward_set = table(RewardSet)
store_reward = table(StoreRewardRow)
reward_draw = table(RewardDraw)
