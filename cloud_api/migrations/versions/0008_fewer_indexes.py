"""Fewer indexes and checks on what every earn writes (docs/adr/0010)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_FOREIGN_KEYS = {"fk": "fk_%(table_name)s_%(column_0_name)s"}  # SQLite's have no names of their own


def upgrade() -> None:
    """Rows stay as they are; the key of a receipt is split into the fingerprint and the time of a text."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    _receipts()
    _partial("device_op", "device_op_status", "device_op_parked", "received_ms", "status = 'parked'")
    _partial("posting", "posting_request", "posting_request", "request_id", "request_id IS NOT NULL")
    names = ("entry_posting_id_fkey", "entry_account_id_fkey")
    with op.batch_alter_table("entry", naming_convention=None if postgresql else _FOREIGN_KEYS) as entry:
        for name in names if postgresql else ("fk_entry_posting_id", "fk_entry_account_id"):
            entry.drop_constraint(name, type_="foreignkey")
    if postgresql:
        # Room for the next version of a row beside it: a balance moves without touching an index.
        op.execute("ALTER TABLE account SET (fillfactor = 85)")
        return
    for event in ("UPDATE", "DELETE"):  # they went with the table that SQLite wrote anew
        op.execute(
            f"CREATE TRIGGER entry_no_{event.lower()} BEFORE {event} ON entry "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def _receipts() -> None:
    op.drop_index("earn_fingerprint", "earn")
    op.drop_index("earn_member", "earn")
    op.add_column("earn", sa.Column("text_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE earn SET text_ms = occurred_ms WHERE receipt_key <> fingerprint")
    with op.batch_alter_table("earn") as earn:
        earn.drop_constraint("earn_once_per_receipt", type_="unique")
        earn.drop_column("receipt_key")
        earn.create_unique_constraint("earn_once_per_receipt", ["store_id", "fingerprint", "text_ms"])


def _partial(table: str, old: str, new: str, column: str, where: str) -> None:
    op.drop_index(old, table)
    op.create_index(new, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
