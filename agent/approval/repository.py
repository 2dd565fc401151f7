"""Owns the SQL of the request table."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from rules.requests import OPEN_STATES, AtZero, RejectReason, RequestKind, RequestState

APPROVE = "approve"
REJECT = "reject"
RECOVER = "recover"
WITHDRAW = "withdraw"  # the customer, at this counter's own tablet
# What our own unsettled decision makes of the request until the cloud has spoken.
_PROVISIONAL = {
    APPROVE: RequestState.APPROVED,
    REJECT: RequestState.REJECTED,
    RECOVER: RequestState.RECOVERED,
    WITHDRAW: RequestState.WITHDRAWN,
}


# A deadline with this boot id belongs to no running countdown: it has to be asked for again.
STALE_BOOT = ""


def provisional(decision: str) -> RequestState:
    """What our own decision makes of a request as long as the cloud has not spoken."""
    return _PROVISIONAL[decision]


@dataclass(frozen=True)
class RequestRow:
    """One row of the request table: the cloud's projection plus what this device did and has not heard back about."""

    request_id: str
    generation: int
    version: int
    kind: RequestKind
    state: RequestState
    title: str
    nickname: str
    condition: str
    amount_won: int | None
    pos_discount_won: int | None
    created_ms: int
    reason: RejectReason | None
    reason_text: str | None
    decided_by: str | None
    decided_ms: int | None
    order_id: str | None
    slip_code: str | None
    local_decision: str | None
    seen_op: bool
    deadline_mono_ms: int | None
    deadline_boot_id: str | None
    print_device: str | None
    at_zero: AtZero
    recovery_by: str | None

    @property
    def effective_state(self) -> RequestState:
        """What screens show: the cloud's state, unless our own decision is still on its way."""
        if self.local_decision is None:
            return self.state
        return provisional(self.local_decision)

    @property
    def waits(self) -> bool:
        return self.local_decision is None and self.state in OPEN_STATES

    @property
    def no_may_be_late(self) -> bool:
        """Somebody said no here while the cloud's countdown was not known; without a line that may approve first."""
        refused = self.local_decision in (REJECT, WITHDRAW)
        return refused and self.deadline_mono_ms is None


_COLUMNS = (
    "request_id, generation, version, kind, state, title, nickname, condition, amount_won, pos_discount_won,"
    " created_ms, reason, reason_text, decided_by, decided_ms, order_id, slip_code, local_decision, seen_op,"
    " deadline_mono_ms, deadline_boot_id, print_device, at_zero, recovery_by"
)
# Built once: a card is read many times a second.
_STATES, _REASONS, _AT_ZERO = frozenset(RequestState), frozenset(RejectReason), frozenset(AtZero)
_QUIET_ENDS = frozenset({RequestState.WITHDRAWN, RequestState.EXPIRED})


def _sql_list(states: frozenset[RequestState]) -> str:
    return ", ".join(f"'{state.value}'" for state in sorted(states))


_OPEN = _sql_list(OPEN_STATES)
_SHOWN_ENDS = _sql_list(frozenset(RequestState) - OPEN_STATES - _QUIET_ENDS)


def known_state(word: str) -> RequestState:
    """The state of a later version is stored as it came and read as one in which nothing waits for a person here."""
    return RequestState(word) if word in _STATES else RequestState.EXPIRED


def _row(values: Any) -> RequestRow:
    fields = list(values)
    fields[3] = RequestKind(fields[3])
    fields[4] = known_state(fields[4])
    fields[6], fields[7] = fields[6] or "", fields[7] or ""
    # A reason of a later version has no words here: the rejection is shown without one.
    fields[11] = RejectReason(fields[11]) if fields[11] in _REASONS else None
    fields[18] = bool(fields[18])
    fields[22] = AtZero(fields[22]) if fields[22] in _AT_ZERO else AtZero.APPROVE
    return RequestRow(*fields)


def find(conn: sqlite3.Connection, request_id: str) -> RequestRow | None:
    found = conn.execute(f"SELECT {_COLUMNS} FROM request WHERE request_id = ?", (request_id,)).fetchone()
    return _row(found) if found else None


def waiting(conn: sqlite3.Connection) -> list[RequestRow]:
    """Requests that wait for a person, oldest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM request WHERE state IN ({_OPEN}) AND local_decision IS NULL ORDER BY created_ms"
    )
    return [_row(values) for values in rows]


def decided(conn: sqlite3.Connection, limit: int) -> list[RequestRow]:
    """Requests with an outcome that a shop wants to see, newest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM request WHERE (state IN ({_SHOWN_ENDS}) OR local_decision <> '{WITHDRAW}'"
        f" OR (state = '{RequestState.EXPIRED.value}' AND at_zero = '{AtZero.EXPIRE.value}'))"
        " AND decided_ms IS NOT NULL ORDER BY decided_ms DESC, request_id LIMIT ?",
        (limit,),
    )
    return [_row(values) for values in rows]


