"""Tables of daily reports and of the rounds of cup holders a store gets."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class DailyReport(SQLModel, table=True):
    """What a store used on one business day, as it stands (CUP-01). ``day`` is ``2026-11-27``."""

    __tablename__ = "daily_report"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    day: str = Field(primary_key=True)
    pieces: int
    late: bool
    version: int
    written_ms: int = Field(sa_type=Big)
    actor: str
    changed_ms: int = Field(sa_type=Big)


class ReportChange(SQLModel, table=True):
    """Every number that was ever accepted for a day, with who wrote it; only added to."""

    __tablename__ = "report_change"

    store_id: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    pieces: int
    late: bool
    written_ms: int = Field(sa_type=Big)
    actor: str
    op_id: str | None = None
    arrived_ms: int = Field(sa_type=Big)


class StockSetting(SQLModel, table=True):
    """How a store orders. ``average`` is what the last order worked out (CUP-22), in pieces a day."""

    __tablename__ = "stock_setting"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    version: int
    threshold_percent: int
    cycle_days: int
    expected_daily: int
    contracted: int
    rounding: str
    average: int | None = None
    told_round: int = Field(
        default=0, sa_column_kwargs={"server_default": "0"}
    )  # the round whose low stock was told; each is told once


class StockRound(SQLModel, table=True):
    """One order of cup holders and its delivery (CUP-15, CUP-23). ``received`` None: on its way."""

    __tablename__ = "stock_round"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    number: int = Field(primary_key=True)
    order_id: str = Field(unique=True)
    ordered: int
    ordered_by: str
    ordered_ms: int = Field(sa_type=Big)
    received: int | None = None
    received_ms: int | None = Field(default=None, sa_type=Big)
    stock_after_receipt: int | None = None
    collected: int = 0
    soiled: int = 0


class Refusal(SQLModel, table=True):
    """A campaign that the store declined, and why (CUP-25)."""

    __tablename__ = "campaign_refusal"

    refusal_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id", index=True)
    campaign: str
    reason: str
    reason_text: str
    actor: str
    created_ms: int = Field(sa_type=Big)


daily_report = table(DailyReport)
report_change = table(ReportChange)
stock_setting = table(StockSetting)
stock_round = table(StockRound)
refusal = table(Refusal)
