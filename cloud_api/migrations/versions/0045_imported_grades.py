"""Grades of imported members: the words of a list, and what they become."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Lists from before brought none; what their members were called stays for a person to look at."""
    for name, default in (("grades", "[]"), ("graded", "0")):
        kind = sa.String() if name == "grades" else sa.Integer()
        op.add_column("member_import", sa.Column(name, kind, nullable=False, server_default=default))
