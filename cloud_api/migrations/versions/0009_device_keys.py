"""A device's key before the one it has, for the minutes in which both hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """New columns; nothing that exists is rewritten."""
    op.add_column("device", sa.Column("old_public_key", sa.LargeBinary(), nullable=True))
    op.add_column("device", sa.Column("old_key_until_ms", sa.BigInteger(), nullable=True))
