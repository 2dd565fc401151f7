"""Explaining a balance: every entry of a member with all that led to it, and sums that add up to what is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from cloud_api.bulk import select_among
from cloud_api.ledger.models import AccountKind
from cloud_api.ledger.purses import holders_of, holds_stamps, new_purse
from cloud_api.ledger.service import account_id, balances

_KINDS = (AccountKind.MEMBER, AccountKind.MEMBER_HOLD, AccountKind.MEMBER_DEBT)
_IN_STAMPS = (AccountKind.MEMBER_STAMPS, AccountKind.MEMBER_BOARDS)
_WITH_LOTS = frozenset({AccountKind.MEMBER.value, AccountKind.MEMBER_STAMPS.value})

_ENTRIES = (
    "SELECT entry.posting_id, entry.line, entry.account_id, entry.amount, posting.kind, posting.store_id,"
    " posting.op_id, posting.request_id, posting.fingerprint, posting.reverses_id, posting.actor, posting.booked_ms,"
    " store.name AS store_name, store.brand_id, taken_back.op_id AS reversed_op_id FROM entry"
    " JOIN posting ON posting.posting_id = entry.posting_id"
    " LEFT JOIN store ON store.store_id = posting.store_id"
    " LEFT JOIN posting AS taken_back ON taken_back.posting_id = posting.reverses_id"
    " WHERE entry.account_id {accounts} ORDER BY entry.posting_id DESC, entry.line DESC LIMIT :most"
)
_SUMS = (
    "SELECT entry.account_id, posting.kind, sum(entry.amount) AS total FROM entry"
    " JOIN posting ON posting.posting_id = entry.posting_id"
    " WHERE entry.account_id {accounts} GROUP BY entry.account_id, posting.kind"
)
_OPERATIONS = (
    "SELECT device_op.op_id, device_op.device_id, device.label AS device_label, device_op.epoch, device_op.seq,"
    " device_op.kind, device_op.status FROM device_op LEFT JOIN device ON device.device_id = device_op.device_id"
    " WHERE device_op.op_id {wanted} ORDER BY device_op.received_ms DESC"
)
_RECEIPTS = (
    "SELECT op_id, earn_id, receipt_no, till, source, fingerprint, paid_won, rate_bp, policy_version, reasons,"
    " occurred_ms, status FROM earn WHERE op_id {wanted}"
)
_REQUESTS = (
    "SELECT request_id, kind, title, state, points, loss_points, amount_won, decided_by, decided_ms FROM request"
    " WHERE request_id {wanted}"
)
_ADJUSTMENTS = (
    "SELECT posting_id, adjustment_id, reason, proposed_by, decided_by FROM adjustment WHERE posting_id {wanted}"
)
_GRANTS = (
    "SELECT posting_id, cause, cause_id, points AS amount FROM point_grant WHERE posting_id {wanted}"
    " UNION ALL SELECT posting_id, cause, coalesce(earn_id, request_id), stamps FROM stamp_grant"
    " WHERE posting_id {wanted}"
)
_IMPORTS = (
    "SELECT posting_id, import_id, line, source, confirmed_by FROM imported_member"
    " JOIN member_import USING (import_id, source) WHERE posting_id {wanted}"
)
_LOTS = "SELECT posting_id, expires_ms, points, remaining FROM lot WHERE member_id = :member_id AND posting_id {wanted}"
_USES = (
    "SELECT lot_use.posting_id, lot_use.lot_posting_id, lot.expires_ms, lot_use.points FROM lot_use"
    " JOIN lot ON lot.member_id = :member_id AND lot.posting_id = lot_use.lot_posting_id"
    " WHERE lot_use.posting_id {wanted} ORDER BY lot.expires_ms, lot.posting_id"
)


@dataclass
class _Causes:
    """What the shown postings lead back to, by their own or the operation's id."""

    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    adjustments: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: dict[str, dict[str, Any]] = field(default_factory=dict)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    lots: dict[str, dict[str, Any]] = field(default_factory=dict)
    uses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def explain(conn: Connection, member_id: str, now_ms: int, *, most: int) -> dict[str, Any]:
    """The newest ``most`` entries, oldest first, each with the balance after it; ``opening`` is what was before them.

    For each account ``opening`` plus the shown amounts is the balance, and so are the sums by kind of posting.
    ``purses`` says the same of what the member has at one place only, in points or stamps.
    """
    told = _told(conn, member_id, _KINDS, most)
    running, now = told["totals"], balances(conn, member_id, now_ms)
    return {
        "member_id": member_id,
        "points_balance": now.balance,
        "points_expired": running[AccountKind.MEMBER.value] - now.balance,
        "points_held": now.held,
        "debt": now.debt,
        **told,
        "purses": [_purse(conn, holder, most) for holder in holders_of(conn, member_id)[1:]],
    }


