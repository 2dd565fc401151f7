"""Owns the way of a restored store to a new epoch: no number is used twice, nothing unsent stays behind.

A store that came from a backup, or whose queue does not fit its chain, may have given out numbers that it no longer
knows. It goes on under epoch 0, which is never sent, and asks the cloud for a new epoch; then everything unsent moves
there with its old ids, by which the cloud tells what it has already.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from sync import chain, outbox
from sync.clock import Clock
from sync.engine import Backoff, Halted, WaitUntil
from sync.errors import ChainBroken
from sync.meta import get_meta, set_meta
from sync.outbox import Cipher
from sync.outcomes import EpochAsker, EpochOutcome, Renewed, Unavailable
from sync.profile import read_identity, require_identity, write_identity
from sync.restored import RestoreReport, read_report, write_report

if TYPE_CHECKING:
    from sync.store import Store

log = logging.getLogger("sync")

RESTORED = "restored"  # why the queue is halted
EPOCH_AWAITED = 0


def begin(conn: sqlite3.Connection, report: RestoreReport) -> RestoreReport:
    """From now on operations wait for a new epoch, inside the caller's transaction. Returns the report as stored."""
    identity = read_identity(conn)
    if identity is not None:
        known = [identity.epoch, report.epoch or 0]
        if (before := read_report(conn)) is not None and before.device_id == identity.device_id:
            known.append(before.epoch or 0)
        heads = conn.execute("SELECT max(epoch) FROM outbox_head WHERE device_id = ?", (identity.device_id,))
        known.append(heads.fetchone()[0] or 0)
        report = replace(report, device_id=identity.device_id, epoch=max(known))
        write_identity(conn, replace(identity, epoch=EPOCH_AWAITED))
        set_meta(conn, outbox.HALTED, RESTORED)
    write_report(conn, report)
    return report


def asks_after(conn: sqlite3.Connection) -> int:
    """The newest epoch that we know to have used."""
    report = read_report(conn)
    return (report.epoch if report is not None else None) or require_identity(conn).epoch


def adopt(conn: sqlite3.Connection, renewed: Renewed, *, cipher: Cipher | None) -> RestoreReport | None:
    """Moves everything unsent to the new epoch, inside the caller's transaction; and what the cloud has lost again."""
    if get_meta(conn, outbox.WENT_BACK) is not None:  # to before the epoch began, and so of all before it as well
        outbox.unsettle(conn, but=(require_identity(conn).device_id, asks_after(conn), renewed.last_seq))
    else:
        _unsettle(conn, asks_after(conn), renewed.last_seq)
    write_identity(conn, replace(require_identity(conn), epoch=renewed.epoch))
    moved = chain.carry_over_all(conn, cipher=cipher)
    set_meta(conn, outbox.HALTED, None)
    set_meta(conn, outbox.RESENDING, None)
    set_meta(conn, outbox.WENT_BACK, None)
    set_meta(conn, outbox.SERVER_TIME, str(renewed.server_time_ms))
    report = read_report(conn)
    if report is not None:
        lost = moved.unsound + moved.unreadable
        report = report.settled(cloud_has=renewed.last_seq, carried_over=moved.moved, unsound=lost)
        write_report(conn, report)
        log.info("store_restored %s", report.user_message_en)
    return report


def _unsettle(conn: sqlite3.Connection, epoch: int, last_seq: int) -> None:
    """A cloud that came back from its own backup has not what it once acknowledged: it is sent again."""
    lost = conn.execute(
        "UPDATE outbox SET status = 'pending', code = NULL, result_json = NULL, acked_ms = NULL"
        " WHERE device_id = ? AND epoch = ? AND seq > ? AND status IN ('applied', 'adjusted', 'rejected')",
        (require_identity(conn).device_id, epoch, last_seq),
    ).rowcount
    if lost:
        log.warning("cloud_lost_operations epoch=%s after=%s count=%s", epoch, last_seq, lost)


def check_queue(conn: sqlite3.Connection, clock: Clock) -> None:
    """At the start: a queue whose links do not hold waits for a new epoch instead of being sent as it is."""
    identity = read_identity(conn)
    if identity is None or identity.epoch == EPOCH_AWAITED:
        return
    try:
        chain.check_links(conn)
    except ChainBroken as broken:
        log.error("queue_does_not_fit %s", broken)
        conn.execute("BEGIN IMMEDIATE")
        begin(conn, RestoreReport(clock.wall_ms(), str(broken)))
        conn.execute("COMMIT")


class EpochRenewal:
    """Asks for the new epoch, again and again with growing pauses, until the cloud gives one."""

    def __init__(self, store: Store, transport: object, cipher: Cipher | None, clock: Clock, backoff: Backoff) -> None:
        self._store = store
        self._asker = transport if isinstance(transport, EpochAsker) else None
        self._cipher = cipher
        self._clock = clock
        self._backoff = backoff

    @property
    def possible(self) -> bool:
        """Whether this line can ask at all."""
        return self._asker is not None

    @property
    def wait_until_ms(self) -> int:
        return self._backoff.until_ms

    def step(self, halted: Halted) -> Halted | WaitUntil | EpochOutcome:
        """One question at most; after Renewed everything unsent stands in the new epoch. Raises StoreError."""
        if halted.reason != RESTORED or self._asker is None:
            return halted
        now_ms = self._clock.mono_ms()
        if now_ms < self._backoff.until_ms:
            return WaitUntil(self._backoff.until_ms)
        with self._store.read() as conn:
            after = asks_after(conn)
        outcome = self._asker.renew_epoch(after)
        if not isinstance(outcome, Renewed):
            self._backoff.failed(now_ms, outcome.retry_after_ms if isinstance(outcome, Unavailable) else None)
            return outcome
        with self._store.transaction() as conn:
            adopt(conn, outcome, cipher=self._cipher)
        self._backoff.succeeded()
        log.info("epoch_renewed epoch=%s after=%s", outcome.epoch, after)
        return outcome
