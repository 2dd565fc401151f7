"""Tables of members' grades: the one that holds, every move, and whose activity has to be looked at."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class MoveCause(StrEnum):
    EARN = "earn"
    REVIEW = "review"
    HAND = "hand"
    IMPORT = "import"  # from another service (MEM-28)


class MemberGrade(SQLModel, table=True):
    """The grade of a member in a brand; without a row it is the entry grade. ``member.grades`` repeats it."""

    __tablename__ = "member_grade"
    __table_args__ = (Index("member_grade_review", "brand_id", "reviewed_ms"),)

    member_id: str = Field(primary_key=True)
    brand_id: str = Field(primary_key=True)
    code: str
    since_ms: int = Field(sa_type=Big)
    reviewed_ms: int = Field(sa_type=Big)


class GradeMove(SQLModel, table=True):
    """One step up or down, and why; never changed."""

    __tablename__ = "grade_move"
    __table_args__ = (Index("grade_move_member", "member_id", "brand_id"),)

    move_id: str = Field(primary_key=True)
    member_id: str
    brand_id: str
    before: str
    code: str
    cause: str
    actor: str
    orders: int
    points: int = Field(sa_type=Big)
    moved_ms: int = Field(sa_type=Big)


class GradeDue(SQLModel, table=True):
    """A payment after which nobody looked yet whether it led to a higher grade; goes with the look. What counts is
    counted from the earns themselves (docs/adr/0029)."""

    __tablename__ = "grade_due"

    earn_id: str = Field(primary_key=True)
    store_id: str = Field(primary_key=True)
    member_id: str


member_grade = table(MemberGrade)
grade_move = table(GradeMove)
grade_due = table(GradeDue)
