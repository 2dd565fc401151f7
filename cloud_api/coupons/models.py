"""Tables of coupon definitions, issued coupons with their lives, and of what a store allows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, partial, table
from rules.coupons import IssueKind, RewardKind


def _written(value: str) -> Any:
    """A column that older rows have as well."""
    return Field(default=value, sa_column_kwargs={"server_default": value})


class CouponDefinition(SQLModel, table=True):
    """What a coupon gives and where it is valid: one store, or every store of a brand."""

    __tablename__ = "coupon_definition"

    definition_id: str = Field(primary_key=True)
    brand_id: str = Field(foreign_key="brand.brand_id")
    store_id: str | None = Field(default=None, foreign_key="store.store_id")
    name: str
    condition: str
    value_won: int = Field(sa_type=Big)
    pos_discount_won: int = Field(sa_type=Big)
    valid_days: int
    created_ms: int = Field(sa_type=Big)
    kind: str = _written(RewardKind.STORE_COUPON.value)
    # JSON of rules.conditions.UseConditions; what restricts nothing is left out.
    conditions: str = _written("{}")
    # rules.discounts.Benefit; without a kind the coupon takes off `pos_discount_won`.
    benefit_kind: str | None = None
    benefit_value: int = Field(default=0, sa_type=Big, sa_column_kwargs={"server_default": "0"})
    benefit_max_won: int | None = Field(default=None, sa_type=Big)
    alone: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    # None: as many as one likes. `issued` counts up to it in the statement that issues.
    quantity: int | None = None
    issued: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    # How many of it one member may take without being given it; 0: members cannot take it.
    take_max: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    # The days on which it is issued, both included (CPN-06); None: from the beginning, without an end.
    issue_first: str | None = None
    issue_last: str | None = None


class Coupon(SQLModel, table=True):
    """One single-use right of one member. That its definition and its member are there is for ``verify``
    (docs/adr/0029)."""

    __tablename__ = "coupon"
    __table_args__ = (
        Index("coupon_member", "member_id"),
        partial("coupon_request", "request_id", "request_id IS NOT NULL"),
    )

    coupon_id: str = Field(primary_key=True)
    definition_id: str
    member_id: str
    state: str
    request_id: str | None = None
    used_store_id: str | None = None
    issued_ms: int = Field(sa_type=Big)
    expires_ms: int = Field(sa_type=Big)
    changed_ms: int = Field(sa_type=Big)
    issue_kind: str = _written(IssueKind.API.value)
    told_days: int | None = None  # the last notice of its end, in days before it


class CouponEvent(SQLModel, table=True):
    """One step in the life of a coupon (CPN-19); only added to. ``member_id``: whose it was then;
    ``store_id``: where it happened, None at no store."""

    __tablename__ = "coupon_event"
    __table_args__ = (
        Index("coupon_event_coupon", "coupon_id", "event_id"),
        Index("coupon_event_store", "store_id", "event_id"),
    )

    event_id: str = Field(primary_key=True)
    coupon_id: str
    definition_id: str
    member_id: str
    store_id: str | None = None
    what: str  # "issue", or a rules.coupons.CouponMove
    request_id: str | None = None
    at_ms: int = Field(sa_type=Big)


class CouponRule(SQLModel, table=True):
    """Which coupon goes with joining, a first purchase, a birthday or a recommendation, and how many of it (CPN-05)."""

    __tablename__ = "coupon_rule"

    rule_id: str = Field(primary_key=True)
    brand_id: str = Field(foreign_key="brand.brand_id", index=True)
    kind: str  # rules.coupons.IssueKind, one of AUTOMATIC
    definition_id: str = Field(foreign_key="coupon_definition.definition_id")
    count: int
    from_ms: int = Field(sa_type=Big)  # what happened before gives nothing
    ended_ms: int | None = Field(default=None, sa_type=Big)


class CouponOccasion(SQLModel, table=True):
    """That a member had what a rule gives, so that it is given once; also when none was left."""

    __tablename__ = "coupon_occasion"

    rule_id: str = Field(primary_key=True)
    member_id: str = Field(primary_key=True)
    occasion: str = Field(primary_key=True)
    at_ms: int = Field(sa_type=Big)


class AdvertiserLimit(SQLModel, table=True):
    """What one use and one member's day of advertisers' rewards may come to, from a moment on (CPN-12). Without a
    brand: on the whole platform; else of this advertiser, who never goes beyond it. Only added to."""

    __tablename__ = "advertiser_limit"

    limit_id: str = Field(primary_key=True)
    brand_id: str | None = Field(default=None, foreign_key="brand.brand_id", index=True)
    use_max_won: int = Field(sa_type=Big)
    day_max_won: int = Field(sa_type=Big)
    from_ms: int = Field(sa_type=Big)


class AdvertiserUse(SQLModel, table=True):
    """An advertiser's reward that its member has used: at once, without a counter (CPN-01)."""

    __tablename__ = "advertiser_use"
    __table_args__ = (
        Index("advertiser_use_day", "member_id", "day"),
        Index("advertiser_use_payment", "member_id", "payment_ref", unique=True),
    )

    coupon_id: str = Field(primary_key=True)
    member_id: str
    brand_id: str
    payment_ref: str
    day: str
    value_won: int = Field(sa_type=Big)
    used_ms: int = Field(sa_type=Big)


class CouponCode(SQLModel, table=True):
    """A code that gives one coupon to whoever types it first. ``digest`` is a hash (of older ones a keyed one);
    the code itself is kept nowhere."""

    __tablename__ = "coupon_code"

    digest: str = Field(primary_key=True)
    definition_id: str = Field(foreign_key="coupon_definition.definition_id", index=True)
    member_id: str | None = None
    coupon_id: str | None = None
    created_ms: int = Field(sa_type=Big)
    used_ms: int | None = Field(default=None, sa_type=Big)


class PaperCode(SQLModel, table=True):
    """The code on the paper of a member's coupon (``rules.codes.code_of_id``), by which a counter finds it. It is made
    of the coupon's id and is no secret of its own. ``tail``: what the code says of the id (``rules.codes.tail_of``)."""

    __tablename__ = "paper_code"

    coupon_id: str = Field(primary_key=True)
    tail: str = Field(index=True)


class CouponCodeTry(SQLModel, table=True):
    """A code that was none: who types wrong ones again and again has to wait."""

    __tablename__ = "coupon_code_try"

    member_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    at_ms: int = Field(sa_type=Big)


class UseLimit(SQLModel, table=True):
    """What a store allows of coupons in a payment and on a day (CPN-10, CPN-11); None: no limit."""

    __tablename__ = "use_limit"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    day_count: int | None = None
    day_value_won: int | None = Field(default=None, sa_type=Big)
    payment_count: int | None = None
    payment_value_won: int | None = Field(default=None, sa_type=Big)
    member_day_count: int | None = None
    overlap_same: bool
    overlap_different: bool
    # Whether consumers may ask while the store is closed by its own hours (APR, Ambiguity A9).
    outside_hours: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    changed_ms: int = Field(sa_type=Big)


coupon_definition = table(CouponDefinition)
coupon = table(Coupon)
coupon_event = table(CouponEvent)
coupon_rule = table(CouponRule)
coupon_occasion = table(CouponOccasion)
advertiser_limit = table(AdvertiserLimit)
advertiser_use = table(AdvertiserUse)
coupon_code = table(CouponCode)
paper_code = table(PaperCode)
coupon_code_try = table(CouponCodeTry)
use_limit = table(UseLimit)
