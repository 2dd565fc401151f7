"""The pump is a piece of cable: every byte, both ways, at once, and nothing else (reliability cases 45, 48, 52, 57)."""

from __future__ import annotations

import ipaddress
import random
import socket
import sys
import threading

import pytest

from printers.capture.ends import Address
from printers.capture.pump import SESSIONS_MAX
from tests.helpers.waiting import answers, free_port, wait_until
from tests.printers.capture.line import Cable, ListTap, RecordingPrinter, cable, read_exactly


def _drain(side: socket.socket) -> None:
    while side.recv(65_536):
        pass


def _open_drawer(line: Cable) -> None:
    with line.pos() as stranger:
        stranger.sendall(b"\x1bp\x00\x19\xfa")
        _drain(stranger)


def test_bytes_arrive_unchanged_in_both_directions() -> None:
    """Reliability case 45."""
    noise = random.Random(45).randbytes(1_000_000)
    answer = random.Random(46).randbytes(50_000)
    tap = ListTap()
    with cable(tap) as line, line.pos() as pos:
        sending = threading.Thread(target=pos.sendall, args=(noise,))
        sending.start()
        wait_until(lambda: len(line.printer.received) == 1, "the printer is connected")
        sending.join(20)
        wait_until(lambda: len(line.printer.everything) == len(noise), "all bytes are printed")
        # The noise holds status requests; what the printer answers to them comes first.
        asked = line.printer.everything == noise
        line.printer.say(answer)
        pos.shutdown(socket.SHUT_WR)
        heard = b""
        while chunk := pos.recv(65_536):
            heard += chunk

    assert asked
    assert heard.endswith(answer)
    assert bytes(tap.copies[1]) == noise


def test_a_status_request_is_answered_before_later_bytes_are_sent() -> None:
    with cable() as line, line.pos() as pos:
        for _ in range(50):
            pos.sendall(b"text\n\x10\x04\x01")
            assert read_exactly(pos, 1) == b"\x12"

        assert line.printer.everything == b"text\n\x10\x04\x01" * 50


@pytest.mark.expect_log("printer_refused")
def test_a_printer_that_is_off_is_off_for_the_pos() -> None:
    with cable(printer_address=Address("127.0.0.1", free_port())) as line:
        with pytest.raises(ConnectionError), line.pos() as pos:  # at the call itself, or at the first read
            pos.recv(1)

        wait_until(lambda: line.counters.printer_refused == 1, "counted")
        assert line.counters.printer_reachable is False
        assert line.counters.sessions_total == 0


@pytest.mark.expect_log("printer_refused")
def test_while_the_printer_is_off_calls_are_refused_as_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not accepted and then cut off: what a queue sends in between would be lost without a word."""
    monkeypatch.setattr("printers.capture.pump.LOOK_AGAIN_S", 0.05)
    port = free_port()
    with cable(printer_address=Address("127.0.0.1", port)) as line:
        with pytest.raises(ConnectionError), line.pos() as pos:
            pos.recv(1)
        wait_until(lambda: not answers("127.0.0.1", line.port), "the entrance is shut")
        printer = RecordingPrinter(port)
        wait_until(lambda: answers("127.0.0.1", line.port), "it is open again")
        with line.pos() as pos:
            pos.sendall(b"text\x10\x04\x01")
            assert read_exactly(pos, 1) == b"\x12"
        assert printer.everything == b"text\x10\x04\x01"
        printer.close()


@pytest.mark.expect_log("printer_refused")
@pytest.mark.parametrize("how", ["waits", "said goodbye"])
def test_what_was_sent_while_the_printer_was_off_is_printed_once(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reliability case 51: its sender takes it for accepted, because our machine has it."""
    monkeypatch.setattr("printers.capture.session.LOOK_AGAIN_S", 0.05)
    port = free_port()
    with cable(printer_address=Address("127.0.0.1", port)) as line, line.pos() as pos:
        pos.sendall(b"kitchen order")
        if how == "said goodbye":
            pos.shutdown(socket.SHUT_WR)
        wait_until(lambda: line.counters.printer_refused >= 2, "the printer is looked for")
        printer = RecordingPrinter(port)
        wait_until(lambda: printer.everything == b"kitchen order", "printed")
        assert len(printer.received) == 1
        printer.close()


