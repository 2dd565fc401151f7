"""One connection to the printer, with the printer's replies on their way back: to the POS, or to a slip that asked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from printers.capture.replies import ReplyRouter
from printers.capture.sides import Side

FINISH_S = 0.5


class PrinterLine:
    """`ended` is set when the printer said goodbye or broke off (`broken`). Its own thread brings the replies back."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.ended = threading.Event()
        self.broken = False
        self._lock = threading.Lock()
        self._pos: Side | None = None
        self._on_end: Callable[[bool], None] | None = None
        self._router: ReplyRouter | None = None
        self._to_slip: Callable[[bytes], None] | None = None

    def start(self, name: str) -> None:
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def attach(self, pos: Side, on_end: Callable[[bool], None]) -> None:
        """From now on replies go to this POS. `on_end` hears of the line's end, and whether it broke; it may wait."""
        with self._lock:
            self._pos, self._on_end = pos, on_end
            over = self.ended.is_set()
        if over:  # the printer left before the POS was there: it must see it all the same
            threading.Thread(target=on_end, args=(self.broken,), name="pump-late-end", daemon=True).start()

    # -- towards the printer ------------------------------------------------------------------------------------

    def send_from_pos(self, chunk: bytes) -> None:
        """Raises OSError when the line broke."""
        if self._router is not None:
            with self._lock:
                if self._router is not None:
                    self._router.pos_sent(chunk)
        self.side.send(chunk)

    def listen_for_slip(self, to_slip: Callable[[bytes], None] | None) -> None:
        """Where replies to a slip go; None when nobody listens any more. `to_slip` must not block."""
        with self._lock:
            self._to_slip = to_slip
            if to_slip is not None and self._router is None:
                self._router = ReplyRouter()

    def ask_for_slip(self, question: bytes) -> None:
        """A real-time question of ours. Raises OSError when the line broke."""
        self._note_slip(question)
        self.side.send(question)

    def print_slip(self, payload: bytes, question: bytes) -> None:
        """A whole slip and the question that is answered when it is on paper. Raises OSError when the line broke."""
        carefully = getattr(self.side, "send_when_ready", None)  # a serial printer says "busy" on a line of its own
        (carefully or self.side.send)(payload)
        if question:
            self._note_slip(question)
            self.side.send(question)

    def _note_slip(self, question: bytes) -> None:
        with self._lock:
            if self._router is None:
                self._router = ReplyRouter()
            self._router.slip_sent(question)

    def finish(self) -> None:
        """An orderly end."""
        self.side.say_goodbye()
        self.ended.wait(FINISH_S)
        self.side.wake()
        self.side.close()

    # -- back from the printer ----------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while chunk := self.side.receive():
                self._pass_on(chunk)
        except OSError:
            self.broken = True
        with self._lock:
            self.ended.set()
            on_end = self._on_end
        if on_end is not None:
            on_end(self.broken)

    def _pass_on(self, chunk: bytes) -> None:
        if self._router is None:
            if self._pos is not None:
                self._pos.send(chunk)
            return
        with self._lock:
            router, to_slip, pos = self._router, self._to_slip, self._pos
            if router is None:
                slip, rest = b"", chunk
            else:
                slip, rest = router.split(chunk)
                if to_slip is None and not router.waits:
                    rest += router.rest()
                    self._router = None
        if slip and to_slip is not None:
            with contextlib.suppress(OSError):  # whoever asked has gone
                to_slip(slip)
        if rest and pos is not None:
            pos.send(rest)
