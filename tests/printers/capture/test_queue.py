"""The capture before a print queue: whole documents as raw jobs, byte for byte, once; a fault is the POS's to see.

Against a queue of the test's own, and against a real cupsd. A Windows spooler waits for Windows.
"""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.capture.counters import Counters
from printers.capture.ends import Address, NetworkEntrance, listen_on
from printers.capture.pump import Pump
from printers.capture.queue_side import QueuePrinter, QueueSide
from printers.devices.cups import CupsQueue
from printers.devices.port import NotAnswering, SentUnconfirmed
from printers.status import Condition
from tests.helpers.print_server import has_cups, print_server
from tests.helpers.waiting import answers, wait_until
from tests.printers.capture.line import ListTap, RecordingPrinter

SALE = (Path(__file__).parents[2] / "golden" / "receipts" / "s01_sale_card_42col_cp949.bin").read_bytes()
AWAY = NotAnswering("no print server")


@dataclass
class Queue:
    """What a queue says, and the jobs it took."""

    name: str = "till"
    says: Condition | NotAnswering = Condition.READY
    refuses: list[NotAnswering | SentUnconfirmed] = field(default_factory=list)
    away: bool = False
    jobs: list[bytes] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)
    tried: int = 0

    def look(self) -> Condition | NotAnswering:
        return self.says

    def put(self, payload: bytes, title: str) -> NotAnswering | SentUnconfirmed | None:
        self.tried += 1
        self.titles.add(title)
        if self.away or self.refuses:
            return AWAY if self.away else self.refuses.pop(0)
        self.jobs.append(payload)
        return None


