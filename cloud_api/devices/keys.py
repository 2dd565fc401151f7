"""How a device changes its key: the new one comes in a call that the old one signed, with the proof that it is held."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select, update

from cloud_api.database import Work
from cloud_api.devices.auth import DeviceCall, claim_nonce, refusal
from cloud_api.devices.models import device
from cloud_api.errors import ApiError
from cloud_api.ids import from_base64url
from sync.protocol import key_proof_message

log = logging.getLogger("sync")

OLD_KEY_HOLDS_MS = 600_000  # for what is on its way, and for an answer that is asked for again


@dataclass(frozen=True)
class KeyChanged:
    """Until when calls signed with the key before are still taken."""

    old_key_until_ms: int
    server_time_ms: int


def change_key(work: Work, call: DeviceCall, public_key: str, proof: str) -> KeyChanged:
    """Asked again, with either key, because the answer got lost, it is the same answer. Only the newest key can be
    followed by another one, and not that of a suspended device: a clone must not shut the counter out.
    Raises ApiError."""
    claim_nonce(work, call)
    fresh = _proved(call.device_id, public_key, proof)
    row = work.conn.execute(
        select(device).where(device.c.device_id == call.device_id).with_for_update(key_share=True)
    ).one()
    if row.revoked_ms is not None:
        raise refusal("device_revoked", work.now_ms)
    if row.public_key == fresh:
        return KeyChanged(row.old_key_until_ms or work.now_ms, work.now_ms)
    if row.public_key != call.signed_with:
        raise refusal("bad_signature", work.now_ms)
    if row.suspended_ms is not None:
        raise ApiError("device_suspended")
    until_ms = work.now_ms + OLD_KEY_HOLDS_MS
    work.conn.execute(
        update(device)
        .where(device.c.device_id == call.device_id)
        .values(public_key=fresh, old_public_key=row.public_key, old_key_until_ms=until_ms)
    )
    log.info("device_key_changed device=%s", call.device_id)
    return KeyChanged(until_ms, work.now_ms)


def _proved(device_id: str, public_key: str, proof: str) -> bytes:
    try:
        raw = from_base64url(public_key)
        message = key_proof_message(device_id, public_key)
        Ed25519PublicKey.from_public_bytes(raw).verify(from_base64url(proof), message)
    except (ValueError, InvalidSignature) as error:
        raise ApiError("bad_proof") from error
    return raw
