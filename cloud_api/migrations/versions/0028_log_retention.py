"""The log of what people did lets go of what is three years old; old operations lose their contents (RBA-15)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_KEPT_FROM = "(SELECT CAST(value AS BIGINT) FROM server_state WHERE name = 'operation_log_from_ms')"


def upgrade() -> None:
    """Triggers; without the state's row nothing may go, as before. And how far each device's operations are empty."""
    op.add_column("device", sa.Column("forgotten_epoch", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("device", sa.Column("forgotten_seq", sa.BigInteger(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER operation_log_immutable ON operation_log")
        op.execute(
            "CREATE TRIGGER operation_log_immutable BEFORE UPDATE OR TRUNCATE ON operation_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE FUNCTION refuse_young_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF OLD.at_ms < coalesce({_KEPT_FROM}, 0) THEN RETURN OLD; END IF; "
            "RAISE EXCEPTION 'the ledger is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER operation_log_kept BEFORE DELETE ON operation_log "
            "FOR EACH ROW EXECUTE FUNCTION refuse_young_log()"
        )
        return
    op.execute("DROP TRIGGER operation_log_no_delete")
    op.execute(
        "CREATE TRIGGER operation_log_no_delete BEFORE DELETE ON operation_log "
        f"WHEN OLD.at_ms >= coalesce({_KEPT_FROM}, 0) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    )
