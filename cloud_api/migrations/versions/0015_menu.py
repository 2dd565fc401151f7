"""The menu of brands and stores, and what of it is sold out where."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """New tables."""
    op.create_table(
        "menu_category",
        sa.Column("category_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("category_id"),
    )
    op.create_index("ix_menu_category_brand_id", "menu_category", ["brand_id"], unique=False)
    op.create_table(
        "menu_item",
        sa.Column("menu_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=True),
        sa.Column("category_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("price_won", sa.BigInteger(), nullable=False),
        sa.Column("options", sa.String(), nullable=False),
        sa.Column("sale_times", sa.String(), nullable=False),
        sa.Column("rewards", sa.String(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.ForeignKeyConstraint(["category_id"], ["menu_category.category_id"]),
        sa.PrimaryKeyConstraint("menu_id"),
    )
    op.create_index("ix_menu_item_brand_id", "menu_item", ["brand_id"], unique=False)
    op.create_table(
        "menu_here",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("menu_id", sa.String(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("sold_out", sa.String(), nullable=True),
        sa.Column("sold_out_ms", sa.BigInteger(), nullable=True),
        sa.Column("said_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.ForeignKeyConstraint(["menu_id"], ["menu_item.menu_id"]),
        sa.PrimaryKeyConstraint("store_id", "menu_id"),
    )
    op.create_table(
        "menu_time_template",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sale_times", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id", "name"),
    )
