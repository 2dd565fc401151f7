"""Tells the listeners of a feature about rows of the cloud once their transaction has committed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from agent.dispatch import Listeners
from sync.inbox import Applier, RowContext
from sync.protocol import FeedRow


class AfterCommit:
    """Collects listeners inside a transaction; calls each once after the commit. A rollback at worst repaints."""

    def __init__(self, subscribe: Callable[[Callable[[], None]], object]) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Listeners] = []
        subscribe(self._committed)

    def mark(self, listeners: Listeners) -> None:
        with self._lock:
            if listeners not in self._waiting:
                self._waiting.append(listeners)

    def telling(self, applier: Applier, listeners: Listeners) -> Applier:
        """The same applier, whose listeners hear of it."""

        def apply(conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
            applier(conn, row, context)
            self.mark(listeners)

        return apply

    def _committed(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for listeners in waiting:
            listeners.notify()
