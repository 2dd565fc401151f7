"""The table of ratios that head office has set, every one of them; only added to."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class RewardShare(SQLModel, table=True):
    """The store's part of what rewards cost, from a moment on (SET-19, STP-24). Without a store: of all of the brand
    that have no word of their own."""

    __tablename__ = "reward_share"
    __table_args__ = (Index("reward_share_brand", "brand_id", "share_id"),)

    share_id: str = Field(primary_key=True)
    brand_id: str = Field(foreign_key="brand.brand_id")
    store_id: str | None = Field(default=None, foreign_key="store.store_id")
    coupon_bp: int
    stamp_bp: int
    from_ms: int = Field(sa_type=Big)


reward_share = table(RewardShare)
