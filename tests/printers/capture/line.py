"""Owns the two ends of a printer cable for tests of what stands between them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from printers.capture.counters import Counters
from printers.capture.ends import Address, NetworkEntrance, listen_on
from printers.capture.pump import LOOPBACK, Network, Pump, Tap
from printers.stream.tokenizer import Tokenizer, TokenKind

HEALTHY = b"\x12"


@dataclass
class RecordingPrinter:
    """A printer that keeps what it gets and answers every status request at once."""

    port: int = 0
    received: dict[int, bytearray] = field(default_factory=dict)
    goodbyes: list[int] = field(default_factory=list)
    reading: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.reading.set()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.address = Address("127.0.0.1", self._listener.getsockname()[1])
        self._lines: list[socket.socket] = []
        self._unplugged: set[socket.socket] = set()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def everything(self) -> bytes:
        return b"".join(bytes(part) for part in self.received.values())

    def say(self, answer: bytes, line: int = -1) -> None:
        self._lines[line].sendall(answer)

    def hang_up(self, line: int = -1) -> None:
        self._lines[line].shutdown(socket.SHUT_WR)

    def break_off(self, line: int = -1) -> None:
        """As when its plug is pulled while it still can say so: a reset."""
        side = self._lines[line]
        self._unplugged.add(side)
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        side.shutdown(socket.SHUT_RD)
        side.close()

    def close(self) -> None:
        self._closed = True
        self._listener.close()
        for line in self._lines:
            line.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._lines.append(line)
                threading.Thread(target=self._talk, args=(line, len(self._lines) - 1), daemon=True).start()

    def _talk(self, line: socket.socket, number: int) -> None:
        tokenizer = Tokenizer()
        kept = self.received.setdefault(number, bytearray())
        with contextlib.suppress(OSError):
            while True:
                self.reading.wait(20)
                chunk = line.recv(65_536)
                if not chunk:
                    break
                kept += chunk
                for token in tokenizer.feed(chunk):
                    if token.kind is TokenKind.REALTIME and token.name == "DLE EOT":
                        line.sendall(HEALTHY)
            if line not in self._unplugged:
                self.goodbyes.append(number)
                line.shutdown(socket.SHUT_WR)
        if self._closed:  # a connection that came while we closed
            line.close()


class ListTap:
    """Remembers what was copied."""

    def __init__(self) -> None:
        self.copies: dict[int, bytearray] = {}
        self.ended: list[int] = []

    def opened(self, session: int) -> None:
        self.copies[session] = bytearray()

    def copied(self, session: int, chunk: bytes) -> None:
        self.copies[session] += chunk

    def closed(self, session: int) -> None:
        self.ended.append(session)


@dataclass
class Cable:
    printer: RecordingPrinter
    tap: Tap
    counters: Counters
    pump: Pump
    port: int

    @contextmanager
    def pos(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as side:
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield side


@contextmanager
def cable(
    tap: Tap | None = None,
    *,
    allowed: tuple[Network, ...] = LOOPBACK,
    printer_address: Address | None = None,
    counters: Counters | None = None,
) -> Iterator[Cable]:
    """A pump between a POS end and a recording printer."""
    printer = RecordingPrinter()
    counters = counters or Counters()
    chosen = tap or ListTap()
    listener = listen_on(Address("127.0.0.1", 0))
    port = listener.getsockname()[1]
    pump = Pump(
        NetworkEntrance(listener), printer_address or printer.address, tap=chosen, counters=counters, allowed=allowed
    )
    serving = threading.Thread(target=pump.serve, daemon=True)
    serving.start()
    try:
        yield Cable(printer, chosen, counters, pump, port)
    finally:
        pump.stop(grace_s=0.2)
        serving.join(5)
        printer.close()


def read_exactly(side: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        chunk = side.recv(count - len(found))
        if not chunk:
            break
        found += chunk
    return found
