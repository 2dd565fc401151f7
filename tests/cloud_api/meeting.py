"""Makes calls meet in the middle of their transactions: a lock held from outside stops each where it is wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from tests.cloud_api.world import World
from tests.helpers.waiting import wait_until

T = TypeVar("T")
_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


class Meeting:
    """Calls on threads of their own, and how many of them wait for a lock of PostgreSQL."""

    def __init__(self, threads: ThreadPoolExecutor, watch: Connection | None) -> None:
        self._threads = threads
        self._watch = watch
        self._begun: list[Future[object]] = []

    def begin(self, call: Callable[[], T]) -> Future[T]:
        """Begins the call and returns once it waits for a lock, or is done."""
        waiting = self._waiting()
        future = self._threads.submit(call)
        wait_until(lambda: future.done() or self._waiting() > waiting, "the call is done or waits")
        return future

    def _waiting(self) -> int:
        if self._watch is None:
            return 0
        return int(self._watch.execute(_WAITING).scalar_one())


@contextmanager
def meeting(world: World, *locked: str) -> Iterator[tuple[Meeting, threading.Event]]:
    """While the block runs, and until its event is set, the rows that the statements select are locked.

    SQLite has one writer at a time: there each call is simply done before the next one.
    """
    url = world.cloud.settings.database_url
    release = threading.Event()
    with ThreadPoolExecutor(8) as threads:
        if world.cloud.database.is_sqlite:
            yield Meeting(threads, None), release
            return
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as watch, engine.connect() as outside:
            outside.execute(text("BEGIN"))
            for statement in locked:
                outside.execute(text(f"{statement} FOR UPDATE")).all()
            holder = threading.Thread(target=lambda: (release.wait(60), outside.execute(text("COMMIT"))))
            holder.start()
            try:
                yield Meeting(threads, watch), release
            finally:
                release.set()
                holder.join()
        engine.dispose()
