"""Owns what the page "Printers & devices" shows: printers in words, capture, and the queue. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.logbook import topic
from agent.printing import words
from agent.printing.types import JobState, PrinterState, PrintJob
from agent.printing.words import CaptureWord, Tone
from agent.texts import Texts
from sync.clock import Clock
from sync.errors import SyncError

JOBS_SHOWN_MAX = 50
log = topic("print")
PRESS_REST_MS = 1_500  # one test page a press, however fast somebody presses


class JobStep(StrEnum):
    """The one thing a person can do with a job right now."""

    NONE = "none"
    RETRY = "retry"
    REPRINT = "reprint"


@dataclass(frozen=True)
class CaptureState:
    """What is known of the listener beside the POS printer."""

    word: CaptureWord
    last_document_ms: int | None = None
    read_today: int = 0


@dataclass(frozen=True)
class DeviceCard:
    name: str
    address: str
    word: str
    next_step: str
    note: str
    tone: Tone
    icon: str


@dataclass(frozen=True)
class JobRow:
    job_id: str
    time: str
    title: str
    line: str
    word: str
    tone: Tone
    icon: str
    step: JobStep
    step_label: str

    @property
    def key(self) -> str:
        return self.job_id


@dataclass(frozen=True)
class PrintingState:
    warning: str = ""
    printers: tuple[DeviceCard, ...] = ()
    no_printer: str = ""
    capture: DeviceCard | None = None
    capture_label: str = ""
    jobs: tuple[JobRow, ...] = ()
    no_jobs: str = ""
    can_test: bool = False
    test_label: str = ""
    set_up_label: str = ""
    said: str = ""  # answer to the last press


class PrintingPort(Protocol):
    """What this page needs of ``agent.printing.service.PrintingService``."""

    @property
    def listeners(self) -> Listeners: ...
    def printers(self) -> tuple[PrinterState, ...]: ...
    def jobs(self, limit: int) -> tuple[PrintJob, ...]: ...
    def retry(self, job_id: str) -> object: ...
    def reprint(self, job_id: str) -> object: ...
    def print_test(self) -> object: ...
    def print_closing(self) -> object: ...


class PrintingViewModel:
    def __init__(
        self,
        *,
        printing: PrintingPort,
        capture: Callable[[], CaptureState],
        texts: Texts,
        clock: Clock,
        dispatcher: Dispatcher,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_open: Callable[[str], None] = lambda _screen: None
        self._printing, self._capture, self._texts, self._clock = printing, capture, texts, clock
        self._said = ""
        self._rest_until_ms = 0
        self._shown = False
        self.state = PrintingState()
        self._unsubscribe = printing.listeners.subscribe(Coalesced(dispatcher, self._changed))

    def close(self) -> None:
        self._unsubscribe()

    def show(self) -> None:
        self._shown = True
        self.refresh()

    def hide(self) -> None:
        self._shown = False
        self._said = ""

    def tick(self) -> None:
        """Once a second while in sight: printers are asked elsewhere, the words here follow."""
        self._changed()

    def print_test(self) -> None:
        if not self.state.can_test:
            return
        said = self._texts._("The test page is on its way. Can you read every line on the paper?")
        self._press(self._printing.print_test, said)

    def print_closing(self) -> None:
        """The figures of the day so far, on paper."""
        if self._clock.mono_ms() >= self._rest_until_ms:
            self._press(self._printing.print_closing, self._texts._("The closing slip is on its way."))

    def open_doctor(self) -> None:
        """Where the first printer is found and tried, or a further one gets its place."""
        self.on_open("rooms" if self.state.printers else "doctor")

    def open_capture(self) -> None:
        """Where an owner says how the POS prints."""
        self.on_open("listening")

    def open_slips(self) -> None:
        """Where the owner changes what slips say."""
        self.on_open("slips")

    def step(self, job_id: str) -> None:
        """Retry or reprint, whichever the row offers now; a second press on the same row finds nothing to do."""
        row = next((row for row in self.state.jobs if row.job_id == job_id), None)
        if row is None or row.step is JobStep.NONE or self._clock.mono_ms() < self._rest_until_ms:
            return
        if row.step is JobStep.RETRY:
            said = self._texts.n("{title} is in the queue again.", title=row.title)
            self._press(lambda: self._printing.retry(job_id), said)
        else:
            said = self._texts.n("{title} prints once more, marked as a copy.", title=row.title)
            self._press(lambda: self._printing.reprint(job_id), said)

    def _press(self, book: Callable[[], object], said: str) -> None:
        self._rest_until_ms = self._clock.mono_ms() + PRESS_REST_MS
        try:
            book()
        except SyncError as problem:
            log.warning("press_not_saved", problem=type(problem).__name__)
            said = self._texts._("Could not be saved. Please try again.")
        self._said = said
        self.refresh()

    def refresh(self) -> None:
        t, printers = self._texts, self._printing.printers()
        jobs, capture = self._printing.jobs(JOBS_SHOWN_MAX), self._capture()
        state = PrintingState(
            warning=words.strip(t, printers),
            printers=tuple(self._printer(found) for found in printers),
            no_printer="" if printers else t._("No printer yet. Approvals and points work without one."),
            capture=self._listener(capture),
            capture_label=t._("Set up") if capture.word is CaptureWord.NOT_SET_UP else t._("Change"),
            jobs=tuple(self._job(found) for found in jobs),
            no_jobs="" if jobs else t._("Nothing waits and nothing was printed yet."),
            can_test=bool(printers) and self._clock.mono_ms() >= self._rest_until_ms,
            test_label=t._("Print a test page"),
            set_up_label=t._("Set up a printer") if not printers else t._("Printers"),
            said=self._said,
        )
        if state != self.state:
            self.state = state
            self.on_change()

    def _changed(self) -> None:
        if self._shown:
            self.refresh()

    def _printer(self, found: PrinterState) -> DeviceCard:
        said = words.printer(self._texts, found.status)
        note = self._texts.n("{n} slips wait", n=found.queued) if found.queued else ""
        name = words.printer_name(self._texts, found.name)
        return DeviceCard(name, found.address, said.word, said.next_step, note, said.tone, said.icon)

    def _listener(self, found: CaptureState) -> DeviceCard:
        t = self._texts
        said = words.capture(t, found.word)
        note = "" if found.word is CaptureWord.NOT_SET_UP else t.n("{n} read today", n=found.read_today)
        newest = found.last_document_ms
        last = "" if newest is None else t.n("Last one at {time}", time=t.clock(newest))
        return DeviceCard(t._("Receipts of your POS"), last, said.word, said.next_step, note, said.tone, said.icon)

    def _job(self, found: PrintJob) -> JobRow:
        t = self._texts
        said = words.job(t, found.state, found.last_error)
        step = _step(found.state)
        line = [said.next_step or words.printer_name(t, found.printer)]
        if found.attempts > 1:
            line.append(t.n("tried {n} times", n=found.attempts))
        return JobRow(
            job_id=found.job_id,
            time=t.clock(found.created_ms),
            title=words.job_kind(t, found.kind),
            line=" · ".join(part for part in line if part),
            word=said.word,
            tone=said.tone,
            icon=said.icon,
            step=step,
            step_label={
                JobStep.NONE: "",
                JobStep.RETRY: t._("Try again"),
                JobStep.REPRINT: t._("Print again"),
            }[step],
        )


def _step(state: JobState) -> JobStep:
    match state:
        case JobState.FAILED:
            return JobStep.RETRY
        case JobState.PRINTED | JobState.UNKNOWN:
            # An unknown job may be on the paper already, so that only a person may order a second one.
            return JobStep.REPRINT
        case JobState.QUEUED | JobState.PRINTING | JobState.CANCELLED:
            return JobStep.NONE
