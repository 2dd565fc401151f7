"""What head office keeps of a product: code, composition, ways to order, days of sale, manager."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """New columns; items of before are single, without a code, and sold as they were."""
    op.add_column("menu_item", sa.Column("code", sa.String(), nullable=False, server_default=""))
    op.add_column("menu_item", sa.Column("composition", sa.String(), nullable=False, server_default="single"))
    op.add_column("menu_item", sa.Column("services", sa.String(), nullable=False, server_default="[]"))
    op.add_column("menu_item", sa.Column("sale_first", sa.String(), nullable=True))
    op.add_column("menu_item", sa.Column("sale_last", sa.String(), nullable=True))
    op.add_column("menu_item", sa.Column("stopped", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("menu_item", sa.Column("manager", sa.String(), nullable=False, server_default=""))
    for name, owner, where in (
        ("menu_item_brand_code", "brand_id", "store_id IS NULL"),
        ("menu_item_store_code", "store_id", "store_id IS NOT NULL"),
    ):
        coded = sa.text(f"code <> '' AND removed_ms IS NULL AND {where}")
        op.create_index(name, "menu_item", [owner, "code"], unique=True, sqlite_where=coded, postgresql_where=coded)
