"""Streams become documents at the right bytes, at any chunking (PNT-07; reliability cases 45, 46, 49, 50)."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.stream.documents import CutDocument, DocumentCutter, Ended, documents_of

INIT = b"\x1b@\x1c&\x1bR\r"
CUT = b"\x1dVB\x00"


def won(text: str) -> bytes:
    return text.encode("cp949")


def texts(documents: list[CutDocument]) -> list[str]:
    return [document.page.text for document in documents]


def chunked(stream: bytes, size: int) -> list[CutDocument]:
    cutter = DocumentCutter()
    found: list[CutDocument] = []
    for at in range(0, len(stream), size):
        found += cutter.feed(stream[at : at + size])
    return found + cutter.close()


@pytest.mark.parametrize("cut", [b"\x1dV\x00", b"\x1dV1", b"\x1dVA\x03", b"\x1dVg\x03", b"\x1bi", b"\x1bm"])
def test_a_cut_ends_a_document(cut: bytes) -> None:
    documents = documents_of(INIT + b"one\n" + cut + b"two\n" + cut)

    assert texts(documents) == ["one", "two"]
    assert [document.ended for document in documents] == [Ended.CUT, Ended.CUT]
    assert documents[0].end == len(INIT + b"one\n" + cut)


def test_a_cut_inside_a_picture_is_picture() -> None:
    picture = b"\x1dv0\x00\x04\x00\x01\x00\x1dV\x00\x41"

    assert texts(documents_of(b"one\n" + picture + b"two\n" + CUT)) == ["one\ntwo"]


@pytest.mark.parametrize(
    "nothing",
    [b"\x1bp\x00\x19\xfa", b"\x1dr\x01", CUT, b"\x10\x04\x01", b"  \n\n" + CUT, b"\x1cp\x01\x00", b"\x1b@\x1bd\x05"],
)
def test_what_prints_nothing_is_no_document(nothing: bytes) -> None:
    assert documents_of(INIT + nothing) == []
    assert texts(documents_of(INIT + b"one\n" + CUT + nothing)) == ["one"]


def test_an_initialise_after_a_feed_begins_a_new_document() -> None:
    documents = documents_of(INIT + b"one\n\n\n\n" + INIT + b"two\n\x1bd\x05" + INIT + b"three\n")

    assert texts(documents) == ["one", "two", "three"]
    assert [document.ended for document in documents] == [Ended.INIT, Ended.INIT, Ended.CLOSE]


def test_an_initialise_without_a_feed_is_a_doubtful_border() -> None:
    (document,) = documents_of(INIT + b"head\n" + INIT + b"body\n" + CUT)

    assert [part.text for part in document.parts] == ["head", "body"]
    assert document.page.text == "head\nbody"


def test_silence_ends_a_document_but_not_a_command() -> None:
    cutter = DocumentCutter()
    cutter.feed(INIT + b"one\n\x1dv0\x00\x10\x00\x10\x00")

    assert cutter.inside_command
    cutter.feed(b"\x00" * 256)
    assert not cutter.inside_command
    assert texts(cutter.idle()) == ["one"]
    assert cutter.idle() == []
    assert cutter.close() == []


def test_settings_outlive_a_document() -> None:
    """A POS may initialise its printer once a day."""
    documents = documents_of(INIT + b"\x1bD\x10\x00" + b"one\n" + CUT + b"\\1\tx\n" + CUT)

    assert documents[1].page.text == "₩1              x"


def test_settings_sent_after_the_last_row_are_kept() -> None:
    documents = documents_of(b"one\n" + INIT + CUT + b"\\5\n" + CUT)

    assert texts(documents) == ["one", "₩5"]


def test_text_for_the_customer_display_is_not_printed() -> None:
    documents = documents_of(INIT + b"one\n\x1b=\x02\x1b@" + won("합계 9,000") + b"\x1b=\x01two\n" + CUT)

    assert texts(documents) == ["one\ntwo"]


def test_lost_bytes_make_a_document_not_whole() -> None:
    cutter = DocumentCutter()
    cutter.feed(b"one\n\x1dv0\x00\xff")
    cutter.lost_bytes()
    (document,) = cutter.feed(b"two\n" + CUT)
    (later,) = cutter.feed(b"three\n" + CUT)

    assert not document.whole
    assert later.whole
    assert later.page.text == "three"


def test_an_endless_document_is_given_up_and_the_next_one_is_read() -> None:
    """Reliability case 46: capture of one document stops at its limit."""
    cutter = DocumentCutter()
    for _ in range(25):
        assert cutter.feed(b"x y z\n" * 2_000) == []
    (given_up,) = cutter.feed(CUT)
    (following,) = cutter.feed(b"fine\n" + CUT)

    assert not given_up.whole
    assert given_up.page.text == ""
    assert following.page.text == "fine"
    assert following.whole


@pytest.mark.thorough  # counting every byte takes its time
def test_an_endless_document_takes_constant_memory() -> None:
    """Reliability case 46"""
    cutter = DocumentCutter()
    tracemalloc.start()
    for _ in range(25):
        assert cutter.feed(b"x y z\n" * 2_000) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 30_000_000


@given(st.binary(max_size=400), st.integers(1, 40))
def test_documents_do_not_depend_on_chunks(noise: bytes, size: int) -> None:
    stream = INIT + won("합    계   4,500\n") + noise + CUT + won("뒤\n") + CUT

    assert chunked(stream, size) == documents_of(stream)
    assert chunked(stream, 1) == documents_of(stream)
