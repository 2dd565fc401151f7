"""Owns what the status pill says: online or offline since, how much waits, and whose shop this is (AGT-14)."""

from __future__ import annotations

import sqlite3
from typing import Protocol

from agent.dispatch import Listeners
from agent.link.types import StoreProfile
from sync import inbox, outbox
from sync.earning import told_rate_bp
from sync.exchange import LinkStatus
from sync.profile import StorePolicy, read_policy, read_store_profile
from sync.store import Store, get_meta

__all__ = ["LinkService", "LinkStatus", "StoreProfile"]

DEFAULT_SHOP = "WithFoM"


class StatusSource(Protocol):
    """The running line to the cloud (sync.worker.SyncWorker)."""

    def status(self) -> LinkStatus: ...


class LinkService:
    """Thread-safe. Before the line to the cloud runs, it says what the queue holds."""

    def __init__(self, *, store: Store) -> None:
        self.listeners = Listeners()
        self._store = store
        self._source: StatusSource | None = None

    def attach(self, source: StatusSource | None) -> None:
        """The line to the cloud was started, or ended."""
        self._source = source
        self.listeners.notify()

    def status(self) -> LinkStatus:
        source = self._source
        return source.status() if source is not None else self._queue_only()

    def online(self) -> bool:
        """Whether the cloud was reachable a moment ago."""
        source = self._source
        return source is not None and source.status().online

    def _queue_only(self) -> LinkStatus:
        with self._store.read() as conn:
            counts = outbox.counts(conn)
            failed = inbox.failed_rows(conn)
            synced = get_meta(conn, outbox.LAST_SYNCED)
        return LinkStatus(
            online=False,
            offline_since_wall_ms=None,
            pending=counts.pending,
            oldest_pending_wall_ms=counts.oldest_pending_wall_ms,
            needs_attention=counts.needs_attention + failed,
            last_synced_wall_ms=int(synced) if synced else None,
            last_error=None,
        )

    def acknowledged(self) -> int:
        """How many operations of this device the cloud has taken so far."""
        with self._store.read() as conn:
            found = conn.execute(
                "SELECT coalesce(sum(last_seq), 0) - (SELECT count(*) FROM outbox WHERE status = 'pending')"
                " FROM outbox_head"
            ).fetchone()
        return int(found[0])

    def store_profile(self) -> StoreProfile | None:
        """None before enrollment."""
        with self._store.read() as conn:
            return read_store_profile(conn)

    def told_rate_bp(self) -> int:
        """What the customer's screen promises, in basis points; below zero: stamps."""
        with self._store.read() as conn:
            return told_rate_bp(conn)

    def policy(self) -> StorePolicy:
        with self._store.read() as conn:
            return read_policy(conn)

    def shop(self) -> str:
        """The name that screens and slips show."""
        with self._store.read() as conn:
            return shop_name(conn)


def shop_name(conn: sqlite3.Connection) -> str:
    """The name of the shop, inside the caller's transaction or read."""
    profile = read_store_profile(conn)
    return (profile.name or profile.brand_name) if profile else DEFAULT_SHOP
