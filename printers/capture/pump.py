"""Passes every byte between POS and printer, unchanged and at once, whatever becomes of anything else.

Fail-open: the pump knows no receipts, no disk and no agent. It copies what the POS sent to a tap that never blocks and
never raises; a printer that refuses is refused to the POS as well, because the POS must see the fault.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from printers.capture.counters import Counters

log = logging.getLogger("capture")

SESSIONS_MAX = 16  # a shop has a handful of tills; more is somebody knocking
CONNECT_TIMEOUT_S = 3.0
HALF_CLOSED_MAX_S = 60.0  # one side has said goodbye; the other may still answer for this long
CHUNK_BYTES = 65_536
BUFFER_BYTES = 16_384  # small kernel buffers: a printer out of paper soon stops the POS, as without us
ACCEPT_POLL_S = 0.2
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_RESET = struct.pack("ii", 1, 0)
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)


class Tap(Protocol):
    """Gets copies. No call may block or raise."""

    def opened(self, session: int) -> None: ...
    def copied(self, session: int, chunk: bytes) -> None: ...
    def closed(self, session: int) -> None: ...


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listen_on(address: Address) -> socket.socket:
    """A listening socket. Raises OSError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        listener.bind((address.host, address.port))
        listener.listen(SESSIONS_MAX)
    except OSError:
        listener.close()
        raise
    return listener


