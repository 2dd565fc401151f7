"""Endpoints of integrators: registering, changing secrets, stopping, and telling again from an earlier point."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from cloud_api.clock import DAY_MS
from cloud_api.database import Database, Work
from cloud_api.errors import ApiError
from cloud_api.gateway.feeds import CONSUMERS, MEMBERS, brand_feed
from cloud_api.gateway.models import feed, feed_row
from cloud_api.integrators import scopes
from cloud_api.integrators.keys import Caller
from cloud_api.integrators.reach import stores_of
from cloud_api.vault import Vault
from cloud_api.webhooks import events
from cloud_api.webhooks.models import webhook_endpoint, webhook_lane, webhook_try

ENDPOINTS_MAX = 20  # of a key
SECRET_PREFIX = "whsec_"
TRIES_KEPT_MS = 30 * DAY_MS
_FORGET_AT_ONCE = 5_000


class State(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # by its integrator
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # nothing got through for days


def secret_place(endpoint_id: str) -> str:
    """What a sealed secret is bound to."""
    return f"webhook/{endpoint_id}"


def old_secret_place(endpoint_id: str) -> str:
    """The same of the secret before."""
    return f"webhook-old/{endpoint_id}"


def register(work: Work, vault: Vault, caller: Caller, url: str, patterns: Iterable[str]) -> dict[str, Any]:
    """A new endpoint, told what happens from now on; its secret exists only in this answer.

    Raises ApiError ``invalid`` for kinds that are none, ``scope_missing``, ``webhook_exists`` or ``webhooks_full``.
    """
    wanted = sorted(set(patterns))
    kinds = events.matching(wanted)
    if not wanted or any(not events.matching([pattern]) for pattern in wanted):
        raise ApiError("invalid", extra={"fields": [{"field": "body.kinds", "problem": "unknown"}]})
    for scope in sorted({events.SCOPES[kind] for kind in kinds}):
        if not scopes.covers(caller.scopes, scope):
            raise ApiError("scope_missing", extra={"scope": scope})
    there = _of_key(work.conn, caller.key_id)
    for row in there:
        if row.url == url:
            raise ApiError("webhook_exists", extra={"endpoint_id": row.endpoint_id})
    if len(there) >= ENDPOINTS_MAX:
        raise ApiError("webhooks_full")
    endpoint_id = work.ids.uuid7()
    secret = SECRET_PREFIX + work.ids.token(32)
    work.conn.execute(
        insert(webhook_endpoint).values(
            endpoint_id=endpoint_id,
            key_id=caller.key_id,
            url=url,
            kinds=" ".join(wanted),
            state=State.ACTIVE.value,
            secret_sealed=vault.seal(secret.encode(), place=secret_place(endpoint_id)),
            created_ms=work.now_ms,
        )
    )
    open_lanes(work, endpoint_id, caller, kinds, from_head=True)
    return shown(_find(work.conn, caller, endpoint_id)) | {"secret": secret}


def open_lanes(work: Work, endpoint_id: str, caller: Caller, kinds: frozenset[str], *, from_head: bool) -> int:
    """Lanes of those feeds that the endpoint reaches and has none of; returns how many were opened."""
    there = select(webhook_lane.c.feed_id).where(webhook_lane.c.endpoint_id == endpoint_id)
    missing = select(feed.c.feed_id, feed.c.n, feed.c.pruned_n).where(feed.c.feed_id.not_in(there))
    stores = stores_of(caller)
    if stores is not None:
        mine = {f"{events.STORE}:{store_id}" for store_id in work.conn.execute(stores).scalars()}
        mine |= {brand_feed(caller.brand_id or ""), CONSUMERS, MEMBERS}
        missing = missing.where(feed.c.feed_id.in_(mine))
    rows = [
        {"endpoint_id": endpoint_id, "feed_id": row.feed_id, "n": row.n if from_head else row.pruned_n}
        for row in work.conn.execute(missing)
        if events.told_in(row.feed_id, kinds)
    ]
    if rows:
        work.conn.execute(insert(webhook_lane).values(failures=0, next_ms=0), rows)
    return len(rows)


def shown(row: Any) -> dict[str, Any]:
    """An endpoint without its secrets."""
    names = ("endpoint_id", "url", "state", "created_ms", "succeeded_ms", "old_until_ms")
    return {name: getattr(row, name) for name in names} | {"kinds": row.kinds.split()}


def _of_key(conn: Connection, key_id: str) -> list[Any]:
    query = select(webhook_endpoint).where(webhook_endpoint.c.key_id == key_id)
    return list(conn.execute(query.order_by(webhook_endpoint.c.endpoint_id)))


def list_of(conn: Connection, caller: Caller) -> list[dict[str, Any]]:
    """The key's endpoints, oldest first."""
    return [shown(row) for row in _of_key(conn, caller.key_id)]


