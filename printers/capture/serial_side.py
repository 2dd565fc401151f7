"""The pass-through between two serial ports: bytes as they come, and the modem lines of each mirrored to the other.

No flow control of our own: a printer that is busy drops its line, the POS sees that line and stops, as on one cable.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

log = logging.getLogger("capture")

MIRROR_EVERY_S = 0.01  # at 9,600 baud ten bytes; every printer keeps more free when it says "busy"
LOOK_S = 0.1  # how soon a thread that waits for bytes sees that the port is given up
LAST_WORDS_S = 0.5  # after a network POS has said goodbye, a serial printer may still answer for this long
BUSY_SLICE_BYTES = 64
BUSY_LOOK_S = 0.02
_SPEC = re.compile(r"serial:(?P<port>[^@]+)(?:@(?P<baud>\d{3,7})(?:,(?P<bits>[78])(?P<parity>[NEO])(?P<stop>[12]))?)?")


@dataclass(frozen=True)
class SerialPort:
    """Which port, and how it talks; both ends of one cable talk the same way."""

    port: str
    baud: int = 9_600
    bits: int = 8
    parity: str = "N"
    stop: int = 1

    @staticmethod
    def parse(text: str) -> SerialPort | None:
        """Reads ``serial:COM3``, ``serial:/dev/ttyUSB0@19200`` or ``serial:COM3@9600,8N1``."""
        found = _SPEC.fullmatch(text)
        if not found:
            return None
        return SerialPort(
            found["port"],
            int(found["baud"] or 9_600),
            int(found["bits"] or 8),
            found["parity"] or "N",
            int(found["stop"] or 1),
        )

    def __str__(self) -> str:
        return f"serial:{self.port}@{self.baud},{self.bits}{self.parity}{self.stop}"

    def connect(self, wait_s: float) -> SerialSide:
        """Opens it; a port that an earlier session is just leaving is waited for. Raises OSError."""
        deadline = time.monotonic() + wait_s
        while True:
            try:
                return self.open()
            except OSError:
                if time.monotonic() >= deadline:
                    raise
            threading.Event().wait(LOOK_S)

    def open(self) -> SerialSide:
        """Raises OSError when the port is not there or in use."""
        import serial  # here: a shop with a network printer never needs it

        port = serial.serial_for_url(
            self.port,
            baudrate=self.baud,
            bytesize=self.bits,
            parity=self.parity,
            stopbits=self.stop,
            exclusive=True,
            timeout=LOOK_S,
            do_not_open=True,
        )
        with contextlib.suppress(OSError, ValueError):
            port.dtr = port.rts = False  # until the other end is there, this one looks switched off
        port.open()
        return SerialSide(port)


class Lines(Protocol):
    """The modem lines of a port: two that we hear and two that we set."""

    cts: bool
    dsr: bool
    rts: bool
    dtr: bool


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """pyserial lets TypeError, termios.error and others out when a port vanishes or another thread closes it."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"the port has gone: {error}") from error


class SerialSide:
    """Implements printers.capture.sides.Side over an open pyserial port. A serial line has no goodbye."""

    def __init__(self, port: Any) -> None:
        self.closed = threading.Event()
        self._port = port
        self._ended = False
        self._last_at: float | None = None
        self._seen = (False, False)

    @property
    def lines(self) -> Lines:
        lines: Lines = self._port
        return lines

    def show_ready(self) -> None:
        """The printer at the other end is there and has no lines of its own to mirror."""
        with contextlib.suppress(OSError), _as_os_error():
            self._port.rts = self._port.dtr = True

    def receive(self) -> bytes:
        with _as_os_error():
            while not self._ended and (self._last_at is None or time.monotonic() < self._last_at):
                found: bytes = self._port.read(1)
                if found:
                    waiting = self._port.in_waiting
                    return found + self._port.read(waiting) if waiting else found
        return b""

    def send(self, chunk: bytes) -> None:
        with _as_os_error():
            self._port.write(chunk)

    def send_when_ready(self, chunk: bytes, stopped: Callable[[], bool] = lambda: False) -> None:
        """For slips of ours: stops while the printer holds a line low that it has shown high. Nobody watches the
        printer's lines for us as the POS does for itself."""
        wait = threading.Event()
        for at in range(0, len(chunk), BUSY_SLICE_BYTES):
            while self._is_busy() and not (self._ended or stopped()):
                wait.wait(BUSY_LOOK_S)
            with _as_os_error():
                self._port.write(chunk[at : at + BUSY_SLICE_BYTES])
                self._port.flush()

    def _is_busy(self) -> bool:
        try:
            with _as_os_error():
                cts, dsr = bool(self._port.cts), bool(self._port.dsr)
        except OSError:  # a port without modem lines
            return False
        self._seen = (self._seen[0] or cts, self._seen[1] or dsr)
        return self._seen[0] > cts or self._seen[1] > dsr

    def say_goodbye(self) -> None:
        """A cable knows no goodbye; once everything is sent, and after a last answer, the port is free again."""
        with contextlib.suppress(OSError), _as_os_error():
            self._port.flush()
        self._last_at = time.monotonic() + LAST_WORDS_S

    def wake(self) -> None:
        self._ended = True
        with contextlib.suppress(OSError, AttributeError):
            self._port.cancel_read()
            self._port.cancel_write()

    def break_off(self) -> None:
        self.close()

    def has_sent(self, _wait_s: float) -> bool:
        return False  # a cable accepts nothing that could be lost: the lines show that the printer is off

    def has_given_up(self) -> bool:
        return self._ended

    def close(self) -> None:
        self._ended = True
        with contextlib.suppress(OSError), _as_os_error():
            self._port.close()
        self.closed.set()


class LineMirror:
    """Shows each end the other's modem lines, from `start` to `stop`."""

    def __init__(self, pos: Lines, printer: Lines, *, every_s: float = MIRROR_EVERY_S) -> None:
        self._ways = ((pos, printer), (printer, pos))
        self._shown: list[tuple[bool, bool] | None] = [None, None]
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture-lines", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(1.0)

    def look(self) -> None:
        """Mirror once, only what has changed. Raises OSError where a port has no such lines."""
        for way, (heard, shown) in enumerate(self._ways):
            now = (bool(heard.cts), bool(heard.dsr))
            if now != self._shown[way]:
                shown.rts, shown.dtr = now
                self._shown[way] = now

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                with _as_os_error():
                    self.look()
                self._stopping.wait(self._every_s)
        except OSError as error:
            log.info("no_modem_lines error=%s", error)
