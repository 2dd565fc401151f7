"""A printer behind a queue of this computer's CUPS. Bytes go raw; more than the queue says cannot be known."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from printers.devices import ipp
from printers.devices.ipp import IppAnswer, IppServer, IppUnreachable
from printers.devices.port import CoverOpen, Fault, HandedOver, NotAnswering, Outcome, PaperOut, SentUnconfirmed
from printers.status import Condition

POLL_S: Final = 0.25
_PENDING, _HELD, _PROCESSING, _STOPPED, _CANCELLED, _ABORTED, _COMPLETED = 3, 4, 5, 6, 7, 8, 9
_PRINTER_STOPPED = 5
_REASONS: Final = {
    "media-empty": Condition.PAPER_OUT,
    "media-needed": Condition.PAPER_OUT,
    "cover-open": Condition.COVER_OPEN,
    "door-open": Condition.COVER_OPEN,
    "media-jam": Condition.FAULT,
    "marker-fault": Condition.FAULT,
    "offline": Condition.NOT_ANSWERING,
    "connecting-to-device": Condition.NOT_ANSWERING,
    "timed-out": Condition.NOT_ANSWERING,
    "media-low": Condition.PAPER_LOW,
}


class CupsQueue:
    """Implements printers.devices.port.SystemQueue over IPP."""

    def __init__(
        self,
        queue: str,
        server: IppServer | None = None,
        *,
        mono_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._queue = queue
        self._server = server or IppServer.of_this_computer()
        self._path = f"/printers/{quote(queue)}"
        self._mono_s, self._sleep = mono_s, sleep

    @property
    def name(self) -> str:
        return self._queue

    def look(self) -> Condition | NotAnswering:
        try:
            answer = self._ask(ipp.GET_PRINTER)
        except IppUnreachable as problem:
            return NotAnswering(f"no print server: {problem}")
        if not answer.ok:
            return NotAnswering("no such queue")
        condition = _condition(answer)
        if condition.can_print and answer.first("printer-state") == _PRINTER_STOPPED:
            return NotAnswering("the queue is stopped")
        if answer.first("printer-is-accepting-jobs") is False:
            return NotAnswering("the queue takes nothing")
        # A queue that knows of no trouble has not asked the printer: "ready" is the queue, not the paper.
        return condition

    def hand_over(
        self, payload: bytes, *, patience_s: float, trouble_s: float, on_condition: Callable[[Condition], None]
    ) -> Outcome:
        refusal = _refusal(self.look())
        if refusal is not None:
            return refusal
        job = self._print(payload, "WithFoM")
        return job if not isinstance(job, int) else self._follow(job, len(payload), patience_s, trouble_s, on_condition)

    def put(self, payload: bytes, title: str) -> NotAnswering | SentUnconfirmed | None:
        """Leaves a document in the queue, whatever becomes of it there. None when the queue has it; when it does not
        answer, nothing was given to it; else nobody knows."""
        found = self.look()
        if isinstance(found, NotAnswering):
            return found
        job = self._print(payload, title)
        return None if isinstance(job, int) else job

    def _print(self, payload: bytes, title: str) -> int | NotAnswering | SentUnconfirmed:
        """The number of the job."""
        wanted = [("job-name", title), ("document-format", "application/vnd.cups-raw")]
        try:
            answer = self._ask(ipp.PRINT_JOB, wanted, payload)
        except IppUnreachable:
            return SentUnconfirmed()  # the server may have the slip already
        job = answer.first("job-id")
        if not answer.ok or not isinstance(job, int):
            return NotAnswering(f"the queue refused the slip ({answer.status:#06x})")
        return job

    def _follow(
        self, job: int, size: int, patience_s: float, trouble_s: float, on_condition: Callable[[Condition], None]
    ) -> Outcome:
        started = self._mono_s()
        patience_ends, begun, said = started + patience_s, False, Condition.READY
        while True:
            try:
                state = self._ask(ipp.GET_JOB, job=job).first("job-state")
                condition = _condition(self._ask(ipp.GET_PRINTER))
            except IppUnreachable:
                return SentUnconfirmed(said, size)
            begun = begun or state in (_PROCESSING, _STOPPED)
            if state == _COMPLETED:
                return HandedOver(condition if condition.can_print else Condition.READY)
            if state in (_ABORTED, _CANCELLED):
                return SentUnconfirmed(condition, size) if begun else Fault()
            if condition is not said:
                said = condition
                on_condition(condition)
            if not condition.can_print:
                patience_ends = self._mono_s() + patience_s
            if self._mono_s() >= min(patience_ends, started + trouble_s):
                return self._give_up(job, size, begun, said)
            self._sleep(POLL_S)

    def _give_up(self, job: int, size: int, begun: bool, said: Condition) -> Outcome:
        """Out of the queue, or it would print some day by itself, after a person has ordered another one."""
        try:
            cancelled = self._ask(ipp.CANCEL_JOB, job=job).ok
            state = self._ask(ipp.GET_JOB, job=job).first("job-state")
        except IppUnreachable:
            return SentUnconfirmed(said, size)
        if state == _COMPLETED:
            return HandedOver()
        if begun or not cancelled:
            return SentUnconfirmed(said, size)
        return _refusal(said) or NotAnswering("the queue did not begin")

    def _ask(
        self,
        operation: int,
        more: list[tuple[str, str]] | None = None,
        payload: bytes = b"",
        *,
        job: int | None = None,
    ) -> IppAnswer:
        attributes: list[tuple[str, ipp.Value | list[str]]] = [("printer-uri", f"ipp://localhost{self._path}")]
        if job is not None:
            attributes.append(("job-id", job))
        attributes.append(("requesting-user-name", getpass.getuser()))
        attributes += more or []
        return self._server.ask(operation, self._path, attributes, payload)


def _condition(answer: IppAnswer) -> Condition:
    """The worst that the queue says, in the order of the table; READY when it names no trouble."""
    reasons = {str(reason).removesuffix("-error").removesuffix("-warning").removesuffix("-report")
               for reason in answer.all("printer-state-reasons")}  # fmt: skip
    return next((condition for reason, condition in _REASONS.items() if reason in reasons), Condition.READY)


def _refusal(found: Condition | NotAnswering) -> Outcome | None:
    if isinstance(found, NotAnswering):
        return found
    refusals: dict[Condition, Outcome] = {
        Condition.PAPER_OUT: PaperOut(),
        Condition.COVER_OPEN: CoverOpen(),
        Condition.FAULT: Fault(),
    }
    return refusals.get(found)  # "offline" of a queue is often its last attempt; the slip itself finds out


def queues(server: IppServer | None = None) -> list[tuple[str, str]]:
    """(queue, device it leads to) of this computer; none without a print server."""
    try:
        wanted = ("requested-attributes", ["printer-name", "device-uri"])
        answer = (server or IppServer.of_this_computer()).ask(ipp.GET_PRINTERS, "/", [wanted])
    except IppUnreachable:
        return []
    return [
        (str(found["printer-name"][0]), str((found.get("device-uri") or [""])[0]))
        for found in answer.objects
        if found.get("printer-name")
    ]
