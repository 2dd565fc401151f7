"""Owns the end of an enrollment on this device: blocked while anything is unsent, and nothing of the shop stays."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sync import backup, opening
from sync.clock import Clock
from sync.errors import SyncError
from sync.ids import IdSource
from sync.secrets import DeviceVault
from sync.store import Store

log = logging.getLogger("sync")
FAREWELL_S = 3.0  # somebody waits at the screen

# What stays: the ends of the chains, because a number that was given out is never given out again.
_KEPT_TABLES = frozenset({"outbox_head"})


@dataclass(frozen=True)
class Unsent:
    """Operations that only this device knows; ``oldest_wall_ms`` is None when there are none."""

    count: int
    oldest_wall_ms: int | None

    def message(self, oldest: str) -> str:
        return (
            f"전송하지 못한 기록이 {self.count}건 있어요. 가장 오래된 기록은 {oldest}이에요."
            " 인터넷에 연결해 모두 보내거나 withfom outbox export로 파일에 옮긴 뒤 다시 시도해 주세요."
            " 아무것도 지우지 않았어요."
        )

    def message_en(self, oldest: str) -> str:
        return (
            f"{self.count} records are unsent, the oldest of {oldest}. Connect to the internet until they are sent, or"
            " take them out with withfom outbox export. Nothing was removed."
        )


@dataclass(frozen=True)
class Left:
    """This device belongs to no store any more. ``given_up`` records were lost on purpose."""

    given_up: int


@dataclass(frozen=True)
class Blocked:
    """Nothing was changed."""

    unsent: Unsent


def unsent(conn: sqlite3.Connection) -> Unsent:
    """Over all chains of this file: also what an earlier enrollment left behind."""
    found = conn.execute("SELECT count(*), min(wall_ms) FROM outbox WHERE status IN ('pending', 'forked')").fetchone()
    return Unsent(int(found[0]), found[1])


def farewell(
    store: Store, vault: DeviceVault, *, clock: Clock, ids: IdSource, cloud_url: str | None = None
) -> Callable[[], bool]:
    """Prepared while the keys are there, called when the device has left: the cloud shuts it out, so that nobody has to
    do so by hand. The call answers whether the cloud heard; it never raises, and leaving does not wait for a line."""
    from sync.enroll import load_device
    from sync.signing import RequestSigner
    from sync.transport import HttpTransport, Timeouts

    try:
        device = load_device(store, vault)
    except SyncError:
        device = None
    if device is None:
        return lambda: False
    identity = device.identity
    signer = RequestSigner(identity.device_id, device.secrets.signing_key(), clock=clock, ids=ids)

    def tell() -> bool:
        timeouts = Timeouts(FAREWELL_S, FAREWELL_S)
        line = HttpTransport(cloud_url or identity.base_url, signer=signer, clock=clock, timeouts=timeouts)
        try:
            heard = line.leave()
        finally:
            line.close()
        log.info("left_store_told heard=%s", heard)
        return heard

    return tell


def leave(store: Store, vault: DeviceVault, *, give_up: int = 0) -> Left | Blocked:
    """Removes identity, keys, copies and everything about customers; nothing must run on the store meanwhile.

    Whoever wants to lose unsent records says how many they are; another number is refused. Raises SecretError or
    StoreError.
    """
    with store.transaction() as conn:
        found = unsent(conn)
        if found.count and found.count != give_up:
            return Blocked(found)
        names = [
            str(row[0])
            for row in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        ]
        for name in sorted(set(names) - _KEPT_TABLES):
            conn.execute(f"DELETE FROM {name}")
    log.warning("left_store given_up=%s", found.count)
    # From here on the cells in what is left of the file and its copies open for nobody.
    vault.forget_others("")
    for copy in (*(one.path for one in backup.existing(store.folder)), *opening.kept_beside(store.path)):
        with contextlib.suppress(OSError):
            copy.unlink()
    return Left(found.count)
