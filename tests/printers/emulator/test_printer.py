"""The claims of the emulated printer's cable: what it answers when, and what happens without paper."""

from __future__ import annotations

import pytest

from printers.emulator.printer import EmulatedPrinter
from printers.status import Condition, PrinterStatus, ReplyKind, ReplyParser, condition_of_frame

ASK = [b"\x10\x04\x01", b"\x10\x04\x02", b"\x10\x04\x03", b"\x10\x04\x04"]


def answers(printer: EmulatedPrinter, stream: bytes) -> bytes:
    printer.receive(stream)
    return printer.take_answers()


def condition(printer: EmulatedPrinter) -> Condition:
    one, two, _three, four = (answers(printer, question)[0] for question in ASK)
    return PrinterStatus(one, two, four).condition


def test_a_healthy_printer_answers_all_clear() -> None:
    assert answers(EmulatedPrinter(), b"".join(ASK)) == b"\x12\x12\x12\x12"


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (EmulatedPrinter.run_out_of_paper, Condition.PAPER_OUT),
        (EmulatedPrinter.open_cover, Condition.COVER_OPEN),
        (EmulatedPrinter.set_paper_low, Condition.PAPER_LOW),
    ],
)
def test_trouble_is_told_in_the_bits_our_parser_reads(trouble, expected: Condition) -> None:  # type: ignore[no-untyped-def]
    printer = EmulatedPrinter()

    trouble(printer)

    assert condition(printer) is expected
    printer.load_paper()
    printer.close_cover()
    assert condition(printer) is Condition.READY


def test_done_is_said_only_after_everything_before_was_printed() -> None:
    printer = EmulatedPrinter()
    printer.run_out_of_paper(after_lines=1)

    assert answers(printer, b"a\nb\n\x1dV\x00\x1dr\x01") == b""
    assert answers(printer, b"\x10\x04\x04") == b"\x7e"  # real-time questions are answered all the same
    assert printer.take_pages() == []

    printer.load_paper()
    assert printer.take_answers() == b"\x00"
    assert [page.text() for page in printer.take_pages()] == ["a\nb\n"]


def test_a_full_buffer_stops_reading() -> None:
    printer = EmulatedPrinter(buffer_bytes=100)
    printer.open_cover()
    assert printer.wants_more

    printer.receive(b"x" * 200)
    assert not printer.wants_more

    printer.close_cover()
    assert printer.wants_more


def test_automatic_status_comes_only_when_asked_for() -> None:
    printer = EmulatedPrinter()
    printer.open_cover()
    assert printer.take_answers() == b""
    printer.close_cover()

    first = answers(printer, b"\x1da\xff")
    printer.open_cover()
    opened = printer.take_answers()
    printer.close_cover()

    assert [reply.kind for reply in ReplyParser().feed(first + opened)] == [ReplyKind.AUTOMATIC] * 2
    assert condition_of_frame(first) is Condition.READY
    assert condition_of_frame(opened) is Condition.COVER_OPEN


def test_paper_that_ends_while_printing_is_told_by_itself() -> None:
    printer = EmulatedPrinter()
    answers(printer, b"\x1da\xff")
    printer.run_out_of_paper(after_lines=2)
    printer.take_answers()

    assert condition_of_frame(answers(printer, b"a\nb\nc\n")) is Condition.PAPER_OUT


def test_maker_and_model_are_named() -> None:
    assert answers(EmulatedPrinter(), b"\x1dIB\x1dIC") == b"\x5fWITHFOM\x00\x5fVIRTUAL-80\x00"


def test_a_mark_in_the_stream_comes_back_when_it_is_reached() -> None:
    assert answers(EmulatedPrinter(), b"a\n\x1d(H\x06\x0000abcd") == b"\x37\x22abcd\x00"


def test_a_mute_printer_prints_and_says_nothing() -> None:
    printer = EmulatedPrinter()
    printer.set_mute()

    assert answers(printer, b"".join(ASK) + b"a\n\x1dV\x00\x1dr\x01") == b""
    assert len(printer.take_pages()) == 1


def test_switching_off_loses_the_buffer_but_not_the_paper() -> None:
    printer = EmulatedPrinter()
    printer.receive(b"\x1bE\x01out\n")
    printer.open_cover()
    printer.receive(b"lost\n")

    printer.power_cycle()
    printer.close_cover()
    printer.receive(b"new\n\x1dV\x00")

    out, new = printer.take_pages()
    assert (out.text(), new.text()) == ("out\n", "new\n")
    assert not new.lines[0].glyphs[0].bold


def test_a_pulled_cable_forgets_half_a_command() -> None:
    printer = EmulatedPrinter()
    printer.receive(b"a\n\x1dv0\x00\xff\x00\xff\x00half an image")
    printer.end_of_stream()
    printer.receive(b"b\n\x1dV\x00")

    (page,) = printer.take_pages()
    assert page.text() == "a\nb\n"
    assert page.raw == b"a\n\x1dv0\x00\xff\x00\xff\x00half an imageb\n\x1dV\x00"