def _find(conn: Connection, caller: Caller, endpoint_id: str) -> Any:
    """Raises ApiError ``webhook_unknown``, also for another key's."""
    mine = (webhook_endpoint.c.endpoint_id == endpoint_id) & (webhook_endpoint.c.key_id == caller.key_id)
    row = conn.execute(select(webhook_endpoint).where(mine)).one_or_none()
    if row is None:
        raise ApiError("webhook_unknown")
    return row


def show(conn: Connection, caller: Caller, endpoint_id: str) -> dict[str, Any]:
    """How it is, with how far behind it is. Raises ApiError ``webhook_unknown``."""
    row = _find(conn, caller, endpoint_id)
    waiting = (
        select(func.coalesce(func.sum(feed.c.n - webhook_lane.c.n), 0), func.min(webhook_lane.c.failing_ms))
        .join(feed, feed.c.feed_id == webhook_lane.c.feed_id)
        .where(webhook_lane.c.endpoint_id == endpoint_id)
    )
    rows_behind, failing_ms = conn.execute(waiting).one()
    return shown(row) | {"rows_behind": int(rows_behind), "failing_since_ms": failing_ms}


def set_state(work: Work, caller: Caller, endpoint_id: str, state: State) -> dict[str, Any]:
    """Paused, or going on where it stopped. Raises ApiError ``webhook_unknown``."""
    _find(work.conn, caller, endpoint_id)
    _update(work, endpoint_id, state=state.value)
    if state is State.ACTIVE:
        _start_over(work, endpoint_id)
    return shown(_find(work.conn, caller, endpoint_id))


def _update(work: Work, endpoint_id: str, **values: Any) -> None:
    work.conn.execute(update(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == endpoint_id).values(**values))


def _start_over(work: Work, endpoint_id: str) -> None:
    values = {"failures": 0, "failing_ms": None, "next_ms": 0}
    work.conn.execute(update(webhook_lane).where(webhook_lane.c.endpoint_id == endpoint_id).values(**values))


def remove(work: Work, caller: Caller, endpoint_id: str) -> None:
    """Nothing is told there any more. Raises ApiError ``webhook_unknown``."""
    _find(work.conn, caller, endpoint_id)
    for table in (webhook_lane, webhook_try, webhook_endpoint):
        work.conn.execute(delete(table).where(table.c.endpoint_id == endpoint_id))


def rotate_secret(work: Work, vault: Vault, caller: Caller, endpoint_id: str, old_for_ms: int) -> dict[str, Any]:
    """A new secret; for ``old_for_ms`` events carry a signature of each. Raises ApiError ``webhook_unknown``."""
    row = _find(work.conn, caller, endpoint_id)
    old = vault.open(row.secret_sealed, place=secret_place(endpoint_id))
    secret = SECRET_PREFIX + work.ids.token(32)
    _update(
        work,
        endpoint_id,
        secret_sealed=vault.seal(secret.encode(), place=secret_place(endpoint_id)),
        old_secret_sealed=vault.seal(old, place=old_secret_place(endpoint_id)),
        old_until_ms=work.now_ms + old_for_ms,
    )
    return shown(_find(work.conn, caller, endpoint_id)) | {"secret": secret}


