"""Tables of brands, their policies, and stores."""

from __future__ import annotations

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


brand = table(Brand)
brand_policy = table(BrandPolicy)
store = table(Store)
store_hours = table(StoreHoursRow)
store_earning = table(StoreEarning)
