"""Waking readers when a feed grows: at once inside this process, by the bell or by looking across processes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable

from starlette.concurrency import run_in_threadpool

from cloud_api.database import Database
from cloud_api.devices.auth import still_trusted
from cloud_api.gateway import feeds
from cloud_api.loops import keep_at

log = logging.getLogger("sync")


class Hub:
    """Readers wait on feeds; writers announce them. Lives on one event loop; ``announce`` may come from any thread."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._known: dict[str, int] = {}
        self._rows_ever = -1
        self._devices: dict[str, set[Listener]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tell_others: Callable[[Collection[str]], None] | None = None
        self.closing = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tells on which loop the readers live."""
        self._loop = loop
        self.closing = False

    def announce(self, feed_ids: Iterable[str]) -> None:
        """These feeds grew and the commit is done."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._announced, tuple(feed_ids))

    def tell_others(self, ring: Callable[[Collection[str]], None] | None) -> None:
        """``ring`` is called on the loop with the feeds that this process made grow."""
        self._tell_others = ring

    def _announced(self, feed_ids: Collection[str]) -> None:
        self.wake(feed_ids)
        if self._tell_others is not None:
            self._tell_others(feed_ids)

    def close(self) -> None:
        """Ends every wait now and from now on, so that open streams do not hold up the server's end."""
        self.closing = True
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.wake_all)

    def wake_all(self) -> None:
        """Something may have been missed: everybody looks."""
        self.wake(tuple(self._waiting))

    def wake(self, feed_ids: Collection[str]) -> None:
        """Ends the waits for these feeds; call on the loop."""
        for feed_id in feed_ids:
            for waiter in self._waiting.get(feed_id, ()):
                waiter.set()

    def listen(self, *feed_ids: str, device_id: str) -> Listener:
        """A listener that misses nothing between two waits, and hears when its device is shut out."""
        return Listener(self, feed_ids, device_id)

    def listening(self) -> tuple[str, ...]:
        """The devices that listen now."""
        return tuple(self._devices)

    def _join(self, ear: Listener) -> None:
        self._devices.setdefault(ear.device_id, set()).add(ear)
        for feed_id in ear.feed_ids:
            self._waiting.setdefault(feed_id, set()).add(ear.event)

    def _leave(self, ear: Listener) -> None:
        ears = self._devices[ear.device_id]
        ears.discard(ear)
        if not ears:
            del self._devices[ear.device_id]
        for feed_id in ear.feed_ids:
            waiters = self._waiting[feed_id]
            waiters.discard(ear.event)
            if not waiters:
                del self._waiting[feed_id]
                self._known.pop(feed_id, None)

    async def poll(self, database: Database, stopping: asyncio.Event, *, every_ms: Callable[[], int]) -> None:
        """Finds rows that another process wrote; also the safety net should a wake-up ever be lost."""

        async def look() -> None:
            watched = tuple(self._waiting)
            if not watched:
                return
            rows_ever, heads = await run_in_threadpool(_heads, database, watched, self._rows_ever)
            self._rows_ever = rows_ever
            grown = [feed_id for feed_id, n in heads.items() if self._known.get(feed_id, -1) < n]
            self._known.update(heads)
            self.wake(grown)

        await keep_at(look, stopping, every_ms=every_ms, log=log, word="feed_poll_failed")

    async def shut_out(self, database: Database, stopping: asyncio.Event, *, every_ms: int) -> None:
        """Ends what revoked devices listen to: one question for all of them, so that a stream costs none."""

        async def ask() -> None:
            listening = self.listening()
            if not listening:
                return
            trusted = await run_in_threadpool(_trusted, database, listening)
            for device_id in set(listening) - trusted:
                for ear in self._devices.get(device_id, ()):
                    ear.shut_out = True
                    ear.event.set()

        await keep_at(ask, stopping, every_ms=lambda: every_ms, log=log, word="trust_not_checked")


def _heads(database: Database, feed_ids: Collection[str], rows_before: int) -> tuple[int, dict[str, int]]:
    """How many rows there ever were, and the heads of these feeds if that changed."""
    with database.read() as conn:
        rows_ever = feeds.rows_ever(conn)
        return rows_ever, feeds.heads(conn, tuple(feed_ids)) if rows_ever != rows_before else {}


def _trusted(database: Database, device_ids: Collection[str]) -> set[str]:
    with database.read() as conn:
        return still_trusted(conn, device_ids)


class Listener:
    """One reader's ear. Use: ``with hub.listen(…) as ear: read; await ear.grown(timeout)``.

    ``shut_out`` is true as soon as the device is revoked; a wait ends for it."""

    def __init__(self, hub: Hub, feed_ids: Collection[str], device_id: str) -> None:
        self.feed_ids = feed_ids
        self.device_id = device_id
        self.event = asyncio.Event()
        self.shut_out = False
        self._hub = hub

    def __enter__(self) -> Listener:
        self._hub._join(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._hub._leave(self)

    def forget(self) -> None:
        """Call before reading: what grows from now on ends the next wait."""
        self.event.clear()

    async def grown(self, timeout_s: float) -> bool:
        """Waits until a feed grew; False when the time was over first. Returns at once when the server is closing."""
        if self._hub.closing:
            return True
        try:
            await asyncio.wait_for(self.event.wait(), timeout_s)
        except TimeoutError:
            return False
        return True
