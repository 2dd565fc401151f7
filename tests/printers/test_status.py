"""The claims of printers.status: replies are told apart by their bits, silence is neither good nor bad."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.status import Condition, PrinterStatus, ReplyKind, ReplyParser, condition_of_frame


@pytest.mark.parametrize(
    ("answers", "condition"),
    [
        ((0x12, 0x12, 0x12), Condition.READY),
        ((0x16, 0x12, 0x12), Condition.READY),  # the drawer's pin is high: nothing to do with printing
        ((0x12, 0x12, 0x1E), Condition.PAPER_LOW),
        ((0x1A, 0x32, 0x7E), Condition.PAPER_OUT),
        ((0x12, 0x12, 0x72), Condition.PAPER_OUT),
        ((0x1A, 0x16, 0x12), Condition.COVER_OPEN),
        ((0x1A, 0x36, 0x72), Condition.COVER_OPEN),  # the cover first: closing it may be all there is to do
        ((0x1A, 0x52, 0x12), Condition.FAULT),
        ((0x1A, None, None), Condition.FAULT),
        ((None, None, None), Condition.UNKNOWN),
    ],
)
def test_three_answers_make_one_condition(answers: tuple[int | None, ...], condition: Condition) -> None:
    assert PrinterStatus(*answers).condition is condition


def test_only_ready_low_and_unknown_printers_are_sent_anything() -> None:
    assert {condition for condition in Condition if condition.can_print} == {
        Condition.READY,
        Condition.PAPER_LOW,
        Condition.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("stream", "kinds"),
    [
        (b"\x12", [ReplyKind.REAL_TIME]),
        (b"\x16\x12", [ReplyKind.REAL_TIME, ReplyKind.REAL_TIME]),
        (b"\x00", [ReplyKind.DONE]),
        (b"\x0f", [ReplyKind.DONE]),
        (b"\x14\x00\x00\x00", [ReplyKind.AUTOMATIC]),
        (b"\x11\x13", [ReplyKind.FLOW, ReplyKind.FLOW]),
        (b"\x5fTM-T88\x00\x12", [ReplyKind.BLOCK, ReplyKind.REAL_TIME]),
        (b"\x37\x22abcd\x00", [ReplyKind.BLOCK]),
        (b"\x14\x00\x0c\x00\x12\x00", [ReplyKind.AUTOMATIC, ReplyKind.REAL_TIME, ReplyKind.DONE]),
        (b"\xff", [ReplyKind.NOISE]),
        (b"\x14\xff\x12", [ReplyKind.NOISE, ReplyKind.NOISE, ReplyKind.REAL_TIME]),
        (b"\x5f" + b"x" * 300, [ReplyKind.NOISE]),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_each_reply_is_known_by_its_bits(stream: bytes, kinds: list[ReplyKind], at_once: bool) -> None:
    parser = ReplyParser()

    replies = parser.feed(stream) if at_once else [reply for byte in stream for reply in parser.feed(bytes([byte]))]

    assert [reply.kind for reply in replies][: len(kinds)] == kinds


@given(st.binary(max_size=600))
def test_noise_on_the_line_neither_crashes_nor_gets_lost(noise: bytes) -> None:
    parser = ReplyParser()

    replies = parser.feed(noise)

    read = b"".join(reply.raw for reply in replies)
    assert noise.startswith(read)
    assert len(noise) - len(read) <= 256


@pytest.mark.parametrize(
    ("frame", "condition"),
    [
        (b"\x14\x00\x00\x00", Condition.READY),
        (b"\x14\x00\x03\x00", Condition.PAPER_LOW),
        (b"\x1c\x00\x0f\x00", Condition.PAPER_OUT),
        (b"\x3c\x00\x00\x00", Condition.COVER_OPEN),
        (b"\x1c\x08\x00\x00", Condition.FAULT),
        (b"\x14\x00", Condition.UNKNOWN),
    ],
)
def test_an_automatic_frame_tells_the_condition(frame: bytes, condition: Condition) -> None:
    assert condition_of_frame(frame) is condition
