"""Owns virtual time: what happens when, in one order for one seed. Nothing here sleeps."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

Job = Callable[[], None]

START_MS = 1_790_000_000_000
NESTING_MAX = 3


class Agenda:
    """A clock that jumps from one event to the next."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self.now_ms = start_ms
        self._queue: list[tuple[int, int, Job]] = []
        self._numbers = itertools.count()
        self._depth = 0

    def after(self, delay_ms: int, job: Job) -> None:
        """``job`` runs this much later; two of one moment in the order in which they were planned."""
        heapq.heappush(self._queue, (self.now_ms + max(delay_ms, 0), next(self._numbers), job))

    def run_until(self, end_ms: int) -> None:
        """Everything that is due by then happens; afterwards it is then."""
        while self._queue and self._queue[0][0] <= end_ms:
            at_ms, _, job = heapq.heappop(self._queue)
            self.now_ms = max(self.now_ms, at_ms)
            job()
        self.now_ms = max(self.now_ms, end_ms)

    def pass_time(self, ms: int) -> None:
        """Called from inside a call that takes a while: meanwhile the rest of the world goes on.

        A call inside a call inside a call takes no time, so that the stack stays small.
        """
        if ms <= 0 or self._depth >= NESTING_MAX:
            return
        self._depth += 1
        try:
            self.run_until(self.now_ms + ms)
        finally:
            self._depth -= 1


class PcClock:
    """The clocks of one counter's PC (sync.clock.Clock): somebody may set the wall clock, a boot restarts the other."""

    def __init__(self, agenda: Agenda, *, mono_start_ms: int) -> None:
        self._agenda = agenda
        self._offset_ms = 0
        self._zero_ms = agenda.now_ms - mono_start_ms
        self._boots = 1

    @property
    def boot_id(self) -> str:
        return f"boot-{self._boots}"

    def wall_ms(self) -> int:
        return self._agenda.now_ms + self._offset_ms

    def mono_ms(self) -> int:
        return self._agenda.now_ms - self._zero_ms

    def jump(self, ms: int) -> None:
        """Somebody sets the wall clock."""
        self._offset_ms += ms

    def reboot(self, mono_start_ms: int) -> None:
        """The machine starts again."""
        self._boots += 1
        self._zero_ms = self._agenda.now_ms - mono_start_ms
