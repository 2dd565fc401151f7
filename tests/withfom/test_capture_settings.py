"""`withfom capture --settings`: serves what the file says, follows its changes, and never stops for a broken file."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from printers.capture import spool
from printers.capture.ends import Address, listen_on
from printers.capture.settings import CaptureSettings, write_settings
from printers.capture.status import CaptureStatus, read_status
from tests.helpers.waiting import free_port, wait_until
from tests.printers.capture.line import RecordingPrinter
from tests.withfom.test_capture_command import ROOT, SALE, _alive, command, print_once

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture
def printers() -> Iterator[tuple[RecordingPrinter, RecordingPrinter]]:
    found = RecordingPrinter(), RecordingPrinter()
    yield found
    for printer in found:
        printer.close()


@pytest.fixture
def program(tmp_path: Path, printers: tuple[RecordingPrinter, RecordingPrinter]) -> Iterator[subprocess.Popen[str]]:
    save(tmp_path, free_port(), printers[0])
    started = subprocess.Popen(command("--settings", str(tmp_path / "capture.json")), text=True, cwd=ROOT)
    yield started
    if started.poll() is None:
        started.terminate()
    started.communicate(timeout=20)


def save(folder: Path, port: int, printer: RecordingPrinter, *, on: bool = True) -> None:
    write_settings(folder / "capture.json", CaptureSettings(f"127.0.0.1:{port}", str(printer.address), "2", on=on))


def running(folder: Path, printer: RecordingPrinter) -> CaptureStatus:
    """The capture that serves this printer, once it is there."""

    def found() -> CaptureStatus | None:
        status = read_status(folder / "spool")
        here = status is not None and status.printer == str(printer.address) and status.state == "running"
        return status if here else None

    status = wait_until(found, "the capture serves this printer", 20)
    assert status is not None
    return status


def port_of(status: CaptureStatus) -> int:
    return int(status.listen.rpartition(":")[2])


def test_a_changed_file_is_served_and_a_broken_one_changes_nothing(
    tmp_path: Path, printers: tuple[RecordingPrinter, RecordingPrinter], program: subprocess.Popen[str]
) -> None:
    """PNT-07"""
    first = running(tmp_path, printers[0])
    assert first.settings == str(tmp_path / "capture.json")
    print_once(port_of(first), SALE)
    (path,) = wait_until(lambda: spool.pending(tmp_path / "spool"), "the receipt is read")
    document = spool.load(path)
    assert document is not None
    assert document.source == "2"

    (tmp_path / "capture.json").write_text("{")
    time.sleep(2.5)  # two looks at the file, after which nothing may have happened
    print_once(port_of(first), SALE)
    assert printers[0].everything == SALE * 2
    assert read_status(tmp_path / "spool").pid == first.pid  # type: ignore[union-attr]

    save(tmp_path, port_of(first), printers[1])
    second = running(tmp_path, printers[1])
    print_once(port_of(second), SALE)
    assert (printers[0].everything, printers[1].everything) == (SALE * 2, SALE)

    save(tmp_path, port_of(first), printers[1], on=False)
    assert program.wait(20) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the socket is not handed on")
def test_a_pos_that_calls_while_a_change_is_taken_over_waits_and_is_never_refused(
    tmp_path: Path, printers: tuple[RecordingPrinter, RecordingPrinter], program: subprocess.Popen[str]
) -> None:
    port, calls = port_of(running(tmp_path, printers[0])), 0
    save(tmp_path, port, printers[1])
    deadline = time.monotonic() + 30
    while SALE not in printers[1].everything and time.monotonic() < deadline:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as pos:  # raises when nobody listens
            pos.sendall(b"\x10\x04\x01")
            assert pos.recv(1) == b"\x12", "the printer's own answer, now or a little later"
            calls += 1
        status = read_status(tmp_path / "spool")
        if status is not None and status.printer == str(printers[1].address):
            print_once(port, SALE)

    asked = printers[0].everything + printers[1].everything.replace(SALE, b"", 1)
    assert SALE in printers[1].everything
    assert asked == b"\x10\x04\x01" * calls
    assert calls > 1, "somebody called while it was taken over"  # how many more is the machine's speed


def test_an_address_that_cannot_be_had_is_waited_for_and_the_old_one_printed_on(
    tmp_path: Path, printers: tuple[RecordingPrinter, RecordingPrinter], program: subprocess.Popen[str]
) -> None:
    first = running(tmp_path, printers[0])
    with listen_on(Address("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        save(tmp_path, port, printers[1])
        time.sleep(2.5)  # two looks at the file, after which nothing may have happened
        print_once(port_of(first), SALE)
        assert printers[0].everything == SALE

    print_once(port_of(running(tmp_path, printers[1])), SALE)
    assert printers[1].everything == SALE


def test_a_newer_program_starts_its_parts_anew_at_the_same_address(
    tmp_path: Path, printers: tuple[RecordingPrinter, RecordingPrinter], program: subprocess.Popen[str]
) -> None:
    """The pump and the reader are processes of the program that is installed now."""
    first = running(tmp_path, printers[0])
    settings = CaptureSettings(first.listen, first.printer, "2", program="2.0")
    write_settings(tmp_path / "capture.json", settings)

    wait_until(lambda: running(tmp_path, printers[0]).pid != first.pid, "the parts are new", 20)
    print_once(port_of(first), SALE)
    assert printers[0].everything == SALE
    assert program.poll() is None


def test_told_to_end_it_ends_with_everything_below_it(
    tmp_path: Path, printers: tuple[RecordingPrinter, RecordingPrinter], program: subprocess.Popen[str]
) -> None:
    status = running(tmp_path, printers[0])
    program.terminate()

    assert program.wait(20) == 0
    wait_until(lambda: not _alive(status.pid), "the child has ended")


@pytest.mark.parametrize(
    ("text", "said"), [(None, "No settings file"), ("{", "cannot be read"), ('{"version":9}', "newer")]
)
def test_a_file_that_says_nothing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    from withfom.main import main

    if text is not None:
        (tmp_path / "capture.json").write_text(text)

    assert main(["capture", "--settings", str(tmp_path / "capture.json")]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().split("\n")) == 2


def test_without_options_the_agents_own_folder_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from withfom.main import main

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    assert main(["capture"]) == 2
    assert str(tmp_path) in capsys.readouterr().err


@pytest.mark.parametrize(
    "given", [("--listen", "127.0.0.1:0"), ("--listen", "127.0.0.1:0", "--printer", "127.0.0.1:1")]
)
def test_half_a_command_line_is_refused(capsys: pytest.CaptureFixture[str], given: tuple[str, ...]) -> None:
    from withfom.main import main

    assert main(["capture", *given]) == 2
    assert "missing" in capsys.readouterr().err
