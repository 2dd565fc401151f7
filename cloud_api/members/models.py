"""The member table. The number itself is sealed; the look-up hash finds it."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class Member(SQLModel, table=True):
    """One person, known by a phone number."""

    __tablename__ = "member"

    member_id: str = Field(primary_key=True)
    phone_lookup: str = Field(unique=True)
    phone_sealed: bytes
    nickname: str
    joined_ms: int = Field(sa_type=Big)
    join_store_id: str | None = None
    # JSON: the member's grade by brand, as `member_grade` has it; here because each earn reads this row.
    grades: str | None = None


member = table(Member)
