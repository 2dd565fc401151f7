"""The tap on the pump: takes copies without ever making the pump wait, and delivers them from a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from printers.capture.copies import BYTES, CLOSE, LOST, OPEN
from printers.capture.counters import Counters

QUEUE_BYTES_MAX = 4_000_000  # copies waiting to be read; above this copies are dropped, never the POS
TICK_S = 0.1

Deliver = Callable[[str, int, bytes], None]
_STOP = "stop"


class QueueTap:
    """Delivers to whatever reads. `copied` costs the pump a lock and an append.

    When the reader is too slow, copies are dropped and the reader is told LOST before the next bytes of that session.
    """

    def __init__(
        self,
        deliver: Deliver,
        *,
        counters: Counters,
        tick: Callable[[], None] = lambda: None,
        finish: Callable[[], None] = lambda: None,
        queue_bytes_max: int = QUEUE_BYTES_MAX,
    ) -> None:
        self._deliver = deliver
        self._tick = tick
        self._finish = finish
        self._counters = counters
        self._queue_bytes_max = queue_bytes_max
        self._queue: queue.SimpleQueue[tuple[str, int, bytes]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._queued = 0
        self._lossy: set[int] = set()
        self._thread = threading.Thread(target=self._run, name="capture-tap", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 4.0) -> None:
        """Deliver what has arrived, and stop; after `timeout_s` what is left is given up."""
        self._queue.put((_STOP, 0, b""))
        self._thread.join(timeout_s)

    # -- called by the pump -------------------------------------------------------------------------------------

    def opened(self, session: int) -> None:
        self._queue.put((OPEN, session, b""))

    def copied(self, session: int, chunk: bytes) -> None:
        with self._lock:
            fits = self._queued + len(chunk) <= self._queue_bytes_max
            if fits:
                self._queued += len(chunk)
                self._lossy.discard(session)
                first_loss = False
            else:
                first_loss = session not in self._lossy
                self._lossy.add(session)
        if fits:
            self._queue.put((BYTES, session, chunk))
            return
        self._counters.add("dropped_copies")
        if first_loss:
            self._queue.put((LOST, session, b""))

    def closed(self, session: int) -> None:
        self._queue.put((CLOSE, session, b""))

    # -- its thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            try:
                kind, session, chunk = self._queue.get(timeout=TICK_S)
            except queue.Empty:
                self._tick()
                continue
            if kind == _STOP:
                break
            self._deliver(kind, session, chunk)
            if kind == BYTES:
                with self._lock:
                    self._queued -= len(chunk)
            if self._queue.empty():
                self._tick()
        self._finish()
