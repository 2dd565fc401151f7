"""Keeps the capture of this counter running as a process of its own, which goes on when the agent ends.

It is never killed from here: it follows its settings file. Nobody starts a second one while the status file says that
one is alive, whoever started that (docs/adr/0030).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

from agent.logbook import topic
from printers.capture.settings import CaptureSettings, read_settings, write_settings
from printers.capture.status import read_status
from sync.clock import Clock

LOOK_MS: Final = 3_000
DEAD_LOOKS: Final = 2  # one that takes over a change says "stopped" for a moment
AGAIN_MS, AGAIN_MS_MAX = 15_000, 300_000  # a port that another program holds is not asked for all day long
LOG_NAME: Final = "capture.log"
LOG_BYTES_MAX: Final = 1_000_000  # somebody who knocks at the port all day must not fill the disk
log = topic("capture")


class Running(Protocol):
    """A started process, as far as it is needed here."""

    def poll(self) -> int | None: ...


def start_capture(settings_file: Path, spool: Path) -> Running:
    """`withfom capture` on its own: no window, no pipe to us, no session of ours. Raises OSError."""
    frozen = bool(getattr(sys, "frozen", False))
    program = [sys.executable] if frozen else [sys.executable, "-m", "withfom"]
    options: dict[str, Any] = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        options["start_new_session"] = True
    if not frozen:
        root = str(Path(__file__).parents[3])
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        options["env"] = {**os.environ, "PYTHONPATH": paths}
    # What it says goes to a file that outlives us: a pipe would break with the agent. Appended, so that it can be cut.
    with (settings_file.parent / LOG_NAME).open("ab") as said:
        return subprocess.Popen(
            [*program, "capture", "--settings", str(settings_file), "--spool", str(spool)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=settings_file.parent,
            **options,
        )


class CaptureKeeper:
    """Thread-safe."""

    def __init__(
        self,
        settings_file: Path,
        spool: Path,
        clock: Clock,
        start: Callable[[Path, Path], Running] = start_capture,
        *,
        program: str = "",
    ) -> None:
        self._program = program  # the version that runs here; empty for one that has none
        self._file, self._spool, self._clock, self._start = settings_file, spool, clock, start
        self._lock = threading.Lock()
        self._process: Running | None = None
        self._look_at_ms = clock.mono_ms()
        self._start_at_ms = clock.mono_ms()
        self._again_ms = AGAIN_MS
        self._dead_looks = 0

    def tick(self) -> None:
        """Start what should run and does not. Costs two small files every few seconds."""
        with self._lock:
            now_ms = self._clock.mono_ms()
            if now_ms >= self._look_at_ms:
                self._look_at_ms = now_ms + LOOK_MS
                self._look(now_ms)
                self._cut_log()

    def save(self, settings: CaptureSettings) -> None:
        """Keep what a person has chosen. Raises OSError."""
        with self._lock:
            self._write(settings)

    def start_now(self) -> None:
        """A person has just asked for it."""
        with self._lock:
            now_ms = self._clock.mono_ms()
            self._again_ms, self._start_at_ms, self._dead_looks = AGAIN_MS, now_ms, DEAD_LOOKS
            self._look(now_ms)

    def _write(self, settings: CaptureSettings) -> None:
        write_settings(self._file, replace(settings, program=self._program))

    def _bring_up_to_date(self, settings: CaptureSettings) -> None:
        """Ours may be older than the program by now: it follows its file, and starts its parts anew in a gap."""
        if not self._program or settings.program == self._program:
            return
        try:
            self._write(settings)
            log.event("capture_brought_up_to_date", program=self._program, before=settings.program or "?")
        except OSError as problem:
            log.warning("capture_not_brought_up_to_date", problem=problem)

    def _cut_log(self) -> None:
        said = self._file.with_name(LOG_NAME)
        with contextlib.suppress(OSError):
            if said.stat().st_size > LOG_BYTES_MAX:
                os.truncate(said, 0)

    def _look(self, now_ms: int) -> None:
        settings = read_settings(self._file)
        if not isinstance(settings, CaptureSettings) or not settings.on or settings.problem() is not None:
            return
        status = read_status(self._spool)
        if status is not None and status.is_alive(self._clock.wall_ms()):
            self._again_ms, self._dead_looks = AGAIN_MS, 0
            if status.settings == str(self._file):
                self._bring_up_to_date(settings)
            return
        self._dead_looks += 1
        if (
            self._dead_looks < DEAD_LOOKS
            or now_ms < self._start_at_ms
            or (self._process is not None and self._process.poll() is None)
        ):
            return
        self._start_at_ms, self._again_ms = now_ms + self._again_ms, min(self._again_ms * 2, AGAIN_MS_MAX)
        self._bring_up_to_date(settings)  # before it starts, so that it need not start anew for that
        try:
            self._process = self._start(self._file, self._spool)
            log.event("capture_started", printer=settings.printer)
        except OSError as problem:
            log.warning("capture_not_started", problem=problem)
