"""Tables of employees and of what people did about requests."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class Employee(SQLModel, table=True):
    """Somebody who works at a store. Removed ones stay: what they did keeps their name (RBA-24)."""

    __tablename__ = "employee"

    employee_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id", index=True)
    version: int
    name: str
    role: str
    pin_salt: bytes
    pin_verifier: bytes
    may_recover: bool = True
    suspended_ms: int | None = Field(default=None, sa_type=Big)
    suspended_for: str | None = None
    # Recoveries before the owner gave the right back are not held against anybody again.
    counted_from_ms: int = Field(sa_type=Big, default=0)
    removed_ms: int | None = Field(default=None, sa_type=Big)
    created_ms: int = Field(sa_type=Big)


class OperationLog(SQLModel, table=True):
    """One thing that somebody did about a request; the database refuses to change it (APR-31), and to delete it before
    its three years are over (RBA-15)."""

    __tablename__ = "operation_log"
    __table_args__ = (Index("operation_log_store", "store_id", "at_ms"),)

    log_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id")
    action: str
    actor_type: str
    actor_id: str | None = None
    actor_name: str | None = None
    request_id: str
    device_id: str | None = None
    op_id: str | None = None
    detail: str
    at_ms: int = Field(sa_type=Big)


class AuditLog(SQLModel, table=True):
    """One change that somebody with an account made: who, from where, what, before, after and why (RBA-12). The
    database refuses to change or delete it (RBA-13). ``before`` and ``after`` are JSON and name nobody's number."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("audit_log_store", "store_id", "at_ms"), Index("audit_log_at", "at_ms"))

    log_id: str = Field(primary_key=True)
    at_ms: int = Field(sa_type=Big)
    store_id: str | None = None
    key_id: str
    employee_id: str | None = None
    actor_name: str
    address: str
    program: str
    action: str
    target: str
    before: str
    after: str
    reason: str


class Invitation(SQLModel, table=True):
    """Somebody whom the owner asked to join (RBA-03). The number itself is not kept: whoever invites sends the code
    there. Only the code's keyed hash stays."""

    __tablename__ = "staff_invitation"

    invitation_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id", index=True)
    name: str
    phone_masked: str
    code_digest: str
    tries: int
    expires_ms: int = Field(sa_type=Big)
    employee_id: str | None = None
    created_ms: int = Field(sa_type=Big)


employee = table(Employee)
operation_log = table(OperationLog)
audit_log = table(AuditLog)
invitation = table(Invitation)
