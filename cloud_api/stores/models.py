"""Tables of brands, their policies, and stores."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class Brand(SQLModel, table=True):
    __tablename__ = "brand"

    brand_id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    created_ms: int = Field(sa_type=Big)


class BrandPolicy(SQLModel, table=True):
    """One version of a brand's earning policy; the highest version holds."""

    __tablename__ = "brand_policy"

    brand_id: str = Field(primary_key=True, foreign_key="brand.brand_id")
    version: int = Field(primary_key=True)
    rate_bp: int
    minimum_payment_won: int = Field(sa_type=Big)
    request_timeout_ms: int
    lot_valid_days: int
    adjustment_limit_points: int = Field(sa_type=Big)
    use_unit: int
    offline_store_day_won: int = Field(sa_type=Big)
    offline_member_won: int = Field(sa_type=Big)
    offline_snapshot_max_ms: int = Field(sa_type=Big)
    auto_approve_max_won: int = Field(sa_type=Big)
    payment_max_percent: int
    store_day_max_points: int = Field(sa_type=Big)
    # JSON of rules.programs.EarningProgram; None: points at the policy's rate and nothing else.
    earning: str | None = None
    created_ms: int = Field(sa_type=Big)


class Store(SQLModel, table=True):
    """A shop. Its key (of receipt fingerprints and the agent's phone look-up) is sealed."""

    __tablename__ = "store"

    store_id: str = Field(primary_key=True)
    brand_id: str = Field(foreign_key="brand.brand_id")
    name: str
    service_type: str
    plan: str
    grade: str
    key_sealed: bytes
    created_ms: int = Field(sa_type=Big)
    # When the shop opens, in minutes after midnight; None: it never closes, or nobody said.
    opens_minute: int | None = None
    # The device that prints for the store; None: the first one that shows a request prints its slip.
    print_device: str | None = None
    # The store's own programme of earning, the newest of `store_earning`; None: its brand's.
    earning: str | None = None
    state: str = Field(default="approved", sa_column_kwargs={"server_default": "approved"})
    state_since_ms: int | None = Field(default=None, sa_type=Big)
    state_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    # How its counters tell of an order (AGT-02); a counter may have another way of its own.
    alert_mode: str = Field(default="both", sa_column_kwargs={"server_default": "both"})


class StoreHoursRow(SQLModel, table=True):
    """When a store is open (STO-06): ``weekly`` and ``holidays`` are JSON, as ``stores.hours`` writes them."""

    __tablename__ = "store_hours"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    always_open: bool
    weekly: str
    holidays: str
    changed_ms: int = Field(sa_type=Big)


class StoreEarning(SQLModel, table=True):
    """One version of a store's own programme of earning; None: from then on its brand's (PNT-02)."""

    __tablename__ = "store_earning"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    version: int = Field(primary_key=True)
    program: str | None = None
    created_ms: int = Field(sa_type=Big)


class StoreApplication(SQLModel, table=True):
    """A shop that wants to join (STO-02, STO-07). The form names people and an account, so it is sealed as a whole;
    ``business_digest`` finds a second application of the same business."""

    __tablename__ = "store_application"
    __table_args__ = (Index("store_application_state", "state", "submitted_ms"),)

    application_id: str = Field(primary_key=True)
    version: int
    state: str
    name: str
    business_digest: str = Field(index=True)
    form_sealed: bytes | None  # None: forgotten with the store that left
    reason: str = ""
    submitted_ms: int = Field(sa_type=Big)
    decided_ms: int | None = Field(default=None, sa_type=Big)
    decided_by: str | None = None
    store_id: str | None = None


class StoreDetail(SQLModel, table=True):
    """What a store says of itself to customers and advertisers (STO-03 to 05, 08, 09). ``groups``, ``districts`` and
    ``shares`` are JSON; the pin is in millionths of a degree."""

    __tablename__ = "store_detail"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    version: int
    road_address: str
    detail_address: str
    phone: str
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    ads: str
    groups: str
    districts: str
    school_level: str | None = None
    shares: str
    changed_ms: int = Field(sa_type=Big)


class StoreVisit(SQLModel, table=True):
    """An unannounced visit by head office or somebody it sends (STO-12)."""

    __tablename__ = "store_visit"

    visit_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id", index=True)
    visited_by: str
    delegate: bool
    passed: bool
    findings: str
    visited_ms: int = Field(sa_type=Big)


brand = table(Brand)
brand_policy = table(BrandPolicy)
store = table(Store)
store_hours = table(StoreHoursRow)
store_earning = table(StoreEarning)
store_application = table(StoreApplication)
store_detail = table(StoreDetail)
store_visit = table(StoreVisit)
