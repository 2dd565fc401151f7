"""Taking a batch of operations: every operation has its effect once, keeps its place and gets one lasting answer.

Rules: AGT-06.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from cloud_api import strict_json
from cloud_api.bulk import insert_rows
from cloud_api.database import Work, is_retryable, is_transient
from cloud_api.devices.auth import DeviceCall, check_claimed, check_key, nonce_claim, refusal
from cloud_api.devices.models import device
from cloud_api.errors import ApiError
from cloud_api.exchange import Asked, Statement, among
from cloud_api.gateway.apply import Applier
from cloud_api.gateway.models import device_op
from cloud_api.gateway.operations import ReadOp, read_fact, read_op, read_spelled
from cloud_api.gateway.spelled import Spelled
from cloud_api.ledger.facts import EarnFact, Origin, Outcome
from cloud_api.ledger.foresight import Foresight
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.stores.earning import Terms, terms
from cloud_api.stores.service import Policy, policy_question
from cloud_api.vault import SealBroken, Vault
from rules.notices import NoticeKind, Oddity
from sync.protocol import CHAIN_START, OpResult, OpStatus

log = logging.getLogger("sync")

CHAIN_BROKEN = "chain_broken"
FORKED = "forked"
OP_ID_REUSED = "op_id_reused"


@dataclass(frozen=True)
class Batch:
    """The body of a push."""

    epoch: int
    prev_hash: str
    last_hash: str
    ops: list[Any]  # Spelled, or whatever JSON can hold
    no_floats: bool = False  # known from reading the text; spares a walk through every operation

    def first_seq(self) -> int:
        """The place of the first operation; every readable one must stand at its place. Raises ApiError ``invalid``."""
        firsts = set()
        for offset, raw in enumerate(self.ops):
            seq = raw.op.seq if type(raw) is Spelled else raw.get("seq") if isinstance(raw, dict) else None
            if isinstance(seq, int) and not isinstance(seq, bool):
                firsts.add(seq - offset)
        if len(firsts) != 1 or min(firsts) < 1 or max(firsts) > 2**53:
            raise ApiError("invalid", extra={"detail": "ops need consecutive seq numbers from 1"})
        return firsts.pop()


@dataclass(frozen=True)
class Pushed:
    """Results as stored JSON texts, so that a repetition is answered word for word."""

    results: tuple[str, ...]
    expected_seq: int
    generation: int
    server_time_ms: int

    def to_json(self) -> bytes:
        return (
            f'{{"results":[{",".join(self.results)}],"expected_seq":{self.expected_seq},'
            f'"generation":{self.generation},"server_time_ms":{self.server_time_ms}}}'
        ).encode()


class ApplyFailed(Exception):
    """An operation failed outside a savepoint: nothing of the batch can stand, and it is to be pushed with care."""


def push(work: Work, vault: Vault, call: DeviceCall, batch: Batch, *, careful: bool) -> Pushed:
    """One transaction for the whole batch. Raises ApiError 401 or 422; everything else becomes a result.

    Without ``careful`` there are no savepoints, which are two exchanges with the database; raises ApplyFailed where one
    would have been needed, which is nearly never.
    """
    chain = open_chain(work, vault, call, batch)
    if not batch.ops:
        return _answer(work, (), chain.last_seq, chain)
    first = batch.first_seq()
    if first > chain.last_seq + 1:
        return _answer(work, (), chain.last_seq, chain)
    ops = _read(batch, first, call)
    stored = _stored_results(work, call, batch.epoch, ops, chain.last_seq)
    known = [op for op in ops if op.seq <= chain.last_seq]
    fork_at = next((i for i, op in enumerate(known) if stored[op.seq].hash != op.hash), None)
    repeated = [str(stored[op.seq].result) for op in known[:fork_at]]
    if fork_at is not None:
        return _fork(work, vault, call, batch.epoch, repeated, ops[fork_at:], FORKED, chain)
    new = ops[len(known) :]
    if new and not _chain_holds(work, call, batch, first, chain, ops):
        return _fork(work, vault, call, batch.epoch, repeated, new, CHAIN_BROKEN, chain)
    if not new:
        return _answer(work, repeated, chain.last_seq, chain)
    applier = Applier(work, vault, chain.policy, call.device_id, call.store_id, chain.suspended, chain.terms)
    outcomes = _apply(work, vault, applier, new, apply_run if careful else _apply_at_once)
    results = _keep(work, vault, call, batch.epoch, new, outcomes)
    return _answer(work, (*repeated, *results), new[-1].seq, chain)


@dataclass(frozen=True)
class _Chain:
    last_seq: int
    last_hash: str
    suspended: bool
    generation: int
    policy: Policy
    terms: Terms | None


# Rows are locked in the order of the tables. Both are read again when somebody else had them, which what is asked
# after it sees as well: each statement has its own view of what is committed.
_LOCK = Statement(
    "SELECT device.epoch, device.last_seq, device.last_hash, device.revoked_ms, device.suspended_ms, device.public_key,"
    " device.old_public_key, device.old_key_until_ms, (SELECT value FROM server_state WHERE name = 'generation'),"
    " store.earning, store.plan FROM store JOIN device ON device.store_id = store.store_id"
    " WHERE store.store_id = $1 AND device.device_id = $2",
    locks="FOR NO KEY UPDATE OF store, device",
)


def open_chain(work: Work, vault: Vault, call: DeviceCall, batch: Batch) -> _Chain:
    """Claims the nonce, locks the store, then the device: pushes of one store take turns, so its receipts and cancels
    are in order. Raises ApiError 401."""
    before, ahead = _foresight(work, vault, call, batch)
    claimed, locked, newest, *answers = work.exchange(
        nonce_claim(work, call),
        Asked(_LOCK, (call.store_id, call.device_id)),
        policy_question(call.brand_id),
        *before,
        *ahead.questions(work),
    )
    check_claimed(work, claimed.changed)
    ((epoch, last_seq, last_hash, revoked_ms, suspended_ms, *keys, generation, of_store, plan),) = locked.rows
    if revoked_ms is not None:
        raise refusal("device_revoked", work.now_ms)
    check_key(work, call, *keys)
    if epoch != batch.epoch:
        raise refusal("stale_epoch", work.now_ms)
    for asked, answer in zip(before, answers, strict=False):
        work.foresee(asked, answer.rows)
    ahead.learn(work, answers[len(before) :])
    policy = Policy(*newest.rows[0])
    here = terms(policy.earning, of_store, call.brand_id, plan)
    if call.known_terms is not None:
        call.known_terms.keep(call.store_id, here)
    return _Chain(last_seq, last_hash, suspended_ms is not None, int(generation), policy, here)


def _foresight(work: Work, vault: Vault, call: DeviceCall, batch: Batch) -> tuple[list[Asked], Foresight]:
    """What the only operation of a push will need to know, when it is an earn."""
    only = batch.ops[0] if len(batch.ops) == 1 else None
    if type(only) is Spelled:
        op = only.op
        fact = read_fact(op, Origin(op.op_id, call.device_id, call.store_id, op.actor, False))
        if isinstance(fact, EarnFact):
            guessed = None if call.known_terms is None else call.known_terms.get(call.store_id)
            return [_use_question(work, [op.op_id])], Foresight.of(work, vault, call.store_id, fact, guessed)
    return [], Foresight()


def _answer(work: Work, results: Sequence[str], last_seq: int, chain: _Chain) -> Pushed:
    return Pushed(tuple(results), last_seq + 1, chain.generation, work.now_ms)


def _read(batch: Batch, first: int, call: DeviceCall) -> list[ReadOp]:
    ops = []
    running = batch.prev_hash
    for seq, raw in enumerate(batch.ops, start=first):
        read = read_spelled if type(raw) is Spelled else read_op
        op = read(
            raw,
            seq,
            running,
            device_id=call.device_id,
            store_id=call.store_id,
            epoch=batch.epoch,
            no_floats=batch.no_floats,
        )
        ops.append(op)
        running = op.hash
    return ops


def _stored_results(work: Work, call: DeviceCall, epoch: int, ops: Sequence[ReadOp], last_seq: int) -> dict[int, Any]:
    if ops[0].seq > last_seq:
        return {}
    found = work.conn.execute(
        select(device_op.c.seq, device_op.c.hash, device_op.c.result).where(
            device_op.c.device_id == call.device_id,
            device_op.c.epoch == epoch,
            device_op.c.seq.between(ops[0].seq, ops[-1].seq),
        )
    )
    return {row.seq: row for row in found}


def _chain_holds(work: Work, call: DeviceCall, batch: Batch, first: int, chain: _Chain, ops: Sequence[ReadOp]) -> bool:
    """Whether the batch continues what the server has, and is what the device sealed with its last hash."""
    if ops[-1].hash != batch.last_hash:
        return False
    if first == 1:
        return batch.prev_hash == CHAIN_START
    if first == chain.last_seq + 1:
        return batch.prev_hash == chain.last_hash
    before = work.conn.execute(
        select(device_op.c.hash).where(
            device_op.c.device_id == call.device_id, device_op.c.epoch == batch.epoch, device_op.c.seq == first - 1
        )
    ).scalar_one()
    return bool(before == batch.prev_hash)


_KEEP_FORK = text(
    "INSERT INTO forked_op (device_id, epoch, seq, hash, code, sealed, received_ms)"
    " VALUES (:device_id, :epoch, :seq, :hash, :code, :sealed, :received_ms)"
    " ON CONFLICT (device_id, epoch, seq, hash) DO NOTHING"
)


def _fork(
    work: Work,
    vault: Vault,
    call: DeviceCall,
    epoch: int,
    repeated: Sequence[str],
    forked: Sequence[ReadOp],
    code: str,
    chain: _Chain,
) -> Pushed:
    """Keeps the contradicting operations beside the booked ones and stops the device from deciding over value."""
    work.conn.execute(
        _KEEP_FORK,
        [
            {
                "device_id": call.device_id,
                "epoch": epoch,
                "seq": op.seq,
                "hash": op.hash,
                "code": code,
                "sealed": vault.seal(op.raw, place=fork_place(call.device_id, epoch, op.seq, op.hash)),
                "received_ms": work.now_ms,
            }
            for op in forked
        ],
    )
    work.conn.execute(
        update(device)
        .where(device.c.device_id == call.device_id)
        .values(suspended_ms=func.coalesce(device.c.suspended_ms, work.now_ms))
    )
    log.warning("device_forked device=%s seq=%d code=%s", call.device_id, forked[0].seq, code)
    if not chain.suspended:
        details = {"what": Oddity.DEVICE_FORKED.value, "device_id": call.device_id}
        centre.tell(work, call.store_id, News(NoticeKind.ANOMALY, f"device:{call.device_id}", details))
    results = [result_text(OpResult(op.seq, op.op_id, OpStatus.FORKED.value, code)) for op in forked]
    return _answer(work, (*repeated, *results), chain.last_seq, chain)


ApplyRun = Callable[[Work, Applier, Sequence[ReadOp]], list[Outcome]]


def _apply(work: Work, vault: Vault, applier: Applier, new: Sequence[ReadOp], apply: ApplyRun) -> list[Outcome]:
    """Outcomes of the new operations, in order; nothing that one of them contains can stop the others."""
    before = earlier_use(work, vault, new)
    outcomes: list[Outcome] = []
    used: set[str] = set()
    run: list[ReadOp] = []
    for op in new:
        reused = before.get(op.op_id) or (_REUSED if op.op_id in used else None)
        if op.op is None or reused is not None:
            outcomes += apply(work, applier, run)
            run = []
            # An operation that cannot be read is parked even when its id is not its own.
            outcomes.append(Outcome(OpStatus.PARKED, op.problem) if reused is None or op.op is None else reused)
            continue
        used.add(op.op_id)
        if run and not applier.together(run[-1], op):
            outcomes += apply(work, applier, run)
            run = []
        run.append(op)
    return outcomes + apply(work, applier, run)


def _apply_at_once(_work: Work, applier: Applier, run: Sequence[ReadOp]) -> list[Outcome]:
    try:
        return applier.apply(run) if run else []
    except Exception as error:
        if isinstance(error, DBAPIError) and is_retryable(error):
            raise
        raise ApplyFailed(f"{len(run)} operations from {run[0].op_id}") from error


def apply_run(work: Work, applier: Applier, run: Sequence[ReadOp]) -> list[Outcome]:
    """Applies a run in one savepoint; when it fails, one by one, and parks the operation that fails alone."""
    if not run:
        return []
    published = len(work.published)
    try:
        with work.conn.begin_nested():
            outcomes = applier.apply(run)
            work.exchange()
            return outcomes
    except Exception as error:
        work.drop_later()
        if isinstance(error, DBAPIError) and is_transient(error):
            raise
        del work.published[published:]
        if len(run) == 1:
            log.exception("op_parked op=%s kind=%s", run[0].op_id, run[0].kind)
            return [Outcome(OpStatus.PARKED, "apply_failed")]
    return [outcome for op in run for outcome in apply_run(work, applier, [op])]


_REUSED = Outcome(OpStatus.REJECTED, OP_ID_REUSED)


_BY_OP_ID = "SELECT device_id, epoch, seq, op_id, result, sealed FROM device_op WHERE op_id {wanted}"


def _use_question(work: Work, op_ids: Sequence[str]) -> Asked:
    return among(work, _BY_OP_ID, {"wanted": op_ids})


def earlier_use(
    work: Work, vault: Vault, new: Sequence[ReadOp], *, but: tuple[str, int, int] | None = None
) -> dict[str, Outcome]:
    """Operations known from another place (sent again after a new enrollment): the same one keeps its outcome.

    ``but`` is the place (device, epoch, seq) of a parked operation that is tried again: neither it nor its parked
    copies count.
    """
    ids = {op.op_id: op for op in new if op.op is not None}
    outcomes: dict[str, Outcome] = {}
    for device_id, epoch, seq, op_id, written, sealed in work.ask(_use_question(work, list(ids))):
        if (device_id, epoch, seq) == but:
            continue
        result = OpResult.from_wire(json.loads(written))
        if but is not None and result.status == OpStatus.PARKED:
            continue
        same = _same_content(vault, sealed, op_place(device_id, epoch, seq), ids[op_id])
        outcomes[op_id] = Outcome(OpStatus(result.status), result.code, result.body) if same else _REUSED
    return outcomes


def _same_content(vault: Vault, sealed: bytes, place: str, op: ReadOp) -> bool:
    try:
        earlier = json.loads(vault.open(sealed, place=place))
    except (SealBroken, ValueError):
        return False
    now = json.loads(op.raw)
    return isinstance(earlier, dict) and all(
        earlier.get(name) == now.get(name) for name in ("kind", "v", "store", "actor", "body")
    )


_OP_COLUMNS = (
    "device_id",
    "epoch",
    "seq",
    "op_id",
    "kind",
    "hash",
    "status",
    "result",
    "sealed",
    "received_ms",
)


def _keep(
    work: Work, vault: Vault, call: DeviceCall, epoch: int, new: Sequence[ReadOp], outcomes: Sequence[Outcome]
) -> list[str]:
    results = []
    rows = []
    for op, outcome in zip(new, outcomes, strict=True):
        sealed = vault.seal(op.raw, place=op_place(call.device_id, epoch, op.seq))
        status = outcome.status.value
        result = result_text(OpResult(op.seq, op.op_id, status, outcome.code, outcome.body))
        results.append(result)
        rows.append((call.device_id, epoch, op.seq, op.op_id, op.kind, op.hash, status, result, sealed, work.now_ms))
    insert_rows(work, device_op, _OP_COLUMNS, rows)
    work.later(_ADVANCE, new[-1].seq, new[-1].hash, call.device_id, work.now_ms)
    return results


_ADVANCE = Statement("UPDATE device SET last_seq = $1, last_hash = $2, seen_ms = $4 WHERE device_id = $3")


def fork_place(device_id: str, epoch: int, seq: int, digest: str) -> str:
    """What a sealed contradiction is bound to."""
    return f"fork/{device_id}/{epoch}/{seq}/{digest}"


def op_place(device_id: str, epoch: int, seq: int) -> str:
    """What a sealed operation is bound to."""
    return f"op/{device_id}/{epoch}/{seq}"


def result_text(result: OpResult) -> str:
    """The words that every repetition gets again."""
    return strict_json.dumps(result.to_wire())
