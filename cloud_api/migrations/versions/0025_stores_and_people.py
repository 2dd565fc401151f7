"""Applications, states and details of stores, invitations, the audit log, the health of devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """New tables and columns; the audit log is append-only in the database itself."""
    op.add_column("store", sa.Column("state", sa.String(), nullable=False, server_default="approved"))
    op.add_column("store", sa.Column("state_since_ms", sa.BigInteger(), nullable=True))
    op.add_column("store", sa.Column("state_reason", sa.String(), nullable=False, server_default=""))
    op.add_column("store", sa.Column("alert_mode", sa.String(), nullable=False, server_default="both"))
    op.create_table(
        "store_application",
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("business_digest", sa.String(), nullable=False),
        sa.Column("form_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("submitted_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("store_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("application_id"),
    )
    op.create_index("store_application_state", "store_application", ["state", "submitted_ms"])
    op.create_index("ix_store_application_business_digest", "store_application", ["business_digest"])
    op.create_table(
        "store_detail",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("road_address", sa.String(), nullable=False),
        sa.Column("detail_address", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("latitude_e6", sa.Integer(), nullable=True),
        sa.Column("longitude_e6", sa.Integer(), nullable=True),
        sa.Column("ads", sa.String(), nullable=False),
        sa.Column("groups", sa.String(), nullable=False),
        sa.Column("districts", sa.String(), nullable=False),
        sa.Column("school_level", sa.String(), nullable=True),
        sa.Column("shares", sa.String(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id"),
    )
    op.create_table(
        "store_visit",
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("visited_by", sa.String(), nullable=False),
        sa.Column("delegate", sa.Boolean(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.String(), nullable=False),
        sa.Column("visited_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("visit_id"),
    )
    op.create_index("ix_store_visit_store_id", "store_visit", ["store_id"])
    _people()
    _devices()


def _people() -> None:
    op.create_table(
        "staff_invitation",
        sa.Column("invitation_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone_masked", sa.String(), nullable=False),
        sa.Column("code_digest", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("invitation_id"),
    )
    op.create_index("ix_staff_invitation_store_id", "staff_invitation", ["store_id"])
    op.create_table(
        "audit_log",
        sa.Column("log_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("employee_id", sa.String(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("log_id"),
    )
    op.create_index("audit_log_store", "audit_log", ["store_id", "at_ms"])
    op.create_index("audit_log_at", "audit_log", ["at_ms"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER audit_log_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_log_no_{event.lower()} BEFORE {event} ON audit_log "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def _devices() -> None:
    for name in ("seen_ms", "silent_ms", "reported_ms", "pending", "oldest_pending_ms", "needs_attention"):
        op.add_column("device", sa.Column(name, sa.BigInteger(), nullable=True))
    for name in ("policy_version", "clock_offset_ms"):
        op.add_column("device", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("device", sa.Column("version", sa.String(), nullable=False, server_default=""))
    op.add_column("device", sa.Column("disk_full", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("device", sa.Column("printers", sa.String(), nullable=False, server_default="[]"))
