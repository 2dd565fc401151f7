"""What stores bear of rewards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """A new table; until head office says otherwise stores bear everything."""
    op.create_table(
        "reward_share",
        sa.Column("share_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=True),
        sa.Column("coupon_bp", sa.Integer(), nullable=False),
        sa.Column("stamp_bp", sa.Integer(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("share_id"),
    )
    op.create_index("reward_share_brand", "reward_share", ["brand_id", "share_id"], unique=False)
