"""A value above which silence is no approval."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """New columns with the behaviour that there was."""
    op.add_column(
        "brand_policy", sa.Column("auto_approve_max_won", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("request", sa.Column("at_zero", sa.String(), nullable=False, server_default="approve"))
