"""Owns identifiers and secret tokens: UUIDv7 in creation order, tokens from the system's randomness."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Protocol

from sync.clock import Clock

_COUNTER_BITS = 12
_RANDOM_BITS = 62


class IdSource(Protocol):
    """Where ids come from."""

    def uuid7(self) -> str: ...

    def token(self, n_bytes: int) -> str: ...


class _Uuid7:
    """RFC 9562 version 7 with the 12 bits after the time as a counter: ids of one source sort as they were made.

    A wall clock set back does not break the order: the last time used stays in force until the clock passes it.
    """

    def __init__(self, clock: Clock, bits: Callable[[int], int]) -> None:
        self._clock = clock
        self._bits = bits
        self._lock = threading.Lock()
        self._last_ms = 0
        self._counter = 0

    def next(self) -> str:
        with self._lock:
            now_ms = self._clock.wall_ms()
            if now_ms > self._last_ms:
                self._last_ms = now_ms
                self._counter = self._bits(_COUNTER_BITS - 1)  # the upper half stays free for counting
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:
                    self._last_ms += 1
                    self._counter = 0
            value = (
                (self._last_ms & ((1 << 48) - 1)) << 80
                | 0x7 << 76
                | self._counter << 64
                | 0b10 << 62
                | self._bits(_RANDOM_BITS)
            )
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def first_uuid7_of(ms: int) -> str:
    """What every id made at that time or later sorts after, whatever its source. Milliseconds of the wall clock."""
    text = f"{max(ms, 0):012x}"
    return f"{text[:8]}-{text[8:]}"


def _system_bits(count: int) -> int:
    n_bytes = (count + 7) // 8
    return int.from_bytes(os.urandom(n_bytes), "big") >> (n_bytes * 8 - count)


class SystemIds:
    """Unguessable ids and tokens."""

    def __init__(self, clock: Clock) -> None:
        self._uuid7 = _Uuid7(clock, _system_bits)

    def uuid7(self) -> str:
        return self._uuid7.next()

    def token(self, n_bytes: int) -> str:
        """``n_bytes`` of randomness as lower-case hex."""
        return os.urandom(n_bytes).hex()


class SeededIds:
    """The same ids in every run, for tests and the simulator; never for a shop."""

    def __init__(self, seed: int, clock: Clock) -> None:
        import random

        self._random = random.Random(seed)
        self._uuid7 = _Uuid7(clock, self._random.getrandbits)

    def uuid7(self) -> str:
        return self._uuid7.next()

    def token(self, n_bytes: int) -> str:
        return self._random.randbytes(n_bytes).hex()
