"""Forgetting what nobody will ask for again: old feed rows, used nonces, answers of repeatable calls, uploads.

The book and the operations stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy import delete, func, select, update

from cloud_api.clock import DAY_MS
from cloud_api.database import Database, Work
from cloud_api.devices.auth import forget_nonces
from cloud_api.gateway.models import bulk_item, feed, feed_row
from cloud_api.integrators.models import idempotent_call

ROWS_AT_ONCE = 5_000  # a feed's writers wait for no longer than this takes


@dataclass(frozen=True)
class Keep:
    """For how long; a device that was away for longer than its feed starts again with a snapshot."""

    feed_ms: int = 90 * DAY_MS
    calls_ms: int = 90 * DAY_MS
    uploads_ms: int = 90 * DAY_MS


@dataclass(frozen=True)
class Pruned:
    """How many rows of each are gone."""

    feed_rows: int
    nonces: int
    calls: int
    uploads: int


def prune(database: Database, now_ms: int, keep: Keep) -> Pruned:
    """Forgets in short transactions; running it twice, or beside a server, is fine."""
    nonces = database.transact(forget_nonces)
    calls = database.transact(partial(_forget_calls, before_ms=now_ms - keep.calls_ms))
    uploads = database.transact(partial(_forget_uploads, before_ms=now_ms - keep.uploads_ms))
    with database.read() as conn:
        feed_ids = list(conn.execute(select(feed.c.feed_id).order_by(feed.c.feed_id)).scalars())
    rows = sum(prune_feed(database, feed_id, now_ms - keep.feed_ms) for feed_id in feed_ids)
    return Pruned(rows, nonces, calls, uploads)


def prune_feed(database: Database, feed_id: str, before_ms: int) -> int:
    """Forgets the oldest rows of a feed, all of them written before; returns how many."""
    total = 0
    while True:
        gone = database.transact(partial(_prune_some, feed_id=feed_id, before_ms=before_ms))
        total += gone
        if gone < ROWS_AT_ONCE:
            return total


def _prune_some(work: Work, feed_id: str, before_ms: int) -> int:
    # The lock keeps a reader's question "is my cursor still there" and the rows in step.
    state = work.conn.execute(select(feed).where(feed.c.feed_id == feed_id).with_for_update()).one()
    kept = select(func.min(feed_row.c.n)).where(feed_row.c.feed_id == feed_id, feed_row.c.written_ms >= before_ms)
    first_kept = work.conn.execute(kept).scalar_one()
    last = min(state.n if first_kept is None else first_kept - 1, state.pruned_n + ROWS_AT_ONCE)
    if last <= state.pruned_n:
        return 0
    work.conn.execute(update(feed).where(feed.c.feed_id == feed_id).values(pruned_n=last))
    gone = work.conn.execute(delete(feed_row).where(feed_row.c.feed_id == feed_id, feed_row.c.n <= last))
    return int(gone.rowcount)


def _forget_calls(work: Work, before_ms: int) -> int:
    return int(work.conn.execute(delete(idempotent_call).where(idempotent_call.c.called_ms < before_ms)).rowcount)


def _forget_uploads(work: Work, before_ms: int) -> int:
    return int(work.conn.execute(delete(bulk_item).where(bulk_item.c.received_ms < before_ms)).rowcount)
