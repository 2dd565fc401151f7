"""Owns the mistakes that somebody could make in the agent and its side of the line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agent.approval import repository as approval_repository
from agent.approval.service import ApprovalService
from agent.earn import repository as earn_repository
from agent.earn import service as earn_service
from agent.earn.documents import DocumentFacts
from agent.earn.reversals import Reversals
from agent.earn.service import EarnService
from agent.orders.service import OrdersService
from simulation.disks import MemoryStore
from simulation.mutants.planting import Mutant, nothing, swap
from sync import exchange, inbox, outbox
from sync.engine import PushEngine
from sync.exchange import Exchange
from sync.outcomes import Unavailable
from sync.protocol import Cursor


@contextmanager
def _commit_later(self: MemoryStore) -> Iterator[Any]:
    """Durable with the next transaction only, as with synchronous=OFF; the screen says "done" before."""
    self._alive()
    if self.conn.in_transaction:
        self.conn.execute("COMMIT")
    self.conn.execute("BEGIN IMMEDIATE")
    self._write_owner = -1
    try:
        yield self.conn
    except BaseException:
        self.conn.execute("ROLLBACK")
        raise
    finally:
        self._write_owner = None
    self._notify()


_apply_rows = inbox.apply_rows


def _cursor_first(self: Exchange, rows: Any, cursor: str) -> bool:
    """The cursor in one transaction, the rows in the next."""
    after = Cursor.parse(cursor)
    with self._store.transaction() as conn:
        before = inbox.read_cursor(conn)
        if (after.store_n, after.brand_n) > (before.store_n, before.brand_n):
            inbox.write_cursor(conn, after)
    context = inbox.RowContext(self._clock.mono_ms(), self._clock.boot_id, self._clock.wall_ms(), before.generation)
    with self._store.transaction() as conn:
        inbox.write_cursor(conn, before)
        _apply_rows(conn, rows, cursor, appliers=self._appliers, context=context)
    return True


_place = outbox._place


def _place_of_acknowledged(conn: Any, device_id: str, epoch: int) -> tuple[int, str, str]:
    """Goes on after the last answered operation, as one that keeps its counter in memory does after a restart."""
    seen_cursor = _place(conn, device_id, epoch)[2]
    row = conn.execute(
        "SELECT seq, hash FROM outbox WHERE device_id = ? AND epoch = ? AND status <> 'pending' ORDER BY seq DESC"
        " LIMIT 1",
        (device_id, epoch),
    ).fetchone()
    return (0, "0" * 64, seen_cursor) if row is None else (row[0], row[1], seen_cursor)


def _no_misfit(_batch: Any, response: Any) -> str | None:
    return "expected_seq below 1" if response.expected_seq < 1 else None


_push_refused = Exchange._push_refused


def _timeout_is_done(self: Exchange, batch: Any, outcome: Any) -> None:
    """No answer counts as taken."""
    if isinstance(outcome, Unavailable):
        with self._store.transaction() as conn:
            conn.execute(
                "UPDATE outbox SET status = 'applied', result_json = '{}', acked_ms = 1"
                " WHERE status = 'pending' AND seq <= ?",
                (batch.last_seq,),
            )
    _push_refused(self, batch, outcome)


def _never_smaller(self: PushEngine, now_ms: int, _sent_ops: int) -> None:
    self._backoff.failed(now_ms)


def _gives_up(self: PushEngine, now_ms: int, _outcome: Any) -> None:
    """A refusal or a failure ends it, until somebody restarts the program."""
    self._backoff.failed(now_ms)
    if self._backoff.failures >= 3:
        self.halt("gave_up")


_heard = Exchange._heard


def _always_again(self: Exchange, channel: str) -> None:
    """Shows the newest operation again whenever the cloud was heard."""
    _heard(self, channel)
    if channel == exchange.FEED:
        with self._store.read() as conn:
            queue = outbox.queue_view(conn)
        self._push._resend_from = queue.last_seq or None


_apply_request_row = ApprovalService.apply_request_row


def _apply_absolute(self: ApprovalService, conn: Any, row: Any, context: Any) -> None:
    """The countdown is kept as a time on the wall clock."""
    _apply_request_row(self, conn, row, context)
    if row.body.get("remaining_ms") is not None:
        at_ms = context.wall_ms + row.body["remaining_ms"]
        approval_repository.set_deadline(conn, row.body["request_id"], at_ms, context.boot_id)


def _absolute_countdown(self: ApprovalService, row: Any) -> Any:
    found = _countdown(self, row)
    if found.remaining_ms is None:
        return found
    return type(found)(max(row.deadline_mono_ms - self._clock.wall_ms(), 0))


def _any_boot(self: ApprovalService, row: Any) -> Any:
    """Monotonic time of another boot is taken for this one's."""
    found = _countdown(self, row)
    if not found.stale:
        return found
    return type(found)(max(row.deadline_mono_ms - self._clock.mono_ms(), 0))


