"""What becomes of members: statuses, numbers that stand apart, the log of it, and what brands want."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

FIRST_LOOK_MS = 330 * 86_400_000  # as cloud_api.members.numbers had it then


def upgrade() -> None:
    """New columns with the behaviour that there was; whoever is a member is looked at after most of a year."""
    for column in (
        sa.Column("status", sa.String(), nullable=False, server_default="normal"),
        sa.Column("verification", sa.String(), nullable=False, server_default="unverified"),
        sa.Column("join_channel", sa.String(), nullable=False, server_default="tablet"),
        sa.Column("join_detail", sa.String(), nullable=True),
        sa.Column("special", sa.String(), nullable=False, server_default="none"),
        sa.Column("phone_tail", sa.String(), nullable=True),
        sa.Column("check_ms", sa.BigInteger(), nullable=True),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
        sa.Column("changed_ms", sa.BigInteger(), nullable=True),
        sa.Column("merged_into", sa.String(), nullable=True),
    ):
        op.add_column("member", column)
    op.execute(f"UPDATE member SET check_ms = joined_ms + {FIRST_LOOK_MS}")
    _partial("member_tail", "member", ["phone_tail", "member_id"], "phone_tail IS NOT NULL")
    _partial("member_nickname", "member", ["nickname", "member_id"], "nickname <> ''")
    _partial("member_check", "member", ["check_ms"], "check_ms IS NOT NULL")
    _partial("member_merged", "member", ["merged_into"], "merged_into IS NOT NULL")
    _partial("member_status", "member", ["status", "changed_ms", "member_id"], "status <> 'normal'")
    _partial("earn_without_points", "earn", ["member_id"], "posting_id IS NULL")
    _partial("request_member", "request", ["member_id", "created_ms"], "member_id IS NOT NULL")
    op.create_table(
        "member_number",
        sa.Column("phone_lookup", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("stands", sa.String(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("nickname", sa.String(), nullable=False),
        sa.Column("block_days", sa.Integer(), nullable=False),
        sa.Column("purge_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("phone_lookup", "member_id"),
    )
    op.create_index("member_number_member", "member_number", ["member_id"])
    _partial("member_number_purge", "member_number", ["purge_ms"], "purge_ms IS NOT NULL")
    op.create_table(
        "member_event",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("member_event_member", "member_event", ["member_id", "at_ms"])
    _append_only("member_event")
    op.create_table(
        "member_search",
        sa.Column("search_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("searched", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=True),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("search_id"),
    )
    op.create_index("member_search_by", "member_search", ["key_id", "by", "at_ms"])
    _append_only("member_search")
    op.create_table(
        "member_merge",
        sa.Column("merge_id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merge_id"),
        sa.UniqueConstraint("source_id"),
    )
    op.create_index("ix_member_merge_target_id", "member_merge", ["target_id"], unique=False)
    _append_only("member_merge")
    op.create_table(
        "member_terms",
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("dormant_months", sa.Integer(), nullable=False),
        sa.Column("rejoin_block_days", sa.Integer(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.brand_id"]),
        sa.PrimaryKeyConstraint("brand_id"),
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
