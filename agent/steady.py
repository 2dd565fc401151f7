"""Owns the rule that a press counts only on a row that has not just moved: the finger was aimed at another one."""

from __future__ import annotations

from collections.abc import Sequence

from sync.clock import Clock

REST_MS = 300


class Steady:
    """Remembers for one list which row stands where, and since when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: tuple[str, ...] = ()
        self._moved_ms: dict[str, int] = {}

    def placed(self, keys: Sequence[str]) -> None:
        """These rows stand on the screen now, from top to bottom. Nobody aims at rows of an empty list."""
        before, self._keys = self._keys, tuple(keys)
        now_ms = self._clock.mono_ms()
        kept = {key: moved_ms for key, moved_ms in self._moved_ms.items() if now_ms - moved_ms < REST_MS}
        moved = [key for place, key in enumerate(self._keys) if before and before[place : place + 1] != (key,)]
        self._moved_ms = {**kept, **dict.fromkeys(moved, now_ms)}

    def changed(self, key: str) -> None:
        """This row's button means something else now; the second half of a double click was not meant for that."""
        self._moved_ms[key] = self._clock.mono_ms()

    def at_rest(self, key: str) -> bool:
        """Whether a press on this row is meant for it."""
        moved_ms = self._moved_ms.get(key)
        return moved_ms is None or self._clock.mono_ms() - moved_ms >= REST_MS
