"""Where a POS calls and where the printer is: addresses on the network, or serial ports."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
from dataclasses import dataclass
from typing import Protocol

from printers.capture.serial_side import SerialPort, SerialSide
from printers.capture.sides import BUFFER_BYTES, Side, SocketSide

ACCEPT_POLL_S = 0.2
REOPEN_S = 1.0  # a printer that is off, a port that is unplugged: not a hundred times a second
BACKLOG = 16


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @staticmethod
    def parse(text: str, *, port_0: bool = False) -> Address | None:
        """Reads HOST:PORT and [IPV6]:PORT; None for anything else."""
        found = re.fullmatch(r"(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9._\-]+)):(\d{1,5})", text)
        if not found or not (0 if port_0 else 1) <= int(found[3]) <= 65_535:
            return None
        return Address(found[1] or found[2], int(found[3]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def connect(self, wait_s: float) -> Side:
        """Raises OSError when nobody answers."""
        return SocketSide(socket.create_connection((self.host, self.port), wait_s))


class Printer(Protocol):
    """An Address, a SerialPort, a UsbPrinter or a QueuePrinter: something a connection can be opened to."""

    def connect(self, wait_s: float) -> Side: ...


class Entrance(Protocol):
    """Where POS connections come from. `name` is for people and the status file."""

    @property
    def name(self) -> str: ...
    def accept(self) -> tuple[Side, str] | None:
        """The next POS and its network address ("" for a cable); None when none came for a moment. Raises OSError."""

    def shut(self) -> None:
        """Refuse whoever calls, as a printer that is off does, until `open_again`."""

    def open_again(self) -> None: ...
    def close(self) -> None: ...


def listen_on(address: Address) -> socket.socket:
    """A listening socket. Raises OSError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    if not address.port:
        # A port that was asked for by number stays ours while the entrance is shut; one that was given does not.
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address.host, 0))
            address = Address(address.host, probe.getsockname()[1])
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        listener.bind((address.host, address.port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class NetworkEntrance:
    """A listening socket: many POS, one after the other or at once."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        host, port = listener.getsockname()[:2]
        self._address = Address(host, port)
        self.name = str(self._address)
        self._shut = False
        self._listen()  # an earlier pump may have left the socket shut

    def _listen(self) -> None:
        self._listener.listen(BACKLOG)
        self._listener.settimeout(ACCEPT_POLL_S)

    def accept(self) -> tuple[Side, str] | None:
        try:
            connection, peer = self._listener.accept()
        except TimeoutError:
            return None
        return SocketSide(connection), str(peer[0])

    def shut(self) -> None:
        """An accepted connection cannot be refused any more, and what was sent into it would be lost unseen."""
        with contextlib.suppress(OSError):
            if sys.platform == "linux":
                self._listener.shutdown(socket.SHUT_RDWR)  # also for the supervisor's copy of this socket
            elif sys.platform == "win32":
                self._listener.close()
            else:
                return
            self._shut = True

    def open_again(self) -> None:
        if not self._shut:
            return
        if sys.platform == "win32":
            self._listener = listen_on(self._address)
        self._listen()
        self._shut = False

    def close(self) -> None:
        self._listener.close()


class SerialEntrance:
    """A serial port with one POS at its other end; opened again when its session has ended or an adapter was out."""

    def __init__(self, port: SerialPort) -> None:
        self._port = port
        self._open: SerialSide | None = None
        self.name = str(port)

    def accept(self) -> tuple[Side, str] | None:
        if self._open is not None:
            if not self._open.closed.wait(ACCEPT_POLL_S):
                return None
            self._open = None
            threading.Event().wait(REOPEN_S)
            return None
        try:
            self._open = self._port.open()
        except OSError:
            threading.Event().wait(REOPEN_S)
            raise
        return self._open, ""

    def shut(self) -> None:
        """The port is closed while no printer answers; that is all a cable can say."""

    def open_again(self) -> None:
        """See `shut`."""

    def close(self) -> None:
        if self._open is not None:
            self._open.wake()  # its session closes it
