"""Layouts of many makes of POS are read right, or not at all: no amount is ever wrong (PNT-06, PNT-07)."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.receipts.reader import read_document
from printers.receipts.reading import Reading
from printers.stream.documents import documents_of
from tests.printers.receipts.layouts import LAYOUTS, Layout


def stream_of(text: str) -> bytes:
    rows = []
    for row in text.split("\n"):
        big = row.startswith("^")
        printed = row.lstrip("^").replace("₩", "￦").encode("cp949") + b"\n"
        rows.append(b"\x1d!\x11" + printed + b"\x1d!\x00" if big else printed)
    return b"\x1b@\x1c&\x1bR\r" + b"".join(rows) + b"\x1bd\x04\x1dVB\x00"


def read_text(text: str) -> Reading:
    (document,) = documents_of(stream_of(text))
    (reading,) = read_document(document)
    return reading


@pytest.mark.parametrize("wanted", LAYOUTS, ids=lambda wanted: wanted.name)
def test_layout_is_read_right(wanted: Layout) -> None:
    reading = read_text(wanted.text)

    assert (reading.kind, reading.total, reading.paid) == (wanted.kind, wanted.total, wanted.paid), reading
    found = reading.to_dict()
    found["items"] = ["".join(item["name"].split()) for item in found["items"]]
    assert {name: found.get(name) for name in wanted.more} == wanted.more


PAID = [wanted for wanted in LAYOUTS if wanted.kind == "sale" and len(wanted.text.split("\n")) > 8]


@given(st.sampled_from(PAID), st.data())
def test_a_receipt_with_a_row_missing_is_never_read_as_another_amount(wanted: Layout, data: st.DataObject) -> None:
    """What is lost may make the amount unknown; it never makes it wrong."""
    rows = wanted.text.split("\n")
    del rows[data.draw(st.integers(0, len(rows) - 1))]

    reading = read_text("\n".join(rows))

    if reading.kind in ("sale", "reprint"):
        assert reading.total == wanted.total


@given(st.sampled_from(PAID), st.data())
def test_a_wrong_digit_is_noticed_or_changes_nothing(wanted: Layout, data: st.DataObject) -> None:
    """One amount garbled: the others no longer agree with it."""
    amounts = [found.span() for found in re.finditer(r"\d{1,2},\d{3}", wanted.text)]
    start, end = data.draw(st.sampled_from(amounts))
    garbled = f"{data.draw(st.integers(1, 99))},{data.draw(st.integers(0, 999)):03d}"

    reading = read_text(wanted.text[:start] + garbled + wanted.text[end:])

    if wanted.text.count(wanted.text[start:end]) > 1 and reading.kind == "sale":
        assert reading.total == wanted.total


@given(st.text(alphabet="합계총결제금액카드현금취소영수증승인번호 0123456789,.원₩-():\n%*P", max_size=400))
def test_any_text_has_an_answer(text: str) -> None:
    for document in documents_of(stream_of(text)):
        for reading in read_document(document):
            if reading.total is not None:
                assert len(reading.witnesses) >= 2


@given(st.binary(max_size=2_000))
def test_any_bytes_have_an_answer(noise: bytes) -> None:
    for document in documents_of(noise):
        for reading in read_document(document):
            assert reading.kind != "sale"


def test_a_long_document_takes_little_time() -> None:
    """Not more than 100 ms a kilobyte, whatever is in it."""
    for row in ("합계 12,000", "*" * 200, "(" * 200, "승인번호" + " 1" * 90, "영수증" * 60, "1 2 , 0 0 0 " * 15):
        stream = stream_of("\n".join([row] * 60))
        began = time.thread_time()
        for document in documents_of(stream):
            read_document(document)
        assert time.thread_time() - began < 0.1 * len(stream) / 1_000, row[:10]


@pytest.mark.parametrize("rows", [("합계 {}",), ("신용카드 {}", "승인번호 1000{}", "승인금액 {}")])
def test_eight_times_the_sums_take_about_eight_times_the_work(rows: tuple[str, ...]) -> None:
    """Each sum was compared with every other; quadratic work would be 64 times."""

    def work_s(count: int) -> float:
        text = "\n".join(row.format(f"{place},000") for place in range(1, count // len(rows)) for row in rows)
        (document,) = documents_of(stream_of("커피   5,000\n" + text))
        began = time.thread_time()
        read_document(document)
        return time.thread_time() - began

    work_s(300)  # labels are looked up once
    assert min(work_s(1_400) for _ in range(3)) < 16 * min(work_s(175) for _ in range(3))


def test_a_receipt_that_breaks_off_is_incomplete_not_a_sale() -> None:
    whole = next(wanted for wanted in LAYOUTS if wanted.name == "cash receipt block").text
    for length in range(10, whole.index("현금")):
        for document in documents_of(b"\x1b@" + whole[:length].encode("cp949")):
            for reading in read_document(document):
                assert reading.kind in ("incomplete", "unknown"), whole[:length]
                assert reading.total is None


def test_a_second_receipt_after_a_bare_initialise_is_read_apart() -> None:
    one = next(wanted for wanted in LAYOUTS if wanted.name == "amounts without commas").text
    other = next(wanted for wanted in LAYOUTS if wanted.name == "gift card and card").text
    plain = b"\x1b@" + one.encode("cp949") + b"\n" + b"\x1b@" + other.encode("cp949") + b"\n"

    readings = [reading for document in documents_of(plain) for reading in read_document(document)]

    assert [reading.total for reading in readings] == [12_500, 40_000]


def test_an_initialise_in_the_middle_of_a_receipt_does_not_break_it() -> None:
    text = next(wanted for wanted in LAYOUTS if wanted.name == "gift card and card").text
    head, tail = text[: text.index("원두")], text[text.index("원두") :]
    stream = b"\x1b@" + head.encode("cp949") + b"\x1b@" + tail.encode("cp949") + b"\n\x1bd\x04\x1dV\x00"

    (document,) = documents_of(stream)
    (reading,) = read_document(document)

    assert (reading.kind, reading.total, reading.time) == ("sale", 40_000, "2026-11-21T17:05:44")
