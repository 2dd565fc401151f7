"""Rewards of advertisers: what they may come to, and their uses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """New tables; until head office says otherwise the platform's own figures hold."""
    op.create_table(
        "advertiser_limit",
        sa.Column("limit_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=True),
        sa.Column("use_max_won", sa.BigInteger(), nullable=False),
        sa.Column("day_max_won", sa.BigInteger(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),
        sa.PrimaryKeyConstraint("limit_id"),
    )
    op.create_index("ix_advertiser_limit_brand_id", "advertiser_limit", ["brand_id"], unique=False)
    op.create_table(
        "advertiser_use",
        sa.Column("coupon_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("payment_ref", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("value_won", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("coupon_id"),
    )
    op.create_index("advertiser_use_day", "advertiser_use", ["member_id", "day"], unique=False)
    op.create_index("advertiser_use_payment", "advertiser_use", ["member_id", "payment_ref"], unique=True)
