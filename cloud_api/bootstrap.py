"""The one place that puts the cloud together."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from cloud_api.clock import Clock, system_clock
from cloud_api.database import Database, Work, sqlite_path
from cloud_api.devices.auth import KnownDevices
from cloud_api.errors import StartError
from cloud_api.gateway import feeds
from cloud_api.gateway.hub import Hub
from cloud_api.gateway.models import KEY_CHECK, server_state
from cloud_api.ids import Ids
from cloud_api.integrators.rates import Meter
from cloud_api.limits import Limiter
from cloud_api.migrations.runner import migrate
from cloud_api.settings import Settings
from cloud_api.vault import Vault, load_vault

log = logging.getLogger("cloud")

FIRST_GENERATION = 1


@dataclass(frozen=True)
class Cloud:
    """Everything that routes and commands work with."""

    settings: Settings
    clock: Clock
    ids: Ids
    vault: Vault
    database: Database
    hub: Hub
    lookups: Limiter = field(default_factory=Limiter)
    meter: Meter = field(default_factory=Meter)
    known: KnownDevices = field(default_factory=KnownDevices)


def build(settings: Settings, *, clock: Clock = system_clock, checkpoints: bool = True) -> Cloud:
    """Opens the database (which must have been migrated) and the keys. Raises StartError.

    ``checkpoints`` is false for commands that run beside a server.
    """
    ids = Ids(clock)
    hub = Hub()
    database = _open(settings, clock, ids, checkpoints=checkpoints)
    vault = load_vault(settings.secret_file)
    database.on_publish(hub.announce)
    return Cloud(settings, clock, ids, vault, database, hub)


def prepare(cloud: Cloud) -> str:
    """Migrates the database, checks that the keys belong to it; returns the schema's revision. Raises StartError."""
    try:
        with cloud.database.schema_connection() as conn:
            revision = migrate(conn)
        cloud.database.transact(lambda work: _first_state(work, cloud.vault))
    except DBAPIError as error:
        raise _unreachable(error) from error
    return revision


def _first_state(work: Work, vault: Vault) -> None:
    found = {row.name: row.value for row in work.conn.execute(select(server_state))}
    if feeds.GENERATION not in found:
        work.conn.execute(insert(server_state).values(name=feeds.GENERATION, value=str(FIRST_GENERATION)))
        work.conn.execute(insert(server_state).values(name=KEY_CHECK, value=vault.newest_fingerprint()))
    elif found[KEY_CHECK] not in vault.fingerprints():
        # With other keys every known number would become a second member.
        raise StartError("키 파일이 이 데이터베이스의 것이 아닙니다 / the key file does not belong to this database")
    of_all = (feeds.CONSUMERS, feeds.MEMBERS)
    for missing in sorted(set(of_all) - set(feeds.heads(work.conn, of_all))):
        feeds.create(work.conn, missing)


def _open(settings: Settings, clock: Clock, ids: Ids, *, checkpoints: bool) -> Database:
    try:
        path = sqlite_path(settings.database_url)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        return Database(
            settings.database_url, clock=clock, ids=ids, write_feeds=feeds.write_published, checkpoints=checkpoints
        )
    except (ArgumentError, ValueError) as error:
        raise StartError("데이터베이스 주소가 올바르지 않습니다 / the database URL is not valid") from error
    except OSError as error:
        raise StartError(f"폴더를 만들 수 없습니다 / the folder cannot be made: {error.filename}") from error


def _unreachable(error: DBAPIError) -> StartError:
    first_line = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    return StartError(f"데이터베이스를 열 수 없습니다 / the database cannot be opened: {first_line}")


@contextmanager
def opened(settings: Settings, *, clock: Clock = system_clock, checkpoints: bool = True) -> Iterator[Cloud]:
    """A cloud whose database is migrated, closed at the end. Raises StartError."""
    cloud = build(settings, clock=clock, checkpoints=checkpoints)
    try:
        prepare(cloud)
        yield cloud
    finally:
        cloud.database.close()


def lock_file(settings: Settings) -> Path | None:
    """On SQLite one server owns the file; this is where it holds its lock."""
    path = sqlite_path(settings.database_url)
    return None if path is None else path.with_name(path.name + ".lock")
