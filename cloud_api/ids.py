"""Identifiers and codes that the cloud makes up."""

from __future__ import annotations

import base64
import os
import secrets
import threading

from cloud_api.clock import Clock
from sync.protocol import ENROLL_ALPHABET

_62_BITS = (1 << 62) - 1


class Ids:
    """Time-ordered ids (UUIDv7) and random codes; safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def uuid7(self) -> str:
        """A new id that sorts after every id this object made before, also when the clock steps back."""
        with self._lock:
            # 48 bits of milliseconds and 12 bits that count within one: together one rising number.
            self._last = max(self._last + 1, self._clock() << 12)
            stamp = self._last
        tail = int.from_bytes(os.urandom(8), "big") & _62_BITS
        digits = f"{(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | tail:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def token(self, n_bytes: int) -> str:
        """Random text for a URL or header."""
        return base64url(secrets.token_bytes(n_bytes))

    def code(self, length: int) -> str:
        """Random letters that a person can read out."""
        return "".join(secrets.choice(ENROLL_ALPHABET) for _ in range(length))

    def key(self) -> bytes:
        """A random 256-bit key."""
        return secrets.token_bytes(32)


def base64url(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises ValueError when the text is not unpadded base64url."""
    if not text.isascii() or "=" in text:
        raise ValueError("not unpadded base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
