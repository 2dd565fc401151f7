"""The table of jobs: when each is due, who is at it, how it went."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class JobRow(SQLModel, table=True):
    """One job. Whoever holds it before ``lease_ms`` is at it; a holder that dies is followed by another after that."""

    __tablename__ = "job"

    name: str = Field(primary_key=True)
    next_ms: int = Field(sa_type=Big)
    holder: str | None = None
    lease_ms: int | None = Field(default=None, sa_type=Big)
    started_ms: int | None = Field(default=None, sa_type=Big)
    finished_ms: int | None = Field(default=None, sa_type=Big)
    done: int = Field(default=0, sa_type=Big)
    failures: int = 0
    error: str | None = None


class ReportReminder(SQLModel, table=True):
    """A reminder of a missing report that went out; each stage once (CUP-08)."""

    __tablename__ = "report_reminder"

    store_id: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    stage: int = Field(primary_key=True)
    told_ms: int = Field(sa_type=Big)


job = table(JobRow)
report_reminder = table(ReportReminder)
