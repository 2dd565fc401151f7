"""The table of claims that were used."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class ClaimUse(SQLModel, table=True):
    """Who used a claim slip through an app. ``op_id`` is how the posting names it, in place of a device's operation."""

    __tablename__ = "claim_use"

    store_id: str = Field(primary_key=True)
    earn_id: str = Field(primary_key=True)
    op_id: str = Field(unique=True)
    key_id: str
    claimed_ms: int = Field(sa_type=Big)


claim_use = table(ClaimUse)
