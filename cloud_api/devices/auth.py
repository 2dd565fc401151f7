"""Proving who calls: a short signed token per call, bound to method, address and body, used once."""

from __future__ import annotations

import binascii
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, bindparam, delete, select

from cloud_api.bulk import select_among
from cloud_api.database import Database, Work
from cloud_api.devices.models import device, nonce
from cloud_api.errors import ApiError
from cloud_api.exchange import Asked, Statement
from cloud_api.stores.earning import KnownTerms
from cloud_api.stores.models import store
from sync.protocol import AUTH_SCHEME, JWT_AUDIENCE, SKEW_MAX_S, body_digest

NONCE_KEEP_MS = 600_000
_JTI_MIN_CHARS = 16
_JTI_MAX_CHARS = 128
_TOKEN_MAX_CHARS = 4_096
KNOWN_MAX = 20_000  # devices that one process keeps in mind


@dataclass(frozen=True)
class SignedCall:
    """What arrived: the header and what it must be bound to."""

    authorization: str | None
    method: str
    target: str  # path and query as sent
    body: bytes


@dataclass(frozen=True)
class DeviceCall:
    """A call whose signature held: the device, its store and the nonce that is not claimed yet."""

    device_id: str
    store_id: str
    brand_id: str
    epoch: int
    jti: str
    signed_with: bytes  # the public key that held
    known_terms: KnownTerms | None = field(default=None, compare=False)  # of stores, as this process last read them


class KnownDevices:
    """Devices as this process last read them, so that a push needs no question before its transaction.

    Only for calls that look at the device again under its lock, as a push does (``check_key``, ``revoked_ms``): what is
    remembered may be of before a revocation or a change of keys. It never refuses anybody, either.
    """

    def __init__(self) -> None:
        self._rows: dict[str, Any] = {}
        self.terms = KnownTerms()

    def get(self, device_id: str) -> Any | None:
        return self._rows.get(device_id)

    def keep(self, row: Any) -> None:
        if len(self._rows) >= KNOWN_MAX:
            self._rows.clear()
        self._rows[row.device_id] = row


def authenticate(database: Database, call: SignedCall, now_ms: int, *, known: KnownDevices | None = None) -> DeviceCall:
    """Raises ApiError 401 with the server's time. The nonce is claimed by ``claim_nonce`` in the call's transaction."""
    token = _read_token(_token(call, now_ms), now_ms)
    device_id = token.claims.iss
    remembered = None if known is None else known.get(device_id)
    if known is not None and remembered is not None:
        try:
            return replace(_proved(remembered, token, call, now_ms), known_terms=known.terms)
        except ApiError:
            pass  # perhaps it is not so any more
    with database.ask() as conn:
        row = _device_row(conn, device_id)
    if row is None:
        raise refusal("unknown_device", now_ms)
    proved = _proved(row, token, call, now_ms)
    if known is not None:
        known.keep(row)
        proved = replace(proved, known_terms=known.terms)
    return proved


def _proved(row: Any, token: _Token, call: SignedCall, now_ms: int) -> DeviceCall:
    keys = _keys_of(row.public_key, row.old_public_key, row.old_key_until_ms, now_ms)
    signed_with = next((key for key in keys if _holds(token, key, call)), None)
    if signed_with is None:
        raise refusal("bad_signature", now_ms)
    # Only now, because nobody but the device itself shall learn that it is revoked.
    if row.revoked_ms is not None:
        raise refusal("device_revoked", now_ms)
    if abs(token.claims.iat * 1000 - now_ms) > SKEW_MAX_S * 1000:
        raise refusal("skew", now_ms)
    return DeviceCall(row.device_id, row.store_id, row.brand_id, row.epoch, token.claims.jti, signed_with)


def _keys_of(public_key: bytes, old_public_key: bytes | None, old_key_until_ms: int | None, now_ms: int) -> list[bytes]:
    """The device's key, and for some minutes after a change the one before it."""
    keys = [bytes(public_key)]
    if old_public_key is not None and old_key_until_ms is not None and now_ms < old_key_until_ms:
        keys.append(bytes(old_public_key))
    return keys


def check_key(
    work: Work, call: DeviceCall, public_key: bytes, old_public_key: bytes | None, old_key_until_ms: int | None
) -> None:
    """Whether the call was signed with a key that holds by what is locked now. Raises ApiError ``bad_signature``."""
    if call.signed_with not in _keys_of(public_key, old_public_key, old_key_until_ms, work.now_ms):
        raise refusal("bad_signature", work.now_ms)


def refusal(code: str, now_ms: int) -> ApiError:
    """A 401 that tells the server's time, so that a device with a wrong clock can correct its next call."""
    return ApiError(code, extra={"server_time_ms": now_ms}, headers={"WWW-Authenticate": AUTH_SCHEME})


