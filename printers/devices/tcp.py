"""A printer on the network, port 9100. One short connection a slip: most printers serve one client at a time."""

from __future__ import annotations

import contextlib
import select
import socket

from printers.errors import DeviceGone

CONNECT_S = 2.5  # a printer on the same network connects within milliseconds or is off
RECEIVE_BYTES = 4096


class TcpDevice:
    """Implements printers.devices.port.Device over a socket."""

    two_way = True

    def __init__(self, host: str, port: int = 9100, *, connect_s: float = CONNECT_S) -> None:
        self._address = (host, port)
        self._connect_s = connect_s
        self._socket: socket.socket | None = None

    @property
    def name(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    def open(self) -> str | None:
        self.close()
        try:
            link = socket.create_connection(self._address, timeout=self._connect_s)
        except TimeoutError:
            return "no answer to the connection"
        except OSError as problem:
            return f"connection failed: {problem.strerror or type(problem).__name__}"
        except (UnicodeError, OverflowError):  # a host name no name server could know, a port beyond 65535
            return "not a network address"
        # Without NODELAY a status question waits 40 ms for the acknowledgement of the bytes before it.
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        link.setblocking(False)
        self._socket = link
        return None

    def send(self, chunk: bytes, wait_s: float) -> int:
        link = self._opened()
        try:
            _, writable, _ = select.select([], [link], [], max(wait_s, 0.0))
            return link.send(chunk) if writable else 0
        except BlockingIOError:
            return 0
        except OSError as problem:
            raise DeviceGone(f"connection broke: {problem.strerror or type(problem).__name__}") from problem

    def receive(self, wait_s: float) -> bytes:
        link = self._opened()
        try:
            readable, _, _ = select.select([link], [], [], max(wait_s, 0.0))
            if not readable:
                return b""
            answer = link.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return b""
        except OSError as problem:
            raise DeviceGone(f"connection broke: {problem.strerror or type(problem).__name__}") from problem
        if not answer:
            raise DeviceGone("the printer closed the connection")
        return answer

    def close(self) -> None:
        link, self._socket = self._socket, None
        if link is None:
            return
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_WR)  # let what is still on its way arrive before the end
        link.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise DeviceGone("not connected")
        return self._socket
