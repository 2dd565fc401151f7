"""The people of a store, the log of what they did, recoveries that wait for the owner, opening hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """New tables and columns; the log is append-only in the database itself."""
    op.create_table(
        "employee",
        sa.Column("employee_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("pin_salt", sa.LargeBinary(), nullable=False),
        sa.Column("pin_verifier", sa.LargeBinary(), nullable=False),
        sa.Column("may_recover", sa.Boolean(), nullable=False),
        sa.Column("suspended_ms", sa.BigInteger(), nullable=True),
        sa.Column("suspended_for", sa.String(), nullable=True),
        sa.Column("counted_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("employee_id"),
    )
    op.create_index("ix_employee_store_id", "employee", ["store_id"], unique=False)
    op.create_table(
        "operation_log",
        sa.Column("log_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor_type", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("op_id", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("log_id"),
    )
    op.create_index("operation_log_store", "operation_log", ["store_id", "at_ms"], unique=False)
    op.add_column("request", sa.Column("recovery_by", sa.String(), nullable=True))
    op.add_column("request", sa.Column("recovery_due_ms", sa.BigInteger(), nullable=True))
    op.create_index("request_recovery", "request", ["recovery_due_ms"], unique=False)
    op.add_column("store", sa.Column("opens_minute", sa.Integer(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER operation_log_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON operation_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER operation_log_no_{event.lower()} BEFORE {event} ON operation_log "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
