"""Passes every byte between POS and printer, unchanged and at once, whatever becomes of anything else.

Fail-open: the pump knows no receipts, no disk and no agent. It copies what the POS sent to a tap that never blocks and
never raises; a printer that refuses is refused to the POS as well, because the POS must see the fault.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from printers.capture.counters import Counters
from printers.capture.ends import ACCEPT_POLL_S, Entrance, Printer
from printers.capture.gate import Gate
from printers.capture.line import PrinterLine
from printers.capture.session import Session
from printers.capture.sides import Side

log = logging.getLogger("capture")

SESSIONS_MAX = 16  # a shop has a handful of tills; more is somebody knocking
CONNECT_TIMEOUT_S = 3.0
LOOK_AGAIN_S = 1.0  # how often a printer that is off is looked for

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class Tap(Protocol):
    """Gets copies. No call may block or raise."""

    def opened(self, session: int) -> None: ...
    def copied(self, session: int, chunk: bytes) -> None: ...
    def closed(self, session: int) -> None: ...


class Pump:
    """Serves one entrance in front of one printer until `stop`."""

    def __init__(
        self,
        entrance: Entrance,
        printer: Printer,
        *,
        tap: Tap,
        counters: Counters,
        allowed: Iterable[Network] = LOOPBACK,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gate = Gate(monotonic=monotonic)
        self._entrance = entrance
        self._printer = printer
        self._tap = tap
        self._counters = counters
        self._allowed = tuple(allowed)
        self._connect_timeout_s = connect_timeout_s
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._sessions: dict[int, Session] = {}
        self._next_id = 0
        self._tap_failed = False
        self._printer_is_off = False

    def serve(self) -> None:
        """Accept until stopped. Returns when the last session has ended or was cut off."""
        while not self._stopping.is_set():
            if self._printer_is_off:
                self._wait_for_printer()
            try:
                called = self._entrance.accept()
            except OSError as error:
                if self._stopping.is_set():
                    break
                log.warning("accept_failed error=%s", error)
                self._stopping.wait(ACCEPT_POLL_S)  # out of file handles: sessions will end and free some
                continue
            if called is not None:
                self._welcome(*called)
        self._entrance.close()

    def _wait_for_printer(self) -> None:
        """While the printer is off, a POS is refused at once, as by the printer itself."""
        self._entrance.shut()
        try:
            while self._printer_is_off and not self._stopping.wait(LOOK_AGAIN_S):
                if not self._sessions:  # one that waits for the printer looks for it itself
                    found = self.connect()
                    if found is not None:
                        found.finish()
        finally:
            if not self._stopping.is_set():
                self._entrance.open_again()

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

    def _welcome(self, pos: Side, peer: str) -> None:
        if peer and not self._is_allowed(peer):
            log.warning("session_refused reason=address peer=%s", peer)
            self._counters.add("refused")
            pos.break_off()
            return
        with self._lock:
            if len(self._sessions) >= SESSIONS_MAX:
                full = True
            else:
                full = False
                self._next_id += 1
                session = Session(self._next_id, pos, self)
                self._sessions[session.id] = session
        if full:
            log.warning("session_refused reason=too_many peer=%s", peer)
            self._counters.add("refused")
            pos.break_off()
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

    def connect(self) -> PrinterLine | None:
        """A connection to the printer, or None when it refuses."""
        try:
            side = self._printer.connect(self._connect_timeout_s)
        except (OSError, UnicodeError) as error:  # UnicodeError: a host name that no name server could know
            if not self._printer_is_off:
                log.warning("printer_refused printer=%s error=%s", self._printer, error)
            self._counters.put("printer_reachable", False)
            self._counters.add("printer_refused")
            with self._lock:  # while another POS prints, the printer is there, and only busy
                self._printer_is_off = all(session.waits for session in self._sessions.values())
            return None
        self._counters.put("printer_reachable", True)
        self._printer_is_off = False
        line = PrinterLine(side)
        line.start("pump-down")
        return line

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
