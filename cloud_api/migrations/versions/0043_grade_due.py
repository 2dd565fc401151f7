"""What counts towards grades is counted from the earns; only who waits for a look has a row (docs/adr/0029)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Who waited for a look waits on."""
    op.create_table(
        "grade_due",
        sa.Column("earn_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("earn_id", "store_id"),
    )
    op.execute(
        "INSERT INTO grade_due (earn_id, store_id, member_id)"
        " SELECT earn_id, store_id, min(member_id) FROM graded_order WHERE due GROUP BY earn_id, store_id"
    )
    op.drop_table("graded_order")
