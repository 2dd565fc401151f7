"""Reads what a printer says about itself: splits the back channel into replies and turns them into one condition.

Replies carry no request number, so each kind is recognised by its fixed bits. A printer that says nothing is not
"fine" and not "empty": silence stays silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ASK_PRINTER: Final = b"\x10\x04\x01"
ASK_OFFLINE_CAUSE: Final = b"\x10\x04\x02"
ASK_PAPER: Final = b"\x10\x04\x04"
ASK_DONE: Final = b"\x1dr\x01"  # answered only after everything before it was worked off

_BLOCK_STARTS = frozenset(b"\x5f\x37\x3b\x3d\x35")  # GS I, GS ( H, … end with NUL
_BLOCK_BYTES_MAX = 256  # a longer "block" is noise


class ReplyKind(StrEnum):
    REAL_TIME = "real_time"  # DLE EOT n
    AUTOMATIC = "automatic"  # ASB frame of four bytes, asked for by the POS with GS a
    DONE = "done"  # GS r n
    BLOCK = "block"  # GS I n and others
    FLOW = "flow"  # XON, XOFF
    NOISE = "noise"


@dataclass(frozen=True)
class Reply:
    kind: ReplyKind
    raw: bytes


class ReplyParser:
    """Splits a back channel into replies, whatever the packets it comes in."""

    def __init__(self) -> None:
        self._pending = bytearray()

    @property
    def pending(self) -> bytes:
        """The beginning of a reply whose end has not come yet."""
        return bytes(self._pending)

    def feed(self, chunk: bytes) -> list[Reply]:
        replies: list[Reply] = []
        self._pending += chunk
        while self._pending:
            reply = _first_reply(bytes(self._pending))
            if reply is None:
                break
            del self._pending[: len(reply.raw)]
            replies.append(reply)
        return replies


def _first_reply(pending: bytes) -> Reply | None:
    first = pending[0]
    if first in (0x11, 0x13):
        return Reply(ReplyKind.FLOW, pending[:1])
    if first & 0x93 == 0x12:
        return Reply(ReplyKind.REAL_TIME, pending[:1])
    if first & 0x90 == 0:
        return Reply(ReplyKind.DONE, pending[:1])
    if first in _BLOCK_STARTS:
        end = pending.find(b"\x00")
        if end >= 0:
            return Reply(ReplyKind.BLOCK, pending[: end + 1])
        return None if len(pending) < _BLOCK_BYTES_MAX else Reply(ReplyKind.NOISE, pending[:1])
    if first & 0x93 == 0x10:
        rest = pending[1:4]
        if any(byte & 0x90 for byte in rest):
            return Reply(ReplyKind.NOISE, pending[:1])
        return Reply(ReplyKind.AUTOMATIC, pending[:4]) if len(rest) == 3 else None
    return Reply(ReplyKind.NOISE, pending[:1])


class Condition(StrEnum):
    """A printer's state in one word, as people are told."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    FAULT = "fault"  # cutter jam, overheated head
    NOT_ANSWERING = "not_answering"
    UNKNOWN = "unknown"

    @property
    def can_print(self) -> bool:
        return self in (Condition.READY, Condition.PAPER_LOW, Condition.UNKNOWN)


@dataclass(frozen=True)
class PrinterStatus:
    """What the three real-time answers said; an answer that did not come is None."""

    printer: int | None = None
    offline_cause: int | None = None
    paper: int | None = None

    @property
    def answered(self) -> bool:
        return self.printer is not None or self.offline_cause is not None or self.paper is not None

    @property
    def condition(self) -> Condition:
        """Cover before paper: an open cover often also reads as "no paper"."""
        cause = self.offline_cause or 0
        paper = self.paper or 0
        if cause & 0x04:
            return Condition.COVER_OPEN
        if cause & 0x20 or paper & 0x60:
            return Condition.PAPER_OUT
        if cause & 0x40:
            return Condition.FAULT
        if not self.answered:
            return Condition.UNKNOWN
        if self.printer is not None and self.printer & 0x08 and self.offline_cause is None:
            return Condition.FAULT  # it says "offline" and will not say why
        return Condition.PAPER_LOW if paper & 0x0C else Condition.READY


def condition_of_frame(frame: bytes) -> Condition:
    """The condition in an automatic status frame (ASB) of four bytes."""
    if len(frame) != 4:
        return Condition.UNKNOWN
    if frame[0] & 0x20:
        return Condition.COVER_OPEN
    if frame[2] & 0x0C:
        return Condition.PAPER_OUT
    if frame[1] & 0x2C:
        return Condition.FAULT
    if frame[0] & 0x08:
        return Condition.FAULT
    return Condition.PAPER_LOW if frame[2] & 0x03 else Condition.READY
