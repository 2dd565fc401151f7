"""Brings a database to the newest schema, or says that it is newer than this program."""

from __future__ import annotations

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cloud_api.errors import StartError

_LOCK = 0x57495448  # any number, the same in all processes


def config() -> Config:
    """Alembic's configuration, without an ini file."""
    made = Config()
    made.set_main_option("script_location", "cloud_api:migrations")
    made.set_main_option("path_separator", "os")
    return made


@cache
def _shipped() -> tuple[frozenset[str], str]:
    """The steps that this program has, and the newest. Read once: each is a file that Python has to compile."""
    script = ScriptDirectory.from_config(config())
    return frozenset(step.revision for step in script.walk_revisions()), str(script.get_current_head())


def migrate(conn: Connection) -> str:
    """Runs the missing steps inside the caller's transaction; returns the revision. Raises StartError."""
    alembic = config()
    if conn.dialect.name == "postgresql":
        # Several processes may start at once; one migrates, the others find the work done.
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    known, newest = _shipped()
    current = MigrationContext.configure(conn).get_current_revision()
    if current is not None and current not in known:
        raise StartError(
            "데이터베이스가 이 프로그램보다 새 버전입니다. 프로그램을 업데이트하세요"
            f" / the database is newer than this program ({current}); update the program"
        )
    if current != newest:
        alembic.attributes["connection"] = conn
        command.upgrade(alembic, "head")
    return newest
