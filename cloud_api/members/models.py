"""Tables of members: who they are, where their numbers stand, what happened to them.

A number is never readable: it is sealed, and a keyed hash of it finds it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, partial, table
from rules.membership import JoinChannel, MemberStatus, Verification


def _written(value: str) -> Any:
    """A column that older rows have as well."""
    return Field(default=value, sa_column_kwargs={"server_default": value})


# Beside the three of MEM-03: this member is another one now. Its row stays, because the book names it.
MERGED = "merged"


def _of_some(name: str, where: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Member(SQLModel, table=True):
    """One person, known by a phone number. Only a normal member's number stands here (docs/adr/0028): of the others
    the look-up is the id behind a dash, and nothing is sealed."""

    __tablename__ = "member"
    __table_args__ = (
        _of_some("member_tail", "phone_tail IS NOT NULL", "phone_tail", "member_id"),
        _of_some("member_nickname", "nickname <> ''", "nickname", "member_id"),
        partial("member_check", "check_ms", "check_ms IS NOT NULL"),
        partial("member_merged", "merged_into", "merged_into IS NOT NULL"),
        # Few are anything but normal, and lists, jobs and looks at them are of those few.
        _of_some("member_status", "status <> 'normal'", "status", "changed_ms", "member_id"),
    )

    member_id: str = Field(primary_key=True)
    phone_lookup: str = Field(unique=True)
    phone_sealed: bytes
    nickname: str
    joined_ms: int = Field(sa_type=Big)
    join_store_id: str | None = None
    # JSON: the member's grade by brand, as `member_grade` has it; here because each earn reads this row.
    grades: str | None = None
    status: str = _written(MemberStatus.NORMAL.value)
    verification: str = _written(Verification.UNVERIFIED.value)
    join_channel: str = _written(JoinChannel.TABLET.value)
    join_detail: str | None = None
    special: str = _written("none")  # SpecialGroup
    # A keyed hash of the last four digits: what a store may look for (MEM-22).
    phone_tail: str | None = None
    # When housekeeping looks whether the member was here at all lately; None: never.
    check_ms: int | None = Field(default=None, sa_type=Big)
    told_ms: int | None = Field(default=None, sa_type=Big)  # that the membership is about to become dormant
    changed_ms: int | None = Field(default=None, sa_type=Big)  # the last change of status
    merged_into: str | None = None


class SpecialGroup(StrEnum):
    """MEM-12: who is verified and looked after in another way than customers are."""

    NONE = "none"
    EMPLOYEE = "employee"
    FOREIGNER = "foreigner"


class NumberStands(StrEnum):
    """Why a number stands apart from the members."""

    DORMANT = "dormant"
    MERGED = "merged"  # a further number of a member
    WITHDRAWN = "withdrawn"


class MemberNumber(SQLModel, table=True):
    """A number that is no normal member's own; asked only about numbers that no member has.

    Here dormant members' data lie apart from the others' (MEM-04), and those of former members until they are purged
    (MEM-06).
    """

    __tablename__ = "member_number"
    __table_args__ = (
        Index("member_number_member", "member_id"),
        partial("member_number_purge", "purge_ms", "purge_ms IS NOT NULL"),
    )

    phone_lookup: str = Field(primary_key=True)
    member_id: str = Field(primary_key=True)
    sealed: bytes
    stands: str
    since_ms: int = Field(sa_type=Big)
    nickname: str = ""
    block_days: int = 0  # for so long the person cannot join again (MEM-05)
    purge_ms: int | None = Field(default=None, sa_type=Big)


class MemberEvent(SQLModel, table=True):
    """Something that was done to a membership, by whom and why; the database refuses to change or delete it. No
    number and no name of a member ever stands in it."""

    __tablename__ = "member_event"
    __table_args__ = (Index("member_event_member", "member_id", "at_ms"),)

    event_id: str = Field(primary_key=True)
    member_id: str
    kind: str
    by: str
    reason: str
    detail: str  # JSON
    at_ms: int = Field(sa_type=Big)


class MemberSearch(SQLModel, table=True):
    """Somebody looked for members: who, why, and who was found; the database refuses to change or delete it."""

    __tablename__ = "member_search"
    __table_args__ = (Index("member_search_by", "key_id", "by", "at_ms"),)

    search_id: str = Field(primary_key=True)
    key_id: str
    by: str
    reason: str
    searched: str  # SearchKey; never the digits
    store_id: str | None = None
    found: str  # JSON list of ids
    at_ms: int = Field(sa_type=Big)


class MemberMerge(SQLModel, table=True):
    """Two members became one; the statement never changes (triggers)."""

    __tablename__ = "member_merge"

    merge_id: str = Field(primary_key=True)
    source_id: str = Field(unique=True)
    target_id: str = Field(index=True)
    by: str
    reason: str
    statement: str  # JSON: what both had before and after
    at_ms: int = Field(sa_type=Big)


class MemberTerms(SQLModel, table=True):
    """What a brand wants of memberships; without a row the product's own figures hold (MEM-04, MEM-05)."""

    __tablename__ = "member_terms"

    brand_id: str = Field(primary_key=True, foreign_key="brand.brand_id")
    dormant_months: int
    rejoin_block_days: int
    changed_ms: int = Field(sa_type=Big)


member = table(Member)
member_number = table(MemberNumber)
member_event = table(MemberEvent)
member_search = table(MemberSearch)
member_merge = table(MemberMerge)
member_terms = table(MemberTerms)
