"""Birthdays are found by a keyed hash of their month and day; those of before are looked up by the job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Nobody's is known yet: the keys are not here."""
    op.add_column("member_profile", sa.Column("birthday_lookup", sa.String(), nullable=True))
    there, unlooked = sa.text("birthday_lookup <> ''"), sa.text("birthday_lookup IS NULL")
    op.create_index(
        "member_profile_birthday",
        "member_profile",
        ["birthday_lookup", "member_id"],
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_index(
        "member_profile_unlooked", "member_profile", ["member_id"], sqlite_where=unlooked, postgresql_where=unlooked
    )
