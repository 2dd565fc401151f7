"""Whose a reply of the printer is, while a slip of ours and the POS ask at once."""

from __future__ import annotations

from printers.capture.replies import ReplyRouter

DONE = b"\x00"
READY = b"\x12"
DRAWER = b"\x16"
AUTOMATIC = b"\x14\x00\x00\x0f"


def test_replies_go_to_whoever_asked_first() -> None:
    router = ReplyRouter()
    router.pos_sent(b"text\x10\x04\x01")
    router.slip_sent(b"\x10\x04\x02")

    assert router.split(DRAWER + READY) == (READY, DRAWER)
    assert not router.waits


def test_each_kind_has_a_queue_of_its_own() -> None:
    """A real-time question is answered at once, also while the slip before it is still being printed."""
    router = ReplyRouter()
    router.slip_sent(b"\x1dr\x01")
    router.pos_sent(b"\x10\x04\x01")
    router.pos_sent(b"\x1dr\x01")

    assert router.split(READY) == (b"", READY)
    assert router.split(DONE) == (DONE, b"")
    assert router.split(b"\x03") == (b"", b"\x03")


def test_what_nobody_asked_for_is_for_the_pos() -> None:
    router = ReplyRouter()
    router.slip_sent(b"\x1dr\x01")

    assert router.split(b"\x11" + AUTOMATIC + b"_TM-T20\x00" + READY) == (
        b"",
        b"\x11" + AUTOMATIC + b"_TM-T20\x00" + READY,
    )
    assert router.waits


def test_a_question_cut_by_packets_is_still_seen_once() -> None:
    router = ReplyRouter()
    router.pos_sent(b"\x10")
    router.pos_sent(b"\x04")
    router.pos_sent(b"\x01\x10\x04\x01")
    router.slip_sent(b"\x10\x04\x02")

    assert router.split(READY * 2) == (b"", READY * 2)
    assert router.split(READY) == (READY, b"")


def test_half_a_reply_is_not_lost_when_sorting_ends() -> None:
    router = ReplyRouter()
    router.split(AUTOMATIC[:2])

    assert router.rest() == AUTOMATIC[:2]
    assert router.rest() == b""
