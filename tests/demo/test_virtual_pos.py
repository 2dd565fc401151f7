"""The virtual POS prints what real ones print, and every style is read back exactly (PNT-06, PNT-07, PNT-09)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from demo.slips import STYLES, cancel_slip, sale_slip, stamped
from demo.virtual_pos import SEOUL, VirtualPos, main
from printers.receipts.reader import read_document
from printers.receipts.reading import Reading
from printers.stream.documents import documents_of
from tests.helpers.waiting import free_port
from tests.printers.capture.line import RecordingPrinter

AT = datetime(2026, 11, 20, 14, 3, 22, tzinfo=SEOUL)


@pytest.fixture
def printer() -> Iterator[RecordingPrinter]:
    found = RecordingPrinter()
    yield found
    found.close()


def till(printer: RecordingPrinter, seed: int = 7) -> VirtualPos:
    return VirtualPos(printer.address.host, printer.address.port, seed=seed, now=lambda: AT)


def readings(stream: bytes) -> list[Reading]:
    return [reading for document in documents_of(stream) for reading in read_document(document)]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_read_back_exactly(printer: RecordingPrinter, style: str) -> None:
    pos = till(printer)
    for _ in range(8):
        sale = pos.print_sale(style)
        numbers = (sale.approval_no,) if sale.approval_no else ()
        for slip, kind, sign in (
            (sale_slip(sale), "sale", 1),
            (stamped(sale, AT), "reprint", 1),
            (cancel_slip(sale, 999, AT), "cancel", -1),
        ):
            (reading,) = readings(slip)
            assert (reading.kind, reading.total, reading.paid) == (kind, sign * sale.paid_won, sign * sale.paid_won)
            assert reading.approval_numbers == numbers
            if style != "cat40":
                assert [item.name.replace(" ", "") for item in reading.items] == [
                    item.name.replace(" ", "") for item in sale.items
                ]


def test_a_day_of_a_till_is_read_document_by_document(printer: RecordingPrinter) -> None:
    pos = till(printer)
    sale = pos.print_sale("card42")
    pos.reprint(sale)
    pos.print_duplicate(sale)
    pos.cancel(sale)
    pos.print_kitchen()
    pos.print_bill()
    pos.print_daily_report()

    assert [reading.kind for reading in readings(b"".join(pos.sent))] == [
        "sale", "reprint", "sale", "cancel", "kitchen", "bill", "settlement",
    ]  # fmt: skip
    assert printer.everything == b"".join(pos.sent)


def test_the_same_seed_and_clock_print_the_same_bytes(printer: RecordingPrinter) -> None:
    streams = []
    for _ in range(2):
        pos = till(printer, seed=3)
        for style in STYLES:
            pos.print_sale(style)
        streams.append(pos.sent)

    assert streams[0] == streams[1]


def test_a_folder_of_streams_is_replayed_in_order(printer: RecordingPrinter, tmp_path: Path) -> None:
    (tmp_path / "b.bin").write_bytes(b"second\n")
    (tmp_path / "a.bin").write_bytes(b"first\n")

    assert till(printer).replay(tmp_path) == 2
    assert printer.everything == b"\x10\x04\x01first\n\x10\x04\x01second\n"


def test_a_printer_that_is_off_is_an_error_and_an_unknown_style_too(
    printer: RecordingPrinter, capsys: pytest.CaptureFixture[str]
) -> None:
    off = VirtualPos("127.0.0.1", free_port())
    with pytest.raises(OSError, match=r".*"):
        off.print_sale()
    assert off.sent == []
    with pytest.raises(ValueError, match="unknown style"):
        till(printer).print_sale("braille")

    assert main(["--port", str(free_port())]) == 1
    assert "인쇄할 수 없어요" in capsys.readouterr().err


def test_as_a_program_it_prints_and_tells_what(printer: RecordingPrinter, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", str(printer.address.port), "--style", "utf8", "--count", "2"]) == 0

    assert len(capsys.readouterr().out.splitlines()) == 2
    assert [reading.kind for reading in readings(printer.everything)] == ["sale", "sale"]
