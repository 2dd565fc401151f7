"""Owns enrolled devices for tests: a real store in a folder, keys, and a way to append."""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sync import outbox
from sync.backup import FOLDER_NAME
from sync.clock import FakeClock
from sync.enroll import write_enrollment
from sync.ids import SeededIds
from sync.outbox import Appended, NewOp
from sync.profile import Identity, StorePolicy, StoreProfile, read_identity
from sync.protocol import Cursor
from sync.secrets import DeviceSecrets, FieldCipher
from sync.snapshot import DUE
from sync.store import FILE_NAME, Store

DEVICE_ID = "019b0000-0000-7000-8000-000000000001"
STORE_ID = "store-mapo"
PROFILE = StoreProfile(STORE_ID, "마포 시험점", "시험 커피", "cafe", "basic", "B")
SECRETS = DeviceSecrets(b"p" * 32, b"s" * 32, b"f" * 32)


@dataclass
class Bench:
    """An enrolled device."""

    store: Store
    clock: FakeClock
    ids: SeededIds
    cipher: FieldCipher

    def append(self, body: dict[str, Any] | None = None, *, kind: str = "earn", phone: str | None = None) -> Appended:
        """One operation in a transaction of its own."""
        secret = None if phone is None else {"phone": phone}
        with self.store.transaction() as conn:
            op = NewOp(kind, body or {"points": 45}, "tablet", secret)
            return outbox.append(conn, op, clock=self.clock, ids=self.ids, cipher=self.cipher)

    def counts(self) -> outbox.OutboxCounts:
        with self.store.read() as conn:
            return outbox.counts(conn)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds, as plain tuples."""
        with self.store.read() as conn:
            return [tuple(row) for row in conn.execute(sql, values)]


@cache
def _new_file() -> bytes:
    """A store that nobody has joined with; made once, because its migrations are a durable commit each."""
    with tempfile.TemporaryDirectory() as folder:
        Store.open(Path(folder), clock=FakeClock()).close()
        return (Path(folder) / FILE_NAME).read_bytes()


def enrolled(
    folder: Path,
    *,
    base_url: str = "http://127.0.0.1:1",
    epoch: int = 1,
    seed: int | None = None,
    snapshot_due: bool = False,
) -> Bench:
    """A device that joined and read nothing yet, or as it was left in the folder; the caller closes its store.

    ``seed`` is where its ids begin: by the folder's name, so that two devices of one test make different ones.
    ``snapshot_due``: as it is right after enrollment, before its first snapshot."""
    clock = FakeClock()
    seed = zlib.crc32(folder.name.encode()) if seed is None else seed
    if not (folder / FOLDER_NAME).exists() and not any(folder.glob("agent*")):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / FILE_NAME).write_bytes(_new_file())
    store = Store.open(folder, clock=clock)
    bench = Bench(store, clock, SeededIds(seed, clock), FieldCipher(SECRETS.field_key))
    with store.read() as conn:
        if read_identity(conn) is not None:
            known = conn.execute("SELECT count(*) FROM outbox").fetchone()[0]
            bench.ids = SeededIds(seed + 1_000 * known, clock)  # a start later makes other ids
            return bench
    identity = Identity(base_url, DEVICE_ID, epoch, STORE_ID, "counter", "entry-1")
    with store.transaction() as conn:
        write_enrollment(conn, identity, PROFILE, StorePolicy(), cursor=Cursor(1, 0, 0), server_time_ms=clock.wall_ms())
        if not snapshot_due:
            Store.set_meta(conn, DUE, None)
    return bench
