"""Earns that POS makers report themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """A new table only."""
    op.create_table(
        "direct_op",
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("earn_id", sa.String(), nullable=False),
        sa.Column("called_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )
