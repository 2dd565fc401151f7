"""Owns the timer that looks after the store: an hourly backup, purging, the reserve once there is room for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sync import backup, retention
from sync.clock import Clock
from sync.errors import StoreClosed, StoreError
from sync.store import Store

log = logging.getLogger("sync")

BACKUP_EVERY_MS = 3_600_000
BACKUP_AGAIN_MS = 600_000  # after one that failed or had no room
FIRST_BACKUP_MS = 60_000  # a start has better things to do
PURGE_EVERY_MS = 3_600_000
LOOK_EVERY_S = 60.0


class Upkeep:
    """Starts once, stops once; ``step`` is what the thread does, for tests and simulators with a clock of their own."""

    def __init__(
        self, *, store: Store, clock: Clock, pause: Callable[[threading.Event, float], object] = threading.Event.wait
    ) -> None:
        self._store = store
        self._clock = clock
        self._pause = pause
        self._stopping = threading.Event()
        self._due_mono_ms = clock.mono_ms() + self._first_due_ms()
        self._purge_mono_ms = clock.mono_ms() + FIRST_BACKUP_MS
        self._thread = threading.Thread(target=self._loop, name="store-upkeep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends within two seconds or so; a copy that is being written is dropped at the next start of one."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2)

    def step(self) -> backup.Backup | backup.Skipped | None:
        """Does what is due; the outcome of a backup, or None when it was not its time. Raises StoreError."""
        self._store.keep_reserve()
        if self._clock.mono_ms() >= self._purge_mono_ms:
            more = retention.purge_step(self._store, self._clock)
            self._purge_mono_ms = self._clock.mono_ms() + (0 if more else PURGE_EVERY_MS)
        if self._clock.mono_ms() < self._due_mono_ms:
            return None
        self._due_mono_ms = self._clock.mono_ms() + BACKUP_AGAIN_MS
        began_ms = self._clock.mono_ms()
        made = backup.make(self._store, self._clock)
        if isinstance(made, backup.Backup):
            self._due_mono_ms = began_ms + BACKUP_EVERY_MS
            log.info("backup_made file=%s took_ms=%s", made.path.name, self._clock.mono_ms() - began_ms)
        else:
            log.warning("backup_skipped reason=%s", made.reason)
        return made

    def _first_due_ms(self) -> int:
        """An hour after the last one, also over a restart; never later than that, whatever the wall clock says."""
        made = backup.existing(self._store.folder)
        age_ms = self._clock.wall_ms() - made[0].wall_ms if made else BACKUP_EVERY_MS
        return min(max(BACKUP_EVERY_MS - age_ms, FIRST_BACKUP_MS), BACKUP_EVERY_MS)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step()
            except StoreClosed:
                return
            except (StoreError, OSError) as problem:
                log.warning("upkeep_failed error=%s", problem)
            self._pause(self._stopping, LOOK_EVERY_S)
