"""The claims of printers.devices: a slip is handed over once, and what is not known is never called printed.

All against the virtual printer over real sockets.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.virtual_printer import VirtualPrinter
from printers.devices.delivery import Limits, ask_status, deliver
from printers.devices.file import FileDevice
from printers.devices.port import (
    CoverOpen,
    NotAnswering,
    PaperOut,
    Printed,
    SentUnconfirmed,
    is_safe_to_repeat,
)
from printers.devices.tcp import TcpDevice
from printers.document import Columns, Cut, Document, Text
from printers.encode import Ink, encode
from printers.profiles import PROFILES, Answers
from printers.status import Condition, PrinterStatus

QUICK = Limits(status_s=0.15, stall_s=0.4, done_s=0.4, trouble_s=5.0, poll_s=0.05)
SLIP = encode(
    Document("쿠폰", (Text("쿠폰 사용 승인"), *(Columns("줄", str(n)) for n in range(20)), Cut())),
    PROFILES["generic-80-48"],
    Ink.bundled(),
)


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as printer:
        yield printer


def device(printer: VirtualPrinter) -> TcpDevice:
    return TcpDevice("127.0.0.1", printer.port)


def test_a_ready_printer_prints_and_says_so(printer: VirtualPrinter) -> None:
    assert deliver(device(printer), SLIP, Answers.ALWAYS, limits=QUICK) == Printed(Condition.READY)

    (page,) = printer.wait_for_pages(1)
    assert page.text.startswith("쿠폰 사용 승인\n줄")
    assert page.raw in printer.received()


def test_paper_that_runs_low_is_told_with_the_success(printer: VirtualPrinter) -> None:
    printer.paper_low()

    assert deliver(device(printer), SLIP, Answers.ALWAYS, limits=QUICK) == Printed(Condition.PAPER_LOW)


def test_without_paper_nothing_is_sent(printer: VirtualPrinter) -> None:
    printer.run_out_of_paper()

    outcome = deliver(device(printer), SLIP, Answers.UNSURE, limits=QUICK)

    assert outcome == PaperOut()
    assert is_safe_to_repeat(outcome)
    assert "쿠폰".encode("cp949") not in printer.received()


def test_with_an_open_cover_nothing_is_sent(printer: VirtualPrinter) -> None:
    printer.open_cover()

    assert deliver(device(printer), SLIP, Answers.UNSURE, limits=QUICK) == CoverOpen()
    assert "쿠폰".encode("cp949") not in printer.received()


def test_paper_that_ends_in_the_middle_is_told_and_printing_goes_on_with_the_new_roll(
    printer: VirtualPrinter,
) -> None:
    printer.run_out_of_paper(after_lines=5)
    told: list[Condition] = []

    def on_condition(condition: Condition) -> None:
        told.append(condition)
        if condition is Condition.PAPER_OUT:
            printer.load_paper()

    outcome = deliver(device(printer), SLIP, Answers.ALWAYS, limits=QUICK, on_condition=on_condition)

    assert outcome == Printed(Condition.READY)
    assert told == [Condition.PAPER_OUT, Condition.READY]
    (page,) = printer.wait_for_pages(1)
    assert [line.split()[-1] for line in page.text.splitlines()[1:21]] == [str(n) for n in range(20)]


def test_paper_that_stays_out_leaves_an_unconfirmed_job(printer: VirtualPrinter) -> None:
    printer.run_out_of_paper(after_lines=5)
    impatient = Limits(status_s=0.1, done_s=0.1, trouble_s=0.2, poll_s=0.03)

    outcome = deliver(device(printer), SLIP, Answers.ALWAYS, limits=impatient)

    assert outcome == SentUnconfirmed(Condition.PAPER_OUT, len(SLIP))
    assert not is_safe_to_repeat(outcome)


def test_a_cover_opened_while_printing_is_told(printer: VirtualPrinter) -> None:
    printer.run_out_of_paper(after_lines=3)
    told: list[Condition] = []

    def on_condition(condition: Condition) -> None:
        told.append(condition)
        if condition is Condition.PAPER_OUT:
            printer.open_cover()
        elif condition is Condition.COVER_OPEN:
            printer.load_paper()
            printer.close_cover()

    assert isinstance(deliver(device(printer), SLIP, Answers.ALWAYS, limits=QUICK, on_condition=on_condition), Printed)
    assert told == [Condition.PAPER_OUT, Condition.COVER_OPEN, Condition.READY]


def test_a_printer_that_is_off_is_known_within_three_and_a_half_seconds(printer: VirtualPrinter) -> None:
    printer.go_off()
    began = time.monotonic()

    outcome = deliver(device(printer), SLIP, Answers.UNSURE)

    assert isinstance(outcome, NotAnswering)
    assert time.monotonic() - began < 3.5


def test_a_line_that_swallows_the_connection_is_given_up_in_time() -> None:
    """A full accept queue drops connection requests, as a printer's address behind a dead cable does."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        began = time.monotonic()

        outcome = deliver(
            TcpDevice("127.0.0.1", deaf.getsockname()[1], connect_s=0.3), SLIP, Answers.ALWAYS, limits=QUICK
        )

        for filler in fillers:
            filler.close()
    assert isinstance(outcome, NotAnswering)
    assert time.monotonic() - began < 1.5


def test_a_printer_that_never_answers_gets_the_slip_and_an_honest_unknown(printer: VirtualPrinter) -> None:
    printer.mute()

    outcome = deliver(device(printer), SLIP, Answers.UNSURE, limits=QUICK)

    assert outcome == SentUnconfirmed(Condition.UNKNOWN, len(SLIP))
    assert len(printer.wait_for_pages(1)) == 1