@dataclass
class Running:
    counters: Counters
    tap: ListTap
    port: int

    @contextmanager
    def pos(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as side:
            yield side


@contextmanager
def before(printer: QueuePrinter) -> Iterator[Running]:
    tap, counters = ListTap(), Counters()
    listener = listen_on(Address("127.0.0.1", 0))
    port = listener.getsockname()[1]
    pump = Pump(NetworkEntrance(listener), printer, tap=tap, counters=counters, connect_timeout_s=0.2)
    serving = threading.Thread(target=pump.serve, daemon=True)
    serving.start()
    try:
        yield Running(counters, tap, port)
    finally:
        pump.stop(grace_s=0.1)
        serving.join(5)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printers.capture.pump.LOOK_AGAIN_S", 0.05)
    monkeypatch.setattr("printers.capture.queue_side.AGAIN_S", 0.02)


def test_each_connection_is_a_job_and_its_goodbye_comes_back() -> None:
    """PNT-07; reliability case 45."""
    queue = Queue()
    noise = [random.Random(seed).randbytes(100_000) for seed in range(3)]
    with before(QueuePrinter("cups", queue)) as running:
        for content in noise:
            with running.pos() as pos:
                pos.sendall(content)
                pos.shutdown(socket.SHUT_WR)
                assert pos.recv(1) == b""

        assert queue.jobs == noise
        assert queue.titles == {"POS"}
        wait_until(lambda: [bytes(copy) for copy in running.tap.copies.values()] == noise, "the tap has its copies")


@pytest.mark.thorough
@pytest.mark.parametrize("cut", [b"\x1dV\x00", b"\x1dVB\x10", b"\x1bi", b"\x1dV1\x1bp\x00\x19\xfa\x1b@"])
def test_a_pos_that_keeps_its_line_gets_a_job_a_receipt(cut: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt comes out a moment after its cut, not when the shop closes."""
    monkeypatch.setattr("printers.capture.queue_side.WITHOUT_CUT_S", 60.0)
    queue = Queue()
    with before(QueuePrinter("cups", queue)) as running, running.pos() as pos:
        for number in range(3):
            pos.sendall(b"receipt %d\n" % number)
            pos.sendall(cut)
            wait_until(lambda wanted=number + 1: len(queue.jobs) == wanted, "a job of its own", 5)

    assert queue.jobs == [b"receipt %d\n" % number + cut for number in range(3)]


def test_a_paper_without_a_cut_comes_after_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printers.capture.queue_side.WITHOUT_CUT_S", 0.3)
    queue = Queue()
    with before(QueuePrinter("cups", queue)) as running, running.pos() as pos:
        pos.sendall(b"first half, ")
        threading.Event().wait(0.1)
        pos.sendall(b"second half\n")
        wait_until(lambda: queue.jobs == [b"first half, second half\n"], "one job")


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.sampled_from([0.0, 0.1, 0.3, 5.0])), max_size=20))
def test_whatever_the_pauses_the_jobs_together_are_what_was_sent(sent: list[tuple[bytes, float]]) -> None:
    queue, now = Queue(), [0.0]
    side = QueueSide(queue, monotonic=lambda: now[0])
    for chunk, pause_s in sent:
        side.send(chunk)
        now[0] += pause_s
        if side._due_s() == 0.0:
            document, last = side._next_document()
            side._hand_over(document)
            assert not last
    side.say_goodbye()
    assert side.receive() == b""

    assert b"".join(queue.jobs) == b"".join(chunk for chunk, _ in sent)
    assert all(queue.jobs)


def test_a_stream_without_pauses_is_handed_over_in_parts_and_never_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printers.capture.queue_side.JOB_BYTES_MAX", 100_000)
    queue, noise = Queue(), random.Random(9).randbytes(1_000_000)
    with before(QueuePrinter("cups", queue)) as running, running.pos() as pos:
        pos.sendall(noise)
        pos.shutdown(socket.SHUT_WR)
        assert pos.recv(1) == b""

    assert b"".join(queue.jobs) == noise
    assert max(map(len, queue.jobs)) <= 100_000 + 65_536


@pytest.mark.expect_log("queue_refused")
def test_a_print_system_that_starts_again_is_waited_for_and_prints_once() -> None:
    """Reliability case 51: the POS said goodbye and takes its receipt for printed."""
    queue = Queue(away=True)
    with before(QueuePrinter("cups", queue)) as running, running.pos() as pos:
        pos.sendall(SALE)
        pos.shutdown(socket.SHUT_WR)
        wait_until(lambda: queue.tried >= 3, "tried again and again")
        queue.away = False
        assert pos.recv(1) == b""
    assert queue.jobs == [SALE]


@pytest.mark.expect_log("queue_refused")
def test_what_the_queue_may_have_taken_is_not_given_again_and_the_pos_is_cut_off() -> None:
    queue = Queue(refuses=[SentUnconfirmed()])
    with before(QueuePrinter("cups", queue)) as running, running.pos() as pos:
        pos.sendall(b"receipt\x1dV\x00")
        with pytest.raises(ConnectionError):  # an orderly goodbye would say that all is well
            pos.recv(1)

    assert (queue.tried, queue.jobs) == (1, [])


@pytest.mark.expect_log("printer_refused")
@pytest.mark.parametrize("reason", ["no such queue", "the queue is stopped", "the queue takes nothing"])
def test_a_queue_that_takes_nothing_refuses_the_pos(reason: str) -> None:
    queue = Queue(says=NotAnswering(reason))
    with before(QueuePrinter("cups", queue)) as running:
        with pytest.raises(ConnectionError), running.pos() as pos:
            pos.recv(1)
        wait_until(lambda: not answers("127.0.0.1", running.port), "the entrance is shut")
        queue.says = Condition.PAPER_OUT
        wait_until(lambda: answers("127.0.0.1", running.port), "a queue without paper keeps its documents")
    assert queue.jobs == []


def test_a_pos_that_breaks_off_has_printed_what_it_had_sent() -> None:
    """As a printer, which has printed by then what it got."""
    queue = Queue()
    with before(QueuePrinter("cups", queue)) as running:
        with running.pos() as pos:
            pos.sendall(b"half a rece")
            wait_until(lambda: running.tap.copies.get(1) == b"half a rece", "on its way")
            pos.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        wait_until(lambda: queue.jobs == [b"half a rece"], "printed")


@pytest.mark.parametrize("text", ["cups:", "windows:", "tcp:9100", "cups:a\nb"])
def test_what_names_no_queue_is_none(text: str) -> None:
    assert QueuePrinter.parse(text) is None


def test_a_queue_is_named_as_the_agent_names_it() -> None:
    assert [str(QueuePrinter.parse(text)) for text in ("cups:till", "windows:영수증 프린터")] == [
        "cups:till",
        "windows:영수증 프린터",
    ]


# -- a real cupsd -----------------------------------------------------------------------------------------------------

real_cups = pytest.mark.skipif(not has_cups(), reason="no CUPS on this machine; .ci/run installs it")


@real_cups
@pytest.mark.thorough
def test_a_real_queue_prints_every_receipt_unchanged_and_in_order() -> None:
    """PNT-07"""
    noise = random.Random(1).randbytes(200_000)
    printer = RecordingPrinter()
    with (
        print_server("till", printer.address.port) as server,
        before(QueuePrinter("cups", CupsQueue("till", server))) as running,
    ):
        for content in (SALE, noise, SALE):
            with running.pos() as pos:
                pos.sendall(content)
                pos.shutdown(socket.SHUT_WR)
                assert pos.recv(1) == b""
        with running.pos() as pos:
            pos.sendall(SALE)
            wait_until(lambda: printer.everything == SALE + noise + SALE + SALE, "byte for byte", 30)
    printer.close()


@real_cups
@pytest.mark.thorough
@pytest.mark.expect_log("printer_refused")
def test_a_real_server_without_the_queue_refuses_the_pos() -> None:
    printer = RecordingPrinter()
    with (
        print_server("till", printer.address.port) as server,
        before(QueuePrinter("cups", CupsQueue("other", server))) as running,
        pytest.raises(ConnectionError),
        running.pos() as pos,
    ):
        pos.recv(1)
    assert printer.everything == b""
    printer.close()
