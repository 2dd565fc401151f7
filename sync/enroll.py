"""Owns joining a store: the key made on this device, the code traded for an identity, everything kept in one go."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import logging
import sqlite3
from dataclasses import dataclass
from typing import Any, Protocol

from sync import chain, enroll_texts, inbox, keychange, outbox
from sync.address import BadAddress, clean_base_url
from sync.clock import Clock
from sync.enroll_texts import EnrollRefused
from sync.errors import CellUnreadable, SecretError, StoreError, SyncError, VaultUnreadable
from sync.ids import IdSource
from sync.meta import get_meta, set_meta
from sync.outcomes import Denied, Reason, Redeemed, RedeemOutcome, Unavailable
from sync.profile import (
    Identity,
    StorePolicy,
    StoreProfile,
    parse_policy,
    parse_store_profile,
    read_identity,
    require_identity,
    write_identity,
    write_policy,
    write_store_profile,
)
from sync.protocol import (
    ENROLL_ALPHABET,
    ENROLL_CODE_LENGTH,
    Cursor,
    enroll_proof_message,
    normalise_enroll_code,
)
from sync.secrets import DeviceSecrets, DeviceVault, FieldCipher, new_key
from sync.snapshot import Why, ask_for
from sync.store import Store
from sync.transport import HttpTransport

log = logging.getLogger("sync")

PENDING_ENTRY = "pending"
_ENTRY_BYTES = 8


@dataclass(frozen=True)
class Enrolled:
    identity: Identity
    profile: StoreProfile
    policy: StorePolicy


@dataclass(frozen=True)
class Device:
    """An enrolled device with its keys: all that the composition root needs to build transport and services."""

    identity: Identity
    secrets: DeviceSecrets
    cipher: FieldCipher


class Redeemer(Protocol):
    """The one call that enrollment needs; HttpTransport has it."""

    def redeem(self, fields: dict[str, Any], *, language: str = "ko") -> RedeemOutcome: ...


@dataclass(frozen=True)
class _Welcome:
    """The cloud's answer, read and checked."""

    device_id: str
    epoch: int
    cursor: Cursor
    server_time_ms: int
    store_key: bytes
    profile: StoreProfile
    policy: StorePolicy


def load_device(store: Store, vault: DeviceVault) -> Device | None:
    """None before enrollment. Raises VaultUnavailable (try again), VaultUnreadable (enroll again), StoreError."""
    with store.read() as conn:
        identity = read_identity(conn)
    if identity is None:
        return None
    secrets = vault.load(identity.vault_entry)
    return Device(identity, secrets, secrets.cipher())


def redeem(
    base_url: str,
    code: str,
    label: str,
    *,
    store: Store,
    vault: DeviceVault,
    clock: Clock,
    ids: IdSource,
    again: bool = False,
    redeemer: Redeemer | None = None,
) -> Enrolled | EnrollRefused:
    """Enrolls this device. Blocks for the network: call it on a worker thread. Expected refusals are values.

    Keys go into the vault under a new name first, everything else into the database in one transaction that names
    them: a crash leaves the device as it was before or wholly enrolled. If the answer gets lost, the same code may be
    tried again: the key waits in the vault and the cloud repeats its answer to that key.

    With ``again`` an enrolled device gets a new identity at the same store and keeps what it has not sent.
    """
    try:
        address = clean_base_url(base_url)
    except BadAddress as bad:
        return enroll_texts.refused(f"address_{bad.code}")
    code = normalise_enroll_code(code)
    if len(code) != ENROLL_CODE_LENGTH or not set(code) <= set(ENROLL_ALPHABET):
        return enroll_texts.refused("code_malformed")
    try:
        before = _current(store)
        if before is not None and not again:
            return enroll_texts.refused("already_enrolled")
        private_key = _key_for(code, vault)
        if redeemer is not None:
            welcome = _ask(redeemer, code, label, private_key)
        else:
            with contextlib.closing(HttpTransport(address, signer=None, clock=clock)) as transport:
                welcome = _ask(transport, code, label, private_key)
        if isinstance(welcome, EnrollRefused):
            return welcome
        if before is not None and before.store_id != welcome.profile.store_id:
            return enroll_texts.refused("other_store")
        return _keep(address, label, before, private_key, welcome, store=store, vault=vault, ids=ids)
    except (SecretError, StoreError) as problem:
        log.error("enroll_not_kept error=%s", problem)
        return enroll_texts.from_error(problem)
    except OSError as problem:
        log.error("enroll_not_kept error=%s", problem)
        return enroll_texts.refused("vault_not_written")


def _current(store: Store) -> Identity | None:
    with store.read() as conn:
        return read_identity(conn)


def _key_for(code: str, vault: DeviceVault) -> bytes:
    """The key that waits for an answer to this code, or a new one; in the vault before the cloud hears of it.

    So a vault that does not work is found before the code is used up.
    """
    try:
        waiting = json.loads(vault.read(PENDING_ENTRY))
        if hmac.compare_digest(waiting["code"], code):
            return base64.b64decode(waiting["private"], validate=True)
    except (VaultUnreadable, ValueError, KeyError, TypeError):
        log.debug("no_key_waits")
    key = new_key()
    vault.write(PENDING_ENTRY, json.dumps({"code": code, "private": base64.b64encode(key).decode("ascii")}))
    return key


