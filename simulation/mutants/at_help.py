"""Owns the mistakes that somebody could make where help comes in: full disks, new enrollments, updates, corrections."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from cloud_api.devices import enrollment
from cloud_api.gateway import feeds, holdings
from cloud_api.ledger import adjustments, expiry, lots
from cloud_api.ledger.expiry import Expired
from cloud_api.ledger.models import AccountKind
from cloud_api.ledger.service import Line, account_id
from cloud_api.stores.service import profile_of
from simulation.disks import SimRoom
from simulation.mutants.planting import Mutant, nothing, swap
from sync import chain, inbox, outbox, snapshot
from sync.chain import CarriedOver
from sync.engine import PushEngine
from sync.exchange import Exchange
from sync.protocol import FeedKind

_NEWEST_FIRST = text(
    "SELECT expires_ms, posting_id, remaining FROM lot WHERE member_id = :member_id AND expires_ms > :now_ms"
    " AND remaining > 0 ORDER BY expires_ms DESC, posting_id DESC"
)
_ALL_LOTS = text(
    "SELECT expires_ms, posting_id, remaining FROM lot"
    " WHERE member_id = :member_id AND remaining > 0 AND :now_ms > 0 ORDER BY expires_ms, posting_id"
)

_expire_some = expiry.expire_some


def _early(work: Any) -> Expired:
    """The job runs by a clock that is half a minute ahead."""
    now_ms = work.now_ms
    work.now_ms = now_ms + 30_000
    try:
        return _expire_some(work)
    finally:
        work.now_ms = now_ms


def _posting_to_the_store(work: Any, rows: Any) -> Any:
    """What expires goes back to the store that issued it."""
    made = _expiry_posting(work, rows)
    points = sum(row.remaining for row in rows)
    return replace(made, lines=(made.lines[0], Line(account_id(AccountKind.STORE_ISSUANCE, rows[0].store_id), points)))


_expiry_posting = expiry._posting


def _confirm_again(work: Any, adjustment_id: str, by: str) -> dict[str, Any]:
    """Each second person books."""
    row = adjustments._row(work.conn, adjustment_id)
    store = profile_of(work.conn, row.store_id)
    assert store is not None
    adjustments._lock(work, row.member_id)
    return adjustments._confirm(work, row, store, by)


_insert = outbox.insert


def _insert_if_room(*args: Any) -> Any:
    """A full disk is logged and forgotten; the effect is kept without its operation."""
    try:
        return _insert(*args)
    except sqlite3.OperationalError:
        return None


def _apply_one_full(conn: Any, row: Any, applier: Any, context: Any) -> str | None:
    """A full disk is taken for a row that cannot be applied."""
    try:
        return _apply_row(conn, row, applier, context)
    except sqlite3.OperationalError as full:
        return str(full)


_apply_row = inbox.apply_one


def _insert_renamed(conn: Any, wire: Any, *args: Any) -> Any:
    """What moves to a new chain gets new ids."""
    return _insert(conn, replace(wire, op_id=f"{wire.op_id[:-1]}x"), *args)


_publish = feeds.publish


def _publish_but_ops(work: Any, feed_id: str, kind: Any, body: Any, **more: Any) -> None:
    if kind != FeedKind.OP:
        _publish(work, feed_id, kind, body, **more)


AT_HELP: tuple[Mutant, ...] = (
    Mutant("lots_newest_first", "what lives longest is spent first", swap((lots, "_TO_TAKE", _NEWEST_FIRST))),
    Mutant("expired_is_spent", "expired points are spent until the job ran", swap((lots, "_TO_TAKE", _ALL_LOTS))),
    Mutant("lots_not_moved", "what a lot has left is not kept", swap((lots, "move_remaining", nothing))),
    Mutant("expires_early", "the expiry job is half a minute ahead", swap((expiry, "expire_some", _early))),
    Mutant(
        "expiry_never_booked", "the expiry job finds nothing", swap((expiry, "expire_some", lambda _work: Expired()))
    ),
    Mutant("expiry_to_the_store", "what expires is the store's", swap((expiry, "_posting", _posting_to_the_store))),
    Mutant(
        "second_person_is_anybody",
        "who proposed may confirm",
        swap((adjustments, "same_person", lambda _one, _other: False)),
    ),
    Mutant("correction_twice", "each confirmation books", swap((adjustments, "confirm", _confirm_again))),
    Mutant("replay_not_told", "a late booking is not told", swap((feeds, "publish", _publish_but_ops))),
    Mutant("op_rows_ignored", "the counter ignores a late booking", swap((outbox, "apply_op_row", nothing))),
    Mutant("full_disk_forgotten", "an operation without room is dropped", swap((outbox, "insert", _insert_if_room))),
    Mutant("full_disk_is_a_bad_row", "a row without room counts as bad", swap((inbox, "apply_one", _apply_one_full))),
    Mutant("reserve_never_back", "a disk that was full once stays full", swap((SimRoom, "keep", lambda _self: False))),
    Mutant(
        "queue_left_behind",
        "a new enrollment forgets what was unsent",
        swap((chain, "carry_over_all", lambda *_args, **_kwargs: CarriedOver(0, 0))),
    ),
    Mutant(
        "parked_left_behind",
        "a new enrollment forgets what was put aside",
        swap((chain, "_UNSETTLED", "status IN ('pending', 'forked')")),
    ),
    Mutant("new_enrollment_new_ids", "what moves gets new ids", swap((chain, "insert", _insert_renamed))),
    Mutant("generation_stays", "a restored cloud does not say so", swap((feeds, "next_generation", lambda _work: 1))),
    Mutant(
        "never_probes",
        "nobody asks a restored cloud what it has lost",
        swap((PushEngine, "probe", nothing), (Exchange, "_show_again", nothing)),
    ),
    Mutant("new_answers_missed", "what it thinks otherwise of is missed", swap((Exchange, "_show_again", nothing))),
    Mutant(
        "snapshot_of_open_ones",
        "a snapshot does not say how the requests of today ended",
        swap((holdings, "requests_held", lambda conn, store_id, _now_ms: holdings.open_requests(conn, store_id))),
    ),
    Mutant("forgotten_stays", "what it has forgotten stays open here", swap((snapshot, "_end_absent", nothing))),
    Mutant("revoke_does_nothing", "a revoked device goes on", swap((enrollment, "revoke", lambda *_args: True))),
)