def _purse(conn: Connection, holder: str, most: int) -> dict[str, Any]:
    found = new_purse(holder)
    assert found is not None, "the table holds purses only"
    kinds = _IN_STAMPS if holds_stamps(holder) else _KINDS
    return {"place_id": found.place_id, "unit": found.unit.value, **_told(conn, holder, kinds, most)}


def _told(conn: Connection, holder: str, kinds: Sequence[AccountKind], most: int) -> dict[str, Any]:
    accounts = [account_id(kind, holder) for kind in kinds]
    rows = select_among(conn, _ENTRIES, {"accounts": accounts}, most=most)[::-1]
    by_kind: dict[str, dict[str, int]] = {kind.value: {} for kind in kinds}
    for row in select_among(conn, _SUMS, {"accounts": accounts}):
        by_kind[_kind(row)][row.kind] = int(row.total)
    running = {kind: sum(sums.values()) for kind, sums in by_kind.items()}
    for row in rows:
        running[_kind(row)] -= row.amount
    opening = dict(running)
    causes = _load(conn, holder, rows)
    entries = []
    for row in rows:
        running[_kind(row)] += row.amount
        entries.append(_entry(row, running[_kind(row)], causes))
    return {"opening": opening, "entries": entries, "sums": by_kind, "totals": running}


def _kind(row: Any) -> str:
    return str(row.account_id).partition(":")[0]


def _load(conn: Connection, holder: str, rows: Sequence[Any]) -> _Causes:
    postings = {row.posting_id for row in rows}
    op_ids = {row.op_id for row in rows if row.op_id} | {row.reversed_op_id for row in rows if row.reversed_op_id}
    causes = _Causes(
        operations=_indexed(select_among(conn, _OPERATIONS, {"wanted": op_ids}), "op_id"),
        receipts=_indexed(select_among(conn, _RECEIPTS, {"wanted": op_ids}), "op_id"),
        requests=_indexed(
            select_among(conn, _REQUESTS, {"wanted": {row.request_id for row in rows if row.request_id}}), "request_id"
        ),
        adjustments=_indexed(select_among(conn, _ADJUSTMENTS, {"wanted": postings}), "posting_id"),
        lots=_indexed(select_among(conn, _LOTS, {"wanted": postings}, member_id=holder), "posting_id"),
        grants=_indexed(select_among(conn, _GRANTS, {"wanted": postings}), "posting_id"),
        imports=_indexed(select_among(conn, _IMPORTS, {"wanted": postings}), "posting_id"),
    )
    for use in select_among(conn, _USES, {"wanted": postings}, member_id=holder):
        told = {"lot_posting_id": use.lot_posting_id, "expires_ms": use.expires_ms, "points": use.points}
        causes.uses.setdefault(use.posting_id, []).append(told)
    return causes


def _indexed(rows: Iterable[Any], key: str) -> dict[str, dict[str, Any]]:
    return {str(getattr(row, key)): dict(row._mapping) for row in rows}


def _entry(row: Any, running: int, causes: _Causes) -> dict[str, Any]:
    """One line; ``lots_used`` above zero were taken, below zero put back. They belong to the member's own account."""
    own = _kind(row) in _WITH_LOTS
    made = causes.lots.get(row.posting_id) if own else None
    return {
        "posting_id": row.posting_id,
        "kind": row.kind,
        "account": _kind(row),
        "amount": row.amount,
        "running": running,
        "at_ms": row.booked_ms,
        "store": {"store_id": row.store_id, "name": row.store_name, "brand_id": row.brand_id},
        "actor": row.actor,
        "operation": causes.operations.get(row.op_id or ""),
        "receipt": causes.receipts.get(row.op_id or "") or causes.receipts.get(row.reversed_op_id or ""),
        "reverses_id": row.reverses_id,
        "request": causes.requests.get(row.request_id or ""),
        "adjustment": causes.adjustments.get(row.posting_id),
        "grant": causes.grants.get(row.posting_id),
        "import": causes.imports.get(row.posting_id),
        "lot_made": made and {name: made[name] for name in ("expires_ms", "points", "remaining")},
        "lots_used": causes.uses.get(row.posting_id, []) if own else [],
    }
