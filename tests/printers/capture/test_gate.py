"""A slip goes between two documents, never inside one; the clock is ours."""

from __future__ import annotations

import threading

from printers.capture.gate import QUIET_S, SETTLED_S, Gate
from printers.capture.line import PrinterLine


class NoSide:
    """A printer's connection that does nothing."""

    def __init__(self) -> None:
        self.goodbyes = 0
        self.closed = False
        self.sent: list[bytes] = []

    def receive(self) -> bytes:
        return b""

    def send(self, chunk: bytes) -> None:
        self.sent.append(chunk)

    def say_goodbye(self) -> None:
        self.goodbyes += 1

    def wake(self) -> None:
        return None

    def break_off(self) -> None:
        self.closed = True

    def close(self) -> None:
        self.closed = True


class Shop:
    def __init__(self) -> None:
        self.now = 100.0
        self.gate = Gate(monotonic=lambda: self.now)

    def comes(self, session: int) -> PrinterLine:
        line = self.gate.arriving() or PrinterLine(NoSide())
        self.gate.arrived(session, line)
        return line

    def sends(self, session: int, count: int) -> None:
        self.gate.enter(session, count)
        self.gate.leave(session)

    def may_print(self) -> bool:
        held = self.gate.hold(0)
        if held:
            self.gate.release()
        return held


def test_an_open_connection_that_has_sent_nothing_is_no_document() -> None:
    shop = Shop()
    shop.comes(1)

    assert shop.may_print()


def test_the_readers_word_decides_and_only_about_what_was_sent() -> None:
    shop = Shop()
    shop.comes(1)
    shop.sends(1, 100)
    shop.gate.read_to(1, 100, False)
    shop.now += 60
    assert not shop.may_print(), "in the middle of a document, however long it is silent"

    shop.sends(1, 5)
    shop.gate.read_to(1, 105, True)
    assert not shop.may_print(), "what the POS asked just now is not answered yet"

    shop.now += 2 * SETTLED_S
    assert shop.may_print()

    shop.sends(1, 1)
    assert not shop.may_print(), "the reader has not seen the newest byte"


def test_without_a_reader_a_long_silence_is_an_end() -> None:
    shop = Shop()
    shop.comes(1)
    shop.sends(1, 100)
    shop.now += QUIET_S - 0.1
    assert not shop.may_print()

    shop.now += 0.1
    assert shop.may_print()


def test_every_till_on_the_printer_must_be_between_documents() -> None:
    shop = Shop()
    for till in (1, 2):
        shop.comes(till)
        shop.sends(till, 10)
        shop.gate.read_to(till, 10, till == 1)
    shop.now += 1
    assert not shop.may_print()

    shop.gate.ended(2)
    assert shop.may_print()


def test_the_pos_waits_while_a_slip_has_its_turn_and_not_longer() -> None:
    shop = Shop()
    shop.comes(1)
    assert shop.gate.hold(0)
    passed = threading.Event()

    def pos() -> None:
        shop.sends(1, 10)
        passed.set()

    thread = threading.Thread(target=pos, daemon=True)
    thread.start()
    assert not passed.wait(0.05)

    shop.gate.release()
    assert passed.wait(5)
    thread.join(5)


def test_a_slip_prints_over_the_connection_that_the_pos_has() -> None:
    shop = Shop()
    line = shop.comes(1)

    assert shop.gate.line_for_slip(lambda: None) is line
    shop.gate.give_back(line)
    assert isinstance(line.side, NoSide)
    assert not line.side.closed, "it is the POS's"


def test_a_pos_that_comes_during_a_slip_takes_its_connection_over() -> None:
    """Printers that serve one connection would refuse the POS otherwise."""
    shop = Shop()
    slips_own = PrinterLine(NoSide())
    assert shop.gate.line_for_slip(lambda: slips_own) is slips_own

    assert shop.comes(1) is slips_own
    shop.gate.give_back(slips_own)
    assert isinstance(slips_own.side, NoSide)
    assert not slips_own.side.closed


def test_a_slips_own_connection_ends_with_it() -> None:
    shop = Shop()
    side = NoSide()
    line = PrinterLine(side)
    line.ended.set()
    shop.gate.line_for_slip(lambda: line)
    shop.gate.give_back(line)

    assert (side.goodbyes, side.closed) == (1, True)


def test_a_slip_does_not_connect_while_a_pos_is_connecting() -> None:
    shop = Shop()
    assert shop.gate.arriving() is None

    assert shop.gate.line_for_slip(lambda: PrinterLine(NoSide())) is None
    shop.gate.gave_up()
    assert shop.gate.line_for_slip(lambda: PrinterLine(NoSide())) is not None
