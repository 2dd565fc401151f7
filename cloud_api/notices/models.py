"""Tables of what was told: to stores and head office, to members about their points, and what a store switched off."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table

_OPEN = text("acked_ms IS NULL")


class NoticeRow(SQLModel, table=True):
    """One thing that one side has been told; the same again raises ``count`` until somebody acknowledges it."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "notice_once",
            "audience",
            "store_id",
            "kind",
            "subject",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("notice_newest", "audience", "store_id", "at_ms"),
        Index("notice_at", "at_ms"),
    )

    notice_id: str = Field(primary_key=True)
    audience: str  # centre.Audience
    store_id: str = Field(foreign_key="store.store_id")  # whom it is about, also when head office is told
    kind: str
    subject: str  # what of this kind is one thing: a day, an employee, a coupon
    version: int
    count: int
    details: str  # JSON
    created_ms: int = Field(sa_type=Big)
    at_ms: int = Field(sa_type=Big)  # when it happened last
    expires_ms: int = Field(sa_type=Big)
    read_ms: int | None = Field(default=None, sa_type=Big)
    acked_ms: int | None = Field(default=None, sa_type=Big)
    acked_by: str | None = None


class NoticeSetting(SQLModel, table=True):
    """What a store does not want in its bell (NTF-11)."""

    __tablename__ = "notice_setting"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    version: int
    switched_off: str  # JSON list of NoticeKind
    advance_orders: bool
    changed_ms: int = Field(sa_type=Big)


class PointsTold(SQLModel, table=True):
    """The last notice about points or stamps that end on a day; days are numbered from 1970 on, in Korea."""

    __tablename__ = "points_told"

    holder: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    days: int  # so many before the end


class Happened(SQLModel, table=True):
    """What happened in one transaction and is still to be told; telling it deletes the row."""

    __tablename__ = "happened"

    topic: str = Field(primary_key=True)  # happened.Topic
    happened_id: str = Field(primary_key=True)
    ids: str  # one a line
    n: int  # how many


class MemberMessages(SQLModel, table=True):
    """By which channel a member is told, and of what not (NTF-10)."""

    __tablename__ = "member_messages"

    member_id: str = Field(primary_key=True)
    channel: str
    switched_off: str  # JSON list of NoticeKind
    changed_ms: int = Field(sa_type=Big)


notice = table(NoticeRow)
notice_setting = table(NoticeSetting)
points_told = table(PointsTold)
happened = table(Happened)
member_messages = table(MemberMessages)
