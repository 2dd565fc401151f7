"""Programmes of earning, purses, and stamps in the book."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_NEVER_BELOW = "kind NOT IN ('member', 'member_hold', 'member_stamps', 'member_boards') OR balance >= 0"


def upgrade() -> None:
    """New tables and columns; stores get the accounts that their stamps need."""
    op.add_column("brand_policy", sa.Column("earning", sa.String(), nullable=True))
    op.add_column("store", sa.Column("earning", sa.String(), nullable=True))
    op.add_column("member", sa.Column("grades", sa.String(), nullable=True))
    op.create_table(
        "store_earning",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("program", sa.String(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id", "version"),
    )
    op.create_table(
        "purse",
        sa.Column("purse_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("place_id", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purse_id"),
    )
    op.create_index("purse_member", "purse", ["member_id"])
    op.create_table(
        "point_grant",
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("cause_id", sa.String(), nullable=False),
        sa.Column("booked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("posting_id"),
    )
    _stamps()
    # Balances of stamps are guarded like those of points. SQLite cannot change a constraint: the table is copied.
    with op.batch_alter_table("account") as account:
        account.drop_constraint("member_never_below_zero", type_="check")
        account.create_check_constraint("member_never_below_zero", _NEVER_BELOW)
    for kind in ("stamp_issuance", "stamp_breakage"):
        op.execute(
            f"INSERT INTO account (account_id, kind, owner_id, balance) SELECT '{kind}:' || store_id, '{kind}',"
            " store_id, 0 FROM store"
        )


def _stamps() -> None:
    op.create_table(
        "stamp_grant",
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("purse_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("earn_id", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("uncapped", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("program_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("taken_back", sa.Integer(), nullable=False),
        sa.Column("menu", sa.String(), nullable=True),
        sa.Column("booked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("posting_id"),
    )
    op.create_index("stamp_grant_day", "stamp_grant", ["purse_id", "day"])
    op.create_index("stamp_grant_store", "stamp_grant", ["store_id", "booked_ms"])
    for name in ("earn", "request"):
        there = sa.text(f"{name}_id IS NOT NULL")
        op.create_index(
            f"stamp_grant_{name}", "stamp_grant", [f"{name}_id"], sqlite_where=there, postgresql_where=there
        )
    op.create_table(
        "stamp_tier",
        sa.Column("purse_id", sa.String(), nullable=False),
        sa.Column("board", sa.Integer(), nullable=False),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("coupon_id", sa.String(), nullable=True),
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("paid_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purse_id", "board", "stamps"),
    )
