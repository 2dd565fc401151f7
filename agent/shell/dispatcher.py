"""Carries jobs from any thread to the thread of the screens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from agent.logbook import topic

T = TypeVar("T")
log = topic("ui")


class QtDispatcher(QObject):
    """A queued signal: jobs run in the order in which they were posted, in the event loop of this object's thread."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._ended = threading.Event()
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, job: Callable[[], None]) -> None:
        if not self._ended.is_set():
            self._posted.emit(job)

    def end(self) -> None:
        """The screens are going: jobs that still come are dropped."""
        self._ended.set()

    def ask(self, question: Callable[[], T], timeout_s: float = 5.0) -> T:
        """Run ``question`` with the screens and wait for its answer. Never call it on their own thread.

        Raises TimeoutError, and what the question raises.
        """
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(question())
            except Exception as problem:
                answer.set_exception(problem)

        self.post(run)
        return answer.result(timeout_s)

    @Slot(object)
    def _run(self, job: Callable[[], None]) -> None:
        if self._ended.is_set():
            return
        try:
            job()
        except Exception:
            # One broken repaint must not end the counter; the log says where it came from.
            log.failure("screen_job_failed")
