"""Prints the agent's slips on the printer that the POS uses: between two documents, over the POS's own connection.

Many printers serve one connection at a time; a second one would be refused, or would keep the POS out. A slip is taken
whole before its first byte is written, so that an agent that dies leaves no half slip on the POS's paper.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
from collections.abc import Callable

from printers.capture import frames
from printers.capture.counters import Counters
from printers.capture.ends import ACCEPT_POLL_S, Address, listen_on
from printers.capture.frames import FrameReader, send_frame
from printers.capture.gate import Gate
from printers.capture.line import PrinterLine
from printers.status import ASK_DONE

log = logging.getLogger("capture")

HOLD_MAX_S = 1.0  # the slip follows its turn at once; an agent that stands still gives the turn back
QUESTION_WAIT_S = 0.3
WAIT_MS_MAX = 60_000
SEND_S = 2.0
_WAIT = struct.Struct("<I")


class SlipServer:
    """Serves loopback only, one slip after the other. `address` is in the status file, where the agent finds it."""

    def __init__(self, gate: Gate, connect: Callable[[], PrinterLine | None], *, counters: Counters) -> None:
        self._gate = gate
        self._connect = connect
        self._counters = counters
        self._listener = listen_on(Address("127.0.0.1", 0))
        self._listener.settimeout(ACCEPT_POLL_S)
        self.address = Address(*self._listener.getsockname()[:2])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="capture-slips", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(2.0)

    def _serve(self) -> None:
        with self._listener:
            while not self._stopping.is_set():
                try:
                    connection, _peer = self._listener.accept()
                except TimeoutError:
                    continue
                except OSError as error:
                    log.warning("slip_accept_failed error=%s", error)
                    self._stopping.wait(ACCEPT_POLL_S)
                    continue
                with connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    connection.settimeout(ACCEPT_POLL_S)
                    try:
                        _Conversation(connection, self._gate, self._connect, self._counters).run(self._stopping)
                    except (OSError, ValueError) as error:
                        log.warning("slip_broken error=%s", error)
                    except Exception as error:  # a slip's trouble is never the pump's
                        log.error("slip_failed error=%s", type(error).__name__, exc_info=error)


class _Conversation:
    def __init__(
        self,
        connection: socket.socket,
        gate: Gate,
        connect: Callable[[], PrinterLine | None],
        counters: Counters,
    ) -> None:
        self._connection = connection
        self._gate = gate
        self._connect = connect
        self._counters = counters
        self._line: PrinterLine | None = None
        self._holding_since: float | None = None
        self._sending = threading.Lock()  # replies come on the line's thread
        self._reader = FrameReader()

    def run(self, stopping: threading.Event) -> None:
        """Until the agent hangs up or the printer does."""
        try:
            while not stopping.is_set():
                try:
                    chunk = self._connection.recv(65_536)
                except TimeoutError:
                    if self._line is not None and self._line.ended.is_set():
                        self._say(frames.GONE, b"the printer closed the connection")
                        return
                    continue
                if not chunk:
                    return
                self._reader.feed(chunk)
                while (frame := self._reader.take()) is not None:
                    self._act(*frame)
        finally:
            self._leave()

    def _say(self, word: bytes, body: bytes = b"") -> None:
        with self._sending:
            self._connection.settimeout(SEND_S)
            try:
                send_frame(self._connection, word, body)
            finally:
                self._connection.settimeout(ACCEPT_POLL_S)

    def _act(self, word: bytes, body: bytes) -> None:
        if word == frames.OPEN:
            self._answer(self._have_line(), b"no connection to the printer")
        elif word == frames.QUESTION:
            self._ask(body)
        elif word == frames.HOLD:
            self._hold(min(_WAIT.unpack(body)[0], WAIT_MS_MAX) / 1000)
        else:
            raise ValueError(f"unexpected word {word!r}")

    def _answer(self, good: bool, reason: bytes) -> None:
        self._say(frames.GRANTED if good else frames.REFUSED, b"" if good else reason)

    def _have_line(self) -> bool:
        """Whether there is a connection; the POS may have come or gone since the last look."""
        if self._line is not None and not self._line.ended.is_set():
            return True
        self._let_go()
        line = self._gate.line_for_slip(self._connect)
        if line is not None:
            self._line = line
            line.listen_for_slip(lambda replies: self._say(frames.REPLY, replies))
        return line is not None

    def _ask(self, question: bytes) -> None:
        """Left out while the POS is in the middle of something: inside a picture it would be printed."""
        line = self._line
        if line is None or not self._gate.hold(QUESTION_WAIT_S):
            return
        try:
            line.ask_for_slip(question)
        finally:
            self._gate.release()

    def _hold(self, wait_s: float) -> None:
        if not self._gate.hold(wait_s):
            self._answer(False, b"busy: the POS is printing")
            return
        try:
            if not self._have_line():
                self._answer(False, b"no connection to the printer")
                return
            self._answer(True, b"")
            slip = self._next_slip()
            if slip is None:
                return
            question = ASK_DONE if slip.endswith(ASK_DONE) else b""
            assert self._line is not None
            self._line.print_slip(slip[: len(slip) - len(question)], question)
            self._counters.add("slips")
        finally:
            self._gate.release()

    def _next_slip(self) -> bytes | None:
        """The whole slip, which must come at once; None when the agent thought better of it."""
        self._connection.settimeout(HOLD_MAX_S)
        while (frame := self._reader.take()) is None:
            chunk = self._connection.recv(65_536)
            if not chunk:
                return None
            self._reader.feed(chunk)
        self._connection.settimeout(ACCEPT_POLL_S)
        word, body = frame
        return body if word == frames.SLIP else None

    def _let_go(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.listen_for_slip(None)
            self._gate.give_back(line)

    def _leave(self) -> None:
        with contextlib.suppress(OSError):
            self._let_go()
