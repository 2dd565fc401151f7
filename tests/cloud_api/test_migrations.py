"""The schema: the same on both databases, the same as the models, never older than the program assumes."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from cloud_api.bootstrap import build, prepare
from cloud_api.errors import StartError
from cloud_api.settings import Settings
from cloud_api.tables import all_tables


def test_the_migrated_schema_is_what_the_models_say(database_url: str, key_file: Path) -> None:
    cloud = build(Settings(database_url, key_file))
    with cloud.database.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        difference = compare_metadata(context, all_tables())
    cloud.database.close()

    assert difference == []


def test_preparing_twice_changes_nothing(database_url: str, key_file: Path) -> None:
    cloud = build(Settings(database_url, key_file))

    assert prepare(cloud) == prepare(cloud) == "0003"
    cloud.database.close()


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Case 60."""
    settings = Settings.for_folder(tmp_path)
    cloud = build(settings)
    prepare(cloud)
    cloud.database.transact(lambda work: work.conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))

    with pytest.raises(StartError, match="9999"):
        prepare(cloud)
    cloud.database.close()


def test_keys_of_another_database_are_refused(tmp_path: Path) -> None:
    """With other keys every known number would become a second member."""
    settings = Settings.for_folder(tmp_path)
    first = build(settings)
    prepare(first)
    first.database.close()
    settings.secret_file.unlink()
    second = build(settings)

    with pytest.raises(StartError, match="key file"):
        prepare(second)
    second.database.close()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"field_key": "AA", "lookup_key": "AA"}', "\x00\xff"])
def test_a_damaged_key_file_stops_the_start_and_is_not_replaced(tmp_path: Path, content: str) -> None:
    """Case 63."""
    settings = Settings.for_folder(tmp_path)
    settings.secret_file.write_text(content, encoding="latin-1")

    with pytest.raises(StartError, match="key file"):
        build(settings)
    assert settings.secret_file.read_text(encoding="latin-1") == content


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    settings = Settings.for_folder(tmp_path)
    (tmp_path / "cloud.db").write_bytes(b"this is not a database, but a file of some length " * 50)
    cloud = build(settings)

    with pytest.raises(StartError, match="cannot be opened"):
        prepare(cloud)
    cloud.database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://"])
def test_addresses_that_are_no_database_are_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(StartError):
        build(Settings(url, tmp_path / "keys"))


def test_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    """WAL, FULL, foreign keys, one writer; readers cannot write."""
    cloud = build(Settings.for_folder(tmp_path))
    prepare(cloud)

    def pragmas(name: str) -> object:
        return cloud.database.transact(lambda work: work.conn.execute(text(f"PRAGMA {name}")).scalar_one())

    assert [pragmas(name) for name in ("journal_mode", "synchronous", "foreign_keys")] == ["wal", 2, 1]
    with cloud.database.read() as conn, pytest.raises(Exception, match="readonly"):
        conn.execute(text("UPDATE feed SET n = 1"))
    cloud.database.close()
