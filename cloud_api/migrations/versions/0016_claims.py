"""Claim slips that were used through an app."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """A new table only."""
    op.create_table(
        "claim_use",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("earn_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("claimed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "earn_id"),
        sa.UniqueConstraint("op_id"),
    )
