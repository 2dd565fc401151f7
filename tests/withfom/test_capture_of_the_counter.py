"""The counter starts the capture as a process of its own: it prints through, and goes on when the counter is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.printing.listening.keeper import CaptureKeeper, start_capture
from agent.printing.listening.service import Begun, CaptureSetup
from demo.virtual_printer import VirtualPrinter
from printers.capture import spool
from printers.capture.settings import CaptureSettings, read_settings, write_settings
from printers.capture.status import CaptureStatus, read_status
from sync.clock import SystemClock
from tests.helpers import agent_process
from tests.helpers.waiting import free_port, wait_until
from tests.printers.capture.line import RecordingPrinter
from tests.withfom.test_capture_command import SALE, _alive, print_once

pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="signals"), pytest.mark.timeout(90)]


@pytest.fixture
def printer() -> Iterator[RecordingPrinter]:
    found = RecordingPrinter()
    yield found
    found.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Whatever capture a test left running on it is told to end, and ends."""
    found = tmp_path / "계산대 하나"
    found.mkdir()
    yield found
    settings = read_settings(found / "capture.json")
    if isinstance(settings, CaptureSettings):
        status = read_status(found / "spool")
        write_settings(
            found / "capture.json", CaptureSettings(settings.listen, settings.printer, settings.till, on=False)
        )
        if status is not None and status.state == "running":
            wait_until(lambda: not _alive(status.pid), "the capture has ended", 30)


def listening(folder: Path, printer: str) -> CaptureStatus:
    def found() -> CaptureStatus | None:
        status = read_status(folder / "spool")
        return status if status is not None and status.state == "running" and status.printer == printer else None

    status = wait_until(found, "the capture listens", 40)
    assert status is not None
    return status


def port_of(status: CaptureStatus) -> int:
    return int(status.listen.rpartition(":")[2])


def test_a_killed_counter_leaves_its_capture_and_a_new_one_starts_no_second(
    folder: Path, printer: RecordingPrinter
) -> None:
    """PNT-07"""
    write_settings(folder / "capture.json", CaptureSettings(f"127.0.0.1:{free_port()}", str(printer.address), "2"))
    with agent_process.agent(folder) as counter:
        status = listening(folder, str(printer.address))
        print_once(port_of(status), SALE)
        paths = wait_until(lambda: spool.pending(folder / "spool"), "the receipt is in the spool")
        document = spool.load(paths[0])
        assert document is not None
        assert (document.source, document.reading["total"]) == ("2", 17_800)
        counter.popen.send_signal(signal.SIGKILL)
        counter.popen.wait(10)

    print_once(port_of(status), SALE)
    assert printer.everything == SALE * 2
    with agent_process.agent(folder):
        print_once(port_of(status), SALE)
        wait_until(lambda: len(spool.pending(folder / "spool")) == 3, "and is read")
        again = read_status(folder / "spool")
    assert again is not None
    assert (again.pid, again.state) == (status.pid, "running")
    assert printer.everything == SALE * 3


def test_start_change_and_off_on_the_page_are_served_by_one_process(folder: Path, printer: RecordingPrinter) -> None:
    """PNT-07; every byte of the POS, whichever printer it is for."""
    keeper = CaptureKeeper(folder / "capture.json", folder / "spool", SystemClock(), start_capture)
    setup = CaptureSetup(
        settings_file=folder / "capture.json",
        spool=folder / "spool",
        clock=SystemClock(),
        keeper=keeper,
        find=lambda _done: None,
        newest=lambda: None,
        print_card=lambda _card: None,
        own_printer=lambda: None,
        use_printer=lambda _address: None,
    )
    listen = f"127.0.0.1:{free_port()}"
    with VirtualPrinter() as virtual:
        first = CaptureSettings(listen, f"127.0.0.1:{virtual.port}")
        assert begun(setup, first) is Begun.LISTENING
        status = listening(folder, first.printer)
        assert os.getsid(status.pid) != os.getsid(0), "a closed terminal or a killed group does not take it along"
        print_once(port_of(status), SALE)
        assert len(virtual.wait_for_pages(1)) == 1

        assert begun(setup, CaptureSettings(listen, str(printer.address))) is Begun.LISTENING
        print_once(port_of(listening(folder, str(printer.address))), SALE)
        assert printer.everything == SALE
        assert len(virtual.wait_for_pages(1)) == 1

    assert setup.switch_off() is None
    process = keeper._process
    assert process is not None
    assert wait_until(lambda: process.poll() is not None, "it has ended", 30)
    assert process.poll() == 0
    with contextlib.suppress(FileNotFoundError):
        assert "Traceback" not in (folder / "capture.log").read_text("utf-8")


def begun(setup: CaptureSetup, settings: CaptureSettings) -> Begun:
    answers: list[Begun] = []
    setup.begin(settings, answers.append)
    wait_until(lambda: answers, "it answers", 40)
    return answers[0]
