"""The table of what POS makers reported themselves."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class DirectOp(SQLModel, table=True):
    """An earn or its cancel that came from an integrator. ``op_id`` is how the posting names it, in place of a device's
    operation."""

    __tablename__ = "direct_op"

    op_id: str = Field(primary_key=True)
    key_id: str
    store_id: str
    earn_id: str
    called_ms: int = Field(sa_type=Big)


direct_op = table(DirectOp)
