"""What a key may do, with whose things and how often; keys that there are keep everything."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """New columns with the behaviour that there was, and two new tables."""
    op.add_column("integrator_key", sa.Column("scopes", sa.String(), nullable=False, server_default="*"))
    op.add_column("integrator_key", sa.Column("brand_id", sa.String(), nullable=True))
    op.add_column("integrator_key", sa.Column("store_id", sa.String(), nullable=True))
    op.add_column("integrator_key", sa.Column("rate_per_minute", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("integrator_key", sa.Column("old_hash", sa.String(), nullable=True))
    op.add_column("integrator_key", sa.Column("old_until_ms", sa.BigInteger(), nullable=True))
    op.create_index("ix_integrator_key_old_hash", "integrator_key", ["old_hash"])
    op.create_table(
        "integrator_bucket",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("filled_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "integrator_member",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "member_id"),
    )
