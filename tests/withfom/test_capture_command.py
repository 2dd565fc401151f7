"""`withfom capture` as a program: it starts, passes bytes on, survives a kill, and ends in order."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.virtual_printer import VirtualPrinter
from printers.capture import spool
from printers.capture.device import CaptureDevice, slips_of
from printers.capture.ends import Address, listen_on
from printers.capture.status import read_status
from printers.capture.usb_side import UsbPrinter
from printers.devices.delivery import deliver
from printers.devices.file import FileDevice
from printers.devices.port import Printed
from printers.devices.tcp import TcpDevice
from printers.profiles import Answers
from tests.helpers.pseudo_terminal import PrinterOnATerminal
from tests.helpers.waiting import free_port, wait_until
from tests.printers.capture.line import RecordingPrinter, read_exactly
from tests.printers.capture.serial_cable import SerialCable

ROOT = Path(__file__).parents[2]
SALE = (ROOT / "tests" / "golden" / "receipts" / "s01_sale_card_42col_cp949.bin").read_bytes()

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "withfom", "capture", *arguments]


@contextmanager
def running(
    folder: Path, printer: RecordingPrinter | Address | UsbPrinter, *options: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    target = printer.address if isinstance(printer, RecordingPrinter) else printer
    program = subprocess.Popen(
        command("--listen", "127.0.0.1:0", "--printer", str(target), "--spool", str(folder), *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert program.stdout is not None
        ready = program.stdout.readline()
        found = re.search(r"capture ready: 127\.0\.0\.1:(\d+)", ready)
        assert found, ready
        yield program, int(found[1])
    finally:
        if program.poll() is None:
            program.terminate()
        program.communicate(timeout=20)


@pytest.fixture
def printer() -> Iterator[RecordingPrinter]:
    found = RecordingPrinter()
    yield found
    found.close()


def print_once(port: int, stream: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as pos:
        pos.sendall(stream)
        pos.shutdown(socket.SHUT_WR)
        while pos.recv(1_024):
            pass


def test_a_receipt_is_printed_handed_over_and_counted(tmp_path: Path, printer: RecordingPrinter) -> None:
    """PNT-07"""
    with running(tmp_path, printer, "--till", "3") as (program, port):
        print_once(port, SALE)
        paths = wait_until(lambda: spool.pending(tmp_path), "the document is in the spool")
        status = wait_until(
            lambda: (found := read_status(tmp_path)) and found.documents == 1 and found, "the status counts it"
        )
        program.terminate()
        assert program.wait(15) == 0

    document = spool.load(paths[0])
    assert document is not None
    assert (document.source, document.reading["total"]) == ("3", 17_800)
    assert printer.everything == SALE
    assert status.state == "running"
    assert status.printer_reachable is True
    assert status.is_alive(int(time.time() * 1000))
    last = read_status(tmp_path)
    assert last is not None
    assert last.state == "stopped"


def test_a_killed_pump_is_back_within_three_seconds(tmp_path: Path, printer: RecordingPrinter) -> None:
    """Fail-open: the POS waits a moment, it is not refused."""
    with running(tmp_path, printer) as (_program, port):
        status = wait_until(lambda: read_status(tmp_path), "the status is written")
        os.kill(status.pid, signal.SIGKILL)
        began = time.monotonic()

        with socket.create_connection(("127.0.0.1", port), timeout=10) as pos:
            pos.sendall(b"\x10\x04\x01")
            while not (answer := _answer(pos)):  # a connection that was waiting when the child died
                pos.close()
                pos = socket.create_connection(("127.0.0.1", port), timeout=10)
                pos.sendall(b"\x10\x04\x01")

        assert answer == b"\x12"
        assert time.monotonic() - began < 3.0
        pos.close()


def test_a_slip_of_ours_goes_between_the_receipts_of_a_pos_that_stays_connected(tmp_path: Path) -> None:
    """The printer serves one connection, the POS holds it, and the reader process says where documents end."""
    with VirtualPrinter(sessions=1) as one_session:
        direct = TcpDevice("127.0.0.1", one_session.port)
        name = f"127.0.0.1:{one_session.port}"
        device = CaptureDevice(slips_of(tmp_path, name, lambda: time.time_ns() // 1_000_000), direct)
        with running(tmp_path, Address("127.0.0.1", one_session.port)) as (_program, port):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as pos:
                pos.sendall(SALE)
                assert one_session.wait_for_pages(1)
                # On a busy machine the reader may be late to say where the receipt ended: then nothing is sent.
                wait_until(lambda: deliver(device, b"slip\n\x1dV\x00", Answers.ALWAYS) == Printed(), "printed", 30)
                pos.sendall(SALE)
                pages = one_session.wait_for_pages(3)
            wait_until(lambda: len(spool.pending(tmp_path)) == 2, "the receipts are read, the slip is none of them")
            wait_until(lambda: (found := read_status(tmp_path)) and found.slips == 1, "the status counts it")

        assert [page.text.strip() == "slip" for page in pages] == [False, True, False]
        assert deliver(device, b"slip\n\x1dV\x00", Answers.ALWAYS) == Printed(), "directly, now that none runs"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="pseudo terminals are POSIX")
def test_a_receipt_and_a_slip_of_ours_go_to_a_usb_printer_through_the_capture(tmp_path: Path) -> None:
    """PNT-07; the driver serves one program, and while the POS prints that is the capture."""
    slip = b"our slip\n\x1dV\x00"
    with PrinterOnATerminal() as paper, running(tmp_path, UsbPrinter(paper.path)) as (_program, port):
        direct = FileDevice(Path(paper.path), only_device=True)
        way = CaptureDevice(slips_of(tmp_path, f"usb:{paper.path}", lambda: time.time_ns() // 1_000_000), direct)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as pos:
            pos.sendall(SALE + b"\x10\x04\x01")
            assert read_exactly(pos, 1), "the printer itself answers the POS"
            wait_until(lambda: spool.pending(tmp_path), "the receipt is read")
            wait_until(lambda: deliver(way, slip, Answers.ALWAYS) == Printed(), "printed between two receipts", 30)
            pos.sendall(SALE)
            wait_until(lambda: len(spool.pending(tmp_path)) == 2, "and so is the next one")
        pages = [page.text() for page in paper.emulated.take_pages()]

    assert len(pages) == 3
    assert pages[1] == "our slip\n"
    assert pages[0] == pages[2]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="pseudo terminals are POSIX")
def test_a_receipt_on_a_serial_cable_is_passed_on_and_read(tmp_path: Path) -> None:
    """PNT-07, on two serial ports."""
    pos, printer = SerialCable(), SerialCable()
    program = subprocess.Popen(
        command("--listen", str(pos.port), "--printer", str(printer.port), "--spool", str(tmp_path), "--till", "2"),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert program.stdout is not None
        assert "serial:" in program.stdout.readline()
        wait_until(lambda: (found := read_status(tmp_path)) and found.sessions == 1, "both ports are open")
        pos.write(SALE)
        assert printer.read_all(len(SALE)) == SALE
        paths = wait_until(lambda: spool.pending(tmp_path), "the document is in the spool")
    finally:
        program.terminate()
        program.communicate(timeout=20)
        pos.close()
        printer.close()
    document = spool.load(paths[0])
    assert document is not None
    assert (document.source, document.reading["total"]) == ("2", 17_800)


def _answer(pos: socket.socket) -> bytes:
    try:
        return read_exactly(pos, 1)
    except ConnectionError:
        return b""


def test_a_killed_reader_is_started_again_and_printing_never_stops(tmp_path: Path, printer: RecordingPrinter) -> None:
    with running(tmp_path, printer, "--no-supervisor") as (program, port):
        print_once(port, SALE)
        wait_until(lambda: len(spool.pending(tmp_path)) == 1, "the first receipt is read")
        (reader,) = _children(program.pid)
        os.kill(reader, signal.SIGKILL)
        print_once(port, SALE)
        assert printer.everything == SALE * 2

        def read_again() -> bool:
            print_once(port, SALE)
            return len(spool.pending(tmp_path)) >= 2

        wait_until(read_again, "receipts are read again")
        program.terminate()
        assert program.wait(15) == 0


def _children(pid: int) -> list[int]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("no list of processes on this system")
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def test_a_port_in_use_is_named_in_both_languages(tmp_path: Path) -> None:
    taken = listen_on(Address("127.0.0.1", 0))
    port = taken.getsockname()[1]
    answer = subprocess.run(
        command("--listen", f"127.0.0.1:{port}", "--printer", "127.0.0.1:1", "--spool", str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=30,
        cwd=ROOT,
        check=False,
    )
    taken.close()

    assert answer.returncode == 2
    assert str(port) in answer.stderr
    assert "쓸 수 없어요" in answer.stderr
    assert "in use" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--listen", "nonsense", "--printer", "127.0.0.1:9100"), "nonsense"),
        (("--listen", "127.0.0.1:70000", "--printer", "127.0.0.1:9100"), "70000"),
        (("--listen", "127.0.0.1:0", "--printer", "printer"), "printer"),
        (("--listen", "127.0.0.1:0", "--printer", "127.0.0.1:0"), "127.0.0.1:0"),
        (("--listen", "127.0.0.1:0", "--printer", "usb:lp0"), "usb:lp0"),
        (("--listen", "127.0.0.1:0", "--printer", "cups:"), "cups:"),
        (("--listen", "127.0.0.1:0", "--printer", "127.0.0.1:9100", "--allow", "10.0.0.0/99"), "10.0.0.0/99"),
        (("--listen", "203.0.113.7:9100", "--printer", "127.0.0.1:9100"), "203.0.113.7"),
    ],
)
def test_bad_addresses_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], named: str
) -> None:
    from withfom.main import main

    assert main(["capture", *arguments, "--spool", str(tmp_path / "spool")]) == 2
    said = capsys.readouterr().err
    assert named in said
    assert re.search("[가-힣]", said)
    assert len(said.strip().split("\n")) == 2


def test_a_spool_that_cannot_be_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from withfom.main import main

    (tmp_path / "file").write_text("")
    port = free_port()
    status = main(
        ["capture", "--listen", f"127.0.0.1:{port}", "--printer", "127.0.0.1:1", "--spool", str(tmp_path / "file")]
    )

    assert status == 2
    assert "file" in capsys.readouterr().err


def test_a_pump_without_its_supervisor_ends(tmp_path: Path, printer: RecordingPrinter) -> None:
    """Nobody may stand on the port of a supervisor that is gone."""
    with running(tmp_path, printer) as (program, port):
        status = wait_until(lambda: read_status(tmp_path), "the status is written")
        threads = threading.active_count()
        program.kill()
        program.wait(10)

        wait_until(lambda: not _alive(status.pid), "the child has ended")
        wait_until(lambda: _refuses(port), "the port is free")
        assert threading.active_count() == threads


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
