"""Owns what a device does beside operations and feeds, when nothing waits for it: snapshots for fresh members or after
a doubt, the tally, and bulk uploads. One small step a call; each chore has its own pauses and never holds up another.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync import outbox, tally, uploads
from sync.clock import Clock
from sync.engine import Backoff, WaitUntil, outcome_word
from sync.outcomes import Denied, Reason, Tallied, TooLarge, Transport, Unavailable, Uploaded
from sync.snapshot import Took, Why, ask_for, read_age_ms, read_due

if TYPE_CHECKING:
    from sync.store import Store

log = logging.getLogger("sync")

LOOK_EVERY_MS = 10_000  # a chore that came up in between waits so long at most
TALLY_EVERY_MS = 15 * 60_000
TALLY_AGAIN_MS = 15_000  # rows or operations were on their way
TALLY_JITTER = 5  # a fifth: a chain that came back at once does not ask at once for ever
REFRESH_EVERY_MS = 4 * 3_600_000  # a member's points on this screen are about so old; limits allow a day
REFRESH_JITTER_MS = 2 * 3_600_000
REFRESH_MIN_MS = 10 * 60_000  # also when the cloud's clock says that what just came is old
UPLOAD_PAUSE_MS = 1_000
TOO_LARGE_TRIES = 10  # some minutes: machines on the way refuse too, and for a while only
HEAL_AGAIN_MAX_MS = 4 * 3_600_000  # a difference that a snapshot does not cure is asked about ever less often

TakeSnapshot = Callable[[Why, Callable[[], bool]], Took | Denied | Unavailable | None]


@dataclass
class _Chore:
    due_ms: int
    backoff: Backoff

    def failed(self, now_ms: int, outcome: Denied | Unavailable) -> None:
        self.backoff.failed(now_ms, outcome.retry_after_ms if isinstance(outcome, Unavailable) else None)
        self.due_ms = self.backoff.until_ms

    def done(self, due_ms: int) -> None:
        self.backoff.succeeded()
        self.due_ms = due_ms


class Chores:
    """``step`` is called again and again by one thread. Raises StoreError."""

    def __init__(
        self,
        *,
        store: Store,
        transport: Transport,
        take_snapshot: TakeSnapshot,
        clock: Clock,
        random_unit: Callable[[], float],
        on_change: Callable[[], None],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_lost`` hears that the cloud lacks operations which it acknowledged."""
        self._on_lost = on_lost
        self._store = store
        self._transport = transport
        self._take = take_snapshot
        self._clock = clock
        self._random_unit = random_unit
        self._on_change = on_change
        now_ms = clock.mono_ms()
        self._snapshot, self._tally, self._upload = (_Chore(now_ms, Backoff(random_unit)) for _ in range(3))
        self._refresh_age_ms = self._new_refresh_age()
        self._refresh_from_ms = now_ms
        self._upload_items = uploads.ITEMS_MAX
        self._alone_too_large = 0  # times in a row that one item by itself was
        self._unhealed = 0  # mismatches in a row that a snapshot did not cure

    def step(self, quiet: bool, stopping: Callable[[], bool] = lambda: False) -> WaitUntil | None:
        """One call at most. ``quiet``: the line stands, and the feeds are read up to the moment."""
        now_ms = self._clock.mono_ms()
        if not quiet:
            return WaitUntil(now_ms + LOOK_EVERY_MS)
        with self._store.read() as conn:
            why = self._wanted(conn)
            sends = uploads.pending(conn) > 0 and not outbox.counts(conn).pending
        if why is not None and now_ms >= self._snapshot.due_ms:
            self._take_snapshot(why, stopping)
            return None
        if now_ms >= self._tally.due_ms:
            self._compare()
            return None
        if sends and now_ms >= self._upload.due_ms:
            self._send()
            return None
        waits = [self._tally.due_ms, now_ms + LOOK_EVERY_MS]
        waits += [self._upload.due_ms] if sends else []
        return WaitUntil(min(waits))

    def _wanted(self, conn: sqlite3.Connection) -> Why | None:
        why = read_due(conn)
        if why is not None:
            return None if why.jumps else why  # the feed's own, before it reads on
        age_ms = read_age_ms(conn, self._clock)
        stale = age_ms is None or age_ms >= self._refresh_age_ms
        return Why.AGE if stale and self._clock.mono_ms() >= self._refresh_from_ms else None

    def _take_snapshot(self, why: Why, stopping: Callable[[], bool]) -> None:
        outcome = self._take(why, stopping)
        now_ms = self._clock.mono_ms()
        if isinstance(outcome, Took):
            self._snapshot.done(now_ms)
            self._refresh_age_ms = self._new_refresh_age()
            self._refresh_from_ms = now_ms + REFRESH_MIN_MS
            if why is not Why.AGE:
                self._tally.done(now_ms)  # whether it helped
            self._on_change()
            return
        if outcome is None:  # the feed's own is under way
            self._snapshot.due_ms = now_ms + LOOK_EVERY_MS
            return
        log.info("snapshot_not_taken why=%s reason=%s", why.value, outcome_word(outcome))
        self._snapshot.failed(now_ms, outcome)

    def _new_refresh_age(self) -> int:
        return REFRESH_EVERY_MS + int((self._random_unit() - 0.5) * REFRESH_JITTER_MS)

    def _compare(self) -> None:
        with self._store.read() as conn:
            heard = tally.heard(conn)
        outcome = self._transport.tally()
        now_ms = self._clock.mono_ms()
        if not isinstance(outcome, Tallied):
            self._tally.failed(now_ms, outcome)
            return
        with self._store.read() as conn:
            lost = tally.lost_by_the_cloud(conn, outcome)
        if lost:
            log.error("cloud_went_back chain=%s", outcome.chain)
            self._tally.done(now_ms + TALLY_AGAIN_MS)
            self._on_lost()
            return
        with self._store.transaction() as conn:
            fits = tally.compare(conn, outcome, heard, self._clock.wall_ms())
            doubts = fits is False and now_ms >= self._snapshot.due_ms
            if doubts:
                ask_for(conn, Why.TALLY)
        if fits is None:
            self._tally.done(now_ms + TALLY_AGAIN_MS)
            return
        jitter = int((self._random_unit() - 0.5) * TALLY_EVERY_MS / TALLY_JITTER)
        self._tally.done(now_ms + TALLY_EVERY_MS + jitter)
        if fits:
            self._unhealed = 0
        elif doubts:
            self._doubt(now_ms)
        self._on_change()

    def _doubt(self, now_ms: int) -> None:
        """The first snapshot comes at once, one that did not help is not repeated at once."""
        if self._unhealed:
            pause_ms = min(TALLY_EVERY_MS << min(self._unhealed, 8), HEAL_AGAIN_MAX_MS)
            self._snapshot.due_ms = max(self._snapshot.due_ms, now_ms + pause_ms)
        self._unhealed += 1

    def _send(self) -> None:
        with self._store.read() as conn:
            batch = uploads.next_batch(conn, self._upload_items)
        outcome = self._transport.upload([one.upload for one in batch])
        now_ms = self._clock.mono_ms()
        if isinstance(outcome, Uploaded):
            with self._store.transaction() as conn:
                uploads.forget(conn, batch)
            self._upload_items = min(uploads.ITEMS_MAX, self._upload_items * 2)
            self._alone_too_large = 0
            self._upload.done(now_ms + UPLOAD_PAUSE_MS)
        elif isinstance(outcome, TooLarge) and len(batch) > 1:
            self._upload_items = len(batch) // 2
        elif isinstance(outcome, TooLarge):
            self._too_large(batch, outcome)
        elif isinstance(outcome, Denied) and outcome.code == "invalid":
            self._refused(batch, outcome)
        else:
            self._upload.failed(now_ms, outcome)

    def _too_large(self, batch: list[uploads.Waiting], outcome: TooLarge) -> None:
        """One item alone. No item is larger than what the cloud takes, so this may be a machine on the way."""
        self._alone_too_large += 1
        if self._alone_too_large < TOO_LARGE_TRIES:
            self._upload.failed(self._clock.mono_ms(), Unavailable(Reason.BAD_ANSWER, outcome_word(outcome)))
            return
        self._alone_too_large = 0
        self._refused(batch, outcome)

    def _refused(self, batch: list[uploads.Waiting], outcome: TooLarge | Denied) -> None:
        """Nothing is worth a queue that never moves again: one by one, until the one that the cloud cannot take."""
        if len(batch) > 1:
            self._upload_items = 1
            return
        log.error("upload_dropped id=%s reason=%s", batch[0].upload.upload_id, outcome_word(outcome))
        with self._store.transaction() as conn:
            uploads.forget(conn, batch)

    def trouble(self, word: str) -> int:
        """Something unforeseen happened in a step: until when to wait."""
        now_ms = self._clock.mono_ms()
        for chore in (self._snapshot, self._tally, self._upload):
            chore.failed(now_ms, Unavailable(Reason.CUT, word))
        return min(chore.due_ms for chore in (self._snapshot, self._tally, self._upload))
