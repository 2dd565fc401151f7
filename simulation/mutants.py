"""Owns planted mistakes: each is a bug that somebody could write, and the simulation has to find every one.

A mutant replaces a function of the product while it is planted. One that survives shows where the simulation is
blind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from agent.approval import repository as approval_repository
from agent.approval.service import ApprovalService
from agent.earn import repository as earn_repository
from agent.earn.reversals import Reversals
from agent.earn.service import EarnService
from agent.orders.service import OrdersService
from cloud_api.database import Database
from cloud_api.devices.auth import claim_nonce
from cloud_api.gateway import apply as gateway_apply
from cloud_api.gateway import feeds
from cloud_api.gateway import push as gateway_push
from cloud_api.gateway import routes as gateway_routes
from cloud_api.ledger import earns, holds, reversals
from cloud_api.ledger.facts import Outcome
from cloud_api.ledger.models import PostingKind
from cloud_api.ledger.service import Line, NewPosting, post
from cloud_api.requests import decisions, service
from cloud_api.requests import routes as request_routes
from rules import requests as request_rules
from rules.requests import Effect, Move, Moved, RequestState, Stands
from simulation.cloud import Answered, CloudMachine
from simulation.disks import MemoryStore
from sync import exchange, inbox, outbox
from sync.engine import PushEngine
from sync.exchange import Exchange
from sync.outcomes import Unavailable
from sync.protocol import Cursor, OpStatus
from sync.signing import RequestSigner


@dataclass(frozen=True)
class Mutant:
    """``plant`` is a context in which the mistake is there."""

    name: str
    says: str
    plant: Callable[[], Any]


def _swap(*places: tuple[Any, str, Any]) -> Callable[[], Any]:
    """Replaces attributes."""

    @contextmanager
    def planted() -> Iterator[None]:
        with ExitStack() as stack:
            for owner, name, other in places:
                stack.enter_context(patch.object(owner, name, other))
            yield

    return planted


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    """Does not do what it should."""


# --- the counter ---------------------------------------------------------------------------------------------------------


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


def _head_of_acknowledged(conn: Any, device_id: str, epoch: int) -> tuple[int, str]:
    """Goes on after the last answered operation, as one that keeps its counter in memory does after a restart."""
    row = conn.execute(
        "SELECT seq, hash FROM outbox WHERE device_id = ? AND epoch = ? AND status <> 'pending' ORDER BY seq DESC"
        " LIMIT 1",
        (device_id, epoch),
    ).fetchone()
    return (0, "0" * 64) if row is None else (row[0], row[1])


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


def _gives_up(self: PushEngine, now_ms: int, outcome: Any) -> None:
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
    self: ApprovalService, conn: Any, row: Any, decision: str, _reason: Any, _text: Any, _actor: str, _left: Any
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


def _every_print_is_new(_self: EarnService, _conn: Any, _store_key: bytes, _facts: Any) -> None:
    return None


# --- the cloud -----------------------------------------------------------------------------------------------------------


_transact = Database.transact
_serve = CloudMachine.serve


def _acknowledge_first(self: CloudMachine, sent: Any) -> Any:
    """Answers a push whose commit is lost with the machine."""
    kept: list[Any] = []

    def transact(database: Database, job: Callable[[Any], Any]) -> Any:
        def keeping(work: Any) -> Any:
            kept[:] = [job(work)]
            return kept[0]

        return _transact(database, keeping)

    with patch.object(Database, "transact", transact):
        answered = _serve(self, sent)
    if answered is None and kept and isinstance(kept[0], gateway_push.Pushed):
        return Answered.whole(200, kept[0].to_json())
    return answered


_push = gateway_push.push


def _answers_anew(work: Any, vault: Any, appliers: Any, call: Any, batch: Any) -> Any:
    """What is known is applied again and gets the answer of the second time."""
    answered = _push(work, vault, appliers, call, batch)
    results = list(answered.results)
    for place, raw in enumerate(batch.ops[: len(results)]):
        row = work.conn.exec_driver_sql(
            "SELECT received_ms FROM device_op WHERE device_id = ? AND seq = ?", (call.device_id, raw["seq"])
        ).one()
        if raw["kind"] == "earn" and row.received_ms < work.now_ms:
            results[place] = results[place].replace('"status":"applied"', '"status":"rejected"')
    return gateway_push.Pushed(tuple(results), answered.expected_seq, answered.generation, answered.server_time_ms)


_book_reversal = reversals.book_reversal


def _applies_again(work: Any, vault: Any, appliers: Any, call: Any, batch: Any) -> Any:
    """A repeated earn gets its first answer and is booked once more."""
    again = [
        row
        for raw in batch.ops
        for row in work.conn.exec_driver_sql(
            "SELECT posting_id, store_id, member_id, op_id FROM posting WHERE kind = 'earn' AND op_id = ?",
            (raw["op_id"],),
        )
    ]
    answered = _push(work, vault, appliers, call, batch)
    for row in again:
        entries = work.conn.exec_driver_sql(
            "SELECT account_id, amount FROM entry WHERE posting_id = ?", (row.posting_id,)
        )
        lines = tuple(Line(entry.account_id, entry.amount) for entry in entries)
        again_id = work.ids.uuid7()
        post(work, [NewPosting(again_id, PostingKind.EARN, row.store_id, row.member_id, "again", lines, row.op_id)])
    return answered


def _dedupe_by_place(work: Any, vault: Any, appliers: Any, call: Any, batch: Any) -> Any:
    """A known number is a known operation, whatever it says."""
    known = work.conn.exec_driver_sql(
        "SELECT result FROM device_op WHERE device_id = ? AND epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq",
        (call.device_id, batch.epoch, batch.ops[0]["seq"], batch.ops[-1]["seq"]),
    ).all()
    if not known:
        return _push(work, vault, appliers, call, batch)
    claim_nonce(work, call)
    chain = gateway_push._lock_chain(work, call, batch)
    return gateway_push._answer(work, [row.result for row in known], chain.last_seq)


def _reversal_every_time(work: Any, fact: Any) -> Any:
    """Each cancel slip takes back, whatever was taken back before."""
    work.conn.exec_driver_sql("UPDATE reversal SET cancel_fingerprint = reversal_id")
    if fact.earn_id is not None:
        work.conn.exec_driver_sql("UPDATE earn SET status = 'posted' WHERE earn_id = ?", (fact.earn_id,))
    return _book_reversal(work, fact)


def _no_duplicate(_self: Any, _fact: Any) -> None:
    return None


def _no_receipt_key(_fact: Any) -> None:
    return None


def _time_out_always(work: Any, request_id: str) -> bool:
    """The sweeper writes what it planned, whatever happened since it looked."""
    row = service.find(work.conn, request_id)
    assert row is not None
    moved = Moved(RequestState.AUTO_APPROVED, Effect.NONE if row.state != RequestState.SEEN else Effect.CAPTURE)
    return service.move(work, row, moved, service.CLOCK, decided_by=None, decided_ms=work.now_ms) is not None


_release = holds.release


def _release_twice(work: Any, held: Any, **kwargs: Any) -> None:
    _release(work, held, **kwargs)
    _release(work, held, **kwargs)


def _late_tap_loses(state: RequestState, move: Move, *, tapped_before_deadline: bool) -> Moved | Stands:
    del tapped_before_deadline
    return request_rules.transition(state, move)


_take_effect = service._take_effect


def _expiry_keeps(work: Any, row: Any, effect: Effect, caller: Any) -> None:
    """A withdrawn or expired request keeps what it held."""
    if row.state in (RequestState.WITHDRAWN, RequestState.EXPIRED):
        return
    _take_effect(work, row, effect, caller)


def _time_out_free(work: Any, row: Any, effect: Effect, caller: Any) -> None:
    """Auto-approval gives the reward and takes nothing."""
    if row.state == RequestState.AUTO_APPROVED:
        return
    _take_effect(work, row, effect, caller)


def _withdraw_always(work: Any, request_id: str) -> dict[str, Any]:
    """The consumer takes back what staff have approved."""
    row = service.find(work.conn, request_id)
    moved = Moved(RequestState.WITHDRAWN, Effect.NONE if row.state != RequestState.REQUESTED else Effect.RELEASE)
    changed = service.move(work, row, moved, service.CONSUMER, decided_by="consumer", decided_ms=work.now_ms)
    return service.projection(changed, work.now_ms)


def _once_always(_work: Any, _call: Any, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """An idempotency key that nobody looks up."""
    return make()


_write_published = feeds.write_published


def _numbers_lost(conn: Any, rows: Any, now_ms: int) -> None:
    """Feed numbers from a sequence: a transaction that was rolled back does not give its number back."""
    _write_published(conn, rows, now_ms)
    if now_ms % 7 == 0:
        conn.exec_driver_sql("UPDATE feed SET n = n + 1 WHERE feed_id = ?", (rows[0].feed_id,))


def _poison_blocks(work: Any, vault: Any, appliers: Any, call: Any, batch: Any) -> Any:
    """An operation of an unknown kind stops its queue until the cloud is updated."""
    place = next((n for n, raw in enumerate(batch.ops) if raw.get("kind") == "loyalty.stamp"), None)
    if place is None:
        return _push(work, vault, appliers, call, batch)
    if place == 0:
        chain = gateway_push._lock_chain(work, call, batch)
        return gateway_push._answer(work, (), chain.last_seq)
    hashes = [batch.prev_hash]
    for seq, raw in enumerate(batch.ops[:place], start=batch.first_seq()):
        hashes.append(
            gateway_push.read_op(
                raw, seq, hashes[-1], device_id=call.device_id, store_id=call.store_id, epoch=batch.epoch
            ).hash
        )
    shorter = gateway_push.Batch(batch.epoch, batch.prev_hash, hashes[-1], batch.ops[:place])
    return _push(work, vault, appliers, call, shorter)


def _seen_restarts(work: Any, origin: Any, request_id: str, timeout_ms: int) -> Outcome:
    """Every screen that shows the request starts its sixty seconds again."""
    answer = _seen(work, origin, request_id, timeout_ms)
    work.conn.exec_driver_sql(
        "UPDATE request SET deadline_ms = ? WHERE request_id = ? AND state = 'seen'",
        (work.now_ms + timeout_ms, request_id),
    )
    return answer


_seen = decisions.seen


def _adjusted_is_applied(fact: Any, row: Any) -> Outcome:
    """The counter is never told that the cloud booked another figure."""
    body = {"earn_id": row.earn_id, "status": row.status, "points": fact.points}
    return Outcome(OpStatus.APPLIED, None, body)


def _skew_never_learned(_self: RequestSigner, _server_time_ms: int) -> None:
    return None


MUTANTS: tuple[Mutant, ...] = (
    Mutant("commit_after_confirmation", "the screen confirms before the commit", _swap(
        (MemoryStore, "transaction", _commit_later))),
    Mutant("ack_before_commit", "the cloud answers before its commit", _swap((CloudMachine, "serve", _acknowledge_first))),
    Mutant("cursor_before_rows", "the cursor is stored before the rows", _swap((Exchange, "_apply", _cursor_first))),
    Mutant("sequence_reused", "numbers go on after the last answered operation", _swap(
        (outbox, "read_head", _head_of_acknowledged))),
    Mutant("results_by_position", "results are matched by their place only", _swap((outbox, "_misfit", _no_misfit))),
    Mutant("timeout_is_done", "no answer counts as taken", _swap((Exchange, "_push_refused", _timeout_is_done))),
    Mutant("never_smaller", "413 does not make the batch smaller", _swap((PushEngine, "too_large", _never_smaller))),
    Mutant("gives_up", "three failures in a row end it", _swap((PushEngine, "failed", _gives_up))),
    Mutant("always_again", "the newest operation is sent again for ever", _swap((Exchange, "_heard", _always_again))),
    Mutant("skew_never_learned", "a wrong clock is never corrected", _swap(
        (RequestSigner, "measured", _skew_never_learned))),
    Mutant("absolute_deadline", "the countdown compares two wall clocks", _swap(
        (ApprovalService, "apply_request_row", _apply_absolute), (ApprovalService, "_countdown", _absolute_countdown),
        (ApprovalService, "_refresh_countdown", _nothing))),
    Mutant("foreign_boot", "a countdown survives a reboot", _swap((ApprovalService, "_countdown", _any_boot))),
    Mutant("decision_not_queued", "the decision is never sent", _swap(
        (ApprovalService, "_book_decision", _decision_not_queued))),
    Mutant("earn_not_queued", "some earns are shown and never sent", _swap(
        (EarnService, "_book_earn", _earn_not_queued))),
    Mutant("provisional_for_ever", "provisional points never become posted", _swap(
        (earn_repository, "set_earn_status", _nothing))),
    Mutant("every_print_is_new", "a reprint counts as a sale", _swap(
        (EarnService, "_first_print", _every_print_is_new))),
    Mutant("cancel_not_sent", "a cancel takes back here and is not told", _swap((Reversals, "_append", _nothing))),
    Mutant("order_row_lost", "order rows are ignored", _swap((OrdersService, "apply_order_row", _nothing))),
    Mutant("receipt_not_unique", "one receipt earns at every counter", _swap(
        (earns._Known, "duplicate_of", _no_duplicate), (earns, "_receipt_key", _no_receipt_key))),
    Mutant("answers_anew", "a repeated operation gets another answer", _swap((gateway_routes, "push", _answers_anew))),
    Mutant("dedupe_without_hash", "a known number is known, whatever it says", _swap(
        (gateway_routes, "push", _dedupe_by_place))),
    Mutant("applies_again", "a repeated operation has its effect again", _swap((gateway_routes, "push", _applies_again))),
    Mutant("reversal_every_time", "each cancel slip takes back", _swap(
        (gateway_apply, "book_reversal", _reversal_every_time))),
    Mutant("cancel_first_forgotten", "a cancel before its sale is forgotten", _swap(
        (reversals, "apply_waiting", lambda *_: frozenset()))),
    Mutant("sweeper_ignores_state", "the sweeper overwrites decisions", _swap((decisions, "time_out", _time_out_always))),
    Mutant("late_tap_loses", "a tap before 0 loses to the sweeper", _swap(
        (decisions, "late_human_decision", _late_tap_loses))),
    Mutant("hold_released_twice", "held points come back twice", _swap((holds, "release", _release_twice))),
    Mutant("expiry_keeps_hold", "withdrawn requests keep what they held", _swap(
        (service, "_take_effect", _expiry_keeps))),
    Mutant("time_out_takes_nothing", "auto-approval captures nothing", _swap((service, "_take_effect", _time_out_free))),
    Mutant("withdraw_always", "an approved request can be withdrawn", _swap((decisions, "withdraw", _withdraw_always))),
    Mutant("key_not_looked_up", "idempotency keys are not looked up", _swap((request_routes, "once", _once_always))),
    Mutant("feed_numbers_lost", "feed numbers come from a sequence", _swap((feeds, "write_published", _numbers_lost))),
    Mutant("poison_blocks", "an unknown operation stops the queue", _swap((gateway_routes, "push", _poison_blocks))),
    Mutant("seen_restarts", "each screen starts the countdown again", _swap((decisions, "seen", _seen_restarts))),
    Mutant("adjusted_is_applied", "the counter is not told of another figure", _swap((earns, "_booked", _adjusted_is_applied))),
)  # fmt: skip
