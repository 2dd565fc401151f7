"""Tables of the monitors: what waits to be counted, the counts of each store and day, and what was warned of."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class MonitorEvent(SQLModel, table=True):
    """One thing that happened to a request and was not counted yet; counting it deletes it."""

    __tablename__ = "monitor_event"

    event_id: str = Field(primary_key=True)
    store_id: str
    what: str  # events.What, of a rejection with its reason
    amount: int
    coupon_id: str | None = None
    at_ms: int = Field(sa_type=Big)


class MonitorCount(SQLModel, table=True):
    """How often something happened at a store on a day in Korea (``2026-11-27``)."""

    __tablename__ = "monitor_count"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    day: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    n: int


class MonitorCoupon(SQLModel, table=True):
    """A coupon that was taken back at least once, and how often it was approved again after that (APR-23)."""

    __tablename__ = "monitor_coupon"

    coupon_id: str = Field(primary_key=True)
    store_id: str
    recovered: int
    approved_again: int
    flagged_ms: int | None = Field(default=None, sa_type=Big)


class MonitorWarning(SQLModel, table=True):
    """A figure that was warned of in a period; each once, however the figure moves."""

    __tablename__ = "monitor_warning"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    figure: str = Field(primary_key=True)
    period: str = Field(primary_key=True)  # its first day
    warned_ms: int = Field(sa_type=Big)


class ReportRateTold(SQLModel, table=True):
    """The report rate that a store's owner was told last (NTF-03)."""

    __tablename__ = "report_rate_told"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    rate_bp: int
    told_ms: int = Field(sa_type=Big)


monitor_event = table(MonitorEvent)
monitor_count = table(MonitorCount)
monitor_coupon = table(MonitorCoupon)
monitor_warning = table(MonitorWarning)
report_rate_told = table(ReportRateTold)
