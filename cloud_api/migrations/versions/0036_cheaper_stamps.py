"""Fewer checks and smaller indexes on what an earn by full rules writes (docs/adr/0029)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

_FOREIGN_KEYS = {"fk": "fk_%(table_name)s_%(column_0_name)s"}  # SQLite's have no names of their own
_ON_BOARDS = sa.text("remaining > 0 AND member_id LIKE '%~%'")


def upgrade() -> None:
    """Rows stay as they are."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("lot_use", naming_convention=None if postgresql else _FOREIGN_KEYS) as lot_use:
        lot_use.drop_constraint(
            "lot_use_posting_id_fkey" if postgresql else "fk_lot_use_posting_id", type_="foreignkey"
        )
    op.create_index(
        "lot_on_board", "lot", ["member_id", "expires_ms"], sqlite_where=_ON_BOARDS, postgresql_where=_ON_BOARDS
    )
    if postgresql:
        op.drop_index("graded_order_old", "graded_order")
        op.create_index("graded_order_old", "graded_order", ["at_ms"], postgresql_using="brin")
        return
    for event in ("UPDATE", "DELETE"):  # they went with the table that SQLite wrote anew
        op.execute(
            f"CREATE TRIGGER lot_use_no_{event.lower()} BEFORE {event} ON lot_use "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
