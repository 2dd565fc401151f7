"""Owns time: the only module of the agent side that reads a clock (AGT-07)."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Protocol

# Counts the time asleep as well, so that a countdown does not stretch over a suspended night. Windows' monotonic
# clock does so by itself.
_BOOT_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)
_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Wall time names moments for people; monotonic time measures, and means something within one boot only."""

    @property
    def boot_id(self) -> str: ...

    def wall_ms(self) -> int: ...

    def mono_ms(self) -> int: ...


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self._boot_id = _read_boot_id()

    @property
    def boot_id(self) -> str:
        return self._boot_id

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        if sys.platform != "win32" and _BOOT_CLOCK is not None:
            return time.clock_gettime_ns(_BOOT_CLOCK) // 1_000_000
        return time.monotonic_ns() // 1_000_000


def _read_boot_id() -> str:
    """The kernel's boot id; where there is none, one per start of the program.

    The second is the careful answer: stored deadlines then count as "from another boot" after every restart and
    are asked again instead of trusted.
    """
    try:
        return _BOOT_ID_FILE.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        import uuid

        return uuid.uuid4().hex


class FakeClock:
    """A clock that moves only when told; safe to move and read from several threads."""

    def __init__(self, wall_ms: int = 1_790_000_000_000, mono_ms: int = 1_000_000, boot_id: str = "boot-1") -> None:
        self._lock = threading.Lock()
        self._wall_ms = wall_ms
        self._mono_ms = mono_ms
        self._boot_id = boot_id

    @property
    def boot_id(self) -> str:
        return self._boot_id

    def wall_ms(self) -> int:
        with self._lock:
            return self._wall_ms

    def mono_ms(self) -> int:
        with self._lock:
            return self._mono_ms

    def advance(self, ms: int) -> None:
        """Time passes on both clocks."""
        with self._lock:
            self._wall_ms += ms
            self._mono_ms += ms

    def jump_wall(self, ms: int) -> None:
        """Somebody sets the wall clock; nothing passes."""
        with self._lock:
            self._wall_ms += ms

    def reboot(self, boot_id: str, mono_ms: int = 0) -> None:
        """The monotonic clock starts again under another boot id."""
        with self._lock:
            self._boot_id = boot_id
            self._mono_ms = mono_ms
