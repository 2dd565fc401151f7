"""Tells endpoints what happened: each event at least once, those of a feed one after the other.

What is told where is a lane: one feed, one endpoint. Whoever renews a lane's lease tells its events; of several
processes one does, and another one goes on when the lease runs out. An event that does not get through holds up its
lane only, and an endpoint has few calls under way at a time, so that a slow receiver waits for itself.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, func, insert, or_, select, text, update
from starlette.concurrency import run_in_threadpool

from cloud_api import strict_json
from cloud_api.clock import DAY_MS, Clock
from cloud_api.database import Database, Work
from cloud_api.gateway.models import feed, feed_row
from cloud_api.integrators.keys import Caller
from cloud_api.integrators.models import integrator_key
from cloud_api.loops import keep_at
from cloud_api.vault import Vault
from cloud_api.webhooks import events, service
from cloud_api.webhooks.models import webhook_endpoint, webhook_lane, webhook_try
from cloud_api.webhooks.sending import Came, signature
from cloud_api.webhooks.service import State

log = logging.getLogger("webhooks")

CALLS_AT_ONCE = 4  # to one endpoint, of one process
ROWS_AT_ONCE = 200
EVENTS_IN_A_TURN = 50  # then others get theirs
LEASE_MS = 30_000  # longer than one call may take
RETRY_MS = 10_000
RETRY_MAX_MS = 3_600_000
JITTER = 0.2
DEAD_AFTER_MS = 3 * DAY_MS


class Sends(Protocol):
    """What calls an endpoint."""

    async def send(self, url: str, body: bytes, headers: dict[str, str]) -> Came: ...


@dataclass(frozen=True)
class Lane:
    endpoint_id: str
    feed_id: str


@dataclass(frozen=True)
class _Turn:
    """What a lane has to tell next; ``last`` is the last row that was looked at."""

    endpoint: Any
    told: list[tuple[int, dict[str, Any]]]
    last: int
    secrets: list[bytes]


class Deliverer:
    """Tells what is due. Several may work on one database."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        sender: Sends,
        *,
        holder: str,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._sender = sender
        self._holder = holder
        self._chance = chance
        self._under_way: dict[Lane, asyncio.Task[None]] = {}
        self._feeds_known = -1
        self._stopping = asyncio.Event()

    async def run(self, stopping: asyncio.Event, *, every_ms: int) -> None:
        """Again and again until it is told to stop; a call that is under way is given up and made again later."""
        await keep_at(self.begin_due, stopping, every_ms=lambda: every_ms, log=log, word="webhooks_failed")
        self._stopping.set()
        await self.finish()

    async def begin_due(self) -> int:
        """Begins to tell every lane that is due and that nobody is at; returns how many."""
        for lane in [lane for lane, task in self._under_way.items() if task.done()]:
            self._under_way.pop(lane).result()
        busy = Counter(lane.endpoint_id for lane in self._under_way)
        begun = 0
        for lane in await run_in_threadpool(self._due):
            if lane in self._under_way or busy[lane.endpoint_id] >= CALLS_AT_ONCE:
                continue
            busy[lane.endpoint_id] += 1
            begun += 1
            self._under_way[lane] = asyncio.create_task(self._tell(lane))
        return begun

    async def finish(self) -> None:
        """Waits for what is under way."""
        while self._under_way:
            await asyncio.gather(*self._under_way.values())
            for lane in [lane for lane, task in self._under_way.items() if task.done()]:
                del self._under_way[lane]

    # -- one lane ------------------------------------------------------------------------------------------------------

    async def _tell(self, lane: Lane) -> None:
        try:
            if await self._transact(lambda work: self._take(work, lane)):
                await self._tell_turn(lane)
                await self._transact(lambda work: self._let_go(work, lane))
        except Exception:
            log.exception("webhook_lane_failed endpoint=%s", lane.endpoint_id)  # its lease runs out

    async def _tell_turn(self, lane: Lane) -> None:
        turn = await run_in_threadpool(self._read, lane)
        if turn is None:
            return
        for n, event in turn.told:
            if self._stopping.is_set():
                return
            came = await self._send(turn, event)
            if came is None:
                return
            if not await self._transact(partial(self._note, lane=lane, n=n, event=event, came=came)):
                return
        await self._transact(lambda work: self._move(work, lane, turn.last))

    async def _send(self, turn: _Turn, event: dict[str, Any]) -> Came | None:
        """None when it is time to stop."""
        body = strict_json.dumps(event).encode()
        timestamp_s = self._clock() // 1_000
        headers = {
            "content-type": "application/json",
            "user-agent": "WithFoM-Webhooks/1",
            "withfom-event-id": event["event_id"],
            "withfom-timestamp": str(timestamp_s),
            "withfom-signature": signature(turn.secrets, timestamp_s, body),
        }
        sending = asyncio.create_task(self._sender.send(turn.endpoint.url, body, headers))
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({sending, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not sending.done():
            sending.cancel()
            await asyncio.wait({sending})
            return None
        return sending.result()

    async def _transact(self, job: Callable[[Work], bool]) -> bool:
        return await run_in_threadpool(self._database.transact, job)

    # -- what is due ---------------------------------------------------------------------------------------------------

    def _due(self) -> list[Lane]:
        self._adopt()
        with self._database.ask() as conn:
            found = conn.execute(_DUE, {"now_ms": self._clock(), "most": CALLS_AT_ONCE}).all()
        return [Lane(row.endpoint_id, row.feed_id) for row in found]

    def _adopt(self) -> None:
        """New stores have feeds that no lane was opened for yet. Looked for only when there is one feed more."""
        with self._database.read() as conn:
            feeds_known = conn.execute(select(func.count()).select_from(feed)).scalar_one()
            if feeds_known == self._feeds_known:
                return
            endpoints = conn.execute(_ENDPOINTS).all()
        for row in endpoints:
            self._database.transact(partial(_open_lanes, row=row))
        self._feeds_known = feeds_known

    def _take(self, work: Work, lane: Lane) -> bool:
        free = or_(webhook_lane.c.lease_ms.is_(None), webhook_lane.c.lease_ms <= work.now_ms)
        due = webhook_lane.c.next_ms <= work.now_ms
        values = {"holder": self._holder, "lease_ms": work.now_ms + LEASE_MS}
        return work.conn.execute(update(webhook_lane).where(_is(lane), free, due).values(**values)).rowcount == 1

    def _let_go(self, work: Work, lane: Lane) -> bool:
        return self._mine(work, lane, holder=None, lease_ms=None)

    def _mine(self, work: Work, lane: Lane, **values: Any) -> bool:
        """Writes while the lane is still this process's to tell."""
        held = webhook_lane.c.holder == self._holder
        return work.conn.execute(update(webhook_lane).where(_is(lane), held).values(**values)).rowcount == 1

    def _read(self, lane: Lane) -> _Turn | None:
        with self._database.read() as conn:
            row = conn.execute(_STANDS, {"endpoint": lane.endpoint_id, "which": lane.feed_id}).one_or_none()
            if row is None:
                return None
            if row.n < row.pruned_n:
                log.warning("webhook_rows_lost endpoint=%s rows=%s", lane.endpoint_id, row.pruned_n - row.n)
            kinds = events.matching(row.kinds.split())
            caller = Caller(row.key_id, frozenset(), row.brand_id, row.key_store_id, 0)
            told, last = self._events(conn, lane, caller, kinds, max(row.n, row.pruned_n))
            return _Turn(row, told, last, service.secrets_of(self._vault, row, self._clock()))

    def _events(
        self, conn: Connection, lane: Lane, caller: Caller, kinds: frozenset[str], after: int
    ) -> tuple[list[tuple[int, dict[str, Any]]], int]:
        told: list[tuple[int, dict[str, Any]]] = []
        last = after
        for found in conn.execute(_ROWS, {"feed_id": lane.feed_id, "after": after}).all():
            if len(told) == EVENTS_IN_A_TURN:
                break
            row = events.Row(found.n, found.kind, found.body, found.written_ms)
            kind = events.kind_of(lane.feed_id, row)
            made = events.event(conn, caller, lane.feed_id, row, kind) if kind in kinds and kind else None
            if made is not None:
                told.append((found.n, made))
            last = found.n
        return told, last

    # -- what came of it -----------------------------------------------------------------------------------------------

    def _move(self, work: Work, lane: Lane, n: int) -> bool:
        return self._mine(work, lane, n=n)

    def _note(self, work: Work, lane: Lane, n: int, event: dict[str, Any], came: Came) -> bool:
        """Writes the try and where the lane stands; whether the next event may be told."""
        stands = work.conn.execute(select(webhook_lane).where(_is(lane)).with_for_update()).one_or_none()
        if stands is None:
            return False
        outcome = "delivered" if came.delivered else self._failed(work, lane, n, stands, came)
        work.conn.execute(
            insert(webhook_try).values(
                endpoint_id=lane.endpoint_id,
                try_id=work.ids.uuid7(),
                event_id=event["event_id"],
                kind=event["kind"],
                outcome=outcome,
                status=came.status,
                error=came.error,
                took_ms=came.took_ms,
                tried_ms=work.now_ms,
            )
        )
        if not came.delivered:
            return False
        endpoint = update(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == lane.endpoint_id)
        work.conn.execute(endpoint.values(succeeded_ms=work.now_ms))
        free = {"failures": 0, "failing_ms": None, "next_ms": 0}
        return self._mine(work, lane, n=n, lease_ms=work.now_ms + LEASE_MS, **free)

    def _failed(self, work: Work, lane: Lane, n: int, stands: Any, came: Came) -> str:
        """After days without any success the endpoint stops; while others get through, only this event is dead."""
        since_ms = work.now_ms if stands.failing_ms is None else stands.failing_ms
        if came.gone:
            self._stop(work, lane, State.GONE)
            return "gone"
        if work.now_ms - since_ms >= DEAD_AFTER_MS:
            chosen = select(webhook_endpoint.c.succeeded_ms).where(webhook_endpoint.c.endpoint_id == lane.endpoint_id)
            succeeded_ms = work.conn.execute(chosen).scalar_one_or_none()
            if succeeded_ms is None or succeeded_ms <= since_ms:
                self._stop(work, lane, State.FAILING)
                return "failed"
            self._mine(work, lane, n=n, failures=0, failing_ms=None, next_ms=0)
            log.warning("webhook_event_dead endpoint=%s", lane.endpoint_id)
            return "dead"
        wait_ms = max(self._wait_ms(stands.failures), came.wait_s * 1_000)
        self._mine(work, lane, failures=stands.failures + 1, failing_ms=since_ms, next_ms=work.now_ms + wait_ms)
        return "failed"

    def _wait_ms(self, failures: int) -> int:
        """Twice as long each time, up to an hour; not the same for all, or they would come back together."""
        wait_ms = min(RETRY_MS << min(failures, 20), RETRY_MAX_MS)
        return int(wait_ms * (1 - JITTER + 2 * JITTER * self._chance()))

    def _stop(self, work: Work, lane: Lane, state: State) -> None:
        active = webhook_endpoint.c.state == State.ACTIVE.value
        stopped = update(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == lane.endpoint_id, active)
        work.conn.execute(stopped.values(state=state.value))
        log.warning("webhook_stopped endpoint=%s state=%s", lane.endpoint_id, state.value)


def _open_lanes(work: Work, row: Any) -> None:
    caller = Caller(row.key_id, frozenset(), row.brand_id, row.store_id, 0)
    service.open_lanes(work, row.endpoint_id, caller, events.matching(row.kinds.split()), from_head=False)


def _is(lane: Lane) -> Any:
    return (webhook_lane.c.endpoint_id == lane.endpoint_id) & (webhook_lane.c.feed_id == lane.feed_id)


_ACTIVE = (webhook_endpoint.c.state == State.ACTIVE.value) & integrator_key.c.revoked_ms.is_(None)
_ENDPOINTS = (
    select(webhook_endpoint, integrator_key.c.brand_id, integrator_key.c.store_id)
    .join(integrator_key, integrator_key.c.key_id == webhook_endpoint.c.key_id)
    .where(_ACTIVE)
)
# A few lanes of each endpoint, those that wait longest first: one with a thousand due lanes must not hide the others.
_DUE = text(
    "SELECT endpoint_id, feed_id FROM (SELECT lane.endpoint_id, lane.feed_id,"
    " row_number() OVER (PARTITION BY lane.endpoint_id ORDER BY lane.next_ms, lane.feed_id) AS place"
    " FROM webhook_lane AS lane JOIN feed ON feed.feed_id = lane.feed_id AND feed.n > lane.n"
    " JOIN webhook_endpoint ON webhook_endpoint.endpoint_id = lane.endpoint_id"
    f" AND webhook_endpoint.state = '{State.ACTIVE.value}'"
    " JOIN integrator_key ON integrator_key.key_id = webhook_endpoint.key_id AND integrator_key.revoked_ms IS NULL"
    " WHERE lane.next_ms <= :now_ms AND (lane.lease_ms IS NULL OR lane.lease_ms <= :now_ms)"
    ") AS due WHERE place <= :most"
)
_STANDS = (
    select(
        webhook_endpoint,
        webhook_lane.c.n,
        feed.c.pruned_n,
        integrator_key.c.brand_id,
        integrator_key.c.store_id.label("key_store_id"),
    )
    .join(webhook_lane, webhook_lane.c.endpoint_id == webhook_endpoint.c.endpoint_id)
    .join(feed, feed.c.feed_id == webhook_lane.c.feed_id)
    .join(integrator_key, integrator_key.c.key_id == webhook_endpoint.c.key_id)
    .where(webhook_endpoint.c.endpoint_id == bindparam("endpoint"), webhook_lane.c.feed_id == bindparam("which"))
    .where(_ACTIVE)
)
_ROWS = (
    select(feed_row.c.n, feed_row.c.kind, feed_row.c.body, feed_row.c.written_ms)
    .where(feed_row.c.feed_id == bindparam("feed_id"), feed_row.c.n > bindparam("after"))
    .order_by(feed_row.c.n)
    .limit(ROWS_AT_ONCE)
)
