"""Owns the threads that keep a device in touch with the cloud: one pushes, one listens, one has time (AGT-09)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from sync.clock import Clock
from sync.engine import Halted, Idle, WaitUntil
from sync.errors import NotEnrolled, StoreClosed, StoreError
from sync.exchange import CHORES, FEED, PUSH, Exchange, LinkStatus
from sync.ids import IdSource
from sync.inbox import Applier
from sync.outbox import Cipher, OnResult
from sync.outcomes import Transport
from sync.store import Store

__all__ = ["LinkStatus", "SyncWorker"]

log = logging.getLogger("sync")

STOP_WITHIN_S = 0.9
LOOK_AGAIN_S = 30.0  # a timer besides all wake-ups: no missed signal may stop the queue
_JITTER_BYTES = 4


class SyncWorker:
    """Starts once, stops once. ``on_change`` is called on a worker thread whenever ``status`` may read differently.

    ``on_result`` and the appliers run inside store transactions on the worker's threads.
    """

    def __init__(
        self,
        *,
        store: Store,
        transport: Transport,
        appliers: Mapping[str, Applier],
        on_result: OnResult,
        clock: Clock,
        ids: IdSource,
        on_change: Callable[[], None],
        cipher: Cipher | None = None,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        """``pause`` waits for the event or for so many seconds of ``clock``; only a test with a faster clock
        replaces it."""
        self._pause = pause
        self._store = store
        self._transport = transport
        self._clock = clock
        self._stopping = threading.Event()
        self._push_signal = threading.Event()
        self._feed_signal = threading.Event()
        self._chore_signal = threading.Event()
        self._exchange = Exchange(
            store=store,
            transport=transport,
            cipher=cipher,
            appliers=appliers,
            on_result=on_result,
            clock=clock,
            random_unit=lambda: int(ids.token(_JITTER_BYTES), 16) / (1 << 8 * _JITTER_BYTES),
            on_change=on_change,
            on_network_back=self.wake,
            renews=True,
        )
        self._threads = (
            threading.Thread(target=self._push_loop, name="sync-push", daemon=True),
            threading.Thread(target=self._feed_loop, name="sync-stream", daemon=True),
            threading.Thread(target=self._chore_loop, name="sync-chores", daemon=True),
        )
        self._unsubscribe: Callable[[], None] | None = None

    def start(self) -> None:
        """From now on every commit is followed by a push of what it left in the outbox."""
        self._unsubscribe = self._store.after_commit(self._push_signal.set)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Looks again now, on all threads; a back-off that is running is kept."""
        for signal in (self._push_signal, self._feed_signal, self._chore_signal):
            signal.set()

    def stop(self) -> bool:
        """Ends all threads within a second, also when they wait for the network. False if one did not follow.

        One that is left behind hangs in connecting; it is a daemon and finds the transport closed afterwards.
        """
        self._stopping.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._transport.close()
        self.wake()
        deadline = threading.Event()
        timer = threading.Timer(STOP_WITHIN_S, deadline.set)
        timer.daemon = True
        timer.start()
        try:
            for thread in self._threads:
                while thread.is_alive() and thread is not threading.current_thread() and not deadline.is_set():
                    thread.join(0.02)
        finally:
            timer.cancel()
        left = [thread.name for thread in self._threads if thread.is_alive()]
        if left:
            log.info("worker_left_behind threads=%s", ",".join(left))
        return not left

    def status(self) -> LinkStatus:
        """Figures as of now; cheap enough for every second."""
        return self._exchange.status()

    def _push_loop(self) -> None:
        self._loop(PUSH, self._push_signal, self._exchange.push_step)

    def _feed_loop(self) -> None:
        self._loop(FEED, self._feed_signal, lambda: self._exchange.feed_step(self._stopping.is_set))

    def _chore_loop(self) -> None:
        self._loop(CHORES, self._chore_signal, lambda: self._exchange.chore_step(self._stopping.is_set))

    def _loop(
        self, channel: str, signal: threading.Event, step: Callable[[], Idle | WaitUntil | Halted | None]
    ) -> None:
        while not self._stopping.is_set():
            signal.clear()
            pause = self._step(channel, step)
            if pause is not None and not self._stopping.is_set():
                self._pause(signal, pause)

    def _step(self, channel: str, step: Callable[[], Idle | WaitUntil | Halted | None]) -> float | None:
        """Seconds to pause at most, or None to go on at once."""
        try:
            action = step()
        except StoreClosed:
            self._stopping.set()
            return None
        except NotEnrolled:
            return LOOK_AGAIN_S
        except StoreError as problem:
            log.error("sync_step_failed channel=%s error=%s", channel, problem)
            return self._until(self._exchange.trouble(channel, "store_error"))
        except Exception:  # a bug: say so, keep the thread, try again later
            log.exception("sync_step_failed channel=%s", channel)
            return self._until(self._exchange.trouble(channel, "internal"))
        if action is None:
            return None
        return self._until(action.mono_ms) if isinstance(action, WaitUntil) else LOOK_AGAIN_S

    def _until(self, mono_ms: int) -> float:
        return min(max(mono_ms - self._clock.mono_ms(), 0) / 1000, LOOK_AGAIN_S)
