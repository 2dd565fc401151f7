"""The lives of coupons, the days on which they are issued, and requests outside opening hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """New tables and columns; what happened before has no lines."""
    op.add_column("coupon_definition", sa.Column("issue_first", sa.String(), nullable=True))
    op.add_column("coupon_definition", sa.Column("issue_last", sa.String(), nullable=True))
    op.add_column(
        "use_limit", sa.Column("outside_hours", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.create_table(
        "coupon_event",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("coupon_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("coupon_event_coupon", "coupon_event", ["coupon_id", "event_id"], unique=False)
    op.create_index("coupon_event_store", "coupon_event", ["store_id", "event_id"], unique=False)
