"""A coupon that a board pays checks nothing and writes no index of requests (docs/adr/0029)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"

_FOREIGN_KEYS = {"fk": "fk_%(table_name)s_%(column_0_name)s"}  # SQLite's have no names of their own
_OF_REQUESTS = sa.text("request_id IS NOT NULL")


def upgrade() -> None:
    """Rows stay as they are."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.drop_index("coupon_request", "coupon")
    with op.batch_alter_table("coupon", naming_convention=None if postgresql else _FOREIGN_KEYS) as coupon:
        for column in ("definition_id", "member_id"):
            coupon.drop_constraint(f"coupon_{column}_fkey" if postgresql else f"fk_coupon_{column}", type_="foreignkey")
    op.create_index(
        "coupon_request", "coupon", ["request_id"], sqlite_where=_OF_REQUESTS, postgresql_where=_OF_REQUESTS
    )
