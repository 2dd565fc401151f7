"""Telling the other processes of one PostgreSQL database which feeds grew: LISTEN and NOTIFY.

Rung after the commit, on a connection of its own: a NOTIFY inside the transaction would make all commits of the
database wait for one lock. A ring that is lost costs nothing but time, because every process also polls.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection

import psycopg
from sqlalchemy.engine import URL

log = logging.getLogger("sync")

CHANNEL = "withfom_feed"
RETRY_S = 2.0
GATHER_S = 0.01  # between two rings; what comes meanwhile rings once, and a single one never waits
Heard = Callable[[Collection[str]], None]


class Bell:
    """Rings for what this process wrote, hears what the others wrote. Lives on one event loop."""

    def __init__(self, url: URL, heard: Heard, heard_anything: Callable[[], None]) -> None:
        """``heard`` gets feed ids; ``heard_anything`` is called when something may have been missed."""
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._heard = heard
        self._heard_anything = heard_anything
        self._own = secrets.token_hex(6)  # nobody needs to hear the own bell
        self._pending: set[str] = set()
        self._rung = asyncio.Event()
        self.listening = False

    def ring(self, feed_ids: Collection[str]) -> None:
        """Call on the loop, after the commit."""
        self._pending.update(feed_ids)
        self._rung.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Listens and rings until told to stop; without a connection it tries again and again."""
        jobs = [asyncio.create_task(self._again(self._listen)), asyncio.create_task(self._again(self._send))]
        await stopping.wait()
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)

    async def _again(self, job: Callable[[psycopg.AsyncConnection], Awaitable[None]]) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as conn:
                    await job(conn)
            except (psycopg.Error, OSError) as error:
                log.warning("feed_bell_lost error=%s", type(error).__name__)
            finally:
                if job == self._listen:
                    self.listening = False
            await asyncio.sleep(RETRY_S)

    async def _listen(self, conn: psycopg.AsyncConnection) -> None:
        await conn.execute(f"LISTEN {CHANNEL}")
        self.listening = True
        self._heard_anything()
        async for notify in conn.notifies():
            own, _, feed_id = notify.payload.partition(" ")
            if own != self._own:
                self._heard((feed_id,))

    async def _send(self, conn: psycopg.AsyncConnection) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            taken, self._pending = sorted(self._pending), set()
            await conn.execute(
                "SELECT pg_notify(%s, %s || ' ' || grown.feed_id) FROM unnest(%s::text[]) AS grown (feed_id)",
                (CHANNEL, self._own, taken),
            )
            await asyncio.sleep(GATHER_S)
