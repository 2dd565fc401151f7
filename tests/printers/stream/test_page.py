"""Rows come out as a person reads the paper, whatever order and encoding the bytes had (PNT-07)."""

from __future__ import annotations

import pytest

from printers.stream.page import Page, lay_out
from printers.stream.state import PrinterState
from printers.stream.tokenizer import Tokenizer


def page_of(stream: bytes) -> Page:
    tokenizer = Tokenizer()
    return lay_out(tokenizer.feed(stream) + tokenizer.close(), PrinterState())


def ko(text: str) -> bytes:
    return text.encode("cp949")


def at(x: int) -> bytes:
    return b"\x1b$" + x.to_bytes(2, "little")


def down(y: int) -> bytes:
    return b"\x1d$" + y.to_bytes(2, "little")


def test_letters_beyond_the_old_standard_are_read() -> None:
    assert page_of(ko("똠얌꿍 뷁\n")).text == "똠얌꿍 뷁"


@pytest.mark.parametrize("announce", [b"\x1c(C\x02\x000\x02", b"", b"\x1c&", b"\x1c."])
def test_utf8_is_recognised_announced_or_not(announce: bytes) -> None:
    page = page_of(b"\x1b@" + announce + "합계 4,500\n".encode())

    assert page.text == "합계 4,500"
    assert page.encoding == "utf-8"


def test_short_korean_words_that_are_also_valid_utf8_stay_korean() -> None:
    assert page_of(ko("카") + b"\n").text == "카"


def test_the_won_sign_stands_where_ascii_has_the_backslash() -> None:
    assert page_of(b"\x1bR\r\\4,500\n").text == "₩4,500"
    assert page_of(b"\\4,500\n").text == "\\4,500"


def test_line_drawing_of_a_code_page_does_not_become_hangul() -> None:
    assert "컴" not in page_of(b"\x1c.\x1bt\x00\xc4\xc4\xb3\n").text
    assert page_of(b"\xc4" * 42 + b"\n").text == "-" * 42


def test_half_a_letter_becomes_a_replacement_mark() -> None:
    """Reliability case 50."""
    assert page_of(b"\xc7\n" + ko("계\n")).text == "\ufffd\n계"


def test_columns_are_ordered_by_position_not_by_bytes() -> None:
    assert page_of(at(400) + b"4,500" + at(0) + ko("라떼") + b"\n").text.split() == ["라떼", "4,500"]


def test_relative_moves_and_units_keep_words_apart() -> None:
    assert page_of(ko("라떼") + b"\x1b\\\x64\x004,500\n").text == "라떼        4,500"
    assert page_of(b"\x1dP\x5a\x00" + ko("라떼") + at(100) + b"9\n").text == "라떼             9"


def test_tabs_use_their_stops_and_never_glue_numbers() -> None:
    stream = b"\x1bD\x10\x18\x22\x00" + ko("합계") + b"\t\t3\t18,900\n" + b"1\t2\t3\t4\t5\t6\n"
    rows = page_of(stream).text.split("\n")

    assert rows[0] == "합계                    3         18,900"
    assert rows[1].split() == ["1", "2", "3", "4", "5", "6"]


def test_one_word_in_two_styles_stays_one_word() -> None:
    assert page_of(ko("합") + b"\x1bE\x01" + ko("계") + b"\x1bE\x00 5,\x1d!\x11000\n").text == "합계 5,000"


def test_text_printed_twice_in_one_place_is_one_text() -> None:
    assert page_of(ko("합계") + at(0) + ko("합계") + at(300) + b"900\n").text.split() == ["합계", "900"]


def test_page_mode_is_read_by_rows() -> None:
    stream = (
        b"\x1bL\x1bW" + b"\x00\x00\x00\x00\x40\x02\xc8\x00"
        + down(60) + at(400) + b"4,500" + down(30) + at(0) + ko("영수증") + down(60) + at(0) + ko("라떼") + b"\x0c"
    )  # fmt: skip

    assert [row.text.split() for row in page_of(stream).rows] == [["영수증"], ["라떼", "4,500"]]


def test_page_mode_turned_upside_down_reads_from_its_own_top() -> None:
    stream = b"\x1bL\x1bW\x00\x00\x00\x00\x40\x02\xc8\x00\x1bT\x02" + down(30) + b"one" + at(0) + down(90) + b"two\x0c"

    assert page_of(stream).text == "one\ntwo"


def test_page_mode_that_was_cancelled_prints_nothing() -> None:
    assert page_of(b"\x1bL" + b"never" + b"\x18\x1bSreal\n").text == "real"
    assert page_of(b"\x1bLnever").text == ""


def test_a_turned_receipt_is_read_from_its_last_line() -> None:
    assert page_of(b"\x1b{\x01bottom\ntop\n").text == "top\nbottom"


def test_size_bold_and_pictures_are_noted() -> None:
    page = page_of(b"\x1d!\x11A\n\x1d!\x00\x1bE\x01B\n\x1bE\x00c\n\x1dv0\x00\x01\x00\x03\x00abc\x1cp\x01\x00")

    assert [(row.height, row.width, row.bold) for row in page.rows] == [(2, 2, False), (1, 1, True), (1, 1, False)]
    assert (page.picture_dots, page.logos) == (3, 1)


def test_lines_that_rely_on_the_printer_to_break_are_broken() -> None:
    line = "".join(f"{index:02d} abcdefghijklmnopqrstuvwxyz          {index}" for index in range(3))

    assert len(page_of(b"\x1dW\xf8\x01" + line.encode() + b"\n").rows) > 1


def test_carriage_returns_alone_end_lines() -> None:
    assert page_of(b"one\rtwo\r").text == "one\ntwo"
    assert page_of(b"one\r\ntwo\r\n").text == "one\ntwo"


@pytest.mark.parametrize("kind", [48, 49, 50, 51, 52, 53, 54])
def test_the_content_of_a_symbol_is_no_text_of_the_receipt(kind: int) -> None:
    """Whatever it holds: a total, a cut, a line end, the start of another command."""
    content = ko("합계 9,900\n") + b"\x1dV\x00\x1b@\x1d(k\xff\xff"
    size = (len(content) + 3).to_bytes(2, "little")
    symbol = b"\x1d(k" + size + bytes([kind]) + b"P0" + content + b"\x1d(k\x03\x00" + bytes([kind]) + b"Q0"

    assert page_of(ko("합계 4,500\n") + symbol + ko("감사합니다\n")).text.split("\n") == ["합계 4,500", "감사합니다"]