def _token(call: SignedCall, now_ms: int) -> str:
    scheme, _, token = (call.authorization or "").partition(" ")
    if scheme.lower() != AUTH_SCHEME.lower() or not token:
        raise refusal("unauthorized", now_ms)
    if len(token) > _TOKEN_MAX_CHARS:
        raise refusal("bad_signature", now_ms)
    return token


class _Header(msgspec.Struct):
    alg: str
    crit: Any = None
    b64: bool = True


class _Claims(msgspec.Struct):
    iss: str
    aud: str
    iat: int
    jti: str
    htm: str
    htu: str
    bdg: str


class _Token(msgspec.Struct):
    """A JWT whose signature is checked when the device's key is known."""

    claims: _Claims
    signed: bytes
    signature: bytes


_header_of = msgspec.json.Decoder(_Header).decode
_claims_of = msgspec.json.Decoder(_Claims).decode


def _read_token(token: str, now_ms: int) -> _Token:
    """Claims of the right names and types. The algorithm is ours to choose, never the token's."""
    try:
        signed, _, signature = token.encode("ascii").rpartition(b".")
        first, _, second = signed.partition(b".")
        header, claims = _header_of(_unspelled(first)), _claims_of(_unspelled(second))
        found = _Token(claims, signed, _unspelled(signature))
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise refusal("bad_signature", now_ms) from error
    if header.alg != "EdDSA" or header.crit is not None or not header.b64:
        raise refusal("bad_signature", now_ms)
    if not claims.iss.isprintable() or not claims.iss.isascii():
        raise refusal("unknown_device", now_ms)
    return found


_BASE64URL = bytes.maketrans(b"-_", b"+/")


def _unspelled(part: bytes) -> bytes:
    """Base64url without padding. Raises ValueError."""
    if b"+" in part or b"/" in part or b"=" in part:
        raise ValueError("not base64url")
    return binascii.a2b_base64(part.translate(_BASE64URL) + b"=" * (-len(part) % 4), strict_mode=True)


@lru_cache(maxsize=KNOWN_MAX)
def _key_of(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


def _holds(token: _Token, public_key: bytes, call: SignedCall) -> bool:
    """Whether the device's key signed exactly this call."""
    claims = token.claims
    if not (
        claims.aud == JWT_AUDIENCE
        and claims.htm == call.method
        and claims.htu == call.target
        and claims.bdg == body_digest(call.body)
        and _JTI_MIN_CHARS <= len(claims.jti) <= _JTI_MAX_CHARS
        and claims.jti.isascii()
        and claims.jti.isprintable()
    ):
        return False
    try:
        _key_of(public_key).verify(token.signature, token.signed)
    except (InvalidSignature, ValueError):
        return False
    return True


_DEVICE = (
    select(
        device.c.device_id,
        device.c.store_id,
        device.c.epoch,
        device.c.public_key,
        device.c.old_public_key,
        device.c.old_key_until_ms,
        device.c.revoked_ms,
        store.c.brand_id,
    )
    .join(store, store.c.store_id == device.c.store_id)
    .where(device.c.device_id == bindparam("which"))
)


def _device_row(conn: Connection, device_id: str) -> Any | None:
    return conn.execute(_DEVICE, {"which": device_id}).one_or_none()


_CLAIM = Statement(
    "INSERT INTO nonce (device_id, jti, seen_ms) VALUES ($1, $2, $3) ON CONFLICT (device_id, jti) DO NOTHING"
)


def claim_nonce(work: Work, call: DeviceCall) -> None:
    """Uses up the call's nonce, durably with the call's effect. Raises ApiError ``replayed``."""
    check_claimed(work, work.exchange(nonce_claim(work, call))[0].changed)


def nonce_claim(work: Work, call: DeviceCall) -> Asked:
    """The statement of ``claim_nonce``; give the number of rows that it changed to ``check_claimed``."""
    return Asked(_CLAIM, (call.device_id, call.jti, work.now_ms))


def check_claimed(work: Work, changed: int) -> None:
    """Raises ApiError ``replayed``."""
    if changed != 1:
        raise refusal("replayed", work.now_ms)


def forget_nonces(work: Work) -> int:
    """Deletes nonces whose calls would be refused for their age anyway; returns how many."""
    return int(work.conn.execute(delete(nonce).where(nonce.c.seen_ms < work.now_ms - NONCE_KEEP_MS)).rowcount)


_TRUSTED = "SELECT device_id FROM device WHERE device_id {wanted} AND revoked_ms IS NULL"


def still_trusted(conn: Connection, device_ids: Collection[str]) -> set[str]:
    """Which of the devices may go on listening to their open streams."""
    return {str(row.device_id) for row in select_among(conn, _TRUSTED, {"wanted": device_ids})}