def _ask(transport: Redeemer, code: str, label: str, private_key: bytes) -> _Welcome | EnrollRefused:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(private_key)
    public = _b64url(key.public_key().public_bytes_raw())
    fields = {
        "code": code,
        "public_key": public,
        "proof": _b64url(key.sign(enroll_proof_message(code, public))),
        "label": label,
    }
    outcome = transport.redeem(fields)
    if isinstance(outcome, Unavailable) and outcome.reason is Reason.CUT:
        outcome = transport.redeem(fields)  # the answer may be all that was lost; the cloud repeats it
    if isinstance(outcome, Redeemed):
        try:
            return _read_welcome(outcome.fields)
        except (KeyError, TypeError, ValueError) as broken:
            log.warning("enroll_answer_unreadable error=%s", broken)
            return enroll_texts.refused("bad_answer")
    if isinstance(outcome, Denied):
        return enroll_texts.refused(outcome.code)
    return enroll_texts.refused(outcome.reason.value, outcome.retry_after_ms)


def _read_welcome(raw: dict[str, Any]) -> _Welcome:
    """Raises KeyError, TypeError or ValueError for anything that we could not live with later."""
    device_id, epoch, server_time_ms = raw["device_id"], raw["epoch"], raw["server_time_ms"]
    if not isinstance(device_id, str) or not device_id:
        raise TypeError("device_id")
    for number in (epoch, server_time_ms):
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise TypeError("epoch or server_time_ms")
    if not isinstance(raw["cursor"], str) or not isinstance(raw["store_key"], str):
        raise TypeError("cursor or store_key")
    store_key = _from_b64url(raw["store_key"])
    if len(store_key) != 32:
        raise ValueError("store_key")
    return _Welcome(
        device_id,
        epoch,
        Cursor.parse(raw["cursor"]),
        server_time_ms,
        store_key,
        parse_store_profile(raw["store"]),
        parse_policy(raw["policy"]),
    )


def _keep(
    address: str,
    label: str,
    before: Identity | None,
    private_key: bytes,
    welcome: _Welcome,
    *,
    store: Store,
    vault: DeviceVault,
    ids: IdSource,
) -> Enrolled:
    field_key, old_field_key = _field_keys(before, vault)
    entry = ids.token(_ENTRY_BYTES)
    where = vault.save(entry, DeviceSecrets(private_key, welcome.store_key, field_key, old_field_key))
    identity = Identity(
        base_url=address,
        device_id=welcome.device_id,
        epoch=welcome.epoch,
        store_id=welcome.profile.store_id,
        label=label,
        vault_entry=entry,
    )
    with store.transaction() as conn:
        # A cloud that came back from a backup may never have met the device that we were: all that it took comes again.
        restored = inbox.read_cursor(conn).generation != welcome.cursor.generation
        if before is not None and (restored or get_meta(conn, outbox.WENT_BACK) is not None):
            outbox.unsettle(conn)
        write_enrollment(
            conn,
            identity,
            welcome.profile,
            welcome.policy,
            cursor=welcome.cursor,
            server_time_ms=welcome.server_time_ms,
        )
        moved = chain.carry_over_all(conn, cipher=FieldCipher(field_key, old_field_key))
    log.info("enrolled device=%s epoch=%s vault=%s carried_over=%s", identity.device_id, identity.epoch, where, moved)
    try:
        vault.forget_others(entry)
    except (SecretError, OSError) as problem:  # tidying up; the enrollment stands
        log.info("vault_not_tidied error=%s", problem)
    return Enrolled(identity, welcome.profile, welcome.policy)


def _field_keys(before: Identity | None, vault: DeviceVault) -> tuple[bytes, bytes | None]:
    """Those in use, so that sealed cells stay readable; a new one when the old keys are lost."""
    if before is None:
        return new_key(), None
    try:
        found = vault.load(before.vault_entry)
        return found.field_key, found.old_field_key
    except (VaultUnreadable, CellUnreadable):
        log.warning("field_key_lost")
        return new_key(), None


def write_enrollment(
    conn: sqlite3.Connection,
    identity: Identity,
    profile: StoreProfile,
    policy: StorePolicy,
    *,
    cursor: Cursor,
    server_time_ms: int,
) -> None:
    """Everything that makes a device enrolled, inside the caller's transaction."""
    write_identity(conn, identity)
    write_store_profile(conn, profile)
    write_policy(conn, policy)
    inbox.write_cursor(conn, cursor)
    ask_for(conn, Why.ENROLLED)
    set_meta(conn, outbox.SERVER_TIME, str(server_time_ms))
    set_meta(conn, outbox.HALTED, None)
    set_meta(conn, outbox.SUSPENDED, None)
    set_meta(conn, outbox.RESENDING, None)
    set_meta(conn, outbox.WENT_BACK, None)
    set_meta(conn, keychange.PENDING, None)
    require_identity(conn)


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _from_b64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


__all__ = ["Device", "EnrollRefused", "Enrolled", "SyncError", "load_device", "redeem", "write_enrollment"]
