"""Codes on papers, by which counters find coupons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Which coupons have a paper was not kept; each that can still be used may have one."""
    op.create_table(
        "paper_code",
        sa.Column("coupon_id", sa.String(), nullable=False),
        sa.Column("tail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("coupon_id"),
    )
    op.execute(
        "INSERT INTO paper_code (coupon_id, tail) SELECT coupon_id, substr(coupon_id, 15) FROM coupon"
        " WHERE state IN ('available', 'pending')"
    )
    op.create_index("ix_paper_code_tail", "paper_code", ["tail"], unique=False)
