"""What happens by itself when time passes: auto-approval, expiry, and forgetting what is no longer needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from cloud_api.clock import Clock
from cloud_api.coupons.service import expire_due
from cloud_api.database import Database, Work, is_transient
from cloud_api.devices.auth import forget_nonces
from cloud_api.ledger.adjustments import expire_waiting
from cloud_api.loops import keep_at
from cloud_api.requests import decisions
from cloud_api.requests.models import request
from rules.requests import NO_ACK_EXPIRE_MS, SWEEP_GRACE_MS, UNREACHABLE_AFTER_MS, RequestState

log = logging.getLogger("approval")

BATCH_MAX = 200
HOUSEKEEPING_EVERY_MS = 60_000
REST_MS = 60_000


_OVER = (
    select(request.c.request_id)
    .where(request.c.state == RequestState.SEEN.value, request.c.deadline_ms <= bindparam("until"))
    .order_by(request.c.deadline_ms)
    .limit(BATCH_MAX)
)
_UNSEEN = (
    select(request.c.request_id)
    .where(request.c.state == RequestState.REQUESTED.value, request.c.created_ms <= bindparam("until"))
    .order_by(request.c.created_ms)
    .limit(BATCH_MAX)
)
_ASKED_BACK = (
    select(request.c.request_id)
    .where(request.c.recovery_due_ms <= bindparam("until"))
    .order_by(request.c.recovery_due_ms)
    .limit(BATCH_MAX)
)
_UNREACHABLE = _UNSEEN.where(request.c.unreachable_ms.is_(None))


@dataclass(frozen=True)
class Swept:
    """How many requests a sweep finished at their deadline (approved, or lapsed above the brand's value) and unseen,
    and of how many the consumer was told that nobody is there."""

    auto_approved: int
    expired: int
    unreachable: int = 0
    recovered: int = 0


class Resting:
    """Requests that could not be finished: logged once, and tried again every minute, beside all others."""

    def __init__(self) -> None:
        self._until_ms: dict[str, int] = {}

    def begin(self, request_id: str, now_ms: int) -> None:
        """Call where it went wrong."""
        log.exception("request_not_finished request=%s", request_id)
        self._until_ms[request_id] = now_ms + REST_MS

    def rests(self, request_id: str, now_ms: int) -> bool:
        """Whether to leave it alone now."""
        return now_ms < self._until_ms.get(request_id, 0)


def sweep(database: Database, now_ms: int, resting: Resting | None = None) -> Swept:
    """Finishes the requests whose time is over at ``now_ms``; each in a transaction of its own. With ``resting`` one
    that cannot be finished keeps none of the others waiting; without, its error is raised."""
    with database.read() as conn:
        over = conn.execute(_OVER, {"until": now_ms - SWEEP_GRACE_MS}).scalars().all()
        unseen = conn.execute(_UNSEEN, {"until": now_ms - NO_ACK_EXPIRE_MS}).scalars().all()
        asked_back = conn.execute(_ASKED_BACK, {"until": now_ms}).scalars().all()
        unreachable = conn.execute(_UNREACHABLE, {"until": now_ms - UNREACHABLE_AFTER_MS}).scalars().all()

    def done(finish: Callable[[Work, str], bool], which: Sequence[str]) -> int:
        return sum(_finish(database, finish, one, now_ms, resting) for one in which)

    return Swept(
        done(decisions.time_out, over),
        done(decisions.expire, unseen),
        done(decisions.tell_unreachable, unreachable),
        done(decisions.finish_recovery, asked_back),
    )


def _finish(
    database: Database, finish: Callable[[Work, str], bool], request_id: str, now_ms: int, resting: Resting | None
) -> bool:
    if resting is None:
        return database.transact(lambda work: finish(work, request_id))
    if resting.rests(request_id, now_ms):
        return False
    try:
        return database.transact(lambda work: finish(work, request_id))
    except Exception as error:
        if isinstance(error, DBAPIError) and is_transient(error):
            raise
        resting.begin(request_id, now_ms)
        return False


def tidy(database: Database) -> None:
    """Forgets old nonces; writes down which coupons and proposals are over. Points are a job's: they may be many."""
    database.transact(forget_nonces)
    database.transact(expire_due)
    database.transact(expire_waiting)


class Sweeper:
    """Sweeps again and again until it is told to stop."""

    def __init__(self, database: Database, clock: Clock, *, every_ms: int) -> None:
        self._database = database
        self._clock = clock
        self._every_ms = every_ms
        self._tidied_ms = 0
        self._resting = Resting()

    async def run(self, stopping: asyncio.Event) -> None:
        """A failed sweep is logged and tried again: the next one finds the same requests."""

        async def once() -> None:
            await run_in_threadpool(self._once)

        await keep_at(once, stopping, every_ms=lambda: self._every_ms, log=log, word="sweep_failed")

    def _once(self) -> None:
        now_ms = self._clock()
        sweep(self._database, now_ms, self._resting)
        if now_ms - self._tidied_ms >= HOUSEKEEPING_EVERY_MS:
            tidy(self._database)
            self._tidied_ms = now_ms
