"""Tables of devices, enrollment codes and tries, and used nonces."""

from __future__ import annotations

from sqlalchemy import Index, false
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class Device(SQLModel, table=True):
    """An enrolled device and how far its chain of operations has come."""

    __tablename__ = "device"

    device_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id", index=True)
    kind: str
    label: str
    public_key: bytes
    epoch: int
    last_seq: int = Field(sa_type=Big)
    last_hash: str
    enrolled_ms: int = Field(sa_type=Big)
    revoked_ms: int | None = Field(default=None, sa_type=Big)
    # The key before ``public_key``; calls signed with it are taken until then.
    old_public_key: bytes | None = None
    old_key_until_ms: int | None = Field(default=None, sa_type=Big)
    # A fork means a cloned disk or an edited queue: earns are still booked, decisions over value are not taken.
    suspended_ms: int | None = Field(default=None, sa_type=Big)
    # When it last called, to a minute, and since when it is known to be silent.
    seen_ms: int | None = Field(default=None, sa_type=Big)
    silent_ms: int | None = Field(default=None, sa_type=Big)
    # What it last said about itself, and when by its own clock. ``clock_offset_ms``: the cloud's time less its own.
    reported_ms: int | None = Field(default=None, sa_type=Big)
    version: str = Field(default="", sa_column_kwargs={"server_default": ""})
    pending: int | None = Field(default=None, sa_type=Big)
    oldest_pending_ms: int | None = Field(default=None, sa_type=Big)
    needs_attention: int | None = Field(default=None, sa_type=Big)
    policy_version: int | None = Field(default=None, sa_type=Big)
    clock_offset_ms: int | None = Field(default=None, sa_type=Big)
    disk_full: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    printers: str = Field(default="[]", sa_column_kwargs={"server_default": "[]"})

    # Up to here its operations are so old that their contents are gone (RBA-15).
    forgotten_epoch: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    forgotten_seq: int = Field(default=0, sa_type=Big, sa_column_kwargs={"server_default": "0"})


class EnrollmentCode(SQLModel, table=True):
    __tablename__ = "enrollment_code"

    code_hash: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id")
    device_kind: str
    label: str
    expires_ms: int = Field(sa_type=Big)
    device_id: str | None = None


class EnrollmentTry(SQLModel, table=True):
    """A wrong code, remembered to slow down guessing."""

    __tablename__ = "enrollment_try"
    __table_args__ = (Index("enrollment_try_address", "address", "tried_ms"),)

    try_id: str = Field(primary_key=True)
    address: str
    tried_ms: int = Field(sa_type=Big)


class Nonce(SQLModel, table=True):
    """A ``jti`` that was used."""

    __tablename__ = "nonce"
    __table_args__ = (Index("nonce_seen", "seen_ms"),)

    device_id: str = Field(primary_key=True)
    jti: str = Field(primary_key=True)
    seen_ms: int = Field(sa_type=Big)


device = table(Device)
enrollment_code = table(EnrollmentCode)
enrollment_try = table(EnrollmentTry)
nonce = table(Nonce)
