"""The database schema in numbered steps (Alembic), run by the program itself."""
