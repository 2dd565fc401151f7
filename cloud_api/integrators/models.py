"""Tables of integrator keys and of answers to repeatable calls."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class IntegratorKey(SQLModel, table=True):
    """A key is 256 random bits, so a plain hash of it gives nothing away."""

    __tablename__ = "integrator_key"

    key_id: str = Field(primary_key=True)
    key_hash: str = Field(unique=True)
    label: str
    created_ms: int = Field(sa_type=Big)
    revoked_ms: int | None = Field(default=None, sa_type=Big)


class IdempotentCall(SQLModel, table=True):
    """The answer that a repeated call gets again."""

    __tablename__ = "idempotent_call"

    key_id: str = Field(primary_key=True)
    operation: str = Field(primary_key=True)
    idempotency_key: str = Field(primary_key=True)
    body_hash: str
    answer: str | None = None  # JSON; null only inside the first call's own transaction
    called_ms: int = Field(sa_type=Big)


integrator_key = table(IntegratorKey)
idempotent_call = table(IdempotentCall)
