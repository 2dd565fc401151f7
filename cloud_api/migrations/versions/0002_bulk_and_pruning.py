"""Bulk uploads, and how far each feed was pruned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A new table and a new column; nothing that exists is rewritten."""
    op.add_column("feed", sa.Column("pruned_n", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "bulk_item",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "item_id"),
    )
    op.create_index("bulk_item_received", "bulk_item", ["received_ms"], unique=False)
