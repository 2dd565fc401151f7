"""Coupons that are issued by themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """New tables; nothing is issued by itself until a brand says so."""
    op.create_table(
        "coupon_rule",
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("looked_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),
        sa.ForeignKeyConstraint(["definition_id"], ["coupon_definition.definition_id"]),
        sa.PrimaryKeyConstraint("rule_id"),
    )
    op.create_index("ix_coupon_rule_brand_id", "coupon_rule", ["brand_id"], unique=False)
    op.create_table(
        "coupon_occasion",
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "member_id", "occasion"),
    )