class Pump:
    """Serves one listening socket in front of one printer until `stop`."""

    def __init__(
        self,
        listener: socket.socket,
        printer: Address,
        *,
        tap: Tap,
        counters: Counters,
        allowed: Iterable[Network] = LOOPBACK,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> None:
        self._listener = listener
        self._printer = printer
        self._tap = tap
        self._counters = counters
        self._allowed = tuple(allowed)
        self._connect_timeout_s = connect_timeout_s
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._sessions: dict[int, _Session] = {}
        self._next_id = 0
        self._tap_failed = False

    def serve(self) -> None:
        """Accept until stopped. Returns when the last session has ended or was cut off."""
        self._listener.settimeout(ACCEPT_POLL_S)
        while not self._stopping.is_set():
            try:
                pos, peer = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                if self._stopping.is_set():
                    break
                log.warning("accept_failed error=%s", error)
                self._stopping.wait(ACCEPT_POLL_S)  # out of file handles: sessions will end and free some
                continue
            self._welcome(pos, peer[0])
        self._listener.close()

    def stop(self, grace_s: float = 1.0) -> None:
        """Take no new sessions; let those in progress end for a moment, then cut them off."""
        self._stopping.set()
        with self._lock:
            running = list(self._sessions.values())
        for session in running:
            session.done.wait(grace_s / max(len(running), 1))
        for session in running:
            if not session.done.is_set():
                session.abort()
                session.done.wait(1.0)

    def _welcome(self, pos: socket.socket, peer: str) -> None:
        if not self._is_allowed(peer):
            log.warning("session_refused reason=address peer=%s", peer)
            self._counters.add("refused")
            _reset(pos)
            return
        with self._lock:
            if len(self._sessions) >= SESSIONS_MAX:
                full = True
            else:
                full = False
                self._next_id += 1
                session = _Session(self._next_id, pos, self)
                self._sessions[session.id] = session
        if full:
            log.warning("session_refused reason=too_many peer=%s", peer)
            self._counters.add("refused")
            _reset(pos)
            return
        threading.Thread(target=session.run, name=f"pump-{session.id}-up", daemon=True).start()

    def _is_allowed(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer.split("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._allowed)

    # -- used by sessions ---------------------------------------------------------------------------------------

    def connect(self) -> socket.socket | None:
        """A connection to the printer, or None when it refuses."""
        try:
            printer = socket.create_connection((self._printer.host, self._printer.port), self._connect_timeout_s)
        except OSError as error:
            log.warning("printer_refused printer=%s error=%s", self._printer, error)
            self._counters.put("printer_reachable", False)
            self._counters.add("printer_refused")
            return None
        printer.settimeout(None)
        self._counters.put("printer_reachable", True)
        return printer

    def began(self, session: int) -> None:
        self._counters.add("sessions")
        self._counters.add("sessions_total")
        self._told(lambda: self._tap.opened(session))

    def copied(self, session: int, chunk: bytes) -> None:
        self._told(lambda: self._tap.copied(session, chunk))

    def _told(self, tell: Callable[[], None]) -> None:
        """Taps promise not to raise; should one break its promise, printing goes on all the same."""
        try:
            tell()
        except Exception as error:  # whatever it is, it is not the printer's trouble
            self._counters.add("parser_failures")
            if not self._tap_failed:
                log.error("tap_failed error=%s", type(error).__name__, exc_info=error)
            self._tap_failed = True

    def ended(self, session: int, *, began: bool) -> None:
        with self._lock:
            self._sessions.pop(session, None)
        if began:
            self._told(lambda: self._tap.closed(session))
            self._counters.add("sessions", -1)


class _Session:
    """One POS connection and its printer connection, one thread for each direction."""

    def __init__(self, session: int, pos: socket.socket, pump: Pump) -> None:
        self.id = session
        self.done = threading.Event()
        self._pos = pos
        self._printer: socket.socket | None = None
        self._pump = pump
        self._broken = False
        self._up_ended = threading.Event()
        self._down_ended = threading.Event()

    def run(self) -> None:
        printer = self._pump.connect()
        if printer is None:
            self._pump.ended(self.id, began=False)
            _reset(self._pos)
            self.done.set()
            return
        self._printer = printer
        for side in (self._pos, printer):
            _prepare(side)
        self._pump.began(self.id)
        threading.Thread(target=self._down, args=(printer,), name=f"pump-{self.id}-down", daemon=True).start()
        try:
            self._move(self._pos, printer, copy=True)
        finally:
            self._up_ended.set()
            if not self._down_ended.wait(HALF_CLOSED_MAX_S):
                _wake(printer)
                self._down_ended.wait(HALF_CLOSED_MAX_S)
            for side in (self._pos, printer):
                if self._broken:
                    _reset(side)
                else:
                    side.close()
            self._pump.ended(self.id, began=True)
            self.done.set()

    def abort(self) -> None:
        """Cut both sides off."""
        self._break()

    def _down(self, printer: socket.socket) -> None:
        try:
            self._move(printer, self._pos, copy=False)
        finally:
            self._down_ended.set()
            if not self._up_ended.wait(HALF_CLOSED_MAX_S):
                _wake(self._pos)

    def _move(self, source: socket.socket, target: socket.socket, *, copy: bool) -> None:
        """Bytes one way until the source says goodbye, which is passed on, or either side breaks."""
        try:
            while True:
                chunk = source.recv(CHUNK_BYTES)
                if _QUICK_ACK is not None:
                    source.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)  # not kept by the kernel: said every time
                if not chunk:
                    break
                target.sendall(chunk)
                if copy:
                    self._pump.copied(self.id, chunk)
        except OSError:
            self._break()
            return
        if self._broken:
            return  # we woke up because the other direction broke: no orderly goodbye
        with contextlib.suppress(OSError):  # the other side has gone meanwhile
            target.shutdown(socket.SHUT_WR)

    def _break(self) -> None:
        """One side is gone without a goodbye: the other must see it too."""
        self._broken = True
        for side in (self._pos, self._printer):
            if side is not None:
                _wake(side)


def _prepare(side: socket.socket) -> None:
    side.settimeout(None)
    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    side.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):
            side.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _wake(side: socket.socket) -> None:
    """End a blocked receive without saying goodbye to the peer."""
    with contextlib.suppress(OSError):  # already gone
        side.shutdown(socket.SHUT_RD)


def _reset(side: socket.socket) -> None:
    """Close so that the peer sees a fault, not an orderly end."""
    with contextlib.suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    side.close()
