"""Alembic's entry: runs the steps on the connection that the program hands over."""

from __future__ import annotations

from alembic import context

from cloud_api.tables import all_tables

context.configure(connection=context.config.attributes["connection"], target_metadata=all_tables())
with context.begin_transaction():
    context.run_migrations()
