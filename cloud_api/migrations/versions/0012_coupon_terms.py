"""What coupons take off and when, limited ones, codes, and what a store allows of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """New columns with what older rows mean, and new tables."""
    definition: tuple[sa.Column[Any], ...] = (
        sa.Column("kind", sa.String(), nullable=False, server_default="store_coupon"),
        sa.Column("conditions", sa.String(), nullable=False, server_default="{}"),
        sa.Column("benefit_kind", sa.String(), nullable=True),
        sa.Column("benefit_value", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("benefit_max_won", sa.BigInteger(), nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("issued", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("take_max", sa.Integer(), nullable=False, server_default="0"),
    )
    for column in definition:
        op.add_column("coupon_definition", column)
    op.add_column("coupon", sa.Column("issue_kind", sa.String(), nullable=False, server_default="api"))
    op.add_column("coupon", sa.Column("told_days", sa.Integer(), nullable=True))
    op.add_column("request", sa.Column("payment_ref", sa.String(), nullable=True))
    op.create_table(
        "coupon_code",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=True),
        sa.Column("coupon_id", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["definition_id"], ["coupon_definition.definition_id"]),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_coupon_code_definition_id", "coupon_code", ["definition_id"], unique=False)
    op.create_table(
        "coupon_code_try",
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "n"),
    )
    op.create_table(
        "use_limit",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("day_count", sa.Integer(), nullable=True),
        sa.Column("day_value_won", sa.BigInteger(), nullable=True),
        sa.Column("payment_count", sa.Integer(), nullable=True),
        sa.Column("payment_value_won", sa.BigInteger(), nullable=True),
        sa.Column("member_day_count", sa.Integer(), nullable=True),
        sa.Column("overlap_same", sa.Boolean(), nullable=False),
        sa.Column("overlap_different", sa.Boolean(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id"),
    )
