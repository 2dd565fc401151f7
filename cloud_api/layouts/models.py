"""The table of labels that head office has looked at."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class LayoutRule(SQLModel, table=True):
    """What a label on the receipts of a POS means. ``meaning`` None: withdrawn, which counters have to hear as well."""

    __tablename__ = "layout_rule"

    brand_id: str = Field(primary_key=True, foreign_key="brand.brand_id")
    label: str = Field(primary_key=True)
    pos_model: str
    meaning: str | None = None
    version: int
    changed_ms: int = Field(sa_type=Big)


layout_rule = table(LayoutRule)
