"""Owns the comparison of what this device holds with what the cloud says it should (AGT-15, I4)."""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import asdict, dataclass, replace

from rules.requests import OPEN_STATES
from sync import inbox, outbox
from sync.meta import get_meta, set_meta
from sync.outcomes import Tallied
from sync.profile import read_policy, require_identity
from sync.protocol import FeedKind, tally_digest
from sync.snapshot import OWN_OPEN, UNFINISHED_ORDERS

log = logging.getLogger("sync")

ALARM = "sync.tally_alarm"  # meta: see Alarm


@dataclass(frozen=True)
class Alarm:
    """What stood here was not what the cloud holds. ``corrected_wall_ms`` is None until a tally fits again."""

    noticed_wall_ms: int
    ours: tuple[int, int, int]  # open requests, orders, version of the policy
    theirs: tuple[int, int, int]
    corrected_wall_ms: int | None = None

    @property
    def stands(self) -> bool:
        return self.corrected_wall_ms is None


def held(conn: sqlite3.Connection, orders_from_ms: int) -> tuple[tuple[int, int, int], str]:
    """Open requests that the cloud knows of, orders and the policy's version, and the digest over them."""
    states = ", ".join(f"'{state.value}'" for state in sorted(OPEN_STATES))
    requests = conn.execute(
        f"SELECT request_id, version FROM request WHERE state IN ({states}) AND request_id NOT IN ({OWN_OPEN})"
    ).fetchall()
    orders = conn.execute(
        "SELECT order_id, version FROM customer_order WHERE created_ms >= ? OR state IN (?, ?)",
        (orders_from_ms, *UNFINISHED_ORDERS),
    ).fetchall()
    policy = read_policy(conn).version
    items = [(FeedKind.REQUEST.value, str(row[0]), int(row[1])) for row in requests]
    items += [(FeedKind.ORDER.value, str(row[0]), int(row[1])) for row in orders]
    items.append((FeedKind.POLICY.value, "policy", policy))
    return (len(requests), len(orders), policy), tally_digest(items)


def heard(conn: sqlite3.Connection) -> str | None:
    """Differs once the cloud has answered a push."""
    return get_meta(conn, outbox.SERVER_TIME)


def compare(conn: sqlite3.Connection, theirs: Tallied, heard_before: str | None, now_wall_ms: int) -> bool | None:
    """Whether we hold what we should, inside the caller's transaction, which keeps the alarm.

    ``heard_before`` is what ``heard`` said before the question. None when this is no moment to say: rows are on their
    way, operations whose effect the cloud does not know, or answers to them that the tally may be older than.
    """
    under_way = outbox.counts(conn).pending or heard(conn) != heard_before
    if under_way or str(inbox.read_cursor(conn)) != theirs.cursor:
        return None
    ours, digest = held(conn, theirs.orders_from_ms)
    before = read_alarm(conn)
    if digest == theirs.digest:
        if before is not None and before.stands:
            _write(conn, replace(before, corrected_wall_ms=now_wall_ms))
            log.warning("tally_corrected ours=%s", ours)
        return True
    told = (theirs.requests, theirs.orders, theirs.policy_version)
    news = before is None or not before.stands
    log.log(logging.ERROR if news else logging.INFO, "tally_mismatch ours=%s theirs=%s", ours, told)
    if news:
        _write(conn, Alarm(now_wall_ms, ours, told))
    return False


def lost_by_the_cloud(conn: sqlite3.Connection, theirs: Tallied) -> bool:
    """Whether the cloud has acknowledged operations of ours that it does not have (AGT-15): it came from a backup, and
    nothing that we have to send would tell us."""
    identity, queue = require_identity(conn), outbox.queue_view(conn)
    if theirs.chain is None or queue.first_pending is not None or get_meta(conn, outbox.HALTED) is not None:
        return False
    epoch, last_seq = theirs.chain
    fresh = theirs.server_time_ms >= outbox.heard_ms(conn)
    return fresh and epoch == identity.epoch and last_seq < queue.last_seq


def read_alarm(conn: sqlite3.Connection) -> Alarm | None:
    """The newest one; None when there never was one."""
    text = get_meta(conn, ALARM)
    if text is None:
        return None
    fields = json.loads(text)
    return Alarm(**{**fields, "ours": tuple(fields["ours"]), "theirs": tuple(fields["theirs"])})


def _write(conn: sqlite3.Connection, alarm: Alarm) -> None:
    set_meta(conn, ALARM, json.dumps(asdict(alarm)))
