"""Who gets which of the printer's replies, while a slip of ours waits for its own behind the POS's back."""

from __future__ import annotations

import re
from collections import deque
from enum import Enum

from printers.status import ReplyKind, ReplyParser

QUESTION = re.compile(rb"\x10\x04[\x01-\x08]|\x1dr[\x01\x02\x04\x31\x32\x34]", re.S)
_LONGEST = 3


class Asker(Enum):
    POS = "pos"
    SLIP = "slip"


class ReplyRouter:
    """Replies carry no address. Each kind is answered in the order it was asked in, so a queue of askers for each kind
    tells whose a reply is; what nobody asked for is the POS's. Used under its owner's lock."""

    def __init__(self) -> None:
        self._parser = ReplyParser()
        self._asked: dict[ReplyKind, deque[Asker]] = {ReplyKind.REAL_TIME: deque(), ReplyKind.DONE: deque()}
        self._tail = b""

    @property
    def waits(self) -> bool:
        """Whether a reply to the slip is still to come."""
        return any(Asker.SLIP in queue for queue in self._asked.values())

    def pos_sent(self, chunk: bytes) -> None:
        """Look for questions in what the POS sends; one may be cut in two by a packet."""
        text = self._tail + chunk
        after = 0
        for found in QUESTION.finditer(text):
            self._note(found[0], Asker.POS)
            after = found.end()
        self._tail = text[after:][-(_LONGEST - 1) :]

    def slip_sent(self, question: bytes) -> None:
        self._note(question, Asker.SLIP)

    def _note(self, question: bytes, asker: Asker) -> None:
        kind = ReplyKind.REAL_TIME if question.startswith(b"\x10") else ReplyKind.DONE
        self._asked[kind].append(asker)

    def split(self, chunk: bytes) -> tuple[bytes, bytes]:
        """The replies in this chunk that belong to the slip, and those of the POS."""
        slip, pos = bytearray(), bytearray()
        for reply in self._parser.feed(chunk):
            queue = self._asked.get(reply.kind)
            mine = bool(queue) and queue is not None and queue.popleft() is Asker.SLIP
            (slip if mine else pos).extend(reply.raw)
        return bytes(slip), bytes(pos)

    def rest(self) -> bytes:
        """The beginning of a reply that is not whole yet; asked for when nobody sorts any more."""
        rest, self._parser = self._parser.pending, ReplyParser()
        return rest
