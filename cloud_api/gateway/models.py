"""Tables of what devices sent and of what they are sent; and the server's own state."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, partial, table


class DeviceOp(SQLModel, table=True):
    """One operation at its place in a device's chain, with the result that every repetition gets again."""

    __tablename__ = "device_op"
    __table_args__ = (Index("device_op_op", "op_id"), partial("device_op_parked", "received_ms", "status = 'parked'"))

    device_id: str = Field(primary_key=True)
    epoch: int = Field(primary_key=True)
    seq: int = Field(sa_type=Big, primary_key=True)
    op_id: str
    kind: str
    hash: str
    status: str
    result: str  # JSON, word for word
    sealed: bytes  # the operation as it came; it may contain a phone number; empty after five years
    received_ms: int = Field(sa_type=Big)


class ForkedOp(SQLModel, table=True):
    """An operation that contradicts what the device sent before, kept for a person to look at."""

    __tablename__ = "forked_op"

    device_id: str = Field(primary_key=True)
    epoch: int = Field(primary_key=True)
    seq: int = Field(sa_type=Big, primary_key=True)
    hash: str = Field(primary_key=True)
    code: str
    sealed: bytes
    received_ms: int = Field(sa_type=Big)


class Feed(SQLModel, table=True):
    """How many rows a feed has. The row's lock puts writers in commit order."""

    __tablename__ = "feed"

    feed_id: str = Field(primary_key=True)
    n: int = Field(sa_type=Big, default=0)
    pruned_n: int = Field(sa_type=Big, default=0)  # rows up to here are gone


class FeedEntry(SQLModel, table=True):
    """Row ``n`` of a feed. The deadline stays here; what leaves is the time that remains."""

    __tablename__ = "feed_row"

    feed_id: str = Field(primary_key=True)
    n: int = Field(sa_type=Big, primary_key=True)
    kind: str
    body: str  # JSON
    deadline_ms: int | None = Field(default=None, sa_type=Big)
    written_ms: int = Field(sa_type=Big)


class BulkItem(SQLModel, table=True):
    """Something that a device uploaded beside its operations: the text of a receipt, telemetry. Kept as it came."""

    __tablename__ = "bulk_item"
    __table_args__ = (Index("bulk_item_received", "received_ms"),)

    device_id: str = Field(primary_key=True)
    item_id: str = Field(primary_key=True)
    store_id: str
    kind: str
    sealed: bytes
    received_ms: int = Field(sa_type=Big)


KEY_CHECK = "key_check"  # state: the fingerprint of the look-up key under which new members are written


class ServerState(SQLModel, table=True):
    """Named values of the server itself: its generation, the check value of its keys."""

    __tablename__ = "server_state"

    name: str = Field(primary_key=True)
    value: str


device_op = table(DeviceOp)
forked_op = table(ForkedOp)
feed = table(Feed)
feed_row = table(FeedEntry)
bulk_item = table(BulkItem)
server_state = table(ServerState)
