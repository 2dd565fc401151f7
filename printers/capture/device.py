"""A printer behind a running capture: the slip goes through the capture's queue, or directly when none runs there."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from printers.capture import frames
from printers.capture.ends import Address
from printers.capture.frames import FrameReader, send_frame
from printers.capture.status import read_status
from printers.errors import DeviceGone
from printers.status import ASK_DONE

CONNECT_S = 1.0  # loopback
OPEN_S = 5.0  # the capture connects to the printer in three
TURN_MS = 8_000  # how long to wait for a border between two documents; then the queue tries again later
HAND_OVER_S = 10.0


class Printing(Protocol):
    """What printers.devices.port.Device says; here as far as it is needed, so that no device knows the capture."""

    @property
    def name(self) -> str: ...
    @property
    def two_way(self) -> bool: ...
    def open(self) -> str | None: ...
    def send(self, chunk: bytes, wait_s: float) -> int: ...
    def receive(self, wait_s: float) -> bytes: ...
    def close(self) -> None: ...


def slips_of(folder: Path, printer: str, now_wall_ms: Callable[[], int]) -> Callable[[], Address | None]:
    """Where the capture that keeps its status in `folder` takes slips for this printer (HOST:PORT, its own or the
    one at which the POS finds the capture); None while no capture runs in front of it."""

    def find() -> Address | None:
        status = read_status(folder)
        if status is None or not status.slips_at or not status.is_alive(now_wall_ms()):
            return None
        # Our own serial lines are always 8N1 and do not say so.
        if printer not in (status.printer, status.printer.removesuffix(",8N1"), status.listen):
            return None
        return Address.parse(status.slips_at)

    return find


class CaptureDevice:
    """Implements printers.devices.port.Device. Chooses its way at every `open`."""

    def __init__(self, slips: Callable[[], Address | None], direct: Printing) -> None:
        self._slips = slips
        self._direct = direct
        self._connection: socket.socket | None = None
        self._reader = FrameReader()
        self._replies = bytearray()
        self._slip = bytearray()
        self._has_turn = False
        self._through_capture = False

    @property
    def name(self) -> str:
        return self._direct.name

    @property
    def two_way(self) -> bool:
        # A device knows its own ways when it is open, and behind the capture it never is.
        return self._through_capture or self._direct.two_way

    def open(self) -> str | None:
        """As the port says. While a capture runs there is no second way: its printer may serve one connection only."""
        self.close()
        address = self._slips()
        self._through_capture = address is not None
        if address is None:
            return self._direct.open()
        try:
            connection = socket.create_connection((address.host, address.port), CONNECT_S)
        except OSError:
            return "the capture is starting again"
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection, self._reader = connection, FrameReader()
        self._replies.clear()
        self._slip.clear()
        self._has_turn = False
        try:
            refused = self._request(frames.OPEN, b"", OPEN_S)
        except DeviceGone as gone:
            refused = gone.detail
        if refused is not None:
            self.close()
        return refused

    def send(self, chunk: bytes, wait_s: float) -> int:
        """Questions go at once, a slip's bytes are gathered and go whole with the question that ends them. The turn
        is asked for at the first of them: raises DeviceGone when the POS prints for too long; nothing was sent then."""
        if not self._through_capture:
            return self._direct.send(chunk, wait_s)
        if chunk == ASK_DONE:
            self._say(frames.SLIP, bytes(self._slip) + chunk)
            self._slip.clear()
            self._has_turn = False
        elif not self._slip and len(chunk) == len(ASK_DONE) and chunk.startswith(b"\x10\x04"):
            self._say(frames.QUESTION, chunk)
        else:
            if not self._has_turn:
                refused = self._request(frames.HOLD, struct.pack("<I", TURN_MS), TURN_MS / 1000 + CONNECT_S)
                if refused is not None:
                    raise DeviceGone(refused)
                self._has_turn = True
            self._slip += chunk
        return len(chunk)

    def receive(self, wait_s: float) -> bytes:
        if not self._through_capture:
            return self._direct.receive(wait_s)
        deadline = time.monotonic() + wait_s
        while not self._replies and self._hear(deadline):
            pass
        found = bytes(self._replies)
        self._replies.clear()
        return found

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            connection.close()
        if not self._through_capture:
            self._direct.close()

    # -- the capture ------------------------------------------------------------------------------------------------

    def _say(self, word: bytes, body: bytes) -> None:
        connection = self._opened()
        connection.settimeout(HAND_OVER_S)
        try:
            send_frame(connection, word, body)
        except OSError as problem:
            raise DeviceGone(f"the capture has gone: {problem.strerror or type(problem).__name__}") from problem

    def _request(self, word: bytes, body: bytes, wait_s: float) -> str | None:
        """None when granted, else why not. Raises DeviceGone when the capture says nothing or has gone."""
        self._say(word, body)
        deadline = time.monotonic() + wait_s
        while True:
            frame = self._next_frame(deadline)
            if frame is None:
                raise DeviceGone("no answer from the capture")
            if frame[0] == frames.GRANTED:
                return None
            if frame[0] == frames.REFUSED:
                return frame[1].decode("ascii", "replace")
            self._keep(*frame)

    def _hear(self, deadline: float) -> bool:
        frame = self._next_frame(deadline)
        if frame is not None:
            self._keep(*frame)
        return frame is not None

    def _keep(self, word: bytes, body: bytes) -> None:
        if word == frames.REPLY:
            self._replies += body
        elif word == frames.GONE:
            raise DeviceGone(body.decode("ascii", "replace"))

    def _next_frame(self, deadline: float) -> tuple[bytes, bytes] | None:
        connection = self._opened()
        while (frame := self._reader.take()) is None:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([connection], [], [], left)[0]:
                return None
            try:
                chunk = connection.recv(65_536)
            except OSError as problem:
                raise DeviceGone("the capture has gone") from problem
            if not chunk:
                raise DeviceGone("the capture has gone")
            self._reader.feed(chunk)
        return frame

    def _opened(self) -> socket.socket:
        if self._connection is None:
            raise DeviceGone("not open")
        return self._connection
