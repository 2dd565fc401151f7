"""Tables of integrator keys, of what each has left to call, and of answers to repeatable calls."""

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
    scopes: str = Field(default="*", sa_column_kwargs={"server_default": "*"})  # separated by blanks
    # Whose things it may touch: everybody's, one brand's, or one store's.
    brand_id: str | None = None
    store_id: str | None = None
    rate_per_minute: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # 0: no limit
    # The text that the key had before it was changed, and until when it is taken.
    old_hash: str | None = Field(default=None, index=True)
    old_until_ms: int | None = Field(default=None, sa_type=Big)


class IntegratorBucket(SQLModel, table=True):
    """What a key may still call: a call costs 60,000 of the level, and each millisecond gives the key's rate."""

    __tablename__ = "integrator_bucket"

    key_id: str = Field(primary_key=True)
    level: int = Field(sa_type=Big)
    filled_ms: int = Field(sa_type=Big)


class IntegratorMember(SQLModel, table=True):
    """A member whose number a restricted key knew: it may go on with whom it found so."""

    __tablename__ = "integrator_member"

    key_id: str = Field(primary_key=True)
    member_id: str = Field(primary_key=True)
    since_ms: int = Field(sa_type=Big)


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
integrator_bucket = table(IntegratorBucket)
integrator_member = table(IntegratorMember)
idempotent_call = table(IdempotentCall)
