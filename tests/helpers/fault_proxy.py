"""Owns a TCP proxy whose line can be slow, silent, cut or half open: between a real agent and a real cloud."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Direction = Literal["up", "down"]  # up: from the agent to the cloud
_POLL_S = 0.05
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close by RST


@dataclass(frozen=True)
class Fault:
    """What the line does from now on, to open connections and to new ones."""

    name: str
    latency_s: float = 0.0  # before each piece, both ways
    drip: tuple[int, float] | None = None  # so many bytes, then so long a pause; both ways
    swallow: frozenset[Direction] = frozenset()  # taken and never delivered, without a word
    reset_after: tuple[Direction, int] | None = None  # RST to both ends after so many bytes of a connection
    end_after: tuple[Direction, int] | None = None  # FIN in this direction after so many bytes; the other goes on
    refuse: bool = False  # nobody is there any more


FINE = Fault("fine")


class FaultProxy:
    """``with FaultProxy(url) as proxy`` → ``proxy.url``; ``proxy.fault = …`` at any time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_POLL_S)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.fault = FINE
        self.connections = 0
        self.harmed = 0  # connections that the fault did something to
        self._stopping = threading.Event()
        self._lines: list[_Line] = []
        self._thread = threading.Thread(target=self._accept, name="fault-proxy", daemon=True)
        self._thread.start()

    def heal(self) -> None:
        """The line is good again; connections that lost bytes are dead, as they are after a real outage."""
        self.fault = FINE
        for line in self._lines:
            if line.lost_bytes:
                line.reset()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(5)
        self._listener.close()
        for line in self._lines:
            line.reset()
            line.join()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                agent, _ = self._listener.accept()
            except TimeoutError:
                continue
            if self.fault.refuse:
                self.harmed += 1
                agent.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                agent.close()
                continue
            self.connections += 1
            self._lines.append(_Line(self, agent, socket.create_connection(self._target, timeout=5)))

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()


class _Ended(Exception):
    """This direction says no more; the other one goes on."""


class _Line:
    """One connection: a thread each way."""

    def __init__(self, proxy: FaultProxy, agent: socket.socket, cloud: socket.socket) -> None:
        self._proxy = proxy
        self._sockets = (agent, cloud)
        self._dead = threading.Event()
        self._harmed = False
        self.lost_bytes = False
        for end in self._sockets:
            end.settimeout(_POLL_S)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._threads = [
            threading.Thread(target=self._pump, args=("up", agent, cloud), daemon=True),
            threading.Thread(target=self._pump, args=("down", cloud, agent), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def reset(self) -> None:
        self._dead.set()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(5)
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            end.close()

    def _pump(self, way: Direction, source: socket.socket, sink: socket.socket) -> None:
        passed = 0
        try:
            while not self._dead.is_set() and not self._proxy.stopping:
                try:
                    piece = source.recv(65_536)
                except TimeoutError:
                    continue
                if not piece:
                    sink.shutdown(socket.SHUT_WR)
                    return
                for part in self._delivered(way, piece, passed):
                    self._send(sink, part)
                    passed += len(part)
        except _Ended:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            self.reset()
        finally:
            if self._dead.is_set():
                for end in self._sockets:
                    with contextlib.suppress(OSError):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                        end.shutdown(socket.SHUT_RDWR)

    def _delivered(self, way: Direction, piece: bytes, passed: int) -> Iterator[bytes]:
        """What of a piece gets through, in the parts and at the times in which it does. Raises OSError for a cut."""
        fault = self._proxy.fault
        if fault is not FINE and not self._harmed:
            self._harmed = True
            self._proxy.harmed += 1
        if fault.refuse:
            raise ConnectionResetError
        if way in fault.swallow:
            self.lost_bytes = True
            return
        limit = next((n for at, n in filter(None, (fault.reset_after, fault.end_after)) if at == way), None)
        if limit is not None and passed + len(piece) >= limit:
            yield piece[: max(limit - passed, 0)]
            self.lost_bytes = True
            if fault.end_after is not None:
                raise _Ended
            raise ConnectionResetError
        size, pause_s = fault.drip or (len(piece), fault.latency_s)
        for start in range(0, len(piece), size):
            if pause_s and self._dead.wait(pause_s):
                return
            if self._proxy.fault is FINE:
                yield piece[start:]
                return
            yield piece[start : start + size]

    def _send(self, sink: socket.socket, part: bytes) -> None:
        ends = time.monotonic() + 10
        while part:
            try:
                part = part[sink.send(part) :]
            except TimeoutError:
                if time.monotonic() > ends or self._dead.is_set():
                    raise
