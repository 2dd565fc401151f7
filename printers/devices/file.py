"""A printer behind a path: /dev/usb/lp0 of the Linux USB driver, a named pipe, or a plain file to look at later."""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path

from printers.errors import DeviceGone

RECEIVE_BYTES = 4096


class FileDevice:
    """Implements printers.devices.port.Device over a path. Only a character device can answer.

    `only_device`: a path at which nothing is, is a printer that was unplugged. Without it a plain file is made there.
    """

    def __init__(self, path: Path, *, only_device: bool = False) -> None:
        self._path = path
        self._only_device = only_device
        self._fd: int | None = None
        self._two_way = False

    @property
    def name(self) -> str:
        return str(self._path)

    @property
    def two_way(self) -> bool:
        return self._two_way

    def open(self) -> str | None:
        self.close()
        try:
            # A character device is opened without waiting, for both directions; a plain file grows at its end.
            is_device = self._path.exists() and stat.S_ISCHR(self._path.stat().st_mode)
            if self._only_device and not is_device:
                return "nothing is plugged in there"
            flags = os.O_RDWR if is_device else os.O_WRONLY | os.O_CREAT | os.O_APPEND
            flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            self._fd = os.open(self._path, flags, 0o600)
        except OSError as problem:
            return f"cannot open: {problem.strerror or type(problem).__name__}"
        self._two_way = is_device
        return None

    def send(self, chunk: bytes, wait_s: float) -> int:
        fd = self._opened()
        try:
            if self._two_way and not select.select([], [fd], [], max(wait_s, 0.0))[1]:
                return 0
            return os.write(fd, chunk)
        except BlockingIOError:
            return 0
        except OSError as problem:
            raise DeviceGone(f"writing failed: {problem.strerror or type(problem).__name__}") from problem

    def receive(self, wait_s: float) -> bytes:
        fd = self._opened()
        if not self._two_way:
            return b""
        try:
            if not select.select([fd], [], [], max(wait_s, 0.0))[0]:
                return b""
            answer = os.read(fd, RECEIVE_BYTES)
        except BlockingIOError:
            return b""
        except OSError as problem:
            raise DeviceGone(f"reading failed: {problem.strerror or type(problem).__name__}") from problem
        if not answer:  # a driver that says "readable" with nothing to read must not make the caller spin
            time.sleep(min(max(wait_s, 0.0), 0.05))
        return answer

    def close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _opened(self) -> int:
        if self._fd is None:
            raise DeviceGone("not open")
        return self._fd
