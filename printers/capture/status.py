"""Owns the status file by which others see that capture is alive and what it does."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from printers.capture.counters import Counters
from printers.capture.files import replace_file
from printers.capture.spool import STATUS_FILE

log = logging.getLogger("capture")

STATUS_VERSION = 1
EVERY_S = 3.0
SOONEST_S = 0.25  # at most so often, however much happens
ALIVE_MS = 12_000  # a status older than this is that of a dead or stuck capture


@dataclass(frozen=True)
class CaptureStatus:
    """What the status file says. `state` is "running" or "stopped"; `slips_at` is where slips of ours are taken, and
    `settings` the file that this capture follows, empty for one that follows its command line."""

    state: str
    pid: int
    started_wall_ms: int
    updated_wall_ms: int
    listen: str
    printer: str
    till: str
    slips_at: str = ""
    settings: str = ""
    sessions: int = 0
    sessions_total: int = 0
    refused: int = 0
    documents: int = 0
    not_receipts: int = 0
    incomplete: int = 0
    slips: int = 0
    printer_refused: int = 0
    printer_reachable: bool | None = None
    dropped_copies: int = 0
    parser_failures: int = 0
    spool_failures: int = 0
    waiting_for_disk: int = 0
    full_cards: int = 0
    version: int = STATUS_VERSION

    def is_alive(self, now_wall_ms: int) -> bool:
        return self.state == "running" and abs(now_wall_ms - self.updated_wall_ms) <= ALIVE_MS


def read_status(folder: Path) -> CaptureStatus | None:
    """The newest status in a spool folder; None when there is none that can be read."""
    try:
        found = json.loads((folder / STATUS_FILE).read_text(encoding="utf-8"))
        known = {name: value for name, value in found.items() if name in CaptureStatus.__dataclass_fields__}
        return CaptureStatus(**known) if found.get("version") == STATUS_VERSION else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


class StatusWriter:
    """Writes the status every few seconds and soon after a change."""

    def __init__(
        self,
        folder: Path,
        *,
        counters: Counters,
        wall_ms: Callable[[], int],
        listen: str,
        printer: str,
        till: str,
        slips_at: str = "",
        settings: str = "",
    ) -> None:
        self._folder = folder
        self._counters = counters
        self._wall_ms = wall_ms
        self._listen, self._printer, self._till, self._slips_at = listen, printer, till, slips_at
        self._settings = settings
        self._started_wall_ms = wall_ms()
        self._stopping = threading.Event()
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="capture-status", daemon=True)

    def start(self) -> None:
        self._write("running")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._counters.changed.set()
        self._thread.join(2.0)
        self._write("stopped")

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._counters.changed.wait(EVERY_S)
            self._counters.changed.clear()
            self._write("running")
            self._stopping.wait(SOONEST_S)

    def _write(self, state: str) -> None:
        figures: dict[str, Any] = self._counters.figures()
        status = CaptureStatus(
            state=state,
            pid=os.getpid(),
            started_wall_ms=self._started_wall_ms,
            updated_wall_ms=self._wall_ms(),
            listen=self._listen,
            printer=self._printer,
            till=self._till,
            slips_at=self._slips_at,
            settings=self._settings,
            **figures,
        )
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
        try:
            replace_file(self._folder / STATUS_FILE, json.dumps(asdict(status)).encode(), durable=False)
            self._failed = False
        except OSError as error:
            if not self._failed:  # said once: a full disk lasts
                log.warning("status_not_written error=%s", error)
            self._failed = True
