"""One printer, one thread, one queue: takes durable jobs in order and books what the printer said about them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agent.logbook import topic
from agent.printing import repository
from agent.printing.types import PrinterWord
from printers import jobs
from printers.devices.delivery import DEFAULT_LIMITS, Limits, condition_of, deliver
from printers.devices.port import HandedOver, Outcome, Printed, SentUnconfirmed, Way
from printers.document import Document
from printers.errors import PrintingError
from printers.jobs import JobState, PrintJob
from printers.profiles import PrinterProfile
from printers.status import Condition
from sync.clock import Clock
from sync.errors import StoreClosed, SyncError
from sync.store import Store

# A look at an idle printer takes its only connection for a moment, so a healthy one is rarely disturbed.
LOOK_WELL_S = 300.0
LOOK_TROUBLED_S = 10.0
AFTER_ERROR_S = 5.0  # a full disk or a bug: the queue waits, the thread stays
log = topic("print")

WORDS = {
    Condition.READY: PrinterWord.READY,
    Condition.PAPER_LOW: PrinterWord.PAPER_LOW,
    Condition.PAPER_OUT: PrinterWord.PAPER_OUT,
    Condition.COVER_OPEN: PrinterWord.COVER_OPEN,
    Condition.FAULT: PrinterWord.FAULT,
    Condition.NOT_ANSWERING: PrinterWord.NOT_ANSWERING,
    Condition.UNKNOWN: PrinterWord.UNKNOWN,
}
Encode = Callable[[Document], bytes]
Step = Callable[[PrintJob, int], PrintJob | jobs.NotAllowed]


class PrintWorker:
    """Owns the device. ``on_change`` is called after every change of a job or of the printer's word."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        printer: str,
        device: Way,
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
        self._unbooked: tuple[str, Outcome] | None = None  # a delivery whose outcome is not stored yet
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
        while not self._stopping.is_set():
            self._wake.clear()
            self._wake.wait(self._guarded_step())

    def _guarded_step(self) -> float:
        """A full disk at noon must not end printing for the rest of the day."""
        try:
            return self.step()
        except StoreClosed:
            self._stopping.set()
            return 0.0
        except SyncError as problem:
            log.warning("print_step_failed", printer=self._printer, problem=type(problem).__name__)
        except Exception:
            log.failure("print_step_failed", printer=self._printer)
        return AFTER_ERROR_S

    def step(self) -> float:
        """Print the next job, or look at the idle printer; answers for how many seconds to rest."""
        if self._unbooked is not None:
            self._book_outcome(*self._unbooked)
        with self._store.read() as conn:
            job = repository.oldest_queued(conn, self._printer)
        if job is None:
            self._look()
            return LOOK_WELL_S if self._word in (PrinterWord.READY, PrinterWord.PAPER_LOW) else LOOK_TROUBLED_S
        done = self._print(job)
        if done is None or done.state is not JobState.QUEUED:
            return 0.0
        return jobs.retry_pause_ms(done.attempts) / 1000

    def _look(self) -> None:
        self._say(condition_of(self._device, self._limits))

    def _say(self, condition: Condition) -> None:
        word = WORDS[condition]
        if word is not self._word:
            log.event("printer_said", printer=self._printer, word=word.value)
            self._word = word
            self._on_change()

    def _print(self, job: PrintJob) -> PrintJob | None:
        """What became of the job; None when somebody else took it out of the queue meanwhile."""
        try:
            payload = self._encode(jobs.document_of(job))
        except PrintingError as problem:
            return self._refuse(job.job_id, type(problem).__name__)
        except Exception as bug:  # one slip that cannot be drawn must not stop those behind it
            log.failure("slip_not_drawn", job=job.job_id)
            return self._refuse(job.job_id, type(bug).__name__)
        if self._move(job.job_id, jobs.start) is None:
            return None
        self._unbooked = (job.job_id, SentUnconfirmed())  # the truth until the delivery has answered
        outcome = deliver(self._device, payload, self._profile.answers, limits=self._limits, on_condition=self._say)
        return self._book_outcome(job.job_id, outcome)

    def _book_outcome(self, job_id: str, outcome: Outcome) -> PrintJob | None:
        """Kept until it is stored: what the printer said of a slip is not forgotten because the disk was full."""
        self._unbooked = (job_id, outcome)
        done = self._move(job_id, lambda job, now_ms: jobs.finish(job, outcome, now_ms))
        self._unbooked = None
        self._say(_condition(outcome))
        return done

    def _refuse(self, job_id: str, error: str) -> PrintJob | None:
        return self._move(job_id, lambda job, now_ms: jobs.refuse(job, error, now_ms))

    def _move(self, job_id: str, step: Step) -> PrintJob | None:
        """The job as it is stored now: a person may have cancelled it since it was read. None when the step is not
        possible any more; then nothing changed."""
        with self._store.transaction() as conn:
            job = repository.find(conn, job_id)
            moved = step(job, self._clock.wall_ms()) if job is not None else None
            if not isinstance(moved, PrintJob):
                return None
            repository.save(conn, moved)
        log.event("job_moved", job=moved.job_id, state=moved.state.value, error=moved.last_error or "-")
        self._on_change()
        return moved


def _condition(outcome: Outcome) -> Condition:
    if isinstance(outcome, Printed | HandedOver | SentUnconfirmed):
        return outcome.condition
    return Condition(jobs.error_code(outcome))