@pytest.mark.expect_log("printer_refused")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a goodbye behind bytes cannot be seen")
def test_a_pos_that_left_without_its_answer_gets_nothing_printed_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reliability case 51: it has told the cashier, who tries again; printed later it would be there twice."""
    monkeypatch.setattr("printers.capture.session.LOOK_AGAIN_S", 0.05)
    monkeypatch.setattr("printers.capture.pump.LOOK_AGAIN_S", 0.05)
    port = free_port()
    with cable(printer_address=Address("127.0.0.1", port)) as line:
        with line.pos() as pos:
            pos.sendall(b"\x1b@\x10\x04\x01order")
            wait_until(lambda: line.counters.printer_refused >= 2, "the printer is looked for")
        refused = line.counters.printer_refused
        wait_until(lambda: line.counters.printer_refused > refused + 2, "the POS is forgotten")
        printer = RecordingPrinter(port)
        wait_until(lambda: answers("127.0.0.1", line.port), "it is open again")
        assert printer.everything == b""
        printer.close()


def test_a_goodbye_is_passed_on_and_answers_still_come_back() -> None:
    tap = ListTap()
    with cable(tap) as line, line.pos() as pos:
        pos.sendall(b"last words")
        wait_until(lambda: line.printer.everything == b"last words", "printed")
        line.printer.say(b"\x16")
        pos.shutdown(socket.SHUT_WR)

        assert read_exactly(pos, 10) == b"\x16"  # and then the printer's own goodbye
        wait_until(lambda: line.printer.goodbyes == [0], "the printer heard the goodbye")
        wait_until(lambda: tap.ended == [1], "the tap heard it too")
        assert line.counters.sessions == 0


def test_a_printer_that_says_goodbye_first_can_still_be_sent_to() -> None:
    with cable() as line, line.pos() as pos:
        pos.sendall(b"a")
        wait_until(lambda: line.printer.everything == b"a", "printed")
        line.printer.hang_up()

        assert pos.recv(1) == b""
        pos.sendall(b"b")
        wait_until(lambda: line.printer.everything == b"ab", "printed after the goodbye")


def test_a_printer_that_breaks_off_breaks_the_pos_connection() -> None:
    with cable() as line, line.pos() as pos:
        pos.sendall(b"a")
        wait_until(lambda: line.printer.everything == b"a", "printed")
        line.printer.break_off()

        with pytest.raises(ConnectionError):
            _drain(pos)
        wait_until(lambda: line.counters.sessions == 0, "the session ended")


def test_a_printer_that_stops_reading_stops_the_pos() -> None:
    """Back-pressure: a POS must not believe that a busy printer has everything."""
    with cable() as line, line.pos() as pos:
        pos.sendall(b"a")
        wait_until(lambda: line.printer.everything == b"a", "printed")
        line.printer.reading.clear()
        pos.settimeout(0.3)

        with pytest.raises(TimeoutError):
            pos.sendall(b"x" * 32_000_000)
        line.printer.reading.set()


@pytest.mark.expect_log("tap_failed")
def test_a_tap_that_fails_does_not_stop_the_bytes() -> None:
    class NoTap(ListTap):
        def copied(self, session: int, chunk: bytes) -> None:
            raise RuntimeError(f"a broken reader, {session} {len(chunk)}")

    with cable(NoTap()) as line, line.pos() as pos:
        pos.sendall(b"one\x10\x04\x01")
        assert read_exactly(pos, 1) == b"\x12"
        pos.sendall(b"two\x10\x04\x01")
        assert read_exactly(pos, 1) == b"\x12"


def test_a_till_that_sends_a_byte_now_and_then_holds_nobody_up() -> None:
    """Reliability case 47."""
    with cable() as line, line.pos() as slow, line.pos() as other:
        for _ in range(5):
            slow.sendall(b"\x1b")
            other.sendall(b"receipt\n\x10\x04\x01")
            assert read_exactly(other, 1) == b"\x12"
        # Which of the two the printer saw first is chance.
        slow_bytes = bytearray(b"\x1b" * 5)
        wait_until(
            lambda: slow_bytes in list(line.printer.received.values()), "the slow till's bytes are passed on at once"
        )


@pytest.mark.expect_log("session_refused reason=address")
def test_strangers_are_refused_and_reach_nothing() -> None:
    """Reliability cases 52 and 57: who is not a POS opens no drawer."""
    with cable(allowed=(ipaddress.ip_network("192.0.2.0/24"),)) as line:
        with pytest.raises(ConnectionError):
            _open_drawer(line)

        assert line.counters.refused == 1
        assert line.printer.received == {}


@pytest.mark.expect_log("session_refused reason=too_many")
def test_the_seventeenth_connection_is_refused_and_the_sixteen_go_on() -> None:
    """Reliability case 48."""
    with cable() as line:
        sides = [socket.create_connection(("127.0.0.1", line.port), timeout=10) for _ in range(SESSIONS_MAX)]
        try:
            wait_until(lambda: line.counters.sessions == SESSIONS_MAX, "sixteen sessions")
            with pytest.raises(ConnectionError):
                _open_drawer(line)
            for side in sides:
                side.sendall(b"\x10\x04\x01")
                assert read_exactly(side, 1) == b"\x12"
        finally:
            for side in sides:
                side.close()
        wait_until(lambda: line.counters.sessions == 0, "all sessions ended")


def test_stopping_cuts_off_what_does_not_end() -> None:
    tap = ListTap()
    with cable(tap) as line, line.pos() as pos:
        pos.sendall(b"a")
        wait_until(lambda: line.printer.everything == b"a", "printed")
        line.pump.stop(grace_s=0.05)

        with pytest.raises(ConnectionError):
            _drain(pos)
        wait_until(lambda: tap.ended == [1], "the tap heard the end")
