"""How a device joins a store: a short-lived code, its public key, and the proof that it holds the other half."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete, func, insert, select, update

from cloud_api.database import Database, Work
from cloud_api.devices.models import device, enrollment_code, enrollment_try
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.ids import base64url, from_base64url
from cloud_api.stores.service import policy_of, profile_of, store_key
from cloud_api.vault import Vault
from rules.stores import StoreState
from sync.protocol import (
    CHAIN_START,
    ENROLL_ALPHABET,
    ENROLL_CODE_LENGTH,
    enroll_proof_message,
    normalise_enroll_code,
)

CODE_VALID_MS = 600_000
TRIES_MAX = 5
TRIES_WINDOW_MS = 600_000
FIRST_EPOCH = 1


@dataclass(frozen=True)
class IssuedCode:
    code: str
    expires_ms: int


def issue_code(work: Work, store_id: str, device_kind: str, label: str) -> IssuedCode:
    """A code for one device of the store; only its hash is kept. Raises ApiError ``store_unknown``, ``store_not_open``
    for one that has left for good (STO-14)."""
    profile = profile_of(work.conn, store_id)
    if profile is None:
        raise ApiError("store_unknown")
    if profile.state is StoreState.CLOSED:
        raise ApiError("store_not_open", extra={"state": profile.state.value})
    code = work.ids.code(ENROLL_CODE_LENGTH)
    expires_ms = work.now_ms + CODE_VALID_MS
    work.conn.execute(
        insert(enrollment_code).values(
            code_hash=_hash(code), store_id=store_id, device_kind=device_kind, label=label, expires_ms=expires_ms
        )
    )
    return IssuedCode(code, expires_ms)


@dataclass(frozen=True)
class Redemption:
    """What a new device sends."""

    code: str
    public_key: str
    proof: str
    label: str


def redeem(database: Database, vault: Vault, wanted: Redemption, *, address: str) -> dict[str, Any]:
    """Enrolls the device and returns all it needs to start. Raises ApiError.

    A wrong code is remembered in a transaction of its own: the refusal must not roll the memory of it back.
    """
    code = normalise_enroll_code(wanted.code)
    answer = database.transact(lambda work: _redeem(work, vault, wanted, code, address))
    if answer is None:
        database.transact(lambda work: _remember_try(work, address))
        raise ApiError("code_unknown")
    return answer


def _redeem(work: Work, vault: Vault, wanted: Redemption, code: str, address: str) -> dict[str, Any] | None:
    _refuse_guessing(work, address)
    if len(code) != ENROLL_CODE_LENGTH or not set(code) <= set(ENROLL_ALPHABET):
        return None
    found = work.conn.execute(
        select(enrollment_code).where(enrollment_code.c.code_hash == _hash(code)).with_for_update()
    ).one_or_none()
    if found is None:
        return None
    public_key = _proved_key(wanted, code)
    if found.device_id is not None:
        # Single use; but a device whose answer was lost asks again with the same key and gets the same answer.
        known = work.conn.execute(select(device).where(device.c.device_id == found.device_id)).one()
        if known.public_key != public_key or known.revoked_ms is not None:
            return None
        return _welcome(work, vault, known.device_id, known.store_id, known.epoch)
    if work.now_ms >= found.expires_ms:
        raise ApiError("code_expired")
    device_id = work.ids.uuid7()
    work.conn.execute(
        insert(device).values(
            device_id=device_id,
            store_id=found.store_id,
            kind=found.device_kind,
            label=wanted.label or found.label,
            public_key=public_key,
            epoch=FIRST_EPOCH,
            last_seq=0,
            last_hash=CHAIN_START,
            enrolled_ms=work.now_ms,
        )
    )
    work.conn.execute(
        update(enrollment_code).where(enrollment_code.c.code_hash == found.code_hash).values(device_id=device_id)
    )
    return _welcome(work, vault, device_id, found.store_id, FIRST_EPOCH)


def _welcome(work: Work, vault: Vault, device_id: str, store_id: str, epoch: int) -> dict[str, Any]:
    profile = profile_of(work.conn, store_id)
    assert profile is not None
    generation = feeds.generation(work.conn)
    return {
        "device_id": device_id,
        "epoch": epoch,
        "generation": generation,
        "cursor": str(feeds.first_cursor(work.conn, feeds.store_feed(store_id), feeds.brand_feed(profile.brand_id))),
        "server_time_ms": work.now_ms,
        "store_key": base64url(store_key(work.conn, vault, store_id)),
        "store": profile.to_wire(),
        "policy": policy_of(work.conn, profile.brand_id).to_wire(),
    }


def _proved_key(wanted: Redemption, code: str) -> bytes:
    try:
        raw = from_base64url(wanted.public_key)
        proof = from_base64url(wanted.proof)
        Ed25519PublicKey.from_public_bytes(raw).verify(proof, enroll_proof_message(code, wanted.public_key))
    except (ValueError, InvalidSignature) as error:
        raise ApiError("bad_proof") from error
    return raw


def _refuse_guessing(work: Work, address: str) -> None:
    since = work.now_ms - TRIES_WINDOW_MS
    tries, first = work.conn.execute(
        select(func.count(), func.min(enrollment_try.c.tried_ms)).where(
            enrollment_try.c.address == address, enrollment_try.c.tried_ms > since
        )
    ).one()
    if tries >= TRIES_MAX:
        wait_s = max((first + TRIES_WINDOW_MS - work.now_ms + 999) // 1000, 1)
        raise ApiError("too_many_tries", headers={"Retry-After": str(wait_s)})


def _remember_try(work: Work, address: str) -> None:
    work.conn.execute(delete(enrollment_try).where(enrollment_try.c.tried_ms <= work.now_ms - TRIES_WINDOW_MS))
    work.conn.execute(insert(enrollment_try).values(try_id=work.ids.uuid7(), address=address, tried_ms=work.now_ms))


def _hash(code: str) -> str:
    # A code lives ten minutes and guessing is slowed down, so a fast hash is enough to keep it out of backups.
    return hashlib.sha256(b"enrollment:" + code.encode()).hexdigest()


def revoke(work: Work, device_id: str) -> bool:
    """Shuts a device out; its next call is refused and its stream ends. False when there is no such device."""
    changed = work.conn.execute(
        update(device)
        .where(device.c.device_id == device_id)
        .values(revoked_ms=func.coalesce(device.c.revoked_ms, work.now_ms))
    )
    return changed.rowcount == 1
