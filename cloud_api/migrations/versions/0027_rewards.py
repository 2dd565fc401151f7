"""Stores' rewards and draws; fewer indexes on stamps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """New tables; an earn of stamps names its posting, so that nothing looks for stamps by the earn."""
    op.drop_index("stamp_grant_store", "stamp_grant")
    op.drop_index("stamp_grant_earn", "stamp_grant")
    op.execute(
        "UPDATE earn SET posting_id = (SELECT stamp_grant.posting_id FROM stamp_grant"
        " WHERE stamp_grant.earn_id = earn.earn_id AND stamp_grant.store_id = earn.store_id)"
        " WHERE earn.posting_id IS NULL AND earn_id IN (SELECT stamp_grant.earn_id FROM stamp_grant)"
    )
    op.create_table(
        "reward_set",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id", "version"),
    )
    op.create_table(
        "store_reward",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value_won", sa.BigInteger(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("probability_bp", sa.Integer(), nullable=False),
        sa.Column("minimum_won", sa.BigInteger(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("store_id", "version", "place"),
    )
    op.create_table(
        "reward_draw",
        sa.Column("draw_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("roll_bp", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("coupon_id", sa.String(), nullable=True),
        sa.Column("posting_id", sa.String(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("drawn_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("draw_id"),
    )
    op.create_index("reward_draw_store", "reward_draw", ["store_id", "draw_id"])
