"""Owns the mistakes that somebody could make in the cloud."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from cloud_api.database import Database
from cloud_api.gateway import apply as gateway_apply
from cloud_api.gateway import feeds
from cloud_api.gateway import push as gateway_push
from cloud_api.gateway import routes as gateway_routes
from cloud_api.gateway.operations import read_op
from cloud_api.gateway.spelled import Spelled
from cloud_api.ledger import earns, holds, reversals
from cloud_api.ledger.facts import Outcome
from cloud_api.ledger.lots import NEVER_MS
from cloud_api.ledger.models import PostingKind
from cloud_api.ledger.service import Line, NewPosting, post
from cloud_api.requests import decisions, service
from cloud_api.requests import routes as request_routes
from rules import requests as request_rules
from rules.requests import Effect, Move, Moved, RequestState, Stands
from simulation.cloud import Answered, CloudMachine
from simulation.mutants.planting import Mutant, swap
from sync.protocol import OpStatus
from sync.signing import RequestSigner

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


def _wires(batch: Any) -> list[Any]:
    """The operations as they came, however they were read."""
    return [json.loads(raw.raw) if isinstance(raw, Spelled) else raw for raw in batch.ops]


def _answers_anew(work: Any, vault: Any, call: Any, batch: Any, *, careful: bool) -> Any:
    """What is known is applied again and gets the answer of the second time."""
    answered = _push(work, vault, call, batch, careful=careful)
    results = list(answered.results)
    for place, raw in enumerate(_wires(batch)[: len(results)]):
        row = work.conn.exec_driver_sql(
            "SELECT received_ms FROM device_op WHERE device_id = ? AND seq = ?", (call.device_id, raw["seq"])
        ).one()
        if raw["kind"] == "earn" and row.received_ms < work.now_ms:
            results[place] = results[place].replace('"status":"applied"', '"status":"rejected"')
    return gateway_push.Pushed(tuple(results), answered.expected_seq, answered.generation, answered.server_time_ms)


_book_reversal = reversals.book_reversal


def _applies_again(work: Any, vault: Any, call: Any, batch: Any, *, careful: bool) -> Any:
    """A repeated earn gets its first answer and is booked once more."""
    again = [
        row
        for raw in _wires(batch)
        for row in work.conn.exec_driver_sql(
            "SELECT posting_id, store_id, member_id, op_id FROM posting WHERE kind = 'earn' AND op_id = ?",
            (raw["op_id"],),
        )
    ]
    answered = _push(work, vault, call, batch, careful=careful)
    for row in again:
        entries = work.conn.exec_driver_sql(
            "SELECT account_id, amount FROM entry WHERE posting_id = ?", (row.posting_id,)
        )
        lines = tuple(Line(entry.account_id, entry.amount) for entry in entries)
        again_id = work.ids.uuid7()
        record = NewPosting(again_id, PostingKind.EARN, row.store_id, row.member_id, "again", lines, row.op_id)
        record.expires_ms = NEVER_MS
        post(work, [record])
    return answered


def _dedupe_by_place(work: Any, vault: Any, call: Any, batch: Any, *, careful: bool) -> Any:
    """A known number is a known operation, whatever it says."""
    known = work.conn.exec_driver_sql(
        "SELECT result FROM device_op WHERE device_id = ? AND epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq",
        (call.device_id, batch.epoch, batch.first_seq(), batch.first_seq() + len(batch.ops) - 1),
    ).all()
    if not known:
        return _push(work, vault, call, batch, careful=careful)
    chain = gateway_push.open_chain(work, vault, call, batch)
    return gateway_push._answer(work, [row.result for row in known], chain.last_seq, chain)


def _reversal_every_time(work: Any, fact: Any) -> Any:
    """Each cancel slip takes back, whatever was taken back before."""
    work.conn.exec_driver_sql("UPDATE reversal SET cancel_fingerprint = reversal_id")
    if fact.earn_id is not None:
        work.conn.exec_driver_sql("UPDATE earn SET status = 'posted' WHERE earn_id = ?", (fact.earn_id,))
    return _book_reversal(work, fact)


def _no_duplicate(_self: Any, _fact: Any) -> None:
    return None


def _own_text_ms(fact: Any) -> int:
    """Every operation its own key: the database cannot see that two are of one receipt."""
    return int.from_bytes(hashlib.sha256(fact.origin.op_id.encode()).digest()[:6])


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
    assert row is not None
    moved = Moved(RequestState.WITHDRAWN, Effect.NONE if row.state != RequestState.REQUESTED else Effect.RELEASE)
    changed = service.move(work, row, moved, service.CONSUMER, decided_by="consumer", decided_ms=work.now_ms)
    return service.projection(changed, work.now_ms)


def _once_always(_work: Any, _call: Any, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """An idempotency key that nobody looks up."""
    return make()


_write_published = feeds.write_published


def _numbers_lost(work: Any) -> None:
    """Feed numbers from a sequence: a transaction that was rolled back does not give its number back."""
    _write_published(work)
    if work.now_ms % 7 == 0:
        work.conn.exec_driver_sql("UPDATE feed SET n = n + 1 WHERE feed_id = ?", (work.published[0].feed_id,))


def _poison_blocks(work: Any, vault: Any, call: Any, batch: Any, *, careful: bool) -> Any:
    """An operation of an unknown kind stops its queue until the cloud is updated."""
    ops = _wires(batch)
    place = next((n for n, raw in enumerate(ops) if raw.get("kind") == "loyalty.stamp"), None)
    if place is None:
        return _push(work, vault, call, batch, careful=careful)
    if place == 0:
        chain = gateway_push.open_chain(work, vault, call, batch)
        return gateway_push._answer(work, (), chain.last_seq, chain)
    hashes = [batch.prev_hash]
    for seq, raw in enumerate(ops[:place], start=batch.first_seq()):
        hashes.append(
            read_op(raw, seq, hashes[-1], device_id=call.device_id, store_id=call.store_id, epoch=batch.epoch).hash
        )
    shorter = gateway_push.Batch(batch.epoch, batch.prev_hash, hashes[-1], ops[:place])
    return _push(work, vault, call, shorter, careful=careful)


def _seen_restarts(work: Any, origin: Any, request_id: str, timeout_ms: int, max_won: int = 0) -> Outcome:
    """Every screen that shows the request starts its sixty seconds again."""
    answer = _seen(work, origin, request_id, timeout_ms, max_won)
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


AT_CLOUD: tuple[Mutant, ...] = (
    Mutant(
        "ack_before_commit", "the cloud answers before its commit", swap((CloudMachine, "serve", _acknowledge_first))
    ),
    Mutant(
        "skew_never_learned", "a wrong clock is never corrected", swap((RequestSigner, "measured", _skew_never_learned))
    ),
    Mutant(
        "receipt_not_unique",
        "one receipt earns at every counter",
        swap((earns._Known, "duplicate_of", _no_duplicate), (earns, "_text_ms", _own_text_ms)),
    ),
    Mutant("answers_anew", "a repeated operation gets another answer", swap((gateway_routes, "push", _answers_anew))),
    Mutant(
        "dedupe_without_hash",
        "a known number is known, whatever it says",
        swap((gateway_routes, "push", _dedupe_by_place)),
    ),
    Mutant(
        "applies_again", "a repeated operation has its effect again", swap((gateway_routes, "push", _applies_again))
    ),
    Mutant(
        "reversal_every_time",
        "each cancel slip takes back",
        swap((gateway_apply, "book_reversal", _reversal_every_time)),
    ),
    Mutant(
        "cancel_first_forgotten",
        "a cancel before its sale is forgotten",
        swap((reversals, "apply_waiting", lambda *_: frozenset())),
    ),
    Mutant(
        "sweeper_ignores_state", "the sweeper overwrites decisions", swap((decisions, "time_out", _time_out_always))
    ),
    Mutant(
        "late_tap_loses",
        "a tap before 0 loses to the sweeper",
        swap((decisions, "late_human_decision", _late_tap_loses)),
    ),
    Mutant("hold_released_twice", "held points come back twice", swap((holds, "release", _release_twice))),
    Mutant(
        "expiry_keeps_hold", "withdrawn requests keep what they held", swap((service, "_take_effect", _expiry_keeps))
    ),
    Mutant("time_out_takes_nothing", "auto-approval captures nothing", swap((service, "_take_effect", _time_out_free))),
    Mutant("withdraw_always", "an approved request can be withdrawn", swap((decisions, "withdraw", _withdraw_always))),
    Mutant("key_not_looked_up", "idempotency keys are not looked up", swap((request_routes, "once", _once_always))),
    Mutant("feed_numbers_lost", "feed numbers come from a sequence", swap((feeds, "write_published", _numbers_lost))),
    Mutant("poison_blocks", "an unknown operation stops the queue", swap((gateway_routes, "push", _poison_blocks))),
    Mutant("seen_restarts", "each screen starts the countdown again", swap((decisions, "seen", _seen_restarts))),
    Mutant(
        "adjusted_is_applied",
        "the counter is not told of another figure",
        swap((earns, "_booked", _adjusted_is_applied)),
    ),
)
