"""Owns the tables outbox and outbox_head: appending operations, sending order, answers, and when they may go (AGT-05).

sync.chain, its other half, checks the chain and moves it to a new enrollment.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from sync.clock import Clock
from sync.errors import ChainBroken, HistoryGone, OpTooLarge
from sync.ids import IdSource
from sync.meta import forget_meta, get_meta, set_meta
from sync.profile import require_identity
from sync.protocol import (
    CHAIN_START,
    DEVICE_SUSPENDED,
    FINAL_STATUSES,
    OPS_PER_PUSH_MAX,
    PUSH_BYTES_MAX,
    FeedRow,
    Operation,
    OpResult,
    OpStatus,
    PushResponse,
    canonical_json,
    chain_hash,
    chain_hash_of,
    json_text,
)
from sync.room import refuse_value

log = logging.getLogger("sync")

OP_VERSION = 1
OP_BYTES_MAX = 64 * 1024  # far above any operation we make, far below what one push may carry
BATCH_ENVELOPE_BYTES = 1024  # protocol, epoch and the two hashes around the operations
KEEP_ACKED_MS = 14 * 24 * 3600 * 1000
CLOCK_OFFSET = "sync.clock_offset_ms"  # meta: the cloud's time less ours at its last answer
SERVER_TIME = "sync.server_time_ms"  # meta: the newest time the cloud told us
RESENDING = "sync.resending_from"  # meta: the cloud asked for what it had acknowledged, and has not answered it all yet
WENT_BACK = "sync.cloud_went_back"  # meta: a cloud that came from a backup, and has taken nothing of ours since
LAST_SYNCED = "sync.last_synced_wall_ms"  # meta: when the cloud last took or gave something, by our clock
HALTED = "sync.halted"  # meta: why nothing is pushed until the device is enrolled again
SUSPENDED = "sync.suspended"  # meta: the cloud said that it believes no word of ours about value until then
_PENDING = "pending"


class Cipher(Protocol):
    """Seals what must not lie on the disk in plain text (sync.secrets.FieldCipher)."""

    def seal(self, text: str, aad: str) -> bytes: ...

    def open(self, sealed: bytes, aad: str) -> str: ...


OnResult = Callable[[sqlite3.Connection, OpResult, str], None]


@dataclass(frozen=True)
class NewOp:
    """Something that happened. ``secret`` holds the body fields that are personal; they are stored sealed."""

    kind: str
    body: dict[str, Any]
    actor: str
    secret: dict[str, Any] | None = None


@dataclass(frozen=True)
class Appended:
    op_id: str
    seq: int


@dataclass(frozen=True)
class OutboxCounts:
    """``needs_attention``: parked or forked by the cloud, or its answer could not be followed up here."""

    pending: int
    needs_attention: int
    acked: int
    oldest_pending_wall_ms: int | None


@dataclass(frozen=True)
class Batch:
    """A contiguous run of operations as they go over the wire."""

    epoch: int
    prev_hash: str
    last_hash: str
    ops: tuple[Operation, ...]

    @property
    def first_seq(self) -> int:
        return self.ops[0].seq

    @property
    def last_seq(self) -> int:
        return self.ops[-1].seq

    def to_wire(self) -> dict[str, Any]:
        return {
            "protocol": 1,
            "epoch": self.epoch,
            "prev_hash": self.prev_hash,
            "last_hash": self.last_hash,
            "ops": [op.to_wire() for op in self.ops],
        }


@dataclass(frozen=True)
class QueueView:
    """What the engine needs to know about the queue."""

    first_pending: int | None
    last_seq: int


@dataclass(frozen=True)
class Settled:
    """What an answer changed. ``asks_retry`` names the operation that the cloud wants to see again later."""

    settled: tuple[OpResult, ...]
    expected_seq: int
    generation: int
    asks_retry: int | None = None
    forked: bool = False
    local_errors: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Misfit:
    """The answer does not belong to what was sent; nothing was changed."""

    reason: str


def append(conn: sqlite3.Connection, op: NewOp, *, clock: Clock, ids: IdSource, cipher: Cipher | None) -> Appended:
    """Takes the next number and stores the operation inside the caller's transaction.

    Raises NotEnrolled, OpTooLarge, StoreFull (a value event while only the disk's reserve is left); TypeError for a
    body with a float and ValueError for a secret without a cipher or one that names a body field: both are bugs of
    the caller.
    """
    refuse_value(conn, str(op.kind))
    identity = require_identity(conn)
    last_seq, prev_hash, seen_cursor = _place(conn, identity.device_id, identity.epoch)
    wire = Operation(
        op_id=ids.uuid7(),
        device=identity.device_id,
        epoch=identity.epoch,
        seq=last_seq + 1,
        kind=str(op.kind),
        v=OP_VERSION,
        store=identity.store_id,
        actor=op.actor,
        wall_ms=clock.wall_ms(),
        mono_ms=clock.mono_ms(),
        boot_id=clock.boot_id,
        seen_cursor=seen_cursor,
        body=_merged(op.body, op.secret),
    )
    sealed = None
    if op.secret:
        if cipher is None:
            raise ValueError("an operation with a secret needs a cipher")
        sealed = cipher.seal(json_text(op.secret), f"outbox/sealed/{wire.op_id}")  # written whole in insert
    insert(conn, wire, op.body, sealed, prev_hash)
    return Appended(wire.op_id, wire.seq)


def _merged(body: dict[str, Any], secret: dict[str, Any] | None) -> dict[str, Any]:
    if secret and not body.keys().isdisjoint(secret):
        raise ValueError(f"secret names body fields: {sorted(body.keys() & secret.keys())}")
    return {**body, **(secret or {})}


def insert(conn: sqlite3.Connection, wire: Operation, body: dict[str, Any], sealed: bytes | None, prev: str) -> None:
    written = canonical_json(wire.to_wire())
    size = len(written)
    if size > OP_BYTES_MAX:
        raise OpTooLarge(f"{wire.kind}: {size} bytes")
    digest = chain_hash_of(prev, written)
    conn.execute(
        "INSERT INTO outbox (device_id, epoch, seq, op_id, kind, v, store_id, actor, wall_ms, mono_ms, boot_id,"
        " seen_cursor, body, sealed, wire_bytes, prev_hash, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(wire.device, wire.epoch, wire.seq, wire.op_id, wire.kind, wire.v, wire.store, wire.actor),
            *(wire.wall_ms, wire.mono_ms, wire.boot_id, wire.seen_cursor),
            *(json_text(body), sealed, size, prev, digest),
        ),
    )
    conn.execute(
        "INSERT INTO outbox_head (device_id, epoch, last_seq, last_hash) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (device_id, epoch) DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash",
        (wire.device, wire.epoch, wire.seq, digest),
    )


def read_head(conn: sqlite3.Connection, device_id: str, epoch: int) -> tuple[int, str]:
    row = conn.execute(
        "SELECT last_seq, last_hash FROM outbox_head WHERE device_id = ? AND epoch = ?", (device_id, epoch)
    ).fetchone()
    return (0, CHAIN_START) if row is None else (row[0], row[1])


def _place(conn: sqlite3.Connection, device_id: str, epoch: int) -> tuple[int, str, str]:
    """Number and hash of the operation before, and how far the feeds have been read."""
    last_seq, last_hash, seen = conn.execute(
        "SELECT coalesce(last_seq, 0), coalesce(last_hash, ?),"
        " coalesce(generation || '.' || store_n || '.' || brand_n, '0.0.0') FROM (SELECT 1)"
        " LEFT JOIN outbox_head ON device_id = ? AND epoch = ? LEFT JOIN inbox_cursor ON id = 1",
        (CHAIN_START, device_id, epoch),
    ).fetchone()
    return last_seq, last_hash, seen


def queue_view(conn: sqlite3.Connection) -> QueueView:
    """Raises NotEnrolled."""
    identity = require_identity(conn)
    key = (identity.device_id, identity.epoch)
    first = conn.execute(
        "SELECT min(seq) FROM outbox WHERE status = 'pending' AND device_id = ? AND epoch = ?", key
    ).fetchone()[0]
    return QueueView(first, read_head(conn, *key)[0])


def parked_span(conn: sqlite3.Connection) -> tuple[int, int] | None:
    """The oldest and the newest operation of the current chain that the cloud has put aside."""
    identity = require_identity(conn)
    sql = "SELECT min(seq), max(seq) FROM outbox WHERE status = 'parked' AND device_id = ? AND epoch = ?"
    first, last = conn.execute(sql, (identity.device_id, identity.epoch)).fetchone()
    return None if first is None else (int(first), int(last))


def next_kept(conn: sqlite3.Connection, seq: int | None) -> int | None:
    """The first operation of the current chain from ``seq`` on that was not purged."""
    identity = require_identity(conn)
    sql = "SELECT min(seq) FROM outbox WHERE device_id = ? AND epoch = ? AND seq >= ?"
    found = conn.execute(sql, (identity.device_id, identity.epoch, seq or 1)).fetchone()[0]
    return seq if found is None else int(found)


def resend_from(conn: sqlite3.Connection, seq: int) -> None:
    """Remembers, also for after a restart, that what the cloud answered from ``seq`` on may have new answers."""
    set_meta(conn, RESENDING, str(min(seq, int(get_meta(conn, RESENDING) or seq))))


def resend_newest(conn: sqlite3.Connection) -> None:
    """The cloud went back to a backup: whatever it took since, also from calls that were long under way, it has lost or
    answered anew. Should it not know our chain any more, ``unsettle`` has to follow."""
    last_seq = queue_view(conn).last_seq
    if last_seq > 0:
        resend_from(conn, max(last_seq - OPS_PER_PUSH_MAX, 0) + 1)


def went_back(conn: sqlite3.Connection, generation: int) -> None:
    """The cloud came back from a backup and has not taken anything of ours yet; it may be older than our chain."""
    set_meta(conn, WENT_BACK, str(generation))


def unsettle(conn: sqlite3.Connection, *, but: tuple[str, int, int] | None = None) -> int:
    """What the cloud acknowledged is to be sent again, because it has lost it; how many. ``but`` is a chain (device,
    epoch) of which it told that it has everything up to a number. Ids stay, so that nothing counts twice."""
    device_id, epoch, last_seq = but or ("", 0, 0)
    store_id = require_identity(conn).store_id
    lost = conn.execute(
        "UPDATE outbox SET status = 'pending', code = NULL, result_json = NULL, acked_ms = NULL"
        " WHERE status IN ('applied', 'adjusted', 'rejected') AND store_id = ?"
        " AND NOT (device_id = ? AND epoch = ? AND seq <= ?)",
        (store_id, device_id, epoch, last_seq),
    ).rowcount
    if lost:
        log.warning("cloud_lost_operations count=%s", lost)
    return int(lost)


def next_batch(
    conn: sqlite3.Connection,
    cipher: Cipher | None,
    *,
    limit_ops: int = OPS_PER_PUSH_MAX,
    limit_bytes: int = PUSH_BYTES_MAX,
    from_seq: int | None = None,
) -> Batch | None:
    """The oldest operations not answered yet, or the run from ``from_seq`` (acknowledged ones too, for a cloud that
    lost them). None when there is nothing to send; at least one operation otherwise, whatever the limits.

    Raises HistoryGone when ``from_seq`` is purged, CellUnreadable when a sealed part does not open, ChainBroken when an
    operation is not what was stored: a flipped bit must not reach the cloud as a fork.
    """
    identity = require_identity(conn)
    if from_seq is None:
        from_seq = queue_view(conn).first_pending
        if from_seq is None:
            return None
    rows = conn.execute(
        "SELECT * FROM outbox WHERE device_id = ? AND epoch = ? AND seq >= ? ORDER BY seq LIMIT ?",
        (identity.device_id, identity.epoch, from_seq, max(limit_ops, 1)),
    ).fetchall()
    if not rows:
        return None
    if rows[0]["seq"] != from_seq:
        raise HistoryGone(f"operation {from_seq} is no longer kept, the oldest after it is {rows[0]['seq']}")
    chosen: list[sqlite3.Row] = []
    size = BATCH_ENVELOPE_BYTES
    for row in rows:
        size += row["wire_bytes"] + 1
        if chosen and (size > limit_bytes or row["seq"] != chosen[-1]["seq"] + 1):
            break
        chosen.append(row)
    ops = tuple(from_row(row, cipher) for row in chosen)
    _refuse_changed(conn, chosen, ops)
    return Batch(identity.epoch, chosen[0]["prev_hash"], chosen[-1]["hash"], ops)


def _refuse_changed(conn: sqlite3.Connection, rows: list[sqlite3.Row], ops: tuple[Operation, ...]) -> None:
    first = rows[0]
    before = conn.execute(
        "SELECT hash FROM outbox WHERE device_id = ? AND epoch = ? AND seq = ?",
        (first["device_id"], first["epoch"], first["seq"] - 1),
    ).fetchone()
    previous = before["hash"] if before is not None else first["prev_hash"]
    for row, op in zip(rows, ops, strict=True):
        if row["prev_hash"] != previous or chain_hash(previous, op) != row["hash"]:
            raise ChainBroken(op.seq)
        previous = row["hash"]


def from_row(row: sqlite3.Row, cipher: Cipher | None) -> Operation:
    body = json.loads(row["body"])
    if row["sealed"] is not None:
        if cipher is None:
            raise ValueError("an operation with a secret needs a cipher")
        body.update(json.loads(cipher.open(row["sealed"], f"outbox/sealed/{row['op_id']}")))
    return Operation(
        op_id=row["op_id"],
        device=row["device_id"],
        epoch=row["epoch"],
        seq=row["seq"],
        kind=row["kind"],
        v=row["v"],
        store=row["store_id"],
        actor=row["actor"],
        wall_ms=row["wall_ms"],
        mono_ms=row["mono_ms"],
        boot_id=row["boot_id"],
        seen_cursor=row["seen_cursor"],
        body=body,
    )


def apply_results(
    conn: sqlite3.Connection, batch: Batch, response: PushResponse, *, clock: Clock, on_result: OnResult
) -> Settled | Misfit:
    """Books the cloud's answer inside the caller's transaction.

    ``on_result`` runs in the same transaction, once per new or changed answer, so that an earn becomes posted
    together with its acknowledgement. If it fails, its own changes are undone and the answer is kept all the same:
    the cloud has the fact, and sending it again would fail again. An answer that does not belong to the batch
    changes nothing.
    """
    problem = _misfit(batch, response)
    if problem is not None:
        return Misfit(problem)
    settled: list[OpResult] = []
    errors: list[str] = []
    asks_retry: int | None = None
    for op, result in zip(batch.ops, response.results, strict=False):
        if result.status == OpStatus.RETRY:
            asks_retry = op.seq
            break
        if _store_result(conn, op.op_id, result, response.server_time_ms):
            error = _follow_up(conn, op.kind, result, on_result)
            if error is not None:
                errors.append(error)
        settled.append(result)
    set_meta(conn, SERVER_TIME, str(response.server_time_ms))
    now_ms = clock.wall_ms()
    set_meta(conn, LAST_SYNCED, str(now_ms))
    set_meta(conn, CLOCK_OFFSET, str(response.server_time_ms - now_ms))
    if any(result.code == DEVICE_SUSPENDED for result in settled):
        set_meta(conn, SUSPENDED, "1")
    forked = any(result.status == OpStatus.FORKED for result in settled)
    return Settled(
        tuple(settled), response.expected_seq, response.generation, asks_retry, forked, local_errors=tuple(errors)
    )


def heard_ms(conn: sqlite3.Connection) -> int:
    """The newest time that the cloud told us, before which it cannot be now; 0 before it did."""
    return int(get_meta(conn, SERVER_TIME) or 0)


def clock_offset_ms(conn: sqlite3.Connection) -> int | None:
    """The cloud's time less ours, when it last answered a push; None before it did (AGT-07)."""
    kept = get_meta(conn, CLOCK_OFFSET)
    return None if kept is None else int(kept)


def _misfit(batch: Batch, response: PushResponse) -> str | None:
    if len(response.results) > len(batch.ops):
        return "more results than operations"
    known = {status.value for status in FINAL_STATUSES} | {OpStatus.RETRY.value, OpStatus.FORKED.value}
    for op, result in zip(batch.ops, response.results, strict=False):
        if (result.seq, result.op_id) != (op.seq, op.op_id):
            return f"result for {result.seq} {result.op_id} where {op.seq} {op.op_id} was sent"
        if result.status not in known:
            return f"unknown status {result.status!r} for {op.seq}"
        if result.code is not None and not isinstance(result.code, str):
            return f"code of {op.seq} is no text"
        if result.body is not None and not isinstance(result.body, dict):
            return f"result body of {op.seq} is no object"
    return "expected_seq below 1" if response.expected_seq < 1 else None


def apply_op_row(conn: sqlite3.Connection, row: FeedRow, *, on_result: OnResult) -> None:
    """The cloud applied an operation that it had parked: books the new answer, if the operation is ours."""
    body = row.body
    result = OpResult(body["seq"], body["op_id"], body["status"], body["code"], body["body"])
    ours = conn.execute(
        "SELECT kind, acked_ms FROM outbox WHERE op_id = ? AND device_id = ? AND epoch = ? AND seq = ?",
        (result.op_id, body["device_id"], body["epoch"], result.seq),
    ).fetchone()
    if ours is None:
        return
    server_time_ms = ours["acked_ms"] or heard_ms(conn)
    if _store_result(conn, result.op_id, result, server_time_ms):
        _follow_up(conn, ours["kind"], result, on_result)


def _store_result(conn: sqlite3.Connection, op_id: str, result: OpResult, server_time_ms: int) -> bool:
    """Whether the answer is news; the same words again change nothing.

    ``parked`` is no news about what is booked: that answer was overtaken by the row that told of the booking.
    """
    words = json.dumps(result.to_wire(), ensure_ascii=False, sort_keys=True)
    changed = conn.execute(
        "UPDATE outbox SET status = ?, code = ?, result_json = ?, acked_ms = ?, local_error = NULL"
        " WHERE op_id = ? AND (result_json IS NULL OR result_json <> ?)"
        " AND NOT (? = 'parked' AND status IN ('applied', 'adjusted', 'rejected'))",
        (result.status, result.code, words, server_time_ms, op_id, words, result.status),
    )
    return changed.rowcount == 1


def _follow_up(conn: sqlite3.Connection, kind: str, result: OpResult, on_result: OnResult) -> str | None:
    conn.execute("SAVEPOINT follow_up")
    try:
        on_result(conn, result, kind)
    except sqlite3.OperationalError:  # disk full and the like: the whole answer must come again
        raise
    except Exception as bug:
        conn.execute("ROLLBACK TO follow_up")
        forget_meta(conn)
        log.exception("follow_up_failed kind=%s seq=%s status=%s", kind, result.seq, result.status)
        text = f"{type(bug).__name__}: {bug}"[:500]
        conn.execute("UPDATE outbox SET local_error = ? WHERE op_id = ?", (text, result.op_id))
        return text
    finally:
        if conn.in_transaction:
            conn.execute("RELEASE follow_up")
    return None


def counts(conn: sqlite3.Connection) -> OutboxCounts:
    """Figures for the status line; works before enrollment too."""
    by_status = dict(conn.execute("SELECT status, count(*) FROM outbox GROUP BY status").fetchall())
    pending = by_status.pop(_PENDING, 0)
    stuck = by_status.pop(OpStatus.PARKED.value, 0) + by_status.pop(OpStatus.FORKED.value, 0)
    failed = conn.execute(
        "SELECT count(*) FROM outbox WHERE local_error IS NOT NULL AND status NOT IN ('parked', 'forked')"
    ).fetchone()[0]
    oldest = conn.execute("SELECT min(wall_ms) FROM outbox WHERE status = 'pending'").fetchone()[0]
    return OutboxCounts(pending, stuck + failed, sum(by_status.values()), oldest)


def purge(conn: sqlite3.Connection) -> int:
    """Removes answered operations older than 14 days by the cloud's clock; returns how many.

    What waits for a person stays, and so does the newest operation, with which we find out whether a restored
    cloud still knows us. Nothing goes while the cloud is being told again what it lost.
    """
    if get_meta(conn, RESENDING) is not None or get_meta(conn, WENT_BACK) is not None:
        return 0
    now_ms = heard_ms(conn)
    removed = conn.execute(
        "DELETE FROM outbox WHERE status IN ('applied', 'adjusted', 'rejected') AND local_error IS NULL"
        " AND acked_ms < ? AND seq < (SELECT last_seq FROM outbox_head AS head"
        "  WHERE head.device_id = outbox.device_id AND head.epoch = outbox.epoch)",
        (now_ms - KEEP_ACKED_MS,),
    )
    return removed.rowcount
