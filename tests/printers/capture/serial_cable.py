"""Owns the far end of a serial port for tests: a pseudo terminal."""

from __future__ import annotations

import os
import threading

from printers.capture.serial_side import SerialPort
from tests.helpers.waiting import wait_until


class SerialCable:
    """A pseudo terminal: `path` is the port that the pump opens, the rest is the machine at the other end."""

    def __init__(self) -> None:
        import tty

        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.port = SerialPort(os.ttyname(self._theirs), 115_200)
        os.set_blocking(self._ours, False)

    def write(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            try:
                left = left[os.write(self._ours, left[:1_000]) :]
            except BlockingIOError:
                threading.Event().wait(0.001)

    def read(self) -> bytes:
        try:
            return os.read(self._ours, 65_536)
        except OSError:
            return b""

    def read_all(self, count: int) -> bytes:
        found = bytearray()

        def more() -> bool:
            found.extend(self.read())
            return len(found) >= count

        wait_until(more, f"{count} bytes arrive")
        return bytes(found)

    def close(self) -> None:
        for end in (self._ours, self._theirs):
            os.close(end)
