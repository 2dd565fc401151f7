"""What is to be told stands in a table of its own, written with what happened; no look goes by the time any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

_KINDS = "'earn', 'grant', 'stamp', 'capture', 'spend', 'reversal', 'stamp_back', 'expiry', 'stamp_expiry'"
# What the looks had not reached yet, of each topic.
_REST = (
    "SELECT 'posting', posting_id, posting_id, 1 FROM posting JOIN message_look ON message_look.name = 'members'"
    f" WHERE posting_id > message_look.after_id AND kind IN ({_KINDS}) AND actor NOT LIKE 'import:%'",
    "SELECT 'member', member_id, member_id, 1 FROM member JOIN message_look ON message_look.name = 'member-events'"
    " WHERE member_id > message_look.after_id",
    "SELECT 'member', event_id, event_id, 1 FROM member_event"
    " JOIN message_look ON message_look.name = 'member-events'"
    " WHERE event_id > message_look.after_id AND kind IN ('merged', 'withdrawn')",
    "SELECT 'joined', member_id, member_id, 1 FROM member WHERE joined_ms >= (SELECT min(looked_ms) - 120000"
    " FROM coupon_rule WHERE ended_ms IS NULL AND kind = 'join')",
    "SELECT 'bought', posting_id, posting_id, 1 FROM posting WHERE kind IN ('earn', 'stamp')"
    " AND actor NOT LIKE 'import:%' AND booked_ms >= (SELECT min(looked_ms) - 120000"
    " FROM coupon_rule WHERE ended_ms IS NULL AND kind = 'first_purchase')",
)


def upgrade() -> None:
    """A new table with what was still to be told; the looks go."""
    op.create_table(
        "happened",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("happened_id", sa.String(), nullable=False),
        sa.Column("ids", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "happened_id"),
    )
    for rest in _REST:
        op.execute(f"INSERT INTO happened (topic, happened_id, ids, n) {rest}")
    op.drop_table("message_look")
    op.drop_column("coupon_rule", "looked_ms")
