"""Points spent at counters: which device, what was lost, and how much a policy allows without a line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """New columns and an index; nothing that exists is rewritten."""
    for name, kind, default in (
        ("use_unit", sa.Integer(), "1"),
        ("offline_store_day_won", sa.BigInteger(), "30000"),
        ("offline_member_won", sa.BigInteger(), "5000"),
        ("offline_snapshot_max_ms", sa.BigInteger(), "86400000"),
    ):
        op.add_column("brand_policy", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("request", sa.Column("device_id", sa.String(), nullable=True))
    op.add_column("request", sa.Column("spend_op_id", sa.String(), nullable=True))
    op.add_column("request", sa.Column("loss_points", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("request", sa.Column("flags", sa.String(), nullable=True))
    offline = sa.text("spend_op_id IS NOT NULL")
    op.create_index(
        "request_spent_offline",
        "request",
        ["device_id", "decided_ms"],
        unique=False,
        sqlite_where=offline,
        postgresql_where=offline,
    )
