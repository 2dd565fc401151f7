"""A printer behind a queue of the Windows spooler, through pywin32. Written from its manual; not tried on Windows."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any, Final

from printers.devices.port import CoverOpen, Fault, HandedOver, NotAnswering, Outcome, PaperOut, SentUnconfirmed
from printers.status import Condition

POLL_S: Final = 0.25
# Bits of PRINTER_INFO_2.Status (winspool.h), the worst first.
_STATUS: Final = (
    (0x00400000, Condition.COVER_OPEN),  # DOOR_OPEN
    (0x00000010, Condition.PAPER_OUT),
    (0x00000040, Condition.PAPER_OUT),  # PAPER_PROBLEM
    (0x00000008, Condition.FAULT),  # PAPER_JAM
    (0x00000002, Condition.FAULT),  # ERROR
    (0x00000080, Condition.NOT_ANSWERING),  # OFFLINE
)
_WORK_OFFLINE = 0x00000400  # PRINTER_ATTRIBUTE_WORK_OFFLINE
_PAUSED = 0x00000001
# Bits of JOB_INFO_1.Status.
_JOB_ERROR, _JOB_OFFLINE, _JOB_PAPER_OUT, _JOB_PRINTING, _JOB_PRINTED = 0x02, 0x20, 0x40, 0x10, 0x80
_DELETE = 5  # JOB_CONTROL_DELETE


class WindowsQueue:
    """Implements printers.devices.port.SystemQueue. `api` is pywin32's win32print."""

    def __init__(
        self,
        queue: str,
        api: Any = None,
        *,
        mono_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._queue = queue
        self._given_api = api
        self._mono_s, self._sleep = mono_s, sleep

    @property
    def name(self) -> str:
        return self._queue

    @property
    def _api(self) -> Any:
        return self._given_api or importlib.import_module("win32print")

    def look(self) -> Condition | NotAnswering:
        try:
            handle = self._api.OpenPrinter(self._queue)
        except Exception as problem:  # pywintypes.error is no OSError and cannot be imported elsewhere
            return NotAnswering(f"no such queue: {type(problem).__name__}")
        try:
            return self._condition(handle)
        except Exception as problem:
            return NotAnswering(f"the spooler does not answer: {type(problem).__name__}")
        finally:
            self._api.ClosePrinter(handle)

    def _condition(self, handle: Any) -> Condition | NotAnswering:
        found = self._api.GetPrinter(handle, 2)
        if found["Status"] & _PAUSED or found["Attributes"] & _WORK_OFFLINE:
            return NotAnswering("the queue is paused or offline")
        return next((condition for bit, condition in _STATUS if found["Status"] & bit), Condition.READY)

    def hand_over(
        self, payload: bytes, *, patience_s: float, trouble_s: float, on_condition: Callable[[Condition], None]
    ) -> Outcome:
        refusal = _refusal(self.look())
        if refusal is not None:
            return refusal
        api = self._api
        try:
            handle = api.OpenPrinter(self._queue)
        except Exception as problem:
            return NotAnswering(f"no such queue: {type(problem).__name__}")
        sent = 0
        try:
            job = api.StartDocPrinter(handle, 1, ("WithFoM", None, "RAW"))
            while sent < len(payload):
                taken = api.WritePrinter(handle, payload[sent:])
                if not taken:
                    break
                sent += taken
            api.EndDocPrinter(handle)
            if sent < len(payload):
                api.SetJob(handle, job, 0, None, _DELETE)
                return SentUnconfirmed(Condition.UNKNOWN, sent)
            return self._follow(handle, job, sent, patience_s, trouble_s, on_condition)
        except Exception as problem:
            if sent == 0:
                return NotAnswering(f"the spooler refused: {type(problem).__name__}")
            return SentUnconfirmed(Condition.UNKNOWN, sent)
        finally:
            api.ClosePrinter(handle)

    def put(self, payload: bytes, title: str) -> NotAnswering | SentUnconfirmed | None:
        """Leaves a document in the queue, whatever becomes of it there. None when the queue has it; when it does not
        answer, nothing was given to it; else nobody knows."""
        api, sent = self._api, 0
        try:
            handle = api.OpenPrinter(self._queue)
        except Exception as problem:
            return NotAnswering(f"no such queue: {type(problem).__name__}")
        try:
            job = api.StartDocPrinter(handle, 1, (title, None, "RAW"))
            while sent < len(payload) and (taken := api.WritePrinter(handle, payload[sent:])):
                sent += taken
            api.EndDocPrinter(handle)
            if sent < len(payload):
                api.SetJob(handle, job, 0, None, _DELETE)
        except Exception as problem:
            return SentUnconfirmed(sent_bytes=sent) if sent else NotAnswering(f"refused: {type(problem).__name__}")
        finally:
            api.ClosePrinter(handle)
        return None if sent == len(payload) else SentUnconfirmed(sent_bytes=sent)

    def _follow(
        self,
        handle: Any,
        job: int,
        sent: int,
        patience_s: float,
        trouble_s: float,
        on_condition: Callable[[Condition], None],
    ) -> Outcome:
        """A job that is done leaves the queue, so that one that cannot be found any more was passed on."""
        started = self._mono_s()
        patience_ends, said, begun = started + patience_s, Condition.READY, False
        while True:
            bits = self._job_bits(handle, job)
            if bits is None or bits & _JOB_PRINTED:
                return HandedOver()
            begun = begun or bool(bits & _JOB_PRINTING)
            condition = _of_job(bits)
            if condition is not said:
                said = condition
                on_condition(condition)
            if not condition.can_print:
                patience_ends = self._mono_s() + patience_s
            if self._mono_s() >= min(patience_ends, started + trouble_s):
                self._api.SetJob(handle, job, 0, None, _DELETE)
                return SentUnconfirmed(said, sent) if begun else _refusal(said) or NotAnswering("nothing was printed")
            self._sleep(POLL_S)

    def _job_bits(self, handle: Any, job: int) -> int | None:
        try:
            return int(self._api.GetJob(handle, job, 1)["Status"])
        except Exception:
            return None


def _of_job(bits: int) -> Condition:
    if bits & _JOB_PAPER_OUT:
        return Condition.PAPER_OUT
    if bits & _JOB_OFFLINE:
        return Condition.NOT_ANSWERING
    return Condition.FAULT if bits & _JOB_ERROR else Condition.READY


def _refusal(found: Condition | NotAnswering) -> Outcome | None:
    if isinstance(found, NotAnswering):
        return found
    refusals: dict[Condition, Outcome] = {
        Condition.PAPER_OUT: PaperOut(),
        Condition.COVER_OPEN: CoverOpen(),
        Condition.FAULT: Fault(),
        Condition.NOT_ANSWERING: NotAnswering("the queue is offline"),
    }
    return refusals.get(found)


def queues(api: Any = None) -> list[tuple[str, str]]:
    """(queue, port it leads to) of this computer."""
    found = api or importlib.import_module("win32print")
    local_and_connected = 2 | 4
    return [(row["pPrinterName"], row["pPortName"]) for row in found.EnumPrinters(local_and_connected, None, 2)]
