"""Owns the cloud's ids and codes in a simulation: like the real ones, and the same in every run of a seed."""

from __future__ import annotations

import random

from cloud_api.clock import Clock
from cloud_api.ids import Ids, base64url
from sync.protocol import ENROLL_ALPHABET


class SeededCloudIds(Ids):
    """Never for a real cloud: whoever knows the seed knows every code."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        super().__init__(clock)
        self._rng = rng

    def uuid7(self) -> str:
        text = super().uuid7().replace("-", "")
        # The time and counter of the real one; only its 62 random bits are replaced.
        value = (int(text, 16) >> 62 << 62) | self._rng.getrandbits(62)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def token(self, n_bytes: int) -> str:
        return base64url(self._rng.randbytes(n_bytes))

    def code(self, length: int) -> str:
        return "".join(self._rng.choice(ENROLL_ALPHABET) for _ in range(length))

    def key(self) -> bytes:
        return self._rng.randbytes(32)
