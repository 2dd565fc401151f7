"""Counts what the capture does, for the status file; shared by all its threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counters:
    """Figures since the start. `slips` are ours, printed between the POS's documents; `printer_reachable` is what the
    newest POS connection found, None before the first."""

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
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    changed: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    def add(self, name: str, by: int = 1) -> None:
        with self._lock:
            setattr(self, name, getattr(self, name) + by)
        self.changed.set()

    def put(self, name: str, value: int | bool | None) -> None:
        with self._lock:
            different = getattr(self, name) != value
            setattr(self, name, value)
        if different:
            self.changed.set()

    def figures(self) -> dict[str, Any]:
        with self._lock:
            return {name: getattr(self, name) for name in _NAMES}


_NAMES = tuple(name for name in Counters.__dataclass_fields__ if name not in ("_lock", "changed"))