def upsert_projection(conn: sqlite3.Connection, body: dict[str, Any], *, received_wall_ms: int) -> None:
    """Store the cloud's projection; what this device did stays as it is."""
    conn.execute(
        "INSERT INTO request (request_id, generation, version, kind, state, title, nickname, condition, amount_won,"
        " pos_discount_won, created_ms, reason, reason_text, decided_by, decided_ms, order_id, slip_code, print_device,"
        " at_zero, recovery_by, seen_op, received_wall_ms) VALUES (:request_id, :generation, :version, :kind, :state,"
        " :title, :nickname, :condition, :amount_won, :pos_discount_won, :created_ms, :reason, :reason_text,"
        " :decided_by, :decided_ms, :order_id, :slip_code, :print_device, :at_zero, :recovery_by, 0, :received_wall_ms)"
        " ON CONFLICT (request_id) DO UPDATE SET generation = :generation, version = :version, kind = :kind,"
        " state = :state, title = :title, nickname = :nickname, condition = :condition, amount_won = :amount_won,"
        " pos_discount_won = :pos_discount_won, created_ms = :created_ms, reason = :reason,"
        " reason_text = :reason_text, decided_by = :decided_by, decided_ms = :decided_ms, order_id = :order_id,"
        " slip_code = :slip_code, print_device = :print_device, at_zero = :at_zero, recovery_by = :recovery_by,"
        " received_wall_ms = :received_wall_ms",
        {**body, "received_wall_ms": received_wall_ms},
    )


def set_deadline(conn: sqlite3.Connection, request_id: str, mono_ms: int | None, boot_id: str | None) -> None:
    conn.execute(
        "UPDATE request SET deadline_mono_ms = ?, deadline_boot_id = ? WHERE request_id = ?",
        (mono_ms, boot_id, request_id),
    )


def mark_seen(conn: sqlite3.Connection, request_id: str) -> None:
    conn.execute("UPDATE request SET seen_op = 1 WHERE request_id = ?", (request_id,))


def set_local_decision(conn: sqlite3.Connection, request_id: str, decision: str | None) -> None:
    conn.execute("UPDATE request SET local_decision = ? WHERE request_id = ?", (decision, request_id))


def set_outcome(
    conn: sqlite3.Connection,
    request_id: str,
    *,
    decided_by: str | None,
    decided_ms: int,
    reason: RejectReason | None,
    reason_text: str | None,
) -> None:
    """Who decided here and why; the cloud's row overwrites it with what stands."""
    conn.execute(
        "UPDATE request SET decided_by = ?, decided_ms = ?, reason = ?, reason_text = ? WHERE request_id = ?",
        (decided_by, decided_ms, reason.value if reason else None, reason_text, request_id),
    )


def set_recovery_by(conn: sqlite3.Connection, request_id: str, actor: str | None) -> None:
    conn.execute("UPDATE request SET recovery_by = ? WHERE request_id = ?", (actor, request_id))


def recoveries_since(conn: sqlite3.Connection, actor: str, wall_ms: int) -> int:
    """How many recoveries somebody asked for at this counter; what the cloud refused does not count."""
    found = conn.execute(
        "SELECT count(*) FROM outbox WHERE kind = 'request.recover' AND actor = ? AND wall_ms > ?"
        " AND status <> 'rejected'",
        (actor, wall_ms),
    )
    return int(found.fetchone()[0])


def all_recoveries_since(conn: sqlite3.Connection, wall_ms: int) -> int:
    """What this counter knows of the store's recoveries: those of other counters as far as their rows arrived."""
    asked = conn.execute(
        "SELECT count(*) FROM outbox WHERE kind = 'request.recover' AND wall_ms > ? AND status <> 'rejected'",
        (wall_ms,),
    ).fetchone()[0]
    known = conn.execute(
        "SELECT count(*) FROM request WHERE decided_ms > ? AND (state IN ('recovered', 'auto_cancelled')"
        " OR local_decision = 'recover' OR recovery_by IS NOT NULL)",
        (wall_ms,),
    ).fetchone()[0]
    return max(int(asked), int(known))


def set_version(conn: sqlite3.Connection, request_id: str, version: int) -> None:
    conn.execute("UPDATE request SET version = ? WHERE request_id = ?", (version, request_id))


def set_state(conn: sqlite3.Connection, request_id: str, state: RequestState) -> None:
    conn.execute("UPDATE request SET state = ? WHERE request_id = ?", (state.value, request_id))
