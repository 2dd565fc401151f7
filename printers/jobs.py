"""The life of a durable print job as pure functions: no clock, no database, no device. Storing is the agent's part.

    queued ──start──> printing ──outcome──> printed
      ^ ^                │  │
      │ └── not sent ────┘  ├── sent, unconfirmed, or the program died ──> unknown
      │   (after a pause)   └── not sent, too long ──> failed
      └──── a person: retry (failed, unknown) or reprint (printed) ── any but printing: cancelled

An unknown job is never repeated by itself: the paper may be in somebody's hand already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from printers.devices.port import (
    CoverOpen,
    Fault,
    HandedOver,
    NotAnswering,
    Outcome,
    PaperOut,
    Printed,
    SentUnconfirmed,
    is_safe_to_repeat,
)
from printers.document import Document
from printers.status import Condition

ATTEMPTS_MAX: Final = 20  # with the pauses below about nine minutes, also after a person pressed "try again" late
WAIT_LONGEST_MS: Final = 2 * 3_600_000  # a slip that waited longer for its printer helps nobody at the counter
RETRY_FIRST_MS: Final = 2_000
RETRY_LONGEST_MS: Final = 30_000


# Of a printed job: the computer's print system took it and passed it on, the printer itself said nothing.
HANDED_OVER: Final = "handed_over"


class JobState(StrEnum):
    QUEUED = "queued"
    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class PrintJob:
    """One slip on its way to paper. `copies_printed` counts copies that did or may lie somewhere."""

    job_id: str
    kind: str
    document_json: str
    printer: str
    created_ms: int
    updated_ms: int
    state: JobState = JobState.QUEUED
    attempts: int = 0
    last_error: str = ""
    copies_printed: int = 0


@dataclass(frozen=True)
class NotAllowed:
    """The job is not in a state in which this can be done."""

    state: JobState


def retry_pause_ms(attempts: int) -> int:
    """How long to wait after this many failed attempts: 2, 4, 8, 16, then 30 seconds."""
    if attempts <= 0:
        return 0
    return min(RETRY_FIRST_MS << min(attempts - 1, 10), RETRY_LONGEST_MS)


def document_of(job: PrintJob) -> Document:
    """What to print: marked 재출력 when an earlier copy may exist. Raises UnreadableDocument."""
    document = Document.from_json(job.document_json)
    return document.as_reprint(job.copies_printed) if job.copies_printed else document


def start(job: PrintJob, now_ms: int) -> PrintJob | NotAllowed:
    """To be stored before the first byte leaves, so that a crash is seen afterwards."""
    if job.state is not JobState.QUEUED:
        return NotAllowed(job.state)
    return replace(job, state=JobState.PRINTING, attempts=job.attempts + 1, updated_ms=now_ms)


def finish(job: PrintJob, outcome: Outcome, now_ms: int) -> PrintJob | NotAllowed:
    """What a delivery's outcome makes of a job that was printing."""
    if job.state is not JobState.PRINTING:
        return NotAllowed(job.state)
    if isinstance(outcome, Printed | HandedOver):
        return replace(
            job,
            state=JobState.PRINTED,
            last_error=HANDED_OVER if isinstance(outcome, HandedOver) else "",
            copies_printed=job.copies_printed + 1,
            updated_ms=now_ms,
        )
    error = error_code(outcome)
    if not is_safe_to_repeat(outcome):
        return replace(job, state=JobState.UNKNOWN, last_error=error, updated_ms=now_ms)
    # Nothing was sent, so that waiting risks no second copy: a roll of paper may take an hour to be found.
    given_up = job.attempts >= ATTEMPTS_MAX and now_ms - job.created_ms >= WAIT_LONGEST_MS
    state = JobState.FAILED if given_up else JobState.QUEUED
    return replace(job, state=state, last_error=error, updated_ms=now_ms)


def refuse(job: PrintJob, error: str, now_ms: int) -> PrintJob | NotAllowed:
    """The job cannot be printed at all (damaged or impossible document): nothing was sent, trying again is no use."""
    if job.state not in (JobState.QUEUED, JobState.PRINTING):
        return NotAllowed(job.state)
    return replace(job, state=JobState.FAILED, last_error=error, updated_ms=now_ms)


def after_restart(job: PrintJob, now_ms: int) -> PrintJob:
    """A job found printing when the program starts: it died in between, so nobody knows."""
    if job.state is not JobState.PRINTING:
        return job
    return replace(job, state=JobState.UNKNOWN, last_error="interrupted", updated_ms=now_ms)


def retry(job: PrintJob, now_ms: int) -> PrintJob | NotAllowed:
    """A person looked and wants it printed (again). After "unknown" the new paper is marked 재출력."""
    if job.state is JobState.UNKNOWN:
        copies = job.copies_printed + 1
    elif job.state is JobState.FAILED:
        copies = job.copies_printed
    else:
        return NotAllowed(job.state)
    return replace(job, state=JobState.QUEUED, attempts=0, last_error="", copies_printed=copies, updated_ms=now_ms)


def confirm(job: PrintJob, now_ms: int) -> PrintJob | NotAllowed:
    """A person saw the paper of an unknown job: it is printed after all."""
    if job.state is not JobState.UNKNOWN:
        return NotAllowed(job.state)
    return replace(job, state=JobState.PRINTED, last_error="", copies_printed=job.copies_printed + 1, updated_ms=now_ms)


def reprint(job: PrintJob, now_ms: int) -> PrintJob | NotAllowed:
    """One more copy of a printed slip, marked 재출력."""
    if job.state is not JobState.PRINTED:
        return NotAllowed(job.state)
    return replace(job, state=JobState.QUEUED, attempts=0, last_error="", updated_ms=now_ms)


def cancel(job: PrintJob, now_ms: int) -> PrintJob | NotAllowed:
    """Nobody wants it any more. What is being printed right now cannot be called back."""
    if job.state in (JobState.PRINTING, JobState.PRINTED, JobState.CANCELLED):
        return NotAllowed(job.state)
    return replace(job, state=JobState.CANCELLED, updated_ms=now_ms)


def error_code(outcome: Outcome) -> str:
    """The word stored with a job: a printers.status.Condition value, or "unconfirmed"."""
    if isinstance(outcome, PaperOut):
        return Condition.PAPER_OUT
    if isinstance(outcome, CoverOpen):
        return Condition.COVER_OPEN
    if isinstance(outcome, Fault):
        return Condition.FAULT
    if isinstance(outcome, NotAnswering):
        return Condition.NOT_ANSWERING
    if isinstance(outcome, HandedOver):
        return HANDED_OVER
    if isinstance(outcome, SentUnconfirmed) and outcome.condition not in (Condition.UNKNOWN, Condition.READY):
        return outcome.condition
    return "unconfirmed" if isinstance(outcome, SentUnconfirmed) else ""
