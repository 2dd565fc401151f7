"""Tables of webhooks: where to tell, how far each feed was told there, and every try.

There is no table of events: the rows of the feeds are it. They are written in the transaction of what they tell,
numbered without gaps in commit order, and kept for ninety days.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class WebhookEndpoint(SQLModel, table=True):
    """An address of an integrator. ``kinds`` are patterns separated by blanks."""

    __tablename__ = "webhook_endpoint"

    endpoint_id: str = Field(primary_key=True)
    key_id: str = Field(index=True)
    url: str
    kinds: str
    state: str
    secret_sealed: bytes
    old_secret_sealed: bytes | None = None
    old_until_ms: int | None = Field(default=None, sa_type=Big)
    created_ms: int = Field(sa_type=Big)
    succeeded_ms: int | None = Field(default=None, sa_type=Big)


class WebhookLane(SQLModel, table=True):
    """How far a feed was told to an endpoint. Told one event after the other, by whoever holds the lease."""

    __tablename__ = "webhook_lane"

    endpoint_id: str = Field(primary_key=True)
    feed_id: str = Field(primary_key=True)
    n: int = Field(sa_type=Big)
    failures: int = 0
    failing_ms: int | None = Field(default=None, sa_type=Big)  # since when the next event does not get through
    next_ms: int = Field(default=0, sa_type=Big)
    holder: str | None = None
    lease_ms: int | None = Field(default=None, sa_type=Big)


class WebhookTry(SQLModel, table=True):
    """One call of an endpoint. ``status`` is what it answered; without one, ``error`` says why."""

    __tablename__ = "webhook_try"
    __table_args__ = (Index("webhook_try_time", "tried_ms"),)

    endpoint_id: str = Field(primary_key=True)
    try_id: str = Field(primary_key=True)
    event_id: str
    kind: str
    outcome: str
    status: int | None = None
    error: str | None = None
    took_ms: int
    tried_ms: int = Field(sa_type=Big)


webhook_endpoint = table(WebhookEndpoint)
webhook_lane = table(WebhookLane)
webhook_try = table(WebhookTry)