def test_a_printer_known_to_answer_gets_nothing_while_it_is_silent(printer: VirtualPrinter) -> None:
    printer.hang()

    assert isinstance(deliver(device(printer), SLIP, Answers.ALWAYS, limits=QUICK), NotAnswering)
    printer.recover()
    assert printer.wait_for_bytes(3)
    assert "쿠폰".encode("cp949") not in printer.received()


def test_a_printer_switched_off_in_the_middle_leaves_an_unconfirmed_job(printer: VirtualPrinter) -> None:
    printer.run_out_of_paper(after_lines=5)

    outcome = deliver(
        device(printer), SLIP, Answers.ALWAYS, limits=QUICK, on_condition=lambda _condition: printer.go_off()
    )

    assert outcome == SentUnconfirmed(Condition.PAPER_OUT, len(SLIP))


def test_a_printer_that_stops_taking_bytes_is_given_up(printer: VirtualPrinter) -> None:
    """More than the printer and both sockets can hold: the rest never leaves."""
    printer.mute()
    printer.run_out_of_paper()
    endless = b"x" * 40_000_000

    outcome = deliver(device(printer), endless, Answers.UNSURE, limits=QUICK)

    assert isinstance(outcome, SentUnconfirmed)
    assert 0 < outcome.sent_bytes < len(endless)


def test_a_second_client_is_refused_while_the_first_is_served(printer: VirtualPrinter) -> None:
    first = device(printer)
    assert first.open() is None
    first.send(b"\x10\x04\x01", 1)
    assert first.receive(1) == b"\x12"

    second = deliver(device(printer), SLIP, Answers.ALWAYS, limits=QUICK)

    first.close()
    assert isinstance(second, NotAnswering)
    assert isinstance(deliver(device(printer), SLIP, Answers.ALWAYS, limits=QUICK), Printed)


def test_the_state_of_an_idle_printer_can_be_asked(printer: VirtualPrinter) -> None:
    found = ask_status(device(printer), QUICK)
    printer.go_off()
    lost = ask_status(device(printer), QUICK)

    assert isinstance(found, PrinterStatus)
    assert found.condition is Condition.READY
    assert isinstance(lost, NotAnswering)


@pytest.mark.parametrize(("host", "port"), [("", 1), ("가" * 90, 9100), ("127.0.0.1", 70_000), ("a..b", 9100)])
def test_an_impossible_address_is_an_answer_not_a_crash(host: str, port: int) -> None:
    assert isinstance(deliver(TcpDevice(host, port), SLIP, Answers.UNSURE, limits=QUICK), NotAnswering)


def test_closing_twice_and_using_a_closed_device_harm_nobody(printer: VirtualPrinter) -> None:
    link = device(printer)
    link.close()
    link.close()

    assert deliver(link, SLIP, Answers.ALWAYS, limits=QUICK) == Printed()


def test_a_plain_file_collects_slips_and_is_never_called_printed(tmp_path: Path) -> None:
    target = FileDevice(tmp_path / "종이.bin")

    first = deliver(target, SLIP, Answers.NEVER, limits=QUICK)
    second = deliver(target, SLIP, Answers.UNSURE, limits=QUICK)

    assert first == second == SentUnconfirmed(Condition.UNKNOWN, len(SLIP))
    assert (tmp_path / "종이.bin").read_bytes() == SLIP * 2


def test_a_path_that_cannot_be_opened_is_not_answering(tmp_path: Path) -> None:
    assert isinstance(deliver(FileDevice(tmp_path), SLIP, Answers.NEVER, limits=QUICK), NotAnswering)
    assert isinstance(deliver(FileDevice(tmp_path / "no" / "such"), SLIP, Answers.NEVER, limits=QUICK), NotAnswering)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="pseudo terminals are POSIX")
def test_a_usb_printer_that_was_unplugged_is_not_answering_and_no_file_is_made_in_its_place(tmp_path: Path) -> None:
    gone = tmp_path / "lp0"

    assert isinstance(deliver(FileDevice(gone, only_device=True), SLIP, Answers.UNSURE, limits=QUICK), NotAnswering)
    assert not gone.exists()
    gone.write_bytes(b"not a device")
    assert isinstance(deliver(FileDevice(gone, only_device=True), SLIP, Answers.UNSURE, limits=QUICK), NotAnswering)
    assert gone.read_bytes() == b"not a device"


def test_a_character_device_like_the_usb_driver_answers_both_ways() -> None:
    """/dev/usb/lp0 is a character device that can be read; a pseudo terminal is one that every machine has."""
    import tty

    from printers.emulator.printer import EmulatedPrinter

    ours, theirs = os.openpty()
    tty.setraw(theirs)
    tty.setraw(ours)
    path = Path(os.ttyname(theirs))
    assert stat.S_ISCHR(path.stat().st_mode)
    emulated = EmulatedPrinter()
    stop = threading.Event()

    def mechanism() -> None:
        os.set_blocking(ours, False)
        while not stop.wait(0.002):
            try:
                emulated.receive(os.read(ours, 4096))
            except BlockingIOError:
                continue
            os.write(ours, emulated.take_answers())

    thread = threading.Thread(target=mechanism)
    thread.start()
    try:
        outcome = deliver(FileDevice(path), SLIP, Answers.ALWAYS, limits=QUICK)
    finally:
        stop.set()
        thread.join()
        os.close(ours)
        os.close(theirs)

    assert outcome == Printed()
    assert len(emulated.take_pages()) == 1
