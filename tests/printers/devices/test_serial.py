"""The claims of printers.devices.serial, against the emulated printer on a pseudo terminal.

A pseudo terminal has no modem lines and no baud rate; those wait for a printer on a real line.
"""

from __future__ import annotations

import threading
import time

import pytest

from printers.devices.delivery import ask_status, deliver
from printers.devices.port import NotAnswering, PaperOut, Printed, SentUnconfirmed
from printers.devices.serial import CHUNK_BYTES, SerialDevice
from printers.errors import DeviceGone
from printers.profiles import Answers
from printers.status import Condition, PrinterStatus
from tests.helpers.pseudo_terminal import PrinterOnATerminal
from tests.helpers.waiting import wait_until
from tests.printers.devices.test_delivery import QUICK, SLIP


def test_a_slip_goes_down_the_line_and_the_printer_confirms_it() -> None:
    with PrinterOnATerminal() as printer:
        outcome = deliver(SerialDevice(printer.path, 38400), SLIP, Answers.ALWAYS, limits=QUICK)

        assert outcome == Printed(Condition.READY)
        (page,) = printer.emulated.take_pages()
        assert page.text().startswith("쿠폰 사용 승인")


def test_trouble_is_told_before_anything_is_sent() -> None:
    with PrinterOnATerminal() as printer:
        printer.emulated.run_out_of_paper()

        assert deliver(SerialDevice(printer.path, 9600), SLIP, Answers.UNSURE, limits=QUICK) == PaperOut()
        assert printer.emulated.take_pages() == []
        status = ask_status(SerialDevice(printer.path, 9600), QUICK)
        assert isinstance(status, PrinterStatus)
        assert status.condition is Condition.PAPER_OUT


def test_a_switched_off_printer_never_holds_the_worker() -> None:
    """Nobody reads the line: the driver's buffer fills and writing would wait for ever."""
    with PrinterOnATerminal() as printer:
        printer.reading.clear()
        began = time.monotonic()

        outcome = deliver(SerialDevice(printer.path, 9600), SLIP * 60, Answers.NEVER, limits=QUICK)

        assert isinstance(outcome, SentUnconfirmed)
        assert outcome.sent_bytes < len(SLIP) * 60
        assert time.monotonic() - began < 6.0


def test_a_printer_that_says_stop_is_waited_for_until_it_says_go() -> None:
    with PrinterOnATerminal() as printer:
        line = SerialDevice(printer.path, 9600)
        assert line.open() is None
        try:
            printer.say(b"\x13")
            wait_until(lambda: line.send(b"x", 0.0) == 0, "the stop is heard")
            before = printer.bytes_taken
            assert line.send(b"never now", 0.05) == 0
            printer.say(b"\x11")
            wait_until(lambda: line.send(b"later", 0.05) == 5, "the go is heard")
            assert before <= 2  # at most what was on its way before the stop was heard
        finally:
            line.close()


def test_stop_and_go_are_never_taken_for_answers() -> None:
    with PrinterOnATerminal() as printer:
        line = SerialDevice(printer.path, 9600)
        assert line.open() is None
        try:
            printer.say(b"\x11\x12\x13\x16\x11")
            heard = b""
            while len(heard) < 2:
                heard += line.receive(1.0)
            assert heard == b"\x12\x16"
            assert line.receive(0.0) == b""
        finally:
            line.close()


def test_one_chunk_is_never_more_than_a_busy_printer_has_room_for() -> None:
    with PrinterOnATerminal() as printer:
        line = SerialDevice(printer.path, 9600)
        assert line.open() is None
        try:
            assert line.send(b"\x00" * 5000, 1.0) <= CHUNK_BYTES
        finally:
            line.close()


def test_a_pulled_cable_is_no_crash() -> None:
    with PrinterOnATerminal() as printer:
        line = SerialDevice(printer.path, 9600)
        assert line.open() is None
        printer.pull()
        with pytest.raises(DeviceGone):
            _talk(line)
        line.close()
        line.close()


def test_a_line_that_is_not_there_or_taken_is_not_answering() -> None:
    assert isinstance(deliver(SerialDevice("/dev/ttyNONE9", 9600), SLIP, Answers.UNSURE, limits=QUICK), NotAnswering)
    with PrinterOnATerminal() as printer:
        first, second = SerialDevice(printer.path, 9600), SerialDevice(printer.path, 9600)
        assert first.open() is None
        try:
            assert isinstance(ask_status(second, QUICK), NotAnswering)
        finally:
            first.close()


def test_a_half_printed_slip_waits_for_the_new_roll() -> None:
    with PrinterOnATerminal() as printer:
        printer.emulated.run_out_of_paper(after_lines=5)
        heard: list[Condition] = []

        def bring_paper(condition: Condition) -> None:
            heard.append(condition)
            if condition is Condition.PAPER_OUT:
                threading.Thread(target=printer.emulated.load_paper).start()

        outcome = deliver(
            SerialDevice(printer.path, 9600), SLIP, Answers.ALWAYS, limits=QUICK, on_condition=bring_paper
        )

        assert isinstance(outcome, Printed)
        assert heard[0] is Condition.PAPER_OUT
        assert len(printer.emulated.take_pages()) == 1


def _talk(line: SerialDevice) -> None:
    for _ in range(100):
        line.send(b"x", 0.01)
        line.receive(0.01)
