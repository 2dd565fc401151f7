"""A queue of this computer's print system as the far end: it takes whole documents, and nothing ever comes back.

The bytes of the POS are gathered until a document is complete and left in the queue as one raw job, unchanged. An end
that was none only makes two jobs of one document, in the same order.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from printers.devices.port import NotAnswering, SentUnconfirmed
from printers.status import Condition

log = logging.getLogger("capture")

JOB_TITLE: Final = "POS"
JOB_BYTES_MAX: Final = 4_000_000  # what comes without a pause is handed over in parts
AFTER_CUT_S: Final = 0.2  # a drawer or a reset may follow a cut at once
WITHOUT_CUT_S: Final = 2.0  # so long silent: nothing more belongs to it (the reader says the same)
AGAIN_S: Final = 1.0  # a print system that starts again is back within seconds
_CUT_AT_THE_END: Final = re.compile(rb"(?:\x1dV(?:[\x00\x010\x31]|[ABab].)|\x1b[im]).{0,24}\Z", re.DOTALL)


class Spooler(Protocol):
    """CupsQueue and WindowsQueue, as far as it is needed here."""

    @property
    def name(self) -> str: ...
    def look(self) -> Condition | NotAnswering: ...
    def put(self, payload: bytes, title: str) -> NotAnswering | SentUnconfirmed | None: ...


@dataclass(frozen=True)
class QueuePrinter:
    """Implements printers.capture.ends.Printer. `kind` is cups or windows."""

    kind: str
    queue: Spooler

    @staticmethod
    def parse(text: str) -> QueuePrinter | None:
        """Reads ``cups:QUEUE`` and ``windows:QUEUE``."""
        kind, _, name = text.partition(":")
        if kind not in ("cups", "windows") or not name or any(ord(letter) < 32 for letter in name):
            return None
        return QueuePrinter(kind, _spooler(kind, name))

    def __str__(self) -> str:
        return f"{self.kind}:{self.queue.name}"

    def connect(self, wait_s: float) -> QueueSide:  # noqa: ARG002  the print system's own time holds
        """Raises OSError when the queue is not there, is stopped or takes nothing: the POS must see it. One whose
        printer is out of paper takes documents and keeps them, as it does for every program."""
        found = self.queue.look()
        if isinstance(found, NotAnswering):
            raise OSError(found.reason)
        return QueueSide(self.queue)


def _spooler(kind: str, name: str) -> Spooler:
    if kind == "cups":
        from printers.devices.cups import CupsQueue

        return CupsQueue(name)
    from printers.devices.windows import WindowsQueue

    return WindowsQueue(name)


class QueueSide:
    """Implements printers.capture.sides.Side. The thread that would receive hands documents over."""

    def __init__(self, queue: Spooler, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._document = bytearray()
        self._sent_at = 0.0
        self._said_goodbye = self._ended = self._failed = False

    def receive(self) -> bytes:
        """b"" after the last document. Raises OSError when one was lost, so that the POS sees it."""
        last = False
        while not last:
            document, last = self._next_document()
            if document:
                self._hand_over(document)
        return b""

    def _next_document(self) -> tuple[bytes, bool]:
        with self._changed:
            while not (self._said_goodbye or self._ended) and (due_s := self._due_s()) != 0.0:
                self._changed.wait(due_s)
            document = bytes(self._document)
            self._document.clear()
            self._changed.notify_all()
            return document, self._said_goodbye or self._ended

    def _due_s(self) -> float | None:
        """How long until the document counts as complete; None while there is none."""
        if not self._document:
            return None
        if len(self._document) >= JOB_BYTES_MAX:
            return 0.0
        quiet_s = AFTER_CUT_S if _CUT_AT_THE_END.search(self._document[-32:]) else WITHOUT_CUT_S
        return max(self._sent_at + quiet_s - self._monotonic(), 0.0)

    def _hand_over(self, document: bytes) -> None:
        """A print system that is away is waited for, as long as the POS's end stays. What it may have taken is never
        given to it twice."""
        while (refused := self._queue.put(document, JOB_TITLE)) is not None:
            waits = isinstance(refused, NotAnswering) and not self._ended
            log.warning("queue_refused queue=%s waits=%s problem=%s", self._queue.name, waits, refused)
            if not waits:
                with self._changed:
                    self._failed = True
                    self._changed.notify_all()
                raise OSError(f"{len(document)} bytes may be lost: {refused}")
            with self._changed:
                self._changed.wait_for(lambda: self._ended, AGAIN_S)

    def send(self, chunk: bytes) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._failed or len(self._document) < JOB_BYTES_MAX)
            if self._ended or self._failed:
                raise OSError("the queue is given up")
            self._document += chunk
            self._sent_at = self._monotonic()
            self._changed.notify_all()

    def say_goodbye(self) -> None:
        with self._changed:
            self._said_goodbye = True
            self._changed.notify_all()

    def wake(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def break_off(self) -> None:
        self.close()

    def close(self) -> None:
        self.wake()

    def has_sent(self, _wait_s: float) -> bool:
        return False

    def has_given_up(self) -> bool:
        return self._ended
