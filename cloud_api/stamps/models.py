"""Tables of stamps: what was given and why, and which tiers have paid. The stamps themselves are in the book."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, partial, table


class GrantState(StrEnum):
    GIVEN = "given"
    CANCELLED = "cancelled"


class StampGrantRow(SQLModel, table=True):
    """Stamps that a member got together, and what became of them (STP-20). ``cause``: rules.boards.StampCause,
    ``reason``: rules.stamps.StampReason. ``uncapped`` is what it would have been without caps (STP-15)."""

    __tablename__ = "stamp_grant"
    __table_args__ = (
        Index("stamp_grant_day", "purse_id", "day"),
        partial("stamp_grant_request", "request_id", "request_id IS NOT NULL"),
    )

    posting_id: str = Field(primary_key=True)  # that it is there is for ``verify`` (docs/adr/0010)
    purse_id: str
    member_id: str
    store_id: str
    earn_id: str | None = None
    request_id: str | None = None
    cause: str
    medium: str
    day: str
    stamps: int
    uncapped: int
    reason: str
    program_version: int
    state: str
    taken_back: int = 0
    menu: str | None = None  # what was bought, when the sale said so (STP-22)
    booked_ms: int = Field(sa_type=Big)


class StampTierRow(SQLModel, table=True):
    """A tier that has paid; each of a board once, also after stamps went back and came again (STP-04)."""

    __tablename__ = "stamp_tier"

    purse_id: str = Field(primary_key=True)
    board: int = Field(primary_key=True)
    stamps: int = Field(primary_key=True)
    definition_id: str
    coupon_id: str | None = None  # None: there were none left
    posting_id: str
    paid_ms: int = Field(sa_type=Big)


stamp_grant = table(StampGrantRow)
stamp_tier = table(StampTierRow)
