"""Grades of members, their moves, and the payments that count towards them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """New tables only."""
    op.create_table(
        "member_grade",
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "brand_id"),
    )
    op.create_index("member_grade_review", "member_grade", ["brand_id", "reviewed_ms"])
    op.create_table(
        "grade_move",
        sa.Column("move_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("moved_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("move_id"),
    )
    op.create_index("grade_move_member", "grade_move", ["member_id", "brand_id"])
    op.create_table(
        "graded_order",
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("earn_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "brand_id", "earn_id"),
    )
    due = sa.text("due")
    op.create_index("graded_order_due", "graded_order", ["earn_id"], sqlite_where=due, postgresql_where=due)
    op.create_index("graded_order_old", "graded_order", ["at_ms"])
