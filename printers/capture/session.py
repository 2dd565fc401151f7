"""One POS connection and its printer connection; this thread sends to the printer, the line's own brings replies."""

from __future__ import annotations

import threading
from typing import Protocol

from printers.capture.gate import Gate
from printers.capture.line import PrinterLine
from printers.capture.serial_side import LineMirror, SerialSide
from printers.capture.sides import Side

SPEAKS_FIRST_S = 0.2  # a queue sends at once; whoever waits for a word first sees the fault by being cut off
LOOK_AGAIN_S = 1.0
HALF_CLOSED_MAX_S = 60.0  # one side has said goodbye; the other may still answer for this long


class Desk(Protocol):
    """What a session needs of the pump."""

    gate: Gate

    def connect(self) -> PrinterLine | None: ...
    def began(self, session: int) -> None: ...
    def copied(self, session: int, chunk: bytes) -> None: ...
    def ended(self, session: int, *, began: bool) -> None: ...


class Session:
    """Runs on a thread of its own; `done` is set at the very end. It `waits` until it has a printer."""

    def __init__(self, session: int, pos: Side, desk: Desk) -> None:
        self.id = session
        self.done = threading.Event()
        self._pos = pos
        self._desk = desk
        self.waits = True
        self._line: PrinterLine | None = None
        self._broken = False
        self._sent_all = threading.Event()
        self._cut_off = threading.Event()

    def run(self) -> None:
        gate = self._desk.gate
        line = gate.arriving() or self._desk.connect() or self._printer_that_comes_back()
        if line is None:
            gate.gave_up()
            self._desk.ended(self.id, began=False)
            self._pos.break_off()
            self.done.set()
            return
        self._line, self.waits = line, False
        gate.arrived(self.id, line)
        self._desk.began(self.id)
        line.attach(self._pos, self._printer_left)
        mirror = self._mirror(line)
        try:
            self._move(line)
        finally:
            self._sent_all.set()
            if not line.ended.wait(HALF_CLOSED_MAX_S):
                line.side.wake()
                line.ended.wait(HALF_CLOSED_MAX_S)
            if mirror is not None:
                mirror.stop()
            gate.ended(self.id)
            for side in (self._pos, line.side):
                if self._broken:
                    side.break_off()
                else:
                    side.close()
            self._desk.ended(self.id, began=True)
            self.done.set()

    def _printer_that_comes_back(self) -> PrinterLine | None:
        """The printer is off. What the POS has sent is on this machine already, and cutting the POS off would lose it
        without a word: it is kept, unread, while its sender waits. One that says nothing first is cut off at once."""
        if not self._pos.has_sent(SPEAKS_FIRST_S):
            return None
        while not (self._cut_off.wait(LOOK_AGAIN_S) or self._pos.has_given_up()):
            line = self._desk.connect()
            if line is not None:
                return line
        return None

    def abort(self) -> None:
        """One side is gone without a goodbye: the other must see it too."""
        self._broken = True
        self._cut_off.set()
        self._pos.wake()
        if self._line is not None:
            self._line.side.wake()

    def _printer_left(self, broken: bool) -> None:
        """On the line's thread: its end is passed on, and what the POS still sends has a while to arrive."""
        if broken or self._broken:
            self.abort()
            return
        self._pos.say_goodbye()
        if not self._sent_all.wait(HALF_CLOSED_MAX_S):
            self._pos.wake()

    def _mirror(self, line: PrinterLine) -> LineMirror | None:
        if not isinstance(self._pos, SerialSide):
            return None
        if not isinstance(line.side, SerialSide):
            self._pos.show_ready()
            return None
        mirror = LineMirror(self._pos.lines, line.side.lines)
        mirror.start()
        return mirror

    def _move(self, line: PrinterLine) -> None:
        """Bytes to the printer until the POS says goodbye, which is passed on, or either side breaks."""
        gate, pos, session, copied = self._desk.gate, self._pos, self.id, self._desk.copied
        try:
            while chunk := pos.receive():
                gate.enter(session, len(chunk))
                try:
                    line.send_from_pos(chunk)
                finally:
                    gate.leave(session)
                copied(session, chunk)
        except OSError:
            self.abort()
            return
        if self._broken:
            return  # we woke up because the other direction broke: no orderly goodbye
        gate.enter(session, 0)
        try:
            line.side.say_goodbye()
        finally:
            gate.leave(session)
