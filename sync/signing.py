"""Owns the signature of a request: a short EdDSA token over method, target, body digest, time and nonce."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sync.clock import Clock
from sync.ids import IdSource
from sync.protocol import AUTH_SCHEME, JWT_AUDIENCE, body_digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NONCE_BYTES = 16


class RequestSigner:
    """Signs for one device. Knows how far the cloud's clock is from ours; the machine's clock is never set."""

    def __init__(self, device_id: str, key: Ed25519PrivateKey, *, clock: Clock, ids: IdSource) -> None:
        self._device_id = device_id
        self._key = key
        self._clock = clock
        self._ids = ids
        self._lock = threading.Lock()
        self._offset_ms = 0

    @property
    def offset_ms(self) -> int:
        """Cloud time minus our wall clock, as last measured."""
        with self._lock:
            return self._offset_ms

    def measured(self, server_time_ms: int) -> None:
        """Takes over the cloud's time from an answer that just arrived."""
        with self._lock:
            self._offset_ms = server_time_ms - self._clock.wall_ms()

    def authorization(self, method: str, target: str, body: bytes) -> str:
        """Header value. ``target`` is path and query exactly as sent, ``body`` the bytes as sent (after gzip)."""
        import jwt

        claims = {
            "iss": self._device_id,
            "aud": JWT_AUDIENCE,
            "iat": (self._clock.wall_ms() + self.offset_ms) // 1000,
            "jti": self._ids.token(NONCE_BYTES),
            "htm": method,
            "htu": target,
            "bdg": body_digest(body),
        }
        return f"{AUTH_SCHEME} {jwt.encode(claims, self._key, algorithm='EdDSA')}"
