"""What happens by itself when time passes: auto-approval, expiry, and forgetting what is no longer needed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from cloud_api.clock import Clock, pause
from cloud_api.coupons.service import expire_due
from cloud_api.database import Database
from cloud_api.devices.auth import forget_nonces
from cloud_api.ledger.adjustments import expire_waiting
from cloud_api.requests import decisions
from cloud_api.requests.models import request
from rules.requests import NO_ACK_EXPIRE_MS, SWEEP_GRACE_MS, UNREACHABLE_AFTER_MS, RequestState

log = logging.getLogger("approval")

BATCH_MAX = 200
HOUSEKEEPING_EVERY_MS = 60_000


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


def sweep(database: Database, now_ms: int) -> Swept:
    """Finishes the requests whose time is over at ``now_ms``; each in a transaction of its own."""
    with database.read() as conn:
        over = conn.execute(_OVER, {"until": now_ms - SWEEP_GRACE_MS}).scalars().all()
        unseen = conn.execute(_UNSEEN, {"until": now_ms - NO_ACK_EXPIRE_MS}).scalars().all()
        asked_back = conn.execute(_ASKED_BACK, {"until": now_ms}).scalars().all()
        unreachable = conn.execute(_UNREACHABLE, {"until": now_ms - UNREACHABLE_AFTER_MS}).scalars().all()
    approved = sum(database.transact(partial(decisions.time_out, request_id=which)) for which in over)
    expired = sum(database.transact(partial(decisions.expire, request_id=which)) for which in unseen)
    told = sum(database.transact(partial(decisions.tell_unreachable, request_id=which)) for which in unreachable)
    back = sum(database.transact(partial(decisions.finish_recovery, request_id=which)) for which in asked_back)
    return Swept(approved, expired, told, back)


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

    async def run(self, stopping: asyncio.Event) -> None:
        """A failed sweep is logged and tried again: the next one finds the same requests."""
        while not stopping.is_set():
            try:
                await run_in_threadpool(self._once)
            except DBAPIError:
                log.exception("sweep_failed")
            await pause(stopping, self._every_ms)

    def _once(self) -> None:
        now_ms = self._clock()
        sweep(self._database, now_ms)
        if now_ms - self._tidied_ms >= HOUSEKEEPING_EVERY_MS:
            tidy(self._database)
            self._tidied_ms = now_ms
