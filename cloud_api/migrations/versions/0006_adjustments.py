"""Corrections by hand; what was proposed never changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_PROPOSED = "adjustment_id, store_id, member_id, points, reason, proposed_by, proposed_ms"


def upgrade() -> None:
    """A new table."""
    op.create_table(
        "adjustment",
        sa.Column("adjustment_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("posting_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.posting_id"]),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("adjustment_id"),
        sa.UniqueConstraint("posting_id", name="adjustment_booked_once"),
    )
    op.create_index("adjustment_member", "adjustment", ["member_id", "proposed_ms"], unique=False)
    op.create_index("adjustment_state", "adjustment", ["state", "proposed_ms"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER adjustment_immutable BEFORE UPDATE OF {_PROPOSED} OR DELETE OR TRUNCATE ON adjustment "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for name, what in (("update", f"UPDATE OF {_PROPOSED}"), ("delete", "DELETE")):
        op.execute(
            f"CREATE TRIGGER adjustment_no_{name} BEFORE {what} ON adjustment "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
