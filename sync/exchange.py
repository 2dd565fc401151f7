"""Owns the steps of the line to the cloud: one push, one pull or one stream, with their local transactions.

No threads and no waiting here: sync.worker calls the steps in real time, a simulator in its own.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync import chain, inbox, outbox, renewal, tally
from sync.chores import Chores
from sync.clock import Clock
from sync.engine import (
    BEHIND_CLOUD,
    Backoff,
    FeedEngine,
    Halted,
    Idle,
    LinkState,
    Pull,
    PushEngine,
    Send,
    WaitUntil,
    halt_reason,
    outcome_word,
)
from sync.errors import CellUnreadable, ChainBroken, FeedGap, FeedMoved, HistoryGone
from sync.inbox import Applier, RowContext
from sync.meta import get_meta, set_meta
from sync.outbox import Batch, Cipher, Misfit, OnResult, Settled
from sync.outcomes import (
    CursorReset,
    Denied,
    Pulled,
    Pushed,
    Reason,
    Renewed,
    StreamEnded,
    StreamHello,
    StreamRow,
    TooLarge,
    Transport,
    Unavailable,
)
from sync.profile import OWN_APPLIERS
from sync.protocol import PULL_ROWS_MAX, FeedKind, FeedRow, PushResponse
from sync.restored import CLOUD_WENT_BACK, RestoreReport
from sync.snapshot import MEMBER_APPLIERS, SnapshotTaker, Took, Why, ask_for, read_due
from sync.store import Store

log = logging.getLogger("sync")

PUSH, FEED, CHORES = "push", "feed", "chores"
PURGE_EVERY_MS = 3_600_000
SNAPSHOT_BUSY_MS = 500


@dataclass(frozen=True)
class LinkStatus:
    """What the status line shows. ``last_error`` is a short code; texts belong to the screen."""

    online: bool
    offline_since_wall_ms: int | None
    pending: int
    oldest_pending_wall_ms: int | None
    needs_attention: int
    last_synced_wall_ms: int | None
    last_error: str | None


class Exchange:
    """Both directions of one device. Push steps and feed steps may run on two threads at once."""

    def __init__(
        self,
        *,
        store: Store,
        transport: Transport,
        cipher: Cipher | None,
        appliers: Mapping[str, Applier],
        on_result: OnResult,
        clock: Clock,
        random_unit: Callable[[], float],
        on_change: Callable[[], None],
        on_network_back: Callable[[], None] = lambda: None,
        renews: bool = False,
    ) -> None:
        """``renews``: a store that was restored, or is an old copy, asks for a new epoch by itself; else it halts."""
        self._store = store
        self._transport = transport
        self._cipher = cipher
        self._appliers: dict[str, Applier] = {
            **OWN_APPLIERS,
            **MEMBER_APPLIERS,
            FeedKind.OP.value: self._apply_op,
            **appliers,
        }
        self._on_result = on_result
        self._clock = clock
        self._on_change = on_change
        self._on_network_back = on_network_back
        self._lock = threading.Lock()  # engines and link state; never held while anything waits
        self._push = PushEngine(random_unit=random_unit, halted=store.meta(outbox.HALTED))
        self._feed = FeedEngine(random_unit=random_unit)
        self._link = LinkState(clock.wall_ms())
        self._snapshots = SnapshotTaker(
            store=store, open_snapshot=transport.open_snapshot, appliers=self._appliers, clock=clock
        )
        self._snapshot_lock = threading.Lock()
        with store.read() as conn:
            due = read_due(conn)
        self._jump = due if due is not None and due.jumps else None  # before the feeds are read on
        self._chores = Chores(
            store=store,
            transport=transport,
            take_snapshot=self._take_snapshot,
            clock=clock,
            random_unit=random_unit,
            on_change=on_change,
            on_lost=self._lost_by_the_cloud,
        )
        self._purged_mono_ms: int | None = None
        self._renewal = renewal.EpochRenewal(store, transport if renews else None, cipher, clock, Backoff(random_unit))
        self._probed = not renews
        self._resending = False

    def _apply_op(self, conn: sqlite3.Connection, row: FeedRow, _context: RowContext) -> None:
        outbox.apply_op_row(conn, row, on_result=self._on_result)

    def status(self) -> LinkStatus:
        with self._store.read() as conn:
            counts = outbox.counts(conn)
            failed_rows = inbox.failed_rows(conn)
            alarm = tally.read_alarm(conn)
            synced = get_meta(conn, outbox.LAST_SYNCED)
        with self._lock:
            times = [time for time in (self._link.last_heard_wall_ms, int(synced) if synced else None) if time]
            return LinkStatus(
                online=self._link.online,
                offline_since_wall_ms=self._link.offline_since_wall_ms,
                pending=counts.pending,
                oldest_pending_wall_ms=counts.oldest_pending_wall_ms,
                needs_attention=counts.needs_attention + failed_rows + (alarm is not None and alarm.stands),
                last_synced_wall_ms=max(times, default=None),
                last_error=self._push.halted or self._link.last_error,
            )

    def trouble(self, channel: str, word: str) -> int:
        """Something unforeseen happened in a step: show it and say until when to wait."""
        if channel == CHORES:
            return self._chores.trouble(word)
        now_ms = self._clock.mono_ms()
        outcome = Unavailable(Reason.CUT, word)
        with self._lock:
            if channel == PUSH:
                self._push.failed(now_ms, outcome)
            else:
                self._feed.failed(now_ms, outcome)
        self._lost(channel, word)
        return now_ms + 1_000

    # Push ------------------------------------------------------------------------------------------------------

    def push_step(self) -> Idle | WaitUntil | Halted | None:
        """Sends one batch and books its answer. None when it did something: call again. Raises StoreError."""
        with self._store.read() as conn:
            queue = outbox.queue_view(conn)
            # Nothing was sent in this epoch yet, so nothing of it can tell whether the cloud has what was sent before.
            unsure = queue.last_seq == 0 and get_meta(conn, outbox.WENT_BACK) is not None
            with self._lock:
                if not self._probed:  # a disk that was put back to an old state learns it before it uses a number twice
                    self._probed = True
                    self._push.probe(queue)
                    self._show_again(conn)
                action = self._push.next(self._clock.mono_ms(), queue)
            if isinstance(action, Send):
                batch = self._take(conn, action)
        if unsure and not isinstance(action, Halted) and self._cloud_forgot_the_epoch():
            return None
        if isinstance(action, Halted):
            return self._renew(action)
        if not isinstance(action, Send):
            return action
        if isinstance(batch, ChainBroken):
            self._await_epoch(batch)
            return None
        if batch is None:
            return None
        outcome = self._transport.push(batch)
        if isinstance(outcome, Pushed):
            self._book(batch, outcome.response)
        else:
            self._push_refused(batch, outcome)
        return None

    def _renew(self, halted: Halted) -> Halted | WaitUntil | None:
        """A restored store asks for a new epoch and goes on; whatever else halted the queue needs a person."""
        outcome = self._renewal.step(halted)
        if isinstance(outcome, Denied | Unavailable):
            self._lost(PUSH, outcome_word(outcome))
            return WaitUntil(self._renewal.wait_until_ms)
        if not isinstance(outcome, Renewed):
            return outcome
        with self._lock:
            self._push.resume()
        self._heard(PUSH)
        self._on_change()
        return None

    def _await_epoch(self, broken: ChainBroken) -> None:
        with self._store.transaction() as conn:
            renewal.begin(conn, RestoreReport(self._clock.wall_ms(), str(broken)))
        self._halt(renewal.RESTORED, str(broken))

    def _take(self, conn: sqlite3.Connection, action: Send) -> Batch | ChainBroken | None:
        try:
            batch = outbox.next_batch(
                conn,
                self._cipher,
                limit_ops=action.limit_ops,
                limit_bytes=action.limit_bytes,
                from_seq=outbox.next_kept(conn, action.from_seq) if action.again else action.from_seq,
            )
        except ChainBroken as broken:
            return broken
        except HistoryGone as gone:
            self._halt("history_gone", str(gone))
            return None
        except CellUnreadable as unreadable:
            if chain.opens_any(conn, self._cipher):  # the key is the right one, so the cell was changed on the disk
                return ChainBroken(outbox.queue_view(conn).first_pending or 0)
            self._halt("secret_unreadable", str(unreadable))
            return None
        if batch is None:  # asked for operations behind our end
            self._halt("behind_cloud", f"no operation {action.from_seq}")
        return batch

    def _halt(self, reason: str, detail: str) -> None:
        log.error("push_halted reason=%s detail=%s", reason, detail)
        with self._lock:
            self._push.halt(reason)
        self._on_change()

    def _book(self, batch: Batch, response: PushResponse) -> None:
        now_ms = self._clock.mono_ms()
        with self._store.transaction() as conn:
            settled = outbox.apply_results(conn, batch, response, clock=self._clock, on_result=self._on_result)
            if isinstance(settled, Settled):
                queue = outbox.queue_view(conn)
                halted = halt_reason(settled, queue)
                if halted == BEHIND_CLOUD and self._renewal.possible:
                    missing = ((queue.last_seq + 1, settled.expected_seq - 1),)
                    report = RestoreReport(self._clock.wall_ms(), halted, missing=missing)
                    renewal.begin(conn, report)
                    halted = renewal.RESTORED
                elif halted is not None:
                    set_meta(conn, outbox.HALTED, halted)
                elif not settled.settled and settled.expected_seq < batch.first_seq:
                    # It went back to a backup. Its new answers count, also when they come after a restart of ours.
                    outbox.resend_from(conn, settled.expected_seq)
                    self._resending = True
                elif settled.settled and self._purge_is_due(now_ms):
                    outbox.purge(conn)
                if halted is None:
                    set_meta(conn, outbox.WENT_BACK, None)  # it knows our chain
        if isinstance(settled, Misfit):
            log.warning("push_answer_misfit reason=%s", settled.reason)
            with self._lock:
                self._push.failed(now_ms, settled)
            self._lost(PUSH, outcome_word(settled))
            return
        with self._lock:  # only now: before the commit the answer might still be lost
            self._push.answered(now_ms, batch.first_seq, settled, queue)
            if halted is not None:
                self._push.halt(halted)
        if halted is not None:
            log.error("push_halted reason=%s expected_seq=%s", halted, settled.expected_seq)
        log.info(
            "push_settled ops=%s results=%s expected_seq=%s", len(batch.ops), len(settled.settled), settled.expected_seq
        )
        # A reset that came meanwhile has its own turn, behind its snapshot.
        if self._resending and halted is None and self._jump is None and not self._push.showing_again:
            with self._store.transaction() as conn:
                set_meta(conn, outbox.RESENDING, None)
            self._resending = False
        self._heard(PUSH)
        self._on_change()

    def _purge_is_due(self, now_ms: int) -> bool:
        due = self._purged_mono_ms is None or now_ms - self._purged_mono_ms >= PURGE_EVERY_MS
        if due:
            self._purged_mono_ms = now_ms
        return due

    def _push_refused(self, batch: Batch, outcome: TooLarge | Denied | Unavailable) -> None:
        now_ms = self._clock.mono_ms()
        if isinstance(outcome, TooLarge):
            log.info("push_too_large ops=%s", len(batch.ops))
            with self._lock:
                self._push.too_large(now_ms, len(batch.ops))
            if len(batch.ops) > 1:
                return
        elif isinstance(outcome, Denied) and outcome.code == "stale_epoch" and self._cloud_forgot_the_epoch():
            return
        else:
            with self._lock:
                self._push.failed(now_ms, outcome)
        self._lost(PUSH, outcome_word(outcome))

    def _cloud_forgot_the_epoch(self) -> bool:
        """It came back from a backup of before our epoch: another one is asked for, and all that it had taken is sent
        again. Without such a backup somebody else has our place, and a person has to look."""
        if not self._renewal.possible:
            return False
        with self._store.transaction() as conn:
            if get_meta(conn, outbox.WENT_BACK) is None:
                return False
            renewal.begin(conn, RestoreReport(self._clock.wall_ms(), CLOUD_WENT_BACK))
        self._halt(renewal.RESTORED, CLOUD_WENT_BACK)
        return True

    # Feed ------------------------------------------------------------------------------------------------------

    def feed_step(self, stopping: Callable[[], bool] = lambda: False) -> WaitUntil | None:
        """One page, one snapshot, or one stream from its beginning to its end. None: call again. Raises StoreError."""
        with self._lock:
            action = self._feed.next(self._clock.mono_ms())
        if isinstance(action, WaitUntil):
            return action
        if self._jump is not None:
            return self._start_over(self._jump, stopping)
        if isinstance(action, Pull):
            self._pull(action.wait_ms)
        else:
            self._stream(stopping)
        return None

    def _pull(self, wait_ms: int) -> None:
        began_ms = self._clock.mono_ms()
        outcome = self._transport.pull(self._cursor(), limit=PULL_ROWS_MAX, wait_ms=wait_ms)
        now_ms = self._clock.mono_ms()
        if isinstance(outcome, Pulled):
            page = outcome.page
            if self._apply(page.rows, page.cursor):
                with self._lock:
                    self._feed.pulled(now_ms, began_ms, outcome)
                self._heard(FEED)
        elif isinstance(outcome, CursorReset):
            self._reset(outcome)
        else:
            with self._lock:
                self._feed.failed(now_ms, outcome)
            self._lost(FEED, outcome_word(outcome))

    def _stream(self, stopping: Callable[[], bool]) -> None:
        began_ms = self._clock.mono_ms()
        hello: StreamHello | None = None
        events = self._transport.open_stream(self._cursor())
        try:
            for event in events:
                if stopping():
                    return
                if isinstance(event, StreamEnded):
                    self._stream_ended(began_ms, event, greeted=hello is not None)
                    return
                if isinstance(event, CursorReset):
                    self._reset(event)
                    return
                if isinstance(event, StreamHello):
                    hello = event
                    if self._moved(hello.generation):
                        return
                self._heard(FEED)
                if isinstance(event, StreamRow) and not self._apply((event.row,), event.cursor):
                    return
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()

    def _moved(self, generation: int) -> bool:
        with self._store.read() as conn:
            ours = inbox.read_cursor(conn).generation
        if generation != ours:
            self._reset(CursorReset(generation))
        return generation != ours

    def _stream_ended(self, began_ms: int, ended: StreamEnded, *, greeted: bool) -> None:
        now_ms = self._clock.mono_ms()
        with self._lock:
            self._feed.stream_ended(now_ms, began_ms, ended, greeted=greeted)
            waits = self._feed.waits(now_ms)
        if waits or (ended.why is not None and not greeted):
            # Nobody listens until the next try, so the line is not said to stand.
            self._lost(FEED, outcome_word(ended.why or Unavailable(Reason.CUT)))

    def _apply(self, rows: tuple[FeedRow, ...], cursor: str) -> bool:
        """Whether the rows and their cursor were taken."""
        received = RowContext(self._clock.mono_ms(), self._clock.boot_id, self._clock.wall_ms())
        try:
            with self._store.transaction() as conn:
                generation = inbox.read_cursor(conn).generation
                context = RowContext(received.received_mono_ms, received.boot_id, received.wall_ms, generation)
                applied = inbox.apply_rows(conn, rows, cursor, appliers=self._appliers, context=context)
        except FeedGap as gap:
            log.error("feed_stopped %s", gap)
            with self._lock:
                self._feed.stopped_by_gap(self._clock.mono_ms())
            self._lost(FEED, "feed_gap")
            return False
        except FeedMoved as moved:
            self._reset(CursorReset(moved.theirs))
            return False
        if applied.fresh:
            self._on_change()
        return True

    def _reset(self, outcome: CursorReset) -> None:
        """A snapshot says what stands and where to read on. Meanwhile we find out whether the cloud still has our
        operations."""
        now_ms = self._clock.mono_ms()
        self._jump = Why.RESET  # first, so that nobody takes what is noted below for done
        with self._store.transaction() as conn:
            ask_for(conn, Why.RESET)
            queue = outbox.queue_view(conn)
            ours = inbox.read_cursor(conn).generation
            if outcome.went_back:  # nobody told it that it came from a backup, but we know
                inbox.forget_rows(conn)
            if outcome.went_back or outcome.generation != ours:
                outbox.resend_newest(conn)
            if outcome.went_back or (outcome.generation or 0) > ours > 0:  # a store that knew of none cannot tell
                outbox.went_back(conn, outcome.generation or ours)
        log.warning("feed_reset generation=%s went_back=%s", outcome.generation, outcome.went_back)
        with self._lock:
            self._feed.reset(now_ms)
            self._push.probe(queue)
        self._on_network_back()

    def _lost_by_the_cloud(self) -> None:
        """It has not all of our operations that it acknowledged; what else it has lost, a snapshot tells."""
        with self._store.read() as conn:
            generation = inbox.read_cursor(conn).generation
        self._reset(CursorReset(generation, went_back=True))

    def _start_over(self, why: Why, stopping: Callable[[], bool]) -> WaitUntil | None:
        outcome = self._take_snapshot(why, stopping)
        now_ms = self._clock.mono_ms()
        if outcome is None:
            return WaitUntil(now_ms + SNAPSHOT_BUSY_MS)
        if isinstance(outcome, Took):
            self._jump = None
            self._heard(FEED)
            self._on_change()
            return None
        with self._lock:
            self._feed.failed(now_ms, outcome)
        self._lost(FEED, outcome_word(outcome))
        return None

    def _ask_for_parked(self) -> None:
        """The rows that we jumped over may have told that a parked operation was booked after all."""
        with self._store.read() as conn, self._lock:
            self._show_again(conn)
        self._on_network_back()

    def _show_again(self, conn: sqlite3.Connection) -> None:
        """Whatever the cloud may think otherwise of by now. Under the lock."""
        parked = outbox.parked_span(conn)
        if parked is not None:
            self._push.show_again(*parked)
        resending = get_meta(conn, outbox.RESENDING)
        last = outbox.queue_view(conn).last_seq
        if resending is not None and int(resending) <= last:
            self._resending = True
            self._push.show_again(int(resending), last)

    def _take_snapshot(self, why: Why, stopping: Callable[[], bool]) -> Took | Denied | Unavailable | None:
        """None while one is on its way already."""
        if not self._snapshot_lock.acquire(blocking=False):
            return None
        try:
            outcome = self._snapshots.take(why, stopping)
        finally:
            self._snapshot_lock.release()
        if isinstance(outcome, Took) and outcome.jumped:
            self._ask_for_parked()
        return outcome

    # Chores ----------------------------------------------------------------------------------------------------

    def chore_step(self, stopping: Callable[[], bool] = lambda: False) -> WaitUntil | None:
        """One call of what nothing waits for, see sync.chores. None: call again. Raises StoreError."""
        with self._lock:
            quiet = self._link.online and self._feed.caught_up
        return self._chores.step(quiet, stopping)

    def _cursor(self) -> str:
        with self._store.read() as conn:
            return inbox.read_cursor(conn).marked()

    # Both ------------------------------------------------------------------------------------------------------

    def _heard(self, channel: str) -> None:
        with self._lock:
            changed = self._link.heard(channel, self._clock.wall_ms())
            if changed:
                self._push.network_back()
                self._feed.network_back()
        if changed:
            log.info("link_changed online=%s channel=%s", self._link.online, channel)
            self._on_network_back()
            self._on_change()

    def _lost(self, channel: str, word: str) -> None:
        if word == Reason.CLOSED:  # we are ending; the cloud is as it was
            return
        with self._lock:
            changed = self._link.lost(channel, word, self._clock.wall_ms())
        if changed:
            log.info("link_changed online=False channel=%s reason=%s", channel, word)
            self._on_change()
