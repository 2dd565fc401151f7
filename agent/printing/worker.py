"""One printer, one thread, one queue: takes durable jobs in order and books what the printer said about them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agent.logbook import topic
from agent.printing import repository
from agent.printing.types import PrinterWord
from printers import jobs
from printers.devices.delivery import DEFAULT_LIMITS, Limits, ask_status, deliver
from printers.devices.port import Device, NotAnswering, Outcome, Printed, SentUnconfirmed
from printers.document import Document
from printers.errors import PrintingError
from printers.jobs import JobState, PrintJob
from printers.profiles import PrinterProfile
from printers.status import Condition
from sync.clock import Clock
from sync.errors import StoreClosed
from sync.store import Store

# A look at an idle printer takes its only connection for a moment, so a healthy one is rarely disturbed.
LOOK_WELL_S = 300.0
LOOK_TROUBLED_S = 10.0
log = topic("print")

WORDS = {
    Condition.READY: PrinterWord.READY,
    Condition.PAPER_LOW: PrinterWord.PAPER_LOW,
    Condition.PAPER_OUT: PrinterWord.PAPER_OUT,
    Condition.COVER_OPEN: PrinterWord.COVER_OPEN,
    Condition.FAULT: PrinterWord.UNKNOWN,
    Condition.NOT_ANSWERING: PrinterWord.NOT_ANSWERING,
    Condition.UNKNOWN: PrinterWord.UNKNOWN,
}
Encode = Callable[[Document], bytes]


class PrintWorker:
    """Owns the device. ``on_change`` is called after every change of a job or of the printer's word."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        printer: str,
        device: Device,
        profile: PrinterProfile,
        encode: Encode,
        on_change: Callable[[], None],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._printer = printer
        self._device = device
        self._profile = profile
        self._encode = encode
        self._on_change = on_change
        self._limits = limits
        self._word = PrinterWord.UNKNOWN
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def word(self) -> PrinterWord:
        """What the printer said last."""
        return self._word

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"print-{self._printer}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """A job was queued, or a person pressed "try again": no waiting for the back-off."""
        self._wake.set()

    def stop(self, timeout_s: float = 2.0) -> None:
        """A slip that still waits inside the printer is not waited for; its job becomes "unknown" at the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    # --- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                self._wake.wait(self.step())
        except StoreClosed:
            return
        except Exception:
            log.failure("print_worker_ended", printer=self._printer)
            raise

    def step(self) -> float:
        """Print the next job, or look at the idle printer; answers for how many seconds to rest."""
        with self._store.read() as conn:
            job = repository.oldest_queued(conn, self._printer)
        if job is None:
            self._look()
            return LOOK_WELL_S if self._word in (PrinterWord.READY, PrinterWord.PAPER_LOW) else LOOK_TROUBLED_S
        done = self._print(job)
        return jobs.retry_pause_ms(done.attempts) / 1000 if done.state is JobState.QUEUED else 0.0

    def _look(self) -> None:
        found = ask_status(self._device, self._limits)
        self._say(Condition.NOT_ANSWERING if isinstance(found, NotAnswering) else found.condition)

    def _say(self, condition: Condition) -> None:
        word = WORDS[condition]
        if word is not self._word:
            log.event("printer_said", printer=self._printer, word=word.value)
            self._word = word
            self._on_change()

    def _print(self, job: PrintJob) -> PrintJob:
        try:
            payload = self._encode(jobs.document_of(job))
        except PrintingError as problem:
            return self._save(jobs.refuse(job, type(problem).__name__, self._clock.wall_ms()))
        started = self._save(jobs.start(job, self._clock.wall_ms()))
        outcome = deliver(self._device, payload, self._profile.answers, limits=self._limits, on_condition=self._say)
        done = self._save(jobs.finish(started, outcome, self._clock.wall_ms()))
        self._say(_condition(outcome))
        return done

    def _save(self, job: PrintJob | jobs.NotAllowed) -> PrintJob:
        assert isinstance(job, PrintJob), "only this thread moves jobs that are queued or printing"
        with self._store.transaction() as conn:
            repository.save(conn, job)
        log.event("job_moved", job=job.job_id, state=job.state.value, error=job.last_error or "-")
        self._on_change()
        return job


def _condition(outcome: Outcome) -> Condition:
    if isinstance(outcome, Printed | SentUnconfirmed):
        return outcome.condition
    return Condition(jobs.error_code(outcome))
