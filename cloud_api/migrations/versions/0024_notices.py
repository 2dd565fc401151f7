"""The notification centre, the monitors behind its warnings, and disputes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """New tables."""
    _notices()
    _monitors()
    op.create_table(
        "dispute",
        sa.Column("dispute_id", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["request.request_id"]),
        sa.PrimaryKeyConstraint("dispute_id"),
        sa.UniqueConstraint("request_id"),
    )
    op.create_index("ix_dispute_member_id", "dispute", ["member_id"], unique=False)


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=True),
        sa.Column("acked_ms", sa.BigInteger(), nullable=True),
        sa.Column("acked_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("notice_id"),
    )
    unacknowledged = sa.text("acked_ms IS NULL")
    op.create_index(
        "notice_once",
        "notice",
        ["audience", "store_id", "kind", "subject"],
        unique=True,
        sqlite_where=unacknowledged,
        postgresql_where=unacknowledged,
    )
    op.create_index("notice_newest", "notice", ["audience", "store_id", "at_ms"], unique=False)
    op.create_index("notice_at", "notice", ["at_ms"], unique=False)
    op.create_table(
        "notice_setting",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("switched_off", sa.String(), nullable=False),
        sa.Column("advance_orders", sa.Boolean(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id"),
    )
    op.create_table(
        "points_told",
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "day"),
    )


def _monitors() -> None:
    op.create_table(
        "monitor_event",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("coupon_id", sa.String(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "monitor_count",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id", "day", "what"),
    )
    op.create_table(
        "monitor_coupon",
        sa.Column("coupon_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("recovered", sa.Integer(), nullable=False),
        sa.Column("approved_again", sa.Integer(), nullable=False),
        sa.Column("flagged_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("coupon_id"),
    )
    op.create_table(
        "monitor_warning",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("warned_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id", "figure", "period"),
    )
    op.create_table(
        "report_rate_told",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("told_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id"),
    )
