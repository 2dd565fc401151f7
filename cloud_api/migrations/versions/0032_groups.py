"""Groups and segments of members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """New tables only."""
    op.create_table(
        "member_group",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("segment", sa.Boolean(), nullable=False),
        sa.Column("bought", sa.String(), nullable=True),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),
        sa.PrimaryKeyConstraint("group_id"),
    )
    op.create_index("ix_member_group_brand_id", "member_group", ["brand_id"], unique=False)
    op.create_table(
        "member_group_place",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["member_group.group_id"]),
        sa.PrimaryKeyConstraint("group_id", "member_id"),
    )
    op.create_index("member_group_place_member", "member_group_place", ["member_id"])
