"""The capture before a USB printer: /dev/usb/lp* is a character device, as a pseudo terminal is. A real usblp waits."""

from __future__ import annotations

import random
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from printers.capture.counters import Counters
from printers.capture.ends import Address, NetworkEntrance, SerialEntrance, listen_on
from printers.capture.pump import Pump
from printers.capture.usb_side import UsbPrinter
from tests.helpers.pseudo_terminal import PrinterOnATerminal
from tests.helpers.waiting import answers, wait_until
from tests.printers.capture.line import ListTap, read_exactly
from tests.printers.capture.serial_cable import SerialCable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="usblp is a driver of Linux")


@dataclass
class Running:
    pump: Pump
    tap: ListTap
    counters: Counters
    port: int = 0

    @contextmanager
    def pos(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as side:
            yield side


@contextmanager
def before(printer: UsbPrinter, entrance: SerialEntrance | None = None) -> Iterator[Running]:
    tap, counters = ListTap(), Counters()
    listener = listen_on(Address("127.0.0.1", 0))
    port = listener.getsockname()[1]
    pump = Pump(entrance or NetworkEntrance(listener), printer, tap=tap, counters=counters, connect_timeout_s=0.2)
    serving = threading.Thread(target=pump.serve, daemon=True)
    serving.start()
    try:
        yield Running(pump, tap, counters, port)
    finally:
        pump.stop(grace_s=0.1)
        serving.join(5)
        listener.close()


@pytest.fixture
def device() -> Iterator[SerialCable]:
    """What the driver's device looks like to a program; the test is the printer behind it."""
    found = SerialCable()
    yield found
    found.close()


def usb(device: SerialCable) -> UsbPrinter:
    found = UsbPrinter.parse(f"usb:{device.port.port}")
    assert found is not None
    return found


def test_bytes_pass_unchanged_both_ways(device: SerialCable) -> None:
    """Reliability case 45, before a USB printer."""
    noise, answer = random.Random(45).randbytes(200_000), random.Random(46).randbytes(3_000)
    with before(usb(device)) as running, running.pos() as pos:
        sending = threading.Thread(target=pos.sendall, args=(noise,))
        sending.start()
        printed = device.read_all(len(noise))
        sending.join(10)
        device.write(answer)

        assert read_exactly(pos, len(answer)) == answer
        assert printed == noise
        wait_until(lambda: bytes(running.tap.copies[1]) == noise, "the tap has its copy")


@pytest.mark.thorough
def test_a_printer_that_takes_nothing_makes_the_pos_wait_and_loses_nothing(device: SerialCable) -> None:
    """Reliability case 48: out of paper. Nothing is taken in the printer's place, and all of it comes out later."""
    receipt = random.Random(48).randbytes(400_000)
    with before(usb(device)) as running, running.pos() as pos:
        pos.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        sending = threading.Thread(target=pos.sendall, args=(receipt,))
        sending.start()
        sending.join(0.5)
        assert sending.is_alive(), "the POS waits, and nobody cut it off"

        assert device.read_all(len(receipt)) == receipt
        sending.join(10)


def _until_cut_off(pos: socket.socket) -> None:
    while True:
        pos.sendall(b"more")
        assert pos.recv(1), "an orderly goodbye would say that all is well"


def test_a_document_is_whole_when_the_pos_says_goodbye_at_once(
    device: SerialCable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the driver still holds when the device is closed would be thrown away."""
    monkeypatch.setattr("printers.capture.usb_side.LAST_WORDS_S", 0.1)
    documents = [random.Random(seed).randbytes(30_000) for seed in range(5)]
    with before(usb(device)) as running:
        for document in documents:
            with running.pos() as pos:
                pos.sendall(document)
                pos.shutdown(socket.SHUT_WR)
                assert device.read_all(len(document)) == document
                assert pos.recv(1) == b"", "and the goodbye comes back"


def test_a_printer_answers_its_pos_over_usb() -> None:
    """PNT-07: DLE EOT and GS r are the printer's own answers."""
    with PrinterOnATerminal() as printer, before(UsbPrinter(printer.path)) as running, running.pos() as pos:
        for _ in range(20):
            pos.sendall(b"text\n\x10\x04\x01")
            assert len(read_exactly(pos, 1)) == 1


@pytest.mark.expect_log("printer_refused")
def test_a_plug_that_is_pulled_is_seen_by_the_pos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printers.capture.pump.LOOK_AGAIN_S", 0.05)
    printer = PrinterOnATerminal()
    with printer, before(UsbPrinter(printer.path)) as running, running.pos() as pos:
        pos.sendall(b"text")
        wait_until(lambda: printer.bytes_taken == 4, "printing")
        printer.pull()

        with pytest.raises(ConnectionError):
            _until_cut_off(pos)


@pytest.mark.thorough
@pytest.mark.expect_log("printer_refused")
def test_a_file_in_the_place_of_an_unplugged_printer_swallows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The POS is refused as by a printer that is off, until one is plugged in."""
    monkeypatch.setattr("printers.capture.pump.LOOK_AGAIN_S", 0.05)
    at = tmp_path / "lp0"
    at.write_bytes(b"")
    with before(UsbPrinter(str(at))) as running:
        with pytest.raises(ConnectionError), running.pos() as pos:
            pos.recv(1)
        wait_until(lambda: not answers("127.0.0.1", running.port), "the entrance is shut")
        assert at.read_bytes() == b""
        at.unlink()
        with PrinterOnATerminal() as printer:
            at.symlink_to(printer.path)
            wait_until(lambda: answers("127.0.0.1", running.port), "it is open again")


def test_a_pos_on_a_serial_cable_prints_on_usb(device: SerialCable) -> None:
    cable = SerialCable()
    with before(usb(device), SerialEntrance(cable.port)) as running:
        wait_until(lambda: running.counters.sessions == 1, "both are open")
        cable.write(b"receipt\x1dV\x00")
        assert device.read_all(10) == b"receipt\x1dV\x00"
        device.write(b"\x12")
        assert cable.read_all(1) == b"\x12"
    cable.close()


@pytest.mark.parametrize("text", ["usb:", "usb:lp0", "serial:/dev/usb/lp0", "/dev/usb/lp0"])
def test_what_names_no_device_is_none(text: str) -> None:
    assert UsbPrinter.parse(text) is None


def test_a_device_is_named_as_the_agent_names_it() -> None:
    """So that the agent finds the capture in front of its printer."""
    assert str(UsbPrinter.parse("usb:/dev/usb/lp0")) == "usb:/dev/usb/lp0"
