"""Owns the durable print queue and what is known of the printers."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from agent.dispatch import Listeners
from agent.logbook import topic
from agent.printing import repository
from agent.printing.places import FRONT, Places
from agent.printing.types import (
    JobKind,
    JobState,
    PrinterAddress,
    PrinterState,
    PrinterWord,
    PrintJob,
)
from agent.printing.worker import PrintWorker
from printers import jobs
from printers.devices.address import open_way
from printers.devices.delivery import DEFAULT_LIMITS, Limits
from printers.devices.port import Way
from printers.document import Document
from printers.profiles import DEFAULT_PROFILE, PrinterProfile
from printers.state import POWER_ON, StreamState
from sync.clock import Clock
from sync.ids import IdSource
from sync.store import Store

END_S, CHANGE_S = 2.0, 0.3  # how long the end of the program, and a change of the printer, wait for the worker
# A slip that waited longer helps nobody at the counter: a printer set up next month must not begin with a hundred of
# them. A person may still print each.
STALE_JOB_MS = 12 * 3_600_000
log = topic("print")

__all__ = [
    "JobKind",
    "JobState",
    "PrintJob",
    "PrinterAddress",
    "PrinterState",
    "PrinterWord",
    "PrintingService",
]


class PrintingService:
    """Thread-safe. Jobs are stored by whoever books the event that prints; the worker takes them from there."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSource,
        test_page: Callable[[PrinterProfile], Document],
        closing: Callable[[], Document] | None = None,
        profile: PrinterProfile = DEFAULT_PROFILE,
        left_by_pos: Callable[[], StreamState] = lambda: POWER_ON,
        limits: Limits = DEFAULT_LIMITS,
        open_device: Callable[[PrinterAddress], Way] = open_way,
    ) -> None:
        self.listeners = Listeners()
        self._store = store
        self._clock = clock
        self._ids = ids
        self._test_page = test_page
        self._closing = closing
        self.places = Places(store, profile)
        self._left_by_pos = left_by_pos
        self._limits = limits
        self._open_device = open_device
        self._workers: dict[str, PrintWorker] = {}
        self._running = False
        # Threads inside a transaction that stored a job: the commit of another thread must not wake the worker for it,
        # because then nothing would once the job is really there.
        self._fresh: set[int] = set()
        store.after_commit(self._committed)

    # --- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to print what waits. A job that was cut off by a crash is shown as unknown, never repeated."""
        now_ms = self._clock.wall_ms()
        with self._store.transaction() as conn:
            for job in repository.printing(conn):
                repository.save(conn, jobs.after_restart(job, now_ms))
                log.event("job_interrupted", job=job.job_id)
            self.places.bring_home(conn)
        self._running = True
        if self.places.set_up():
            self._set_stale_aside()
        for place in self.places.set_up():
            self._start_worker(place)
        self.listeners.notify()

    def stop(self) -> None:
        self._running = False
        for place in tuple(self._workers):
            self._end_worker(place, END_S)

    def _end_worker(self, place: str, wait_s: float) -> None:
        worker = self._workers.pop(place, None)
        if worker is not None:
            worker.stop(wait_s)

    def _start_worker(self, place: str) -> None:
        address = self.places.address(place)
        if address is None:
            return
        profile = self.places.profile(place)
        # The capture knows what the POS has set in the printer that it stands before; others are as when switched on.
        left_by_pos = self._left_by_pos if place == FRONT else lambda: POWER_ON
        worker = PrintWorker(
            store=self._store,
            clock=self._clock,
            printer=place,
            device=self._open_device(address),
            profile=profile,
            encode=_encoder(profile, left_by_pos),
            on_change=self.listeners.notify,
            limits=self._limits,
        )
        self._workers[place] = worker
        worker.start()

    def _set_stale_aside(self) -> None:
        now_ms = self._clock.wall_ms()
        with self._store.transaction() as conn:
            for job in repository.queued_before(conn, now_ms - STALE_JOB_MS):
                refused = jobs.refuse(job, "stale", now_ms)
                assert isinstance(refused, jobs.PrintJob), "a queued job can be refused"
                repository.save(conn, refused)
                log.event("job_set_aside", job=job.job_id)

    # --- settings --------------------------------------------------------------------------------------------------

    def address(self, place: str = FRONT) -> PrinterAddress | None:
        """Where this printer listens; None while no printer is set up there."""
        return self.places.address(place)

    def profile(self, place: str = FRONT) -> PrinterProfile:
        """What this printer can do."""
        return self.places.profile(place)

    def profile_of_model(self, model: str) -> PrinterProfile | None:
        """What was found out about a printer of this model before; None for one that is new here."""
        return self.places.profile_of_model(model)

    def set_address(self, address: PrinterAddress | None, place: str = FRONT) -> None:
        """Remember the printer, or that there is none any more; what waits goes there from now on."""
        self.places.set_printer(place, address)
        self._begin_anew(place)

    def set_printer(
        self, address: PrinterAddress, profile: PrinterProfile, model: str = "", place: str = FRONT
    ) -> None:
        """Remember the printer and what it can do; the next one of its ``model`` is known at once."""
        self.places.set_printer(place, address, profile, model)
        self._begin_anew(place)

    def set_route(self, kind: JobKind, place: str) -> None:
        """This kind of slip, and what waits of it, prints at this place."""
        self.places.set_route(kind, place)
        self._changed()

    def route(self, kind: JobKind) -> str:
        """Where the shop wants this kind of slip."""
        return self.places.route(kind)

    def _begin_anew(self, place: str) -> None:
        if self._running:
            # The screen waits here. A worker in the middle of a slip ends with it, on its own; whoever of the two
            # takes a job takes it alone, because a job is started in a transaction.
            self._end_worker(place, CHANGE_S)
            if self.places.address(place) is not None:
                self._set_stale_aside()
            self._start_worker(place)
        self._changed()

    # --- jobs ------------------------------------------------------------------------------------------------------

    def enqueue(
        self, conn: sqlite3.Connection, job_id: str, kind: JobKind, document: Document, *, place: str = ""
    ) -> bool:
        """Store a job inside the caller's transaction; it is printed once that has committed, where this kind of slip
        prints unless a ``place`` is named. False when the job exists already: nothing prints twice by itself."""
        now_ms = self._clock.wall_ms()
        job = jobs.PrintJob(
            job_id, kind.value, document.to_json(), place or self.places.printer_for(kind), now_ms, now_ms
        )
        created = repository.insert(conn, job)
        if created:
            self._fresh.add(threading.get_ident())
        return created

    def _committed(self) -> None:
        if threading.get_ident() in self._fresh:
            self._fresh.discard(threading.get_ident())
            self._changed()

    def print_test(self, place: str = FRONT) -> str:
        """Queue a test page for this printer; answers its job id."""
        job_id = f"{self._ids.uuid7()}:{JobKind.TEST_PAGE.value}"
        with self._store.transaction() as conn:
            self.enqueue(conn, job_id, JobKind.TEST_PAGE, self._test_page(self.profile(place)), place=place)
        return job_id

    def print_closing(self) -> str:
        """Queue the slip of the day so far; answers its job id. Each press is a slip of its own: figures move."""
        if self._closing is None:
            raise ValueError("this counter has no closing slip")
        document = self._closing()
        job_id = f"{self._ids.uuid7()}:{JobKind.CLOSING.value}"
        with self._store.transaction() as conn:
            self.enqueue(conn, job_id, JobKind.CLOSING, document)
        return job_id

    def print_way_back(self, card: Document) -> str:
        """Queue the card that hangs at the till; answers its job id."""
        job_id = f"{self._ids.uuid7()}:{JobKind.WAY_BACK.value}"
        with self._store.transaction() as conn:
            self.enqueue(conn, job_id, JobKind.WAY_BACK, card)
        return job_id

    def retry(self, job_id: str) -> bool:
        """A person wants a job that did not come out, or perhaps not, printed now. False when there is none."""
        return self._move(job_id, jobs.retry)

    def reprint(self, job_id: str) -> bool:
        """One more copy, marked as such. An unknown job counts as printed: its paper may be in somebody's hand."""
        return self._move(job_id, jobs.reprint) or self._move(job_id, jobs.retry, only=JobState.UNKNOWN)

    def confirm(self, job_id: str) -> bool:
        """A person saw the paper of an unknown job."""
        return self._move(job_id, jobs.confirm)

    def cancel(self, job_id: str) -> bool:
        """Nobody wants this job any more."""
        return self._move(job_id, jobs.cancel)

    def _move(
        self,
        job_id: str,
        move: Callable[[jobs.PrintJob, int], jobs.PrintJob | jobs.NotAllowed],
        only: JobState | None = None,
    ) -> bool:
        with self._store.transaction() as conn:
            job = repository.find(conn, job_id)
            if job is None or only not in (None, job.state):
                return False
            moved = move(job, self._clock.wall_ms())
            if isinstance(moved, jobs.NotAllowed):
                return False
            repository.save(conn, moved)
            self.places.bring_home(conn)
        self._changed()
        return True

    def _changed(self) -> None:
        for worker in tuple(self._workers.values()):
            worker.wake()
        self.listeners.notify()

    # --- reading ---------------------------------------------------------------------------------------------------

    def jobs(self, limit: int = 50) -> tuple[PrintJob, ...]:
        """The newest jobs first."""
        with self._store.read() as conn:
            return tuple(_shown(job) for job in repository.newest(conn, limit))

    def printers(self) -> tuple[PrinterState, ...]:
        """Every printer that is set up, with its last word."""
        found = []
        with self._store.read() as conn:
            for place in self.places.set_up():
                worker, queued = self._workers.get(place), repository.count_open(conn, place)
                word = worker.word if worker is not None else PrinterWord.UNKNOWN
                found.append(PrinterState(place, word, str(self.places.address(place)), queued))
        return tuple(found)


def _shown(job: jobs.PrintJob) -> PrintJob:
    return PrintJob(
        job_id=job.job_id,
        kind=job.kind,
        printer=job.printer,
        state=job.state,
        attempts=job.attempts,
        copies_printed=job.copies_printed,
        last_error=job.last_error or None,
        created_ms=job.created_ms,
        updated_ms=job.updated_ms,
    )


def _encoder(profile: PrinterProfile, left_by_pos: Callable[[], StreamState]) -> Callable[[Document], bytes]:
    """Imports drawing code at the first slip, on the worker's thread: nobody waits for it at the start.

    Every slip gives the printer back with the modes that the POS had set, because a POS may set them once a day.
    """
    made: list[Callable[[Document], bytes]] = []

    def encode(document: Document) -> bytes:
        if not made:
            from printers.encode import Ink
            from printers.encode import encode as encode_document

            ink = Ink.bundled()
            made.append(lambda doc: encode_document(doc, profile, ink, left_by_pos=left_by_pos()))
        return made[0](document)

    return encode
