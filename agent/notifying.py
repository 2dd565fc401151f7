"""Tells the listeners of a feature about rows of the cloud once their transaction has committed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from agent.dispatch import Listeners
from sync.inbox import Applier, RowContext
from sync.protocol import FeedRow


class AfterCommit:
    """Collects listeners inside a transaction; calls each once after the commit. A rollback at worst repaints.

    Every thread has its own collection: the commit of another thread that falls into our transaction must not take
    our listeners with it, because they would look before there is anything to see, and never again.
    """

    def __init__(self, subscribe: Callable[[Callable[[], None]], object]) -> None:
        self._mine = threading.local()
        subscribe(self._committed)

    def mark(self, listeners: Listeners) -> None:
        waiting = self._waiting()
        if listeners not in waiting:
            waiting.append(listeners)

    def _waiting(self) -> list[Listeners]:
        found: list[Listeners] | None = getattr(self._mine, "waiting", None)
        if found is None:
            found = self._mine.waiting = []
        return found

    def telling(self, applier: Applier, listeners: Listeners) -> Applier:
        """The same applier, whose listeners hear of it."""

        def apply(conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
            applier(conn, row, context)
            self.mark(listeners)

        return apply

    def _committed(self) -> None:
        waiting = self._waiting()
        told, waiting[:] = tuple(waiting), ()
        for listeners in told:
            listeners.notify()
