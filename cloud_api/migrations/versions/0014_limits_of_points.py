"""How much of one payment points may cover, and how many a store's customers may use in a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """New columns with the behaviour that there was: no limit."""
    op.add_column("brand_policy", sa.Column("payment_max_percent", sa.Integer(), nullable=False, server_default="100"))
    op.add_column(
        "brand_policy", sa.Column("store_day_max_points", sa.BigInteger(), nullable=False, server_default="0")
    )