def secrets_of(vault: Vault, row: Any, now_ms: int) -> list[bytes]:
    """The secrets that hold now, the newest first."""
    found = [vault.open(row.secret_sealed, place=secret_place(row.endpoint_id))]
    if row.old_secret_sealed is not None and now_ms < row.old_until_ms:
        found.append(vault.open(row.old_secret_sealed, place=old_secret_place(row.endpoint_id)))
    return found


def replay(
    database: Database, caller: Caller, endpoint_id: str, *, since_ms: int | None, from_event: str | None
) -> dict[str, Any]:
    """Tells again everything since a moment, or from one event on in its feed; also goes on when it had stopped.

    Raises ApiError ``webhook_unknown`` or, for an event that is not kept, ``event_unknown``.
    """
    with database.read() as conn:
        _find(conn, caller, endpoint_id)
        back = _before_event(conn, endpoint_id, from_event) if from_event else _before(conn, endpoint_id, since_ms or 0)

    def write(work: Work) -> dict[str, Any]:
        again = 0
        for feed_id, n in back.items():
            lane = (webhook_lane.c.endpoint_id == endpoint_id) & (webhook_lane.c.feed_id == feed_id)
            now = work.conn.execute(select(webhook_lane.c.n).where(lane).with_for_update()).scalar_one()
            again += max(now - n, 0)
            # Whoever tells this lane at the moment must not write its own place over this one.
            work.conn.execute(update(webhook_lane).where(lane).values(n=min(n, now), holder=None, lease_ms=None))
        return set_state(work, caller, endpoint_id, State.ACTIVE) | {"rows_again": again}

    return database.transact(write)


def _before(conn: Connection, endpoint_id: str, since_ms: int) -> dict[str, int]:
    """For each lane the row before the first that was written at or after this moment."""
    first = (
        select(webhook_lane.c.feed_id, func.min(feed_row.c.n).label("n"))
        .join(feed_row, feed_row.c.feed_id == webhook_lane.c.feed_id)
        .where(webhook_lane.c.endpoint_id == endpoint_id, feed_row.c.written_ms >= since_ms)
        .group_by(webhook_lane.c.feed_id)
    )
    return {row.feed_id: row.n - 1 for row in conn.execute(first)}


def _before_event(conn: Connection, endpoint_id: str, event: str) -> dict[str, int]:
    written_ms, _, rest = event.partition(".")
    n, _, owner = rest.partition(".")
    if not (written_ms.isdigit() and n.isdigit() and len(written_ms + n) < 36):
        raise ApiError("event_unknown")
    names = [owner] if owner in (CONSUMERS, MEMBERS) else [f"{events.STORE}:{owner}", f"{events.BRAND}:{owner}"]
    there = (
        select(feed_row.c.feed_id)
        .join(webhook_lane, webhook_lane.c.feed_id == feed_row.c.feed_id)
        .where(webhook_lane.c.endpoint_id == endpoint_id, feed_row.c.feed_id.in_(names))
        .where(feed_row.c.n == int(n), feed_row.c.written_ms == int(written_ms))
    )
    feed_id = conn.execute(there).scalar_one_or_none()
    if feed_id is None:
        raise ApiError("event_unknown")
    return {feed_id: int(n) - 1}


def tries(conn: Connection, caller: Caller, endpoint_id: str, limit: int) -> list[dict[str, Any]]:
    """The newest calls of the endpoint first. Raises ApiError ``webhook_unknown``."""
    _find(conn, caller, endpoint_id)
    newest = select(webhook_try).where(webhook_try.c.endpoint_id == endpoint_id)
    names = ("event_id", "kind", "outcome", "error", "took_ms", "tried_ms")
    rows = conn.execute(newest.order_by(webhook_try.c.try_id.desc()).limit(limit))
    return [{name: getattr(row, name) for name in names} | {"answered": row.status} for row in rows]


def forget_tries(work: Work) -> int:
    """Some of those that are older than a month; 0 when there are none left."""
    old = select(webhook_try.c.try_id).where(webhook_try.c.tried_ms < work.now_ms - TRIES_KEPT_MS)
    some = old.order_by(webhook_try.c.tried_ms).limit(_FORGET_AT_ONCE)
    return int(work.conn.execute(delete(webhook_try).where(webhook_try.c.try_id.in_(some))).rowcount)
