"""Slips of ours and the POS share a printer that serves one connection: nothing is mixed, and nobody is kept out."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from demo.virtual_printer import VirtualPrinter
from printers.capture import frames
from printers.capture.counters import Counters
from printers.capture.device import CaptureDevice, slips_of
from printers.capture.ends import Address, NetworkEntrance, listen_on
from printers.capture.files import replace_file
from printers.capture.pump import Pump
from printers.capture.slips import SlipServer
from printers.capture.spool import STATUS_FILE
from printers.capture.status import CaptureStatus
from printers.devices.delivery import Limits, ask_status, deliver
from printers.devices.port import NotAnswering, PaperOut, Printed
from printers.devices.tcp import TcpDevice
from printers.profiles import Answers
from printers.status import Condition, PrinterStatus
from printers.stream.documents import DocumentCutter
from tests.helpers.waiting import free_port, wait_until
from tests.printers.capture.line import read_exactly

CUT = b"\x1dV\x00"
FIRST = b"\x1b@" + "첫 영수증 4,500\n".encode("cp949") + CUT
SECOND = b"\x1b@" + "다음 영수증 5,000\n".encode("cp949") + CUT
SLIP = "적립 전표\n".encode("cp949") + CUT
QUICK = Limits(status_s=0.5, stall_s=1.0, done_s=1.0, trouble_s=5.0, poll_s=0.05)


class ReadingTap:
    """The reader without its process: it tells the gate where the documents end."""

    def __init__(self) -> None:
        self.pump: Pump | None = None
        self.blind = False
        self._cutters: dict[int, tuple[DocumentCutter, int]] = {}

    def opened(self, session: int) -> None:
        self._cutters[session] = (DocumentCutter(), 0)

    def copied(self, session: int, chunk: bytes) -> None:
        cutter, count = self._cutters[session]
        cutter.feed(chunk)
        self._cutters[session] = (cutter, count + len(chunk))
        if self.pump is not None and not self.blind:
            between = not (cutter.has_content or cutter.inside_command)
            self.pump.gate.read_to(session, count + len(chunk), between)

    def closed(self, session: int) -> None:
        del self._cutters[session]


@dataclass
class Counter:
    """A till, a capture and a printer, with the agent's device."""

    printer: VirtualPrinter
    pump: Pump
    slips: SlipServer
    counters: Counters
    tap: ReadingTap
    port: int

    @contextmanager
    def pos(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as side:
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield side

    def device(self) -> CaptureDevice:
        return CaptureDevice(lambda: self.slips.address, TcpDevice("127.0.0.1", self.printer.port))


@pytest.fixture
def counter() -> Iterator[Counter]:
    with VirtualPrinter(sessions=1) as printer:
        counters, tap = Counters(), ReadingTap()
        listener = listen_on(Address("127.0.0.1", 0))
        port = listener.getsockname()[1]
        pump = Pump(NetworkEntrance(listener), Address("127.0.0.1", printer.port), tap=tap, counters=counters)
        tap.pump = pump
        slips = SlipServer(pump.gate, pump.connect, counters=counters)
        serving = threading.Thread(target=pump.serve, daemon=True)
        serving.start()
        slips.start()
        yield Counter(printer, pump, slips, counters, tap, port)
        slips.stop()
        pump.stop(grace_s=0.2)
        serving.join(5)


def status(pos: socket.socket) -> bytes:
    pos.sendall(b"\x10\x04\x01")
    return read_exactly(pos, 1)


def test_a_slip_goes_between_two_documents_of_an_open_connection(counter: Counter) -> None:
    """A POS keeps its connection all day; the printer has no second one."""
    with counter.pos() as pos:
        pos.sendall(FIRST)
        assert counter.printer.wait_for_pages(1)

        outcome = deliver(counter.device(), SLIP, Answers.ALWAYS, limits=QUICK)
        assert status(pos) == b"\x12"
        pos.sendall(SECOND)
        pages = counter.printer.wait_for_pages(3)

        assert outcome == Printed(Condition.READY)
        assert ["4,500" in pages[0].text, "적립" in pages[1].text, "5,000" in pages[2].text] == [True] * 3
        pos.settimeout(0.2)
        with pytest.raises(TimeoutError):  # none of the slip's answers came to the POS
            pos.recv(16)
    assert counter.counters.slips == 1
    assert counter.counters.sessions_total == 1


def test_a_slip_waits_for_the_end_of_a_document(counter: Counter) -> None:
    with counter.pos() as pos:
        pos.sendall(FIRST[:-3])
        wait_until(lambda: FIRST[:-3] in counter.printer.received(), "half a receipt is printed")
        outcomes: list[object] = []
        limits = Limits(status_s=0.1, stall_s=5, done_s=2, trouble_s=5, poll_s=0.05)
        printing = threading.Thread(
            target=lambda: outcomes.append(deliver(counter.device(), SLIP, Answers.NEVER, limits=limits))
        )
        printing.start()
        time.sleep(0.3)
        assert SLIP not in counter.printer.received()

        pos.sendall(CUT)
        printing.join(10)
        pages = counter.printer.wait_for_pages(2)

    assert outcomes == [Printed(Condition.READY)]
    assert "4,500" in pages[0].text
    assert "적립" not in pages[0].text


def test_a_slip_that_gets_no_turn_was_not_sent(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it may be tried again."""
    monkeypatch.setattr("printers.capture.device.TURN_MS", 200)
    with counter.pos() as pos:
        pos.sendall(b"a receipt that goes on\n")
        wait_until(lambda: counter.printer.received(), "it is being printed")

        outcome = deliver(counter.device(), SLIP, Answers.NEVER, limits=QUICK)

        assert outcome == NotAnswering("busy: the POS is printing")
        assert SLIP not in counter.printer.received()


def test_without_a_pos_the_slip_has_a_connection_of_its_own(counter: Counter) -> None:
    assert deliver(counter.device(), SLIP, Answers.ALWAYS, limits=QUICK) == Printed(Condition.READY)
    with counter.pos() as pos:
        assert status(pos) == b"\x12"
        pos.sendall(FIRST)
        assert len(counter.printer.wait_for_pages(2)) == 2


def test_a_pos_that_comes_while_a_slip_waits_for_paper_gets_the_printer(counter: Counter) -> None:
    counter.printer.run_out_of_paper(after_lines=0)
    device = counter.device()
    assert device.open() is None
    device.send(SLIP, 5)
    device.send(b"\x1dr\x01", 5)
    wait_until(lambda: counter.counters.slips == 1, "the slip is in the printer")

    with counter.pos() as pos:
        assert status(pos) == b"\x1a"  # it sees the trouble, instead of being refused
        pos.sendall(FIRST)
        counter.printer.load_paper()
        assert len(counter.printer.wait_for_pages(2)) == 2
        assert device.receive(2) == b"\x00"
        device.close()
        assert status(pos) == b"\x12"


def test_the_state_of_the_printer_is_asked_over_the_poss_connection(counter: Counter) -> None:
    with counter.pos() as pos:
        pos.sendall(FIRST)
        assert counter.printer.wait_for_pages(1)
        time.sleep(0.12)
        found = ask_status(counter.device(), QUICK)
        assert isinstance(found, PrinterStatus)
        assert found.condition is Condition.READY

        counter.printer.run_out_of_paper()
        assert deliver(counter.device(), SLIP, Answers.ALWAYS, limits=QUICK) == PaperOut()


def test_an_agent_that_dies_with_its_turn_leaves_no_half_slip_and_no_waiting_pos(counter: Counter) -> None:
    with counter.pos() as pos:
        pos.sendall(FIRST)
        assert counter.printer.wait_for_pages(1)
        address = counter.slips.address
        with socket.create_connection((address.host, address.port), timeout=5) as agent:
            frames.send_frame(agent, frames.OPEN)
            assert agent.recv(5)[:1] == frames.GRANTED
            frames.send_frame(agent, frames.HOLD, struct.pack("<I", 2_000))
            assert agent.recv(5)[:1] == frames.GRANTED
            agent.sendall(frames.HEADER.pack(frames.SLIP, 1_000) + SLIP)

        pos.sendall(SECOND)
        assert len(counter.printer.wait_for_pages(2)) == 2
        assert SLIP not in counter.printer.received()


@pytest.mark.expect_log("slip_broken")
def test_an_agent_that_stands_still_gives_its_turn_back(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printers.capture.slips.HOLD_MAX_S", 0.1)
    address = counter.slips.address
    with counter.pos() as pos, socket.create_connection((address.host, address.port), timeout=5) as agent:
        assert status(pos) == b"\x12"
        frames.send_frame(agent, frames.HOLD, struct.pack("<I", 2_000))
        assert agent.recv(5)[:1] == frames.GRANTED
        assert status(pos) == b"\x12"


@pytest.mark.expect_log("slip_broken")
def test_noise_on_the_slips_port_disturbs_nobody(counter: Counter) -> None:
    address = counter.slips.address
    for noise in (b"GET / HTTP/1.1\r\n\r\n", b"S\x05\x00\x00\x00hello", b"O\xff\xff\xff\xff"):
        with socket.create_connection((address.host, address.port), timeout=5) as stranger:
            stranger.sendall(noise)
            assert stranger.recv(16) == b""

    assert deliver(counter.device(), SLIP, Answers.ALWAYS, limits=QUICK) == Printed(Condition.READY)


def test_a_reader_that_fell_silent_costs_a_slip_some_seconds_not_the_pos(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("printers.capture.gate.QUIET_S", 0.3)
    counter.tap.blind = True
    with counter.pos() as pos:
        pos.sendall(FIRST)
        assert counter.printer.wait_for_pages(1)
        assert deliver(counter.device(), SLIP, Answers.NEVER, limits=QUICK) == Printed(Condition.READY)


class TestWhichWay:
    """The device chooses at every slip, from the status file that the capture keeps."""

    def status(self, folder: Path, printer: str, slips_at: str, *, updated_ms: int = 1_000) -> None:
        found = CaptureStatus("running", 1, 0, updated_ms, "127.0.0.1:9100", printer, "1", slips_at=slips_at)
        replace_file(folder / STATUS_FILE, json.dumps(asdict(found)).encode(), durable=False)

    def test_through_the_capture_that_stands_before_this_printer(self, tmp_path: Path) -> None:
        self.status(tmp_path, "192.0.2.7:9100", "127.0.0.1:4000")
        for name in ("192.0.2.7:9100", "127.0.0.1:9100"):
            assert slips_of(tmp_path, name, lambda: 1_000)() == Address("127.0.0.1", 4_000)

        assert slips_of(tmp_path, "192.0.2.8:9100", lambda: 1_000)() is None

    def test_a_serial_printer_of_ours_is_the_one_that_the_capture_spells_out(self, tmp_path: Path) -> None:
        self.status(tmp_path, "serial:/dev/ttyUSB0@38400,8N1", "127.0.0.1:4000")

        assert slips_of(tmp_path, "serial:/dev/ttyUSB0@38400", lambda: 1_000)() == Address("127.0.0.1", 4_000)
        assert slips_of(tmp_path, "serial:/dev/ttyUSB0@9600", lambda: 1_000)() is None

    def test_directly_when_no_capture_lives(self, tmp_path: Path, counter: Counter) -> None:
        printer = f"127.0.0.1:{counter.printer.port}"
        find = slips_of(tmp_path, printer, lambda: 60_000)
        assert find() is None
        self.status(tmp_path, printer, "127.0.0.1:4000")
        assert find() is None, "its last sign of life is a minute old"

        device = CaptureDevice(find, TcpDevice("127.0.0.1", counter.printer.port))
        assert deliver(device, SLIP, Answers.ALWAYS, limits=QUICK) == Printed(Condition.READY)
        assert counter.counters.slips == 0

    def test_a_capture_that_is_just_starting_again_is_waited_for(self, tmp_path: Path) -> None:
        self.status(tmp_path, "192.0.2.7:9100", f"127.0.0.1:{free_port()}")
        device = CaptureDevice(slips_of(tmp_path, "192.0.2.7:9100", lambda: 1_000), TcpDevice("192.0.2.7"))

        assert deliver(device, SLIP, Answers.ALWAYS, limits=QUICK) == NotAnswering("the capture is starting again")
