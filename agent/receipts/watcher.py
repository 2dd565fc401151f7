"""Takes captured documents out of the spool folder: booked first, removed after, so that nothing is lost or doubled.

Rules: AGT-04.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from agent.logbook import topic
from printers.capture import spool
from printers.capture.spool import CapturedDocument
from sync.errors import StoreClosed, SyncError

POLL_S = 0.1  # a folder listing costs microseconds; a customer who waits for points notices half a second
TROUBLE_S = 2.0
log = topic("capture")


class SpoolWatcher:
    """One thread. ``ingest`` must be idempotent by document id: a crash between booking and removing repeats it."""

    def __init__(
        self,
        *,
        folder: Path,
        ingest: Callable[[CapturedDocument], object],
        on_taken: Callable[[], None],
        trouble_s: float = TROUBLE_S,
    ) -> None:
        self._folder = folder
        self._ingest = ingest
        self._on_taken = on_taken
        self._trouble_s = trouble_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._stuck: set[str] = set()  # files that tripped over a bug of ours; the next start tries them again

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause_s = POLL_S
            try:
                self.take_all()
            except StoreClosed:
                return
            except (SyncError, OSError) as problem:
                # The files stay where they are; the next round tries again.
                log.warning("spool_not_taken", problem=type(problem).__name__, detail=problem)
                pause_s = self._trouble_s
            except Exception:
                # A bug between two documents must not end the reading of receipts until somebody restarts.
                log.failure("spool_round_failed")
                pause_s = self._trouble_s
            self._stopping.wait(pause_s)

    def take_all(self) -> int:
        """Book everything that waits, oldest first; answers how many. Raises SyncError and OSError."""
        taken = 0
        for path in spool.pending(self._folder):
            if self._stopping.is_set():
                break
            if path.name in self._stuck:
                continue
            try:
                document = spool.load(path)
            except FileNotFoundError:
                continue
            if document is None:
                continue
            try:
                self._ingest(document)
            except (KeyError, TypeError, ValueError) as unreadable:
                log.warning("document_set_aside", document=document.document_id, problem=type(unreadable).__name__)
                path.replace(path.with_name(path.name + ".bad"))
                continue
            except (SyncError, OSError):
                raise
            except Exception:
                # Nothing was booked. The file stays for the version that can, and the documents behind it go on.
                log.failure("document_not_booked", document=document.document_id)
                self._stuck.add(path.name)
                continue
            spool.done(path)
            taken += 1
        if taken:
            self._on_taken()
        return taken
