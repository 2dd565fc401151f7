"""The pass-through between two serial ports, on pairs of pseudo terminals: bytes, lines, plugs pulled and put back."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from printers.capture.counters import Counters
from printers.capture.ends import Address, Entrance, NetworkEntrance, Printer, SerialEntrance, listen_on
from printers.capture.pump import Pump
from printers.capture.serial_side import LineMirror, SerialPort
from tests.helpers.waiting import wait_until
from tests.printers.capture.line import ListTap, read_exactly
from tests.printers.capture.serial_cable import SerialCable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX")


@dataclass
class Running:
    pump: Pump
    tap: ListTap
    counters: Counters


@contextmanager
def pumping(entrance: Entrance, printer: Printer) -> Iterator[Running]:
    tap, counters = ListTap(), Counters()
    pump = Pump(entrance, printer, tap=tap, counters=counters, connect_timeout_s=0.2)
    serving = threading.Thread(target=pump.serve, daemon=True)
    serving.start()
    try:
        yield Running(pump, tap, counters)
    finally:
        pump.stop(grace_s=0.05)
        serving.join(5)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printers.capture.ends.REOPEN_S", 0.05)
    monkeypatch.setattr("printers.capture.ends.ACCEPT_POLL_S", 0.05)


@pytest.fixture
def cables() -> Iterator[tuple[SerialCable, SerialCable]]:
    pair = (SerialCable(), SerialCable())
    yield pair
    for cable in pair:
        cable.close()


def test_bytes_pass_unchanged_both_ways(cables: tuple[SerialCable, SerialCable]) -> None:
    """Reliability case 45, on a cable."""
    pos, printer = cables
    noise, answer = random.Random(45).randbytes(200_000), random.Random(46).randbytes(3_000)
    with pumping(SerialEntrance(pos.port), printer.port) as running:
        wait_until(lambda: running.counters.sessions == 1, "both ports are open")
        sending = threading.Thread(target=pos.write, args=(noise,))
        sending.start()
        printed = printer.read_all(len(noise))
        sending.join(10)
        printer.write(answer)

        assert pos.read_all(len(answer)) == answer
        assert printed == noise
        wait_until(lambda: bytes(running.tap.copies[1]) == noise, "the tap has its copy")


def test_a_status_question_on_the_cable_is_answered_by_the_printer(cables: tuple[SerialCable, SerialCable]) -> None:
    pos, printer = cables
    with pumping(SerialEntrance(pos.port), printer.port) as running:
        wait_until(lambda: running.counters.sessions == 1, "both ports are open")
        for _ in range(20):
            pos.write(b"\x10\x04\x01")
            assert printer.read_all(3) == b"\x10\x04\x01"
            printer.write(b"\x12")
            assert pos.read_all(1) == b"\x12"


@pytest.mark.thorough
@pytest.mark.expect_log("printer_refused", "accept_failed")
def test_a_port_that_is_plugged_in_later_is_found(tmp_path: Path) -> None:
    pos, printer = SerialCable(), SerialCable()
    there = tmp_path / "printer"
    with pumping(SerialEntrance(pos.port), SerialPort(str(there), 115_200)) as running:
        wait_until(lambda: running.counters.printer_refused >= 2, "the printer is looked for")
        assert running.counters.sessions_total == 0
        there.symlink_to(printer.port.port)
        wait_until(lambda: running.counters.sessions == 1, "it is there")
        pos.write(b"text")
        assert printer.read_all(4) == b"text"
    pos.close()
    printer.close()


def test_a_network_pos_prints_on_a_serial_printer_one_after_the_other(cables: tuple[SerialCable, SerialCable]) -> None:
    """A Windows or CUPS queue points at the capture; its next job finds the port free again."""
    import socket

    _, printer = cables
    listener = listen_on(Address("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with pumping(NetworkEntrance(listener), printer.port) as running:
        running.pump._connect_timeout_s = 5.0
        for number in range(2):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as pos:
                pos.sendall(b"job %d\n\x10\x04\x01" % number)
                assert printer.read_all(9)[:5] == b"job %d" % number
                printer.write(b"\x16")
                assert read_exactly(pos, 1) == b"\x16"
        assert running.counters.printer_refused == 0


class FakePort:
    """The modem lines of a port, without a kernel."""

    def __init__(self) -> None:
        self.cts = self.dsr = self.rts = self.dtr = False
        self.set: list[str] = []

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("rts", "dtr") and hasattr(self, "set"):
            self.set.append(f"{name}={value}")
        super().__setattr__(name, value)


def test_a_printer_that_is_busy_shows_it_on_the_poss_line() -> None:
    pos, printer = FakePort(), FakePort()
    mirror = LineMirror(pos, printer)
    printer.cts = printer.dsr = True
    mirror.look()
    assert (pos.rts, pos.dtr) == (True, True)

    printer.dsr = False  # paper out, or its buffer is full
    mirror.look()
    assert (pos.rts, pos.dtr) == (True, False)

    pos.dsr = True
    mirror.look()
    assert (printer.rts, printer.dtr) == (False, True)
    count = len(pos.set) + len(printer.set)
    mirror.look()
    assert len(pos.set) + len(printer.set) == count, "lines are set only when they change"


class SlowPort(FakePort):
    """A printer whose buffer is full after some bytes, until it is emptied."""

    def __init__(self) -> None:
        super().__init__()
        self.cts = self.dsr = True
        self.taken = bytearray()

    def write(self, chunk: bytes) -> None:
        assert self.dsr, "sent to a printer that said busy"
        self.taken += chunk
        self.dsr = False

    def flush(self) -> None:
        threading.Timer(0.01, lambda: setattr(self, "dsr", True)).start()


def test_a_slip_of_ours_stops_while_the_printer_is_busy() -> None:
    from printers.capture.serial_side import SerialSide

    port = SlowPort()
    side = SerialSide(port)
    side.send_when_ready(b"x" * 300)

    assert bytes(port.taken) == b"x" * 300


def test_a_printer_without_such_lines_is_never_busy() -> None:
    """Three wires only: the lines have always been low."""
    from printers.capture.serial_side import SerialSide

    port = SlowPort()
    port.cts = port.dsr = False

    assert not SerialSide(port)._is_busy()


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("serial:COM3", SerialPort("COM3", 9_600, 8, "N", 1)),
        ("serial:/dev/ttyUSB0@38400", SerialPort("/dev/ttyUSB0", 38_400, 8, "N", 1)),
        ("serial:COM4@19200,7E2", SerialPort("COM4", 19_200, 7, "E", 2)),
        ("serial:", None),
        ("serial:COM3@fast", None),
        ("serial:COM3@9600,9N1", None),
    ],
)
def test_ports_are_named_in_one_word(text: str, port: SerialPort | None) -> None:
    assert SerialPort.parse(text) == port
    if port is not None:
        assert SerialPort.parse(str(port)) == port
