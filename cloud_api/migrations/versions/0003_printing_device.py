"""The device that prints, and when a consumer was told that the store cannot be reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """New columns; nothing that exists is rewritten."""
    op.add_column("store", sa.Column("print_device", sa.String(), nullable=True))
    op.add_column("request", sa.Column("print_device", sa.String(), nullable=True))
    op.add_column("request", sa.Column("unreachable_ms", sa.BigInteger(), nullable=True))
