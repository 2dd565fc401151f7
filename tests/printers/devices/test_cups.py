"""The claims of printers.devices.cups: against a real cupsd with a real queue to the virtual printer, and against a
queue of the test's own for what a real one says only with a real printer behind it."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.virtual_printer import VirtualPrinter
from printers.devices import ipp
from printers.devices.cups import CupsQueue, queues
from printers.devices.delivery import Limits, condition_of, deliver
from printers.devices.ipp import IppServer, IppUnreachable, read_answer, request
from printers.devices.port import (
    CoverOpen,
    Fault,
    HandedOver,
    NotAnswering,
    PaperOut,
    SentUnconfirmed,
    SystemQueue,
    is_safe_to_repeat,
)
from printers.profiles import Answers
from printers.status import Condition
from tests.helpers.print_server import has_cups, print_server
from tests.printers.devices.test_delivery import SLIP

real_cups = pytest.mark.skipif(not has_cups(), reason="no CUPS on this machine; .ci/run installs it")


@real_cups
@pytest.mark.thorough
def test_a_real_queue_passes_the_bytes_on_unchanged_and_the_slip_is_called_sent() -> None:
    with VirtualPrinter() as printer, print_server("receipt", printer.port) as server:
        queue = CupsQueue("receipt", server)

        assert queue.look() is Condition.READY
        assert deliver(queue, SLIP, Answers.UNSURE) == HandedOver(Condition.READY)
        assert deliver(queue, SLIP, Answers.UNSURE) == HandedOver(Condition.READY)

        assert len(printer.wait_for_pages(2)) == 2
        assert printer.received() == SLIP + SLIP
        assert [name for name, _device in queues(server)] == ["receipt"]
        assert isinstance(CupsQueue("other", server).look(), NotAnswering)


@real_cups
@pytest.mark.thorough
def test_a_slip_that_a_real_queue_could_not_deliver_never_prints_later_by_itself() -> None:
    with VirtualPrinter() as printer, print_server("receipt", printer.port) as server:
        printer.go_off()

        outcome = deliver(CupsQueue("receipt", server), SLIP, Answers.UNSURE, limits=Limits(stall_s=1.0, trouble_s=2.0))

        assert outcome == SentUnconfirmed(Condition.READY, len(SLIP))  # CUPS had begun; nobody knows what it sent
        printer.come_on()
        assert deliver(CupsQueue("receipt", server), b"another\x1dV\x00", Answers.UNSURE) == HandedOver()
        (page,) = printer.wait_for_pages(1)
        assert page.text == "another\n"


# -- a queue of the test's own ----------------------------------------------------------------------------------------


@dataclass
class Queue:
    """Speaks IPP as CUPS does. `job_states` are given out one a question, the last one for ever."""

    reasons: list[str] = field(default_factory=lambda: ["none"])
    printer_state: int = 3
    accepting: bool = True
    print_status: int = 0
    job_states: list[int] = field(default_factory=lambda: [5, 9])
    asked: list[int] = field(default_factory=list)
    after_print: list[str] | None = None
    status: int = 200

    def answer(self, operation: int) -> bytes:
        self.asked.append(operation)
        if operation == ipp.PRINT_JOB:
            self.reasons = self.after_print or self.reasons
            return _answer(self.print_status, 2, [("job-id", 7)])
        if operation == ipp.GET_JOB:
            state = self.job_states.pop(0) if len(self.job_states) > 1 else self.job_states[0]
            return _answer(0, 2, [("job-state", state)])
        if operation == ipp.CANCEL_JOB:
            self.job_states = [7]
            return _answer(0, 2, [])
        return _answer(
            0,
            4,
            [
                ("printer-state", self.printer_state),
                ("printer-is-accepting-jobs", self.accepting),
                ("printer-state-reasons", self.reasons),
            ],
        )


def _answer(status: int, group: int, attributes: list[tuple[str, object]]) -> bytes:
    out = bytearray(struct.pack(">HHI", 0x0200, status, 1))
    out.append(group)
    for name, value in attributes:
        values = value if isinstance(value, list) else [value]
        for place, one in enumerate(values):
            label = b"" if place else name.encode()
            if isinstance(one, bool):
                tag, content = 0x22, bytes([one])
            elif isinstance(one, int):
                tag, content = 0x23, struct.pack(">i", one)
            else:
                tag, content = 0x44, str(one).encode()
            out += struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(content)) + content
    return bytes(out + b"\x03")


@pytest.fixture
def served() -> Iterator[tuple[Queue, CupsQueue]]:
    queue = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            content = queue.answer(int.from_bytes(body[2:4], "big"))
            self.send_response(queue.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_values: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    now = [0.0]

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    ours = IppServer(host="127.0.0.1", port=server.server_address[1])
    try:
        yield queue, CupsQueue("receipt", ours, mono_s=lambda: now[0], sleep=pass_time)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("reasons", "condition", "outcome"),
    [
        (["media-empty-error"], Condition.PAPER_OUT, PaperOut()),
        (["none", "cover-open-report"], Condition.COVER_OPEN, CoverOpen()),
        (["media-jam"], Condition.FAULT, Fault()),
        (["media-low-warning"], Condition.PAPER_LOW, HandedOver(Condition.PAPER_LOW)),
        (["something-new"], Condition.READY, HandedOver()),
    ],
)
def test_what_the_queue_says_of_its_printer_is_heard(
    served: tuple[Queue, CupsQueue], reasons: list[str], condition: Condition, outcome: object
) -> None:
    queue, ours = served
    queue.reasons = reasons

    assert condition_of(ours) is condition
    assert deliver(ours, SLIP, Answers.UNSURE) == outcome
    assert (ipp.PRINT_JOB in queue.asked) == isinstance(outcome, HandedOver)


@pytest.mark.parametrize("trouble", ["stopped", "refusing", "no", "broken"])
def test_a_queue_that_takes_nothing_gets_nothing(served: tuple[Queue, CupsQueue], trouble: str) -> None:
    queue, ours = served
    queue.printer_state = 5 if trouble == "stopped" else 3
    queue.accepting = trouble != "refusing"
    queue.print_status = 0x0506 if trouble == "no" else 0
    queue.status = 500 if trouble == "broken" else 200

    outcome = deliver(ours, SLIP, Answers.UNSURE)

    assert isinstance(outcome, NotAnswering)
    assert is_safe_to_repeat(outcome)


@pytest.mark.thorough
def test_a_slip_that_waits_for_paper_is_told_and_taken_back_when_nobody_comes(
    served: tuple[Queue, CupsQueue],
) -> None:
    queue, ours = served
    queue.job_states, queue.after_print = [3], ["media-empty"]
    heard: list[Condition] = []

    outcome = deliver(ours, SLIP, Answers.UNSURE, on_condition=heard.append)

    assert outcome == PaperOut()  # never begun and out of the queue: it may be given again
    assert heard == [Condition.PAPER_OUT]
    assert queue.asked.count(ipp.CANCEL_JOB) == 1


@pytest.mark.thorough
def test_a_slip_that_had_begun_is_unknown_when_it_is_given_up(served: tuple[Queue, CupsQueue]) -> None:
    queue, ours = served
    queue.job_states, queue.after_print = [5], ["media-empty"]

    outcome = deliver(ours, SLIP, Answers.UNSURE)

    assert outcome == SentUnconfirmed(Condition.PAPER_OUT, len(SLIP))
    assert not is_safe_to_repeat(outcome)


@pytest.mark.parametrize(("states", "outcome"), [([5, 8], SentUnconfirmed), ([3, 7], Fault)])
def test_a_slip_that_somebody_took_out_of_the_queue(
    served: tuple[Queue, CupsQueue], states: list[int], outcome: type
) -> None:
    queue, ours = served
    queue.job_states = states

    assert isinstance(deliver(ours, SLIP, Answers.UNSURE), outcome)


def test_without_a_print_server_there_are_no_queues_and_no_crash() -> None:
    nobody = IppServer(host="127.0.0.1", port=1)

    assert queues(nobody) == []
    assert isinstance(deliver(CupsQueue("receipt", nobody), SLIP, Answers.UNSURE), NotAnswering)
    assert isinstance(CupsQueue("receipt", nobody), SystemQueue)


@given(st.binary(max_size=80))
def test_whatever_answers_is_read_or_refused(content: bytes) -> None:
    for candidate in (content, b"\x02\x00\x00\x00\x00\x00\x00\x01\x04" + content):
        try:
            read_answer(candidate)
        except IppUnreachable:
            continue


def test_a_request_is_what_the_standard_says() -> None:
    made = request(ipp.GET_JOB, [("printer-uri", "ipp://localhost/printers/a"), ("job-id", 7)])

    assert made.startswith(b"\x02\x00\x00\x09\x00\x00\x00\x01\x01\x47\x00\x12attributes-charset\x00\x05utf-8")
    assert b"\x45\x00\x0bprinter-uri\x00\x1aipp://localhost/printers/a" in made
    assert made.endswith(b"\x21\x00\x06job-id\x00\x04\x00\x00\x00\x07\x03")
