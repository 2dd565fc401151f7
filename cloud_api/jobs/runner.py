"""Runs due jobs: one process at a time, in portions, going on where another one stopped.

A job is a function that does one portion in a transaction of its own and says how much it did; 0 is the end. What it
does must be the same when it is done twice, so that a process may die anywhere. The row in the table is the schedule
and the lock: it is taken by one UPDATE, kept by renewing it with each portion, and taken over when it runs out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update
from starlette.concurrency import run_in_threadpool

from cloud_api.clock import Clock
from cloud_api.database import Database, Work
from cloud_api.errors import ApiError
from cloud_api.jobs.models import job
from cloud_api.jobs.schedule import Schedule
from cloud_api.loops import keep_at

log = logging.getLogger("jobs")

LEASE_MS = 60_000
RETRY_MS = 60_000
RETRY_MAX_MS = 3_600_000
ERROR_MAX = 200
REST_MAX_S = 1.0  # a server that is told to stop waits for no more


@dataclass(frozen=True)
class Job:
    """``portion`` does some of it and returns how much it did; it is called until that is 0. After each one the others
    have processor and database to themselves, ``rests`` times as long as it took."""

    name: str
    schedule: Schedule
    portion: Callable[[Database, Clock], int]
    rests: float = 0.0


class Runner:
    """Does what is due. Several may work on one database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        jobs: Sequence[Job],
        *,
        holder: str,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        """``rest`` waits for so many seconds."""
        self._database = database
        self._clock = clock
        self._jobs = tuple(jobs)
        self._holder = holder
        self._rest = rest
        self._stopping = False

    async def run(self, stopping: asyncio.Event, *, every_ms: int) -> None:
        """Again and again until it is told to stop; a portion that is under way is finished."""

        async def once() -> None:
            await run_in_threadpool(self.run_due)

        await keep_at(once, stopping, every_ms=lambda: every_ms, log=log, word="jobs_failed")

    def stop(self) -> None:
        """After the portion that is under way."""
        self._stopping = True

    def run_due(self) -> int:
        """Does every job that is due and that nobody else is at; returns how many it finished."""
        self._database.transact(self._enter)
        return sum(self._run(one) for one in self._jobs if not self._stopping)

    def _enter(self, work: Work) -> None:
        """New jobs get their row; what is due first is not done at once by everybody who starts."""
        known = set(work.conn.execute(select(job.c.name)).scalars())
        for one in self._jobs:
            if one.name not in known:
                next_ms = one.schedule.after(work.now_ms)
                work.conn.execute(insert(job).values(name=one.name, next_ms=next_ms, done=0, failures=0))

    def _run(self, one: Job) -> bool:
        if not self._database.transact(lambda work: self._take(work, one)):
            return False
        done = 0
        try:
            begun = time.monotonic()
            while did := one.portion(self._database, self._clock):
                done += did
                if one.rests:
                    self._rest(min((time.monotonic() - begun) * one.rests, REST_MAX_S))
                if self._stopping or not self._database.transact(lambda work: self._renew(work, one)):
                    return False  # the row says so to whoever takes it next
                begun = time.monotonic()
        except Exception as error:  # a job that fails must not stop the others
            log.exception("job_failed job=%s", one.name)
            words = f"{type(error).__name__}: {error}".splitlines()[0][:ERROR_MAX]
            self._database.transact(lambda work: self._failed(work, one, words))
            return False
        self._database.transact(lambda work: self._finish(work, one, done))
        log.info("job_done job=%s done=%s", one.name, done)
        return True

    def _take(self, work: Work, one: Job) -> bool:
        free = or_(job.c.lease_ms.is_(None), job.c.lease_ms <= work.now_ms)
        taken = update(job).where(job.c.name == one.name, job.c.next_ms <= work.now_ms, free)
        values = {"holder": self._holder, "lease_ms": work.now_ms + LEASE_MS, "started_ms": work.now_ms}
        return work.conn.execute(taken.values(**values)).rowcount == 1

    def _renew(self, work: Work, one: Job) -> bool:
        return work.conn.execute(self._mine(one).values(lease_ms=work.now_ms + LEASE_MS)).rowcount == 1

    def _finish(self, work: Work, one: Job, done: int) -> None:
        values = {"next_ms": one.schedule.after(work.now_ms), "finished_ms": work.now_ms, "done": done}
        work.conn.execute(self._mine(one).values(holder=None, lease_ms=None, failures=0, error=None, **values))

    def _failed(self, work: Work, one: Job, words: str) -> None:
        failures = work.conn.execute(select(job.c.failures).where(job.c.name == one.name)).scalar_one() + 1
        wait_ms = min(RETRY_MS << min(failures - 1, 10), RETRY_MAX_MS)
        values = {"next_ms": work.now_ms + wait_ms, "failures": failures, "error": words}
        work.conn.execute(self._mine(one).values(holder=None, lease_ms=None, **values))

    def _mine(self, one: Job) -> Any:
        return update(job).where(job.c.name == one.name, job.c.holder == self._holder)


def overview(conn: Connection, now_ms: int) -> list[dict[str, Any]]:
    """Every job with when it is due, whether somebody is at it, and how it went."""
    rows = conn.execute(select(job).order_by(job.c.name))
    names = ("name", "next_ms", "started_ms", "finished_ms", "done", "failures", "error")
    return [
        {name: getattr(row, name) for name in names} | {"running": row.lease_ms is not None and row.lease_ms > now_ms}
        for row in rows
    ]


def run_soon(work: Work, name: str) -> None:
    """Makes a job due now. Raises ApiError ``job_unknown``."""
    if work.conn.execute(update(job).where(job.c.name == name).values(next_ms=work.now_ms)).rowcount != 1:
        raise ApiError("job_unknown")
