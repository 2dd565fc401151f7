"""Runs the reader in a process of its own, so that reading never takes the interpreter away from the pump.

Frames go to the reader's input, its figures come back on its output. A reader that dies or hangs is started again; the
documents it was in the middle of are lost to us, never to the printer.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import struct
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import IO, Any

from printers.capture.copies import BYTES, CLOSE, LOST, OPEN, CopyReader
from printers.capture.counters import Counters

log = logging.getLogger("capture")

HEADER = struct.Struct("<BIQ")  # event, length, session
EVENTS = (OPEN, BYTES, LOST, CLOSE)
FIGURES = (
    "documents", "not_receipts", "incomplete", "parser_failures", "spool_failures", "waiting_for_disk", "full_cards",
)  # fmt: skip
SUMMED = tuple(name for name in FIGURES if name != "waiting_for_disk")
HEARTBEAT_S = 2.0
HUNG_S = 60.0
RESTART_PAUSE_S = 0.5
FINISH_S = 3.0
WAITING_FRAMES_MAX = 64  # between the reader's input and its work; more stay in the pipe and hold the tap back
TICK_S = 0.1


class ReaderProcess:
    """The pump's end. `deliver` may block while the reader is busy: only the tap's thread waits then."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        counters: Counters,
        monotonic: Callable[[], float],
        options: dict[str, Any] | None = None,
        on_place: Callable[[int, int, bool], None] = lambda _session, _taken_bytes, _between: None,
    ) -> None:
        """`on_place` hears for each session how far the reader is, and whether it stands between two documents."""
        self._command = list(command)
        self._options = options or {}
        self._counters = counters
        self._monotonic = monotonic
        self._on_place = on_place
        self._child: subprocess.Popen[bytes] | None = None
        self._heard = 0.0
        self._retry_at = 0.0
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_for_hanging, name="capture-reader-watch", daemon=True)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        self._start()
        self._watch.start()

    def deliver(self, kind: str, session: int, chunk: bytes) -> None:
        """Hand one event to the reader. An event that cannot be handed over is counted as dropped."""
        if self._child is None and self._monotonic() >= self._retry_at:
            self._start()
        child = self._child
        if child is None or child.stdin is None:
            self._counters.add("dropped_copies")
            return
        try:
            child.stdin.write(HEADER.pack(EVENTS.index(kind), len(chunk), session) + chunk)
            child.stdin.flush()
        except (OSError, ValueError):  # it died; the next one is told that bytes are missing
            self._counters.add("dropped_copies")
            self._lost_child(child)

    def tick(self) -> None:
        """Start a reader that died while nothing was printed."""
        child = self._child
        if child is not None and child.poll() is not None:
            self._lost_child(child)
        if self._child is None and self._monotonic() >= self._retry_at:
            self._start()

    def finish(self) -> None:
        """Let the reader finish what it has, then end it."""
        self._stopping.set()
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(OSError, ValueError):
            assert child.stdin is not None
            child.stdin.close()
        try:
            child.wait(FINISH_S)
        except subprocess.TimeoutExpired:
            log.warning("reader_killed pid=%s", child.pid)
            child.kill()
            child.wait()
        assert child.stdout is not None
        self._listener.join(1.0)
        child.stdout.close()

    # -- the child ----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        try:
            child = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **self._options)
        except OSError as error:
            log.error("reader_not_started error=%s", error)
            self._counters.add("parser_failures")
            self._retry_at = self._monotonic() + RESTART_PAUSE_S
            return
        self._child = child
        self._heard = self._monotonic()
        self._listener = threading.Thread(target=self._listen, args=(child,), name="capture-figures", daemon=True)
        self._listener.start()

    def _lost_child(self, child: subprocess.Popen[bytes]) -> None:
        if self._child is not child:
            return
        self._child = None
        self._retry_at = self._monotonic() + RESTART_PAUSE_S
        log.error("reader_died status=%s", child.poll())
        self._counters.add("parser_failures")
        with contextlib.suppress(OSError, ValueError):
            assert child.stdin is not None
            child.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(1.0)

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        """Figures count up within one child; what earlier ones counted stays."""
        last = dict.fromkeys(FIGURES, 0)
        assert child.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            for line in child.stdout:
                self._heard = self._monotonic()
                figures = json.loads(line)
                for session, (taken_bytes, between) in figures["places"].items():
                    self._on_place(int(session), taken_bytes, between)
                for name in SUMMED:
                    if figures[name] != last[name]:
                        self._counters.add(name, figures[name] - last[name])
                self._counters.put("waiting_for_disk", figures["waiting_for_disk"])
                last = figures

    def _watch_for_hanging(self) -> None:
        while not self._stopping.wait(HEARTBEAT_S):
            child = self._child
            if child is not None and child.poll() is None and self._monotonic() - self._heard > HUNG_S:
                log.error("reader_hung pid=%s", child.pid)
                child.kill()


def serve_reader(
    source: IO[bytes], target: IO[bytes], reader: CopyReader, counters: Counters, monotonic: Callable[[], float]
) -> None:
    """The reader's end: take frames until the input ends, tell figures when they change and now and then."""
    frames: queue.Queue[tuple[str, int, bytes] | None] = queue.Queue(WAITING_FRAMES_MAX)
    threading.Thread(target=_read_frames, args=(source, frames), name="reader-input", daemon=True).start()
    told: dict[str, Any] = {}
    told_at = monotonic() - HEARTBEAT_S
    while True:
        try:
            frame = frames.get(timeout=TICK_S)
        except queue.Empty:
            reader.tick()
        else:
            if frame is None:
                break
            reader.take(*frame)
            if not frames.empty():
                continue  # what was reached matters once everything is read
            reader.tick()
        figures = _figures(reader, counters)
        if figures != told or monotonic() - told_at >= HEARTBEAT_S:
            _tell(target, figures)
            told, told_at = figures, monotonic()
    reader.finish()
    _tell(target, _figures(reader, counters))


def _figures(reader: CopyReader, counters: Counters) -> dict[str, Any]:
    figures = {name: value for name, value in counters.figures().items() if name in FIGURES}
    return {**figures, "places": reader.places()}


def _tell(target: IO[bytes], figures: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the pump has gone; what was captured is still written
        target.write(json.dumps(figures).encode() + b"\n")
        target.flush()


def _read_frames(source: IO[bytes], frames: queue.Queue[tuple[str, int, bytes] | None]) -> None:
    with contextlib.suppress(OSError):
        while len(header := source.read(HEADER.size)) == HEADER.size:
            event, length, session = HEADER.unpack(header)
            chunk = source.read(length) if length else b""
            if len(chunk) < length or event >= len(EVENTS):
                break
            frames.put((EVENTS[event], session, chunk))
    frames.put(None)
