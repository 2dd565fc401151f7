"""Owns changing this device's own keys: a new signing key at the cloud, a new key for cells, every cell sealed anew.

The new keys lie in the vault before the cloud hears of them, and the database names both entries until the cloud has
answered: whatever ends it in the middle, the next call goes on. The store's key stays, see docs/adr/0014.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from sync.clock import Clock
from sync.errors import CellUnreadable, NotEnrolled, SecretError, VaultUnreadable
from sync.ids import IdSource
from sync.meta import set_meta
from sync.outcomes import Denied, KeyChanged, KeyOutcome
from sync.profile import Identity, read_identity, write_identity
from sync.protocol import key_proof_message
from sync.secrets import DeviceSecrets, DeviceVault, FieldCipher, cell, new_key
from sync.signing import RequestSigner
from sync.store import Store

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

log = logging.getLogger("sync")

PENDING = "device.key_pending"  # meta: the vault entry with keys that the cloud may know already
CELLS_AT_ONCE = 200  # a few milliseconds during which the counter waits
_ENTRY_BYTES = 8
# (table, its key, the sealed column)
_CELLS = (
    ("outbox", "op_id", "sealed"),
    ("phone_entry", "entry_id", "phone_sealed"),
    ("spend", "spend_id", "phone_sealed"),
)


class KeyLine(Protocol):
    """The one call that is needed; sync.transport.HttpTransport has it."""

    def change_key(self, public_key: str, proof: str) -> KeyOutcome: ...

    def close(self) -> None: ...


OpenLine = Callable[[Identity, "Ed25519PrivateKey"], KeyLine]


@dataclass(frozen=True)
class Renewed:
    """How many cells were sealed anew; ``unreadable`` ones open with no key and stay as they are."""

    cells: int
    unreadable: int


def http_line(clock: Clock, ids: IdSource, base_url: str | None = None) -> OpenLine:
    """Lines to the device's own cloud, signed with whichever key is asked for."""
    from sync.transport import HttpTransport

    def opened(identity: Identity, key: Ed25519PrivateKey) -> KeyLine:
        signer = RequestSigner(identity.device_id, key, clock=clock, ids=ids)
        return HttpTransport(base_url or identity.base_url, signer=signer, clock=clock)

    return opened


def pending(store: Store) -> bool:
    """Whether a change was cut off: the cloud may know a key that is not in force here yet."""
    return store.meta(PENDING) is not None


def renew(store: Store, vault: DeviceVault, *, ids: IdSource, open_line: OpenLine) -> Renewed | KeyOutcome:
    """Changes the device's keys, or goes on with a change that was cut off. Blocks for the network.

    A refusal or a line that is down changes nothing that is in force. Raises NotEnrolled, SecretError, StoreError.
    """
    outcome = change_key(store, vault, ids=ids, open_line=open_line)
    return reseal(store, vault) if isinstance(outcome, KeyChanged) else outcome


def change_key(store: Store, vault: DeviceVault, *, ids: IdSource, open_line: OpenLine) -> KeyOutcome:
    """The first half: the new keys are in force when this returns KeyChanged."""
    with store.read() as conn:
        identity = read_identity(conn)
    if identity is None:
        raise NotEnrolled("no identity")
    old = vault.load(identity.vault_entry)
    entry, fresh = _prepared(store, vault, old, ids)
    outcome = _register(identity, old, fresh, open_line)
    if not isinstance(outcome, KeyChanged):
        return outcome
    with store.transaction() as conn:
        write_identity(conn, replace(identity, vault_entry=entry))
        set_meta(conn, PENDING, None)
    log.info("device_key_changed device=%s", identity.device_id)
    try:
        vault.forget_others(entry)
    except (SecretError, OSError) as problem:  # tidying up; the change stands
        log.info("vault_not_tidied error=%s", problem)
    return outcome


def _prepared(store: Store, vault: DeviceVault, old: DeviceSecrets, ids: IdSource) -> tuple[str, DeviceSecrets]:
    """The new keys, those of a change that was cut off if there are any; in the vault, and named in the database."""
    entry = store.meta(PENDING)
    if entry is not None:
        try:
            return entry, vault.load(entry)
        except VaultUnreadable:
            log.warning("pending_keys_lost")  # they were never in force here; if the cloud has them, it says so
    entry = ids.token(_ENTRY_BYTES)
    fresh = DeviceSecrets(new_key(), old.store_key, new_key(), old.field_key)
    vault.save(entry, fresh)
    with store.transaction() as conn:
        set_meta(conn, PENDING, entry)
    return entry, fresh


def _register(identity: Identity, old: DeviceSecrets, fresh: DeviceSecrets, open_line: OpenLine) -> KeyOutcome:
    """Signed with the old key; with the new one when the cloud knows only that any more."""
    key = fresh.signing_key()
    public = _b64url(key.public_key().public_bytes_raw())
    proof = _b64url(key.sign(key_proof_message(identity.device_id, public)))
    outcome: KeyOutcome = Denied("bad_signature")
    for signing in (old.signing_key(), key):
        with closing(open_line(identity, signing)) as line:
            outcome = line.change_key(public, proof)
        if not (isinstance(outcome, Denied) and outcome.code == "bad_signature"):
            break
    return outcome


def reseal(store: Store, vault: DeviceVault) -> Renewed:
    """The second half: every cell under the key in force, in short transactions. Calling it again is fine."""
    with store.read() as conn:
        identity = read_identity(conn)
    if identity is None:
        raise NotEnrolled("no identity")
    secrets = vault.load(identity.vault_entry)
    done = [_reseal_table(store, secrets, *where) for where in _CELLS]
    renewed = Renewed(sum(cells for cells, _ in done), sum(unreadable for _, unreadable in done))
    log.info("cells_sealed_anew cells=%s unreadable=%s", renewed.cells, renewed.unreadable)
    return renewed


def _reseal_table(store: Store, secrets: DeviceSecrets, table: str, key: str, column: str) -> tuple[int, int]:
    newest, any_of_both = FieldCipher(secrets.field_key), secrets.cipher()
    cells = unreadable = 0
    last = ""
    while True:
        with store.transaction() as conn:
            rows = conn.execute(
                f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL AND {key} > ?"
                f" ORDER BY {key} LIMIT {CELLS_AT_ONCE}",
                (last,),
            ).fetchall()
            for row_id, sealed in rows:
                aad = cell(table, column, row_id)
                try:
                    newest.open(sealed, aad)
                    continue
                except CellUnreadable:
                    pass
                try:
                    fresh = newest.seal(any_of_both.open(sealed, aad), aad)
                except CellUnreadable:
                    unreadable += 1
                    continue
                conn.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (fresh, row_id))
                cells += 1
        if not rows:
            return cells, unreadable
        last = rows[-1][0]


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