_countdown = ApprovalService._countdown


def _decision_not_queued(
    _self: ApprovalService, conn: Any, row: Any, decision: str, _reason: Any, _text: Any, _actor: str, _left: Any
) -> None:
    """The card says done and nobody is told."""
    approval_repository.set_local_decision(conn, row.request_id, decision)


_book_earn = EarnService._book_earn


def _earn_not_queued(self: EarnService, conn: Any, *args: Any, **kwargs: Any) -> Any:
    """The tablet shows points; the operation is only kept for the moment."""
    before = conn.execute("SELECT coalesce(max(seq), 0) FROM outbox").fetchone()[0]
    answer = _book_earn(self, conn, *args, **kwargs)
    head = conn.execute("SELECT last_seq, last_hash FROM outbox_head").fetchone()
    row = conn.execute("SELECT prev_hash FROM outbox WHERE seq = ?", (head[0],)).fetchone()
    if before % 5 == 4:  # now and then
        conn.execute("DELETE FROM outbox WHERE seq = ?", (head[0],))
        conn.execute("UPDATE outbox_head SET last_seq = ?, last_hash = ?", (before, row[0]))
    return answer


def _every_print_is_new(_store_key: bytes, facts: DocumentFacts, *, first_captured_ms: int) -> str:
    """A fingerprint of the paper, not of the sale: the file's own unique key does not see it either."""
    return hashlib.sha256(f"{facts.document_id}@{first_captured_ms}".encode()).hexdigest()


AT_COUNTER: tuple[Mutant, ...] = (
    Mutant(
        "commit_after_confirmation",
        "the screen confirms before the commit",
        swap((MemoryStore, "transaction", _commit_later)),
    ),
    Mutant("cursor_before_rows", "the cursor is stored before the rows", swap((Exchange, "_apply", _cursor_first))),
    Mutant(
        "sequence_reused",
        "numbers go on after the last answered operation",
        swap((outbox, "_place", _place_of_acknowledged)),
    ),
    Mutant("results_by_position", "results are matched by their place only", swap((outbox, "_misfit", _no_misfit))),
    Mutant("timeout_is_done", "no answer counts as taken", swap((Exchange, "_push_refused", _timeout_is_done))),
    Mutant("never_smaller", "413 does not make the batch smaller", swap((PushEngine, "too_large", _never_smaller))),
    Mutant("gives_up", "three failures in a row end it", swap((PushEngine, "failed", _gives_up))),
    Mutant("always_again", "the newest operation is sent again for ever", swap((Exchange, "_heard", _always_again))),
    Mutant(
        "absolute_deadline",
        "the countdown compares two wall clocks",
        swap(
            (ApprovalService, "apply_request_row", _apply_absolute),
            (ApprovalService, "_countdown", _absolute_countdown),
            (ApprovalService, "_refresh_countdown", nothing),
        ),
    ),
    Mutant("foreign_boot", "a countdown survives a reboot", swap((ApprovalService, "_countdown", _any_boot))),
    Mutant(
        "decision_not_queued",
        "the decision is never sent",
        swap((ApprovalService, "_book_decision", _decision_not_queued)),
    ),
    Mutant(
        "earn_not_queued", "some earns are shown and never sent", swap((EarnService, "_book_earn", _earn_not_queued))
    ),
    Mutant(
        "provisional_for_ever",
        "provisional points never become posted",
        swap((earn_repository, "set_earn_status", nothing)),
    ),
    Mutant(
        "every_print_is_new",
        "a reprint counts as a sale",
        swap((earn_service, "sale_fingerprint", _every_print_is_new)),
    ),
    Mutant("cancel_not_sent", "a cancel takes back here and is not told", swap((Reversals, "_append", nothing))),
    Mutant("order_row_lost", "order rows are ignored", swap((OrdersService, "apply_order_row", nothing))),
)
