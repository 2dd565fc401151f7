"""Orders for a later time, and an index of those that are open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Orders of before are for as soon as they are made."""
    op.add_column("customer_order", sa.Column("due_ms", sa.BigInteger(), nullable=True))
    is_open = sa.text("state IN ('new', 'preparing')")
    op.create_index("order_open", "customer_order", ["store_id"], sqlite_where=is_open, postgresql_where=is_open)
