"""Identifiers and codes that the cloud makes up."""

from __future__ import annotations

import base64
import os
import secrets
import threading
from collections.abc import Callable

from cloud_api.clock import Clock
from sync.protocol import ENROLL_ALPHABET

_62_BITS = (1 << 62) - 1
_TAILS = 256


class Ids:
    """Time-ordered ids (UUIDv7) and random codes; safe to share between threads."""

    def __init__(self, clock: Clock, chance: Callable[[int], int] = secrets.randbelow) -> None:
        """``chance`` gives a whole number below its argument."""
        self._clock = clock
        self.chance = chance
        self._lock = threading.Lock()
        self._last = 0
        self._tails: list[int] = []  # random ends of ids to come: asking the system for each costs more than the rest

    def uuid7(self) -> str:
        """A new id that sorts after every id this object made before, also when the clock steps back."""
        with self._lock:
            # 48 bits of milliseconds and 12 bits that count within one: together one rising number.
            self._last = stamp = max(self._last + 1, self._clock() << 12)
            if not self._tails:
                pool = os.urandom(8 * _TAILS)
                self._tails = [int.from_bytes(pool[n : n + 8]) & _62_BITS for n in range(0, len(pool), 8)]
            tail = self._tails.pop()
        time_ms = stamp >> 12
        return (
            f"{time_ms >> 16:08x}-{time_ms & 0xFFFF:04x}-7{stamp & 0xFFF:03x}"
            f"-{0x8000 | tail >> 48:04x}-{tail & 0xFFFF_FFFF_FFFF:012x}"
        )

    def token(self, n_bytes: int) -> str:
        """Random text for a URL or header."""
        return base64url(secrets.token_bytes(n_bytes))

    def code(self, length: int) -> str:
        """Random letters that a person can read out."""
        return "".join(secrets.choice(ENROLL_ALPHABET) for _ in range(length))

    def below(self, limit: int) -> int:
        """A number of chance from 0 on, below ``limit``."""
        return self.chance(limit)

    def key(self) -> bytes:
        """A random 256-bit key."""
        return secrets.token_bytes(32)


def first_uuid7_of(ms: int) -> str:
    """What every id made at that time or later sorts after."""
    written = f"{max(ms, 0):012x}"
    return f"{written[:8]}-{written[8:]}"


def base64url(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises ValueError when the text is not unpadded base64url."""
    if not text.isascii() or "=" in text:
        raise ValueError("not unpadded base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
