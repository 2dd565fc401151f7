"""What an order is paid with, its sold-out message, and the sums that order figures are read from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_KST_MS, _DAY_MS = 32_400_000, 86_400_000


def upgrade() -> None:
    """Orders of before have no rewards; their day is the calendar's. What is finished of them is summed up."""
    op.add_column("customer_order", sa.Column("take_out", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("customer_order", sa.Column("day", sa.String(), nullable=False, server_default=""))
    op.add_column("customer_order", sa.Column("coupon_won", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("customer_order", sa.Column("points", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("customer_order", sa.Column("sold_out", sa.String(), nullable=True))
    op.add_column("customer_order", sa.Column("sold_out_ms", sa.BigInteger(), nullable=True))
    op.add_column("customer_order", sa.Column("sold_out_items", sa.String(), nullable=True))
    op.create_table(
        "order_sum",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("take_out", sa.Integer(), nullable=False),
        sa.Column("menu_won", sa.BigInteger(), nullable=False),
        sa.Column("coupon_won", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("cancelled_won", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id", "day", "hour", "channel"),
    )
    op.create_table(
        "order_menu_sum",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("menu_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_won", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"]),
        sa.PrimaryKeyConstraint("store_id", "day", "menu_id"),
    )
    op.execute("UPDATE customer_order SET take_out = (channel <> 'in_store')")
    op.execute(f"UPDATE customer_order SET day = {_day()}")
    op.execute(
        "INSERT INTO order_sum (store_id, day, hour, channel, completed, take_out, menu_won, coupon_won, points,"
        f" cancelled, cancelled_won) SELECT store_id, day, ((created_ms + {_KST_MS}) % {_DAY_MS}) / 3600000, channel,"
        " sum(CASE WHEN state = 'ready' THEN 1 ELSE 0 END),"
        " sum(CASE WHEN state = 'ready' AND take_out THEN 1 ELSE 0 END),"
        " sum(CASE WHEN state = 'ready' THEN total_won ELSE 0 END), 0, 0,"
        " sum(CASE WHEN state = 'cancelled' THEN 1 ELSE 0 END),"
        " sum(CASE WHEN state = 'cancelled' THEN total_won ELSE 0 END)"
        " FROM customer_order WHERE state IN ('ready', 'cancelled') GROUP BY 1, 2, 3, 4"
    )


def _day() -> str:
    """The calendar day in Korea."""
    if op.get_bind().dialect.name == "sqlite":
        return "date((created_ms + 32400000) / 1000, 'unixepoch')"
    return "to_char(to_timestamp((created_ms + 32400000) / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
