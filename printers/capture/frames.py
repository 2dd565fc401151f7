"""The words that the agent's slip and the capture exchange over loopback: one letter, a length, the bytes."""

from __future__ import annotations

import socket
import struct

HEADER = struct.Struct("<cI")
SLIP_BYTES_MAX = 4_000_000

OPEN = b"O"  # agent: a connection to the printer, please
HOLD = b"H"  # agent: the turn between two documents; milliseconds to wait for it
QUESTION = b"Q"  # agent: a real-time question, sent when the POS is between documents
SLIP = b"S"  # agent: a whole slip, with the question that ends it
GRANTED = b"G"  # capture: to OPEN and HOLD
REFUSED = b"N"  # capture: to OPEN and HOLD, with the reason
REPLY = b"R"  # capture: bytes that the printer answered
GONE = b"X"  # capture: the printer's connection ended, with the reason


def send_frame(connection: socket.socket, word: bytes, body: bytes = b"") -> None:
    """Raises OSError when the other side has gone."""
    connection.sendall(HEADER.pack(word, len(body)) + body)


class FrameReader:
    """Frames out of a stream; `feed` takes what came, `take` answers the next whole one."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._pending += chunk

    def take(self) -> tuple[bytes, bytes] | None:
        """Raises ValueError for a frame that is longer than any slip."""
        if len(self._pending) < HEADER.size:
            return None
        word, length = HEADER.unpack_from(self._pending)
        if length > SLIP_BYTES_MAX:
            raise ValueError("frame too long")
        end = HEADER.size + length
        if len(self._pending) < end:
            return None
        body = bytes(self._pending[HEADER.size : end])
        del self._pending[:end]
        return word, body
