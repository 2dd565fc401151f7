"""Decides when a slip of ours may go to the printer: between two documents of the POS, never inside one.

The POS pays two short lock holds a packet for it, and waits only while a slip is being written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from printers.capture.line import PrinterLine

SETTLED_S = 0.1  # so long silent: what the POS asked has been answered
QUIET_S = 5.0  # without the reader's word, so much silence is an end; the reader itself takes two seconds for one
LOOK_S = 0.02


@dataclass
class _Flow:
    """One POS session: what was sent, and how far the reader has understood it."""

    line: PrinterLine
    sent_bytes: int = 0
    sent_at: float = 0.0
    sending: bool = False
    read_bytes: int = -1
    between: bool = True  # the reader's word about `read_bytes`


class Gate:
    """Of one printer. `hold` stops all sessions at a border between documents; thread-safe."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._connecting = threading.Lock()
        self._flows: dict[int, _Flow] = {}
        self._arriving = 0
        self._held = False
        self._slip_line: PrinterLine | None = None  # a connection of a slip's own, while no POS is there

    # -- the POS's side -----------------------------------------------------------------------------------------

    def arriving(self) -> PrinterLine | None:
        """A POS calls. Answers the connection of a slip that is under way, which the POS takes over: many printers
        serve one connection only. Else None; the POS connects itself. `arrived` or `gave_up` must follow."""
        with self._connecting, self._changed:
            self._arriving += 1
            line, self._slip_line = self._slip_line, None
            return line if line is not None and not line.ended.is_set() else None

    def arrived(self, session: int, line: PrinterLine) -> None:
        with self._changed:
            self._arriving -= 1
            self._flows[session] = _Flow(line, sent_at=self._monotonic())

    def gave_up(self) -> None:
        with self._changed:
            self._arriving -= 1

    def enter(self, session: int, count: int) -> None:
        """Before `count` bytes go to the printer: waits while a slip is being written."""
        with self._changed:
            while self._held:
                self._changed.wait()
            flow = self._flows[session]
            flow.sending = True
            flow.sent_bytes += count

    def leave(self, session: int) -> None:
        """The bytes are on their way."""
        with self._changed:
            flow = self._flows[session]
            flow.sending = False
            flow.sent_at = self._monotonic()

    def ended(self, session: int) -> None:
        with self._changed:
            self._flows.pop(session, None)
            self._changed.notify_all()

    def read_to(self, session: int, count: int, between: bool) -> None:
        """The reader has understood `count` bytes of this session, and stands between two documents or not."""
        with self._changed:
            flow = self._flows.get(session)
            if flow is not None:
                flow.read_bytes, flow.between = count, between

    # -- the slip's side ----------------------------------------------------------------------------------------

    def line_for_slip(self, connect: Callable[[], PrinterLine | None]) -> PrinterLine | None:
        """The POS's connection to the printer if there is one, else a new one; None when there is none to be had."""
        with self._connecting:
            with self._changed:
                for flow in self._flows.values():
                    if not flow.line.ended.is_set():
                        return flow.line
                if self._arriving:
                    return None
            line = connect()
            with self._changed:
                self._slip_line = line
            return line

    def give_back(self, line: PrinterLine) -> None:
        """The slip is done: its own connection ends, unless a POS has taken it over."""
        with self._connecting:
            with self._changed:
                mine = self._slip_line is line
                if mine:
                    self._slip_line = None
            if mine:
                line.finish()

    def hold(self, wait_s: float) -> bool:
        """Stop the POS at the next border between documents; False when none came within `wait_s`. Then `release`."""
        deadline = self._monotonic() + wait_s
        with self._changed:
            while self._held or not all(self._stands_between(flow) for flow in self._flows.values()):
                left = deadline - self._monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, LOOK_S))
            self._held = True
            return True

    def release(self) -> None:
        with self._changed:
            self._held = False
            self._changed.notify_all()

    def _stands_between(self, flow: _Flow) -> bool:
        if flow.sending:
            return False
        if flow.sent_bytes == 0:
            return True
        silent_s = self._monotonic() - flow.sent_at
        if flow.read_bytes == flow.sent_bytes:
            return flow.between and silent_s >= SETTLED_S
        return silent_s >= QUIET_S
