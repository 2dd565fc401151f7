# ruff: noqa: N802  pywin32 calls its functions so
"""The claims of printers.devices.windows, against a spooler of the test's own with pywin32's call signatures.

No Windows spooler was at hand: what pywin32 really does waits for a real one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from printers.devices.delivery import condition_of, deliver
from printers.devices.port import (
    CoverOpen,
    Fault,
    HandedOver,
    NotAnswering,
    Outcome,
    PaperOut,
    SentUnconfirmed,
    SystemQueue,
)
from printers.devices.windows import WindowsQueue, queues
from printers.profiles import Answers
from printers.status import Condition


class Refused(Exception):
    """pywintypes.error is no OSError either."""


@dataclass
class Spooler:
    status: int = 0
    attributes: int = 0
    job_states: list[int | None] = field(default_factory=lambda: [0x10, None])  # None: left the queue
    takes: int = 5  # bytes a call
    full_after: int = 10_000
    received: bytearray = field(default_factory=bytearray)
    documents: list[tuple[str, None, str]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    open_handles: int = 0

    def OpenPrinter(self, name: str) -> int:
        if name != "receipt":
            raise Refused
        self.open_handles += 1
        return 1

    def ClosePrinter(self, _handle: int) -> None:
        self.open_handles -= 1

    def GetPrinter(self, _handle: int, _level: int) -> dict[str, Any]:
        return {"Status": self.status, "Attributes": self.attributes}

    def StartDocPrinter(self, _handle: int, _level: int, document: tuple[str, None, str]) -> int:
        self.documents.append(document)
        return 7

    def WritePrinter(self, _handle: int, content: bytes) -> int:
        taken = min(self.takes, len(content), max(self.full_after - len(self.received), 0))
        self.received += content[:taken]
        return taken

    def EndDocPrinter(self, _handle: int) -> None:
        return

    def GetJob(self, _handle: int, _job: int, _level: int) -> dict[str, Any]:
        state = self.job_states.pop(0) if len(self.job_states) > 1 else self.job_states[0]
        if state is None:
            raise Refused
        return {"Status": state}

    def SetJob(self, _handle: int, job: int, _level: int, _info: None, command: int) -> None:
        assert command == 5
        self.deleted.append(job)

    def EnumPrinters(self, _flags: int, _name: None, _level: int) -> list[dict[str, str]]:
        return [{"pPrinterName": "receipt", "pPortName": "USB001"}]


def delivered(spooler: Spooler, name: str = "receipt") -> Outcome:
    now = [0.0]

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    queue = WindowsQueue(name, spooler, mono_s=lambda: now[0], sleep=pass_time)
    assert isinstance(queue, SystemQueue)
    outcome = deliver(queue, b"twelve bytes", Answers.UNSURE)
    assert spooler.open_handles == 0
    return outcome


def test_every_byte_goes_raw_however_few_a_call_takes() -> None:
    spooler = Spooler()

    assert delivered(spooler) == HandedOver()
    assert bytes(spooler.received) == b"twelve bytes"
    assert spooler.documents == [("WithFoM", None, "RAW")]


@pytest.mark.parametrize(
    ("status", "condition", "outcome"),
    [
        (0x10, Condition.PAPER_OUT, PaperOut()),
        (0x400000 | 0x10, Condition.COVER_OPEN, CoverOpen()),
        (0x02, Condition.FAULT, Fault()),
        (0x80, Condition.NOT_ANSWERING, NotAnswering("the queue is offline")),
        (0x01, Condition.NOT_ANSWERING, NotAnswering("the queue is paused or offline")),
    ],
)
def test_a_queue_in_trouble_gets_nothing(status: int, condition: Condition, outcome: Outcome) -> None:
    spooler = Spooler(status=status)

    assert condition_of(WindowsQueue("receipt", spooler)) is condition
    assert delivered(spooler) == outcome
    assert not spooler.received


def test_a_queue_that_works_offline_or_is_not_there_is_not_answering() -> None:
    assert isinstance(delivered(Spooler(attributes=0x400)), NotAnswering)
    assert isinstance(delivered(Spooler(), "other"), NotAnswering)


def test_a_spooler_that_takes_only_half_leaves_an_unknown_slip_that_is_deleted() -> None:
    spooler = Spooler(full_after=6)

    assert delivered(spooler) == SentUnconfirmed(Condition.UNKNOWN, 6)
    assert spooler.deleted == [7]


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ([0x40], PaperOut()),  # waits for paper, never began
        ([0x10, 0x40], SentUnconfirmed(Condition.PAPER_OUT, 12)),
        ([0x20], NotAnswering("the queue is offline")),
        ([0], NotAnswering("nothing was printed")),
    ],
)
def test_a_slip_nobody_helps_is_taken_out_of_the_queue(states: list[int | None], outcome: Outcome) -> None:
    spooler = Spooler(job_states=states)

    assert delivered(spooler) == outcome
    assert spooler.deleted == [7]


def test_the_queues_of_the_computer_are_found() -> None:
    assert queues(Spooler()) == [("receipt", "USB001")]


def test_a_document_is_left_in_the_queue_whole_or_not_at_all() -> None:
    whole, half = Spooler(job_states=[0x40]), Spooler(full_after=6)

    assert WindowsQueue("receipt", whole).put(b"twelve bytes", "POS") is None
    assert (bytes(whole.received), whole.documents) == (b"twelve bytes", [("POS", None, "RAW")])
    assert WindowsQueue("receipt", half).put(b"twelve bytes", "POS") == SentUnconfirmed(sent_bytes=6)
    assert half.deleted == [7]
    assert isinstance(WindowsQueue("other", whole).put(b"twelve bytes", "POS"), NotAnswering)
    assert whole.open_handles == half.open_handles == 0
