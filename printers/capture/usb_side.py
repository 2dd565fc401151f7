"""A USB printer behind the Linux printer driver as the far end: /dev/usb/lp*, one user at a time, answers and all.

libusb is not spoken: it would take the device from the driver for everybody (docs/adr/0020).
"""

from __future__ import annotations

import errno
import os
import select
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PREFIX: Final = "usb:"
RECEIVE_BYTES: Final = 65_536
LOOK_S: Final = 0.1  # how soon a thread that waits for the printer sees that the line is given up
LAST_WORDS_S: Final = 0.5  # after the POS's goodbye the printer may still answer for this long


@dataclass(frozen=True)
class UsbPrinter:
    """Implements printers.capture.ends.Printer."""

    path: str

    @staticmethod
    def parse(text: str) -> UsbPrinter | None:
        """Reads ``usb:/dev/usb/lp0``."""
        path = text.removeprefix(PREFIX)
        return UsbPrinter(path) if text.startswith(PREFIX) and path.startswith("/") else None

    def __str__(self) -> str:
        return f"{PREFIX}{self.path}"

    def connect(self, wait_s: float) -> UsbSide:
        """Opens it; a device that an earlier session is just leaving is waited for. Raises OSError."""
        deadline = time.monotonic() + wait_s
        while True:
            try:
                return self._open()
            except OSError as problem:
                if problem.errno != errno.EBUSY or time.monotonic() >= deadline:
                    raise
            threading.Event().wait(LOOK_S)

    def _open(self) -> UsbSide:
        # Whatever else lies at the path would swallow receipts as if it had printed them.
        if not stat.S_ISCHR(Path(self.path).stat().st_mode):
            raise OSError(errno.ENODEV, "no printer is plugged in there", self.path)
        return UsbSide(os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))


class UsbSide:
    """Implements printers.capture.sides.Side over an open device. USB knows no goodbye."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._closing = threading.Lock()
        self._closed = self._ended = False
        self._last_at: float | None = None

    def receive(self) -> bytes:
        while not self._is_over():
            if not select.select([self._fd], [], [], LOOK_S)[0]:
                continue
            try:
                chunk = os.read(self._fd, RECEIVE_BYTES)
            except BlockingIOError:
                chunk = b""
            except OSError as problem:
                if problem.errno != errno.EINVAL:  # this printer's device has no way back
                    raise
                chunk = b""
            if chunk:
                return chunk
            threading.Event().wait(LOOK_S)  # a driver may say "readable" with nothing to read, all day long
        return b""

    def _is_over(self) -> bool:
        return self._ended or (self._last_at is not None and time.monotonic() >= self._last_at)

    def send(self, chunk: bytes) -> None:
        """A printer without paper takes nothing, and neither do we: the POS waits, as on its own cable."""
        left = memoryview(chunk)
        while left:
            if not self._may_write():
                continue
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                continue
            except OSError as problem:
                if problem.errno != errno.ENOSPC:  # how the driver may say "no paper"
                    raise
                threading.Event().wait(LOOK_S)

    def _may_write(self) -> bool:
        if self._ended:
            raise OSError(errno.EPIPE, "the line was given up")
        return bool(select.select([], [self._fd], [], LOOK_S)[1])

    def say_goodbye(self) -> None:
        """What the driver still holds is thrown away by closing: it is waited for."""
        while not self._ended and not select.select([], [self._fd], [], LOOK_S)[1]:
            continue
        self._last_at = time.monotonic() + LAST_WORDS_S

    def wake(self) -> None:
        self._ended = True

    def break_off(self) -> None:
        self.close()

    def close(self) -> None:
        self._ended = True
        with self._closing:
            if not self._closed:
                os.close(self._fd)
            self._closed = True

    def has_sent(self, _wait_s: float) -> bool:
        return False

    def has_given_up(self) -> bool:
        return self._ended
