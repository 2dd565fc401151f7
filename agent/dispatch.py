"""How services tell screens that something changed, across threads and without Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from agent.logbook import topic

log = topic("agent")


class Dispatcher(Protocol):
    """Runs a job later on the thread that owns the screens."""

    def post(self, job: Callable[[], None]) -> None: ...


class ImmediateDispatcher:
    """Runs the job at once on the calling thread: for tests and for a process without screens."""

    def post(self, job: Callable[[], None]) -> None:
        job()


class Listeners:
    """Callbacks of one service. Called after a commit, on whatever thread made the change."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` on every change until the returned function is called."""
        with self._lock:
            self._callbacks.append(callback)

        def unsubscribe() -> None:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

        return unsubscribe

    def notify(self) -> None:
        """Call everybody, outside the lock. A listener that fails is logged and passed over: what it would have
        shown is booked already, and whoever booked it must not be told otherwise."""
        with self._lock:
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            try:
                callback()
            except Exception:
                log.failure("listener_failed")


class Rounds:
    """Answers that come back to a screen's thread; those to a question of an earlier round, which a person left, count
    for nothing."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._round = 0

    def begin(self) -> None:
        """A new round: nobody waits for the earlier answers any more."""
        self._round += 1

    def later(self, take: Callable[..., None]) -> Callable[..., None]:
        """What a service calls on any thread with its answer, which ``take`` gets on the screen's."""
        asked_in = self._round

        def bring(answer: object) -> None:
            def on_screen() -> None:
                if self._round == asked_in:
                    take(answer)

            self._dispatcher.post(on_screen)

        return bring


class Coalesced:
    """Folds a burst of notifications into one job: a hundred rows that arrive at once repaint a screen once."""

    def __init__(self, dispatcher: Dispatcher, job: Callable[[], None]) -> None:
        self._dispatcher = dispatcher
        self._job = job
        self._lock = threading.Lock()
        self._waiting = False

    def __call__(self) -> None:
        with self._lock:
            if self._waiting:
                return
            self._waiting = True
        self._dispatcher.post(self._run)

    def _run(self) -> None:
        with self._lock:
            self._waiting = False
        self._job()
