"""One end of the cable that the pump is: a connection, with just what moving bytes needs."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from typing import Protocol

from printers.capture.replies import QUESTION

CHUNK_BYTES = 65_536
BUFFER_BYTES = 16_384  # small kernel buffers: a printer out of paper soon stops the POS, as without us
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
_RESET = struct.pack("ii", 1, 0)
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)


class Side(Protocol):
    """A POS or a printer. One thread receives, one sends; the rest may be called from any thread."""

    def receive(self) -> bytes:
        """The next bytes; b"" when the other end said goodbye. Raises OSError when the line broke."""

    def send(self, chunk: bytes) -> None:
        """All of it, as fast as the other end takes it. Raises OSError when the line broke."""

    def say_goodbye(self) -> None:
        """Tell the other end that no more comes; its own bytes are still received."""

    def wake(self) -> None:
        """End a `receive` that waits, without saying goodbye."""

    def break_off(self) -> None:
        """Close so that the other end sees a fault, not an orderly end."""

    def close(self) -> None: ...

    def has_sent(self, wait_s: float) -> bool:
        """Whether bytes have come that nobody has received yet."""

    def has_given_up(self) -> bool:
        """Whether the other end has broken off, or left without waiting for the answer to a question that is among
        the bytes nobody has received yet. A queue that has said all and goodbye has not given up: it takes its job
        for printed."""


class SocketSide:
    """Implements Side over a connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        connection.settimeout(None)
        with contextlib.suppress(OSError):  # a peer that has gone already shows at the first byte
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in KEEPALIVE.items():
                if hasattr(socket, name):
                    connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def receive(self) -> bytes:
        chunk = self._socket.recv(CHUNK_BYTES)
        if _QUICK_ACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)  # not kept by the kernel: said every time
        return chunk

    def send(self, chunk: bytes) -> None:
        self._socket.sendall(chunk)

    def say_goodbye(self) -> None:
        with contextlib.suppress(OSError):  # the other side has gone meanwhile
            self._socket.shutdown(socket.SHUT_WR)

    def wake(self) -> None:
        with contextlib.suppress(OSError):  # already gone
            self._socket.shutdown(socket.SHUT_RD)

    def break_off(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()

    def close(self) -> None:
        self._socket.close()

    def has_sent(self, wait_s: float) -> bool:
        try:
            if not select.select([self._socket], [], [], wait_s)[0]:
                return False
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except (OSError, ValueError):
            return False

    def has_given_up(self) -> bool:
        if not hasattr(select, "POLLRDHUP"):  # elsewhere a goodbye behind bytes cannot be seen
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLRDHUP)
        events = poll.poll(0)
        if not events:
            return False
        if events[0][1] & (select.POLLHUP | select.POLLERR):
            return True
        try:
            return QUESTION.search(self._socket.recv(BUFFER_BYTES, socket.MSG_PEEK)) is not None
        except OSError:
            return True
