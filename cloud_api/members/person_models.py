"""Tables of what members say of themselves: who they are, what they agree to, which cards they carry, what they ask."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, partial, table


class MemberProfile(SQLModel, table=True):
    """The items of a full membership, sealed as one (MEM-10); a hash of the CI finds who is here twice (MEM-08).
    ``birthday_lookup``: a keyed hash of the birthday without its year; empty where none was said, null where nobody has
    looked yet (CPN-05)."""

    __tablename__ = "member_profile"
    __table_args__ = (
        partial("member_profile_ci", "ci_lookup", "ci_lookup IS NOT NULL"),
        partial("member_profile_birthday", ("birthday_lookup", "member_id"), "birthday_lookup <> ''"),
        partial("member_profile_unlooked", "member_id", "birthday_lookup IS NULL"),
    )

    member_id: str = Field(primary_key=True)
    sealed: bytes
    ci_lookup: str | None = None
    birthday_lookup: str | None = None
    has_email: bool = False  # a message goes there before it goes to the phone (MEM-04)
    changed_ms: int = Field(sa_type=Big)


class ConsentWording(SQLModel, table=True):
    """One wording of one consent; never changed and never deleted, so that old ones stay readable (MEM-23)."""

    __tablename__ = "consent_wording"

    code: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: str
    grouped: str
    required: bool
    effective: str  # the day from which it is asked
    wording: str
    written_ms: int = Field(sa_type=Big)


class ConsentUse(SQLModel, table=True):
    """Whether a consent is asked at all."""

    __tablename__ = "consent_use"

    code: str = Field(primary_key=True)
    in_use: bool
    changed_ms: int = Field(sa_type=Big)


class ConsentGiven(SQLModel, table=True):
    """A member's word about one wording; the newest stands, none is ever changed or deleted (MEM-23, MEM-24)."""

    __tablename__ = "consent_given"
    __table_args__ = (Index("consent_given_member", "member_id", "code", "said_ms"),)

    given_id: str = Field(primary_key=True)
    member_id: str
    code: str
    version: int
    agreed: bool
    channel: str
    store_id: str | None = None
    said_ms: int = Field(sa_type=Big)
    booked_ms: int = Field(sa_type=Big)


class MemberCard(SQLModel, table=True):
    """A card with a barcode, of plastic or in an app (MEM-25)."""

    __tablename__ = "member_card"
    __table_args__ = (Index("member_card_member", "member_id"),)

    number: str = Field(primary_key=True)
    member_id: str
    nickname: str
    physical: bool
    state: str  # rules.membership.CardState
    added_ms: int = Field(sa_type=Big)
    changed_ms: int = Field(sa_type=Big)


class Regular(SQLModel, table=True):
    """A store that a member calls their own (MEM-31)."""

    __tablename__ = "member_regular"
    __table_args__ = (Index("member_regular_store", "store_id"),)

    member_id: str = Field(primary_key=True)
    store_id: str = Field(primary_key=True)
    since_ms: int = Field(sa_type=Big)


class MemberGroup(SQLModel, table=True):
    """Members together for a purpose, or looked at together (MEM-21)."""

    __tablename__ = "member_group"

    group_id: str = Field(primary_key=True)
    brand_id: str = Field(foreign_key="brand.brand_id", index=True)
    name: str
    purpose: str
    segment: bool
    bought: str | None = None  # JSON: what they had bought
    made_ms: int = Field(sa_type=Big)


class MemberGroupPlace(SQLModel, table=True):
    """That a member belongs to a group."""

    __tablename__ = "member_group_place"
    __table_args__ = (Index("member_group_place_member", "member_id"),)

    group_id: str = Field(primary_key=True, foreign_key="member_group.group_id")
    member_id: str = Field(primary_key=True)
    added_ms: int = Field(sa_type=Big)


class DataRequest(SQLModel, table=True):
    """What a member wants done with their data, and by when it has to be answered (MEM-32)."""

    __tablename__ = "data_request"
    __table_args__ = (partial("data_request_open", "due_ms", "answered_ms IS NULL"),)

    data_request_id: str = Field(primary_key=True)
    member_id: str = Field(index=True)
    kind: str
    text: str
    asked_ms: int = Field(sa_type=Big)
    due_ms: int = Field(sa_type=Big)
    answered_ms: int | None = Field(default=None, sa_type=Big)
    answered_by: str | None = None
    answer: str | None = None


member_profile = table(MemberProfile)
consent_wording = table(ConsentWording)
consent_use = table(ConsentUse)
consent_given = table(ConsentGiven)
member_card = table(MemberCard)
member_regular = table(Regular)
member_group = table(MemberGroup)
member_group_place = table(MemberGroupPlace)
data_request = table(DataRequest)
