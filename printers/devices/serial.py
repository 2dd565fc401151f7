"""A printer on a serial line: a COM port, a USB adapter, or a printer's own virtual port."""

from __future__ import annotations

import select
import sys
import time
from typing import TYPE_CHECKING, Final

from printers.errors import DeviceGone

if TYPE_CHECKING:
    from serial import Serial

CHUNK_BYTES: Final = 256  # a printer that says "busy" still has room for about this much
DRAIN_S: Final = 3.0  # how long closing waits for bytes the driver still holds
XON, XOFF = 0x11, 0x13  # no status answer has either of these values


class SerialDevice:
    """Implements printers.devices.port.Device over a serial line.

    Flow control is ours: pyserial ignores DSR/DTR on Linux, and a driver that waits for a switched-off printer waits
    for ever. A line that was never seen ready is one with three wires, where only XON/XOFF can be heard.
    """

    two_way = True

    def __init__(self, port: str, baud: int) -> None:
        self._port = port
        self._baud = baud
        self._line: Serial | None = None
        self._received = bytearray()
        self._stopped = False
        self._has_ready_wire = False

    @property
    def name(self) -> str:
        return self._port

    def open(self) -> str | None:
        import serial

        self.close()
        try:
            self._line = serial.Serial(self._port, self._baud, timeout=0, write_timeout=0, exclusive=_exclusive())
            self._line.reset_input_buffer()
        except (OSError, ValueError) as problem:  # SerialException is an OSError
            return f"cannot open: {getattr(problem, 'strerror', None) or type(problem).__name__}"
        self._received.clear()
        self._stopped = self._has_ready_wire = False
        return None

    def send(self, chunk: bytes, wait_s: float) -> int:
        line = self._opened()
        deadline = time.monotonic() + max(wait_s, 0.0)
        while True:
            self._listen(line)
            left = deadline - time.monotonic()
            if not self._stopped and self._is_ready(line) and _takes(line, min(max(left, 0.0), 0.05)):
                try:
                    return int(line.write(chunk[:CHUNK_BYTES]) or 0)
                except OSError as problem:
                    raise DeviceGone(f"writing failed: {problem.strerror or type(problem).__name__}") from problem
            if left <= 0:
                return 0
            time.sleep(min(left, 0.01))

    def receive(self, wait_s: float) -> bytes:
        line = self._opened()
        deadline = time.monotonic() + max(wait_s, 0.0)
        while True:
            self._listen(line)
            if self._received:
                answer = bytes(self._received)
                self._received.clear()
                return answer
            left = deadline - time.monotonic()
            if left <= 0:
                return b""
            if sys.platform == "win32":
                time.sleep(min(left, 0.01))
            else:
                select.select([line.fileno()], [], [], left)

    def close(self) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        try:
            # The system's close waits half a minute for a printer that holds the line; we wait as long as is useful.
            deadline = time.monotonic() + DRAIN_S
            while line.out_waiting and time.monotonic() < deadline:
                time.sleep(0.01)
            if line.out_waiting:
                line.reset_output_buffer()
        except OSError:
            pass  # the adapter was pulled out
        finally:
            line.close()

    def _listen(self, line: Serial) -> None:
        """Take in what came, and notice the printer's own stop and go."""
        try:
            heard = line.read(line.in_waiting or 1)
        except (OSError, TypeError) as problem:  # pyserial reads a vanished port as TypeError
            raise DeviceGone(f"reading failed: {type(problem).__name__}") from problem
        for byte in heard:
            if byte in (XON, XOFF):
                self._stopped = byte == XOFF
            else:
                self._received.append(byte)

    def _is_ready(self, line: Serial) -> bool:
        try:
            ready = bool(line.dsr or line.cts)
        except OSError:
            return True  # no such wires here
        self._has_ready_wire = self._has_ready_wire or ready
        return ready or not self._has_ready_wire

    def _opened(self) -> Serial:
        if self._line is None:
            raise DeviceGone("not open")
        return self._line


def _takes(line: Serial, wait_s: float) -> bool:
    """Whether the driver has room."""
    if sys.platform == "win32":
        return line.out_waiting < 4 * CHUNK_BYTES
    return bool(select.select([], [line.fileno()], [], wait_s)[1])


def _exclusive() -> bool | None:
    """Two programs on one line garble each other; Windows never lets them."""
    return None if sys.platform == "win32" else True
