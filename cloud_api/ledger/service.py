"""Posting into the book: the only module that writes accounts, postings and entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from cloud_api.bulk import add_to_column, insert_rows
from cloud_api.database import Work
from cloud_api.ledger.models import AccountKind, PostingKind, account, entry, posting


class Unbalanced(AssertionError):
    """A posting whose entries do not sum to zero is a bug; nothing of it is written."""


def account_id(kind: AccountKind, owner_id: str) -> str:
    """Accounts are named after what they are and whose they are."""
    return f"{kind.value}:{owner_id}"


@dataclass(frozen=True)
class Line:
    """One signed entry to be."""

    account_id: str
    amount: int


@dataclass(frozen=True)
class NewPosting:
    """One balanced record to be, with the roads that lead back to why it exists."""

    posting_id: str
    kind: PostingKind
    store_id: str
    member_id: str
    actor: str
    lines: tuple[Line, ...]
    op_id: str | None = None
    request_id: str | None = None
    fingerprint: str | None = None
    reverses_id: str | None = None


# One statement that both databases read the same way.
_OPEN_ACCOUNT = text(
    "INSERT INTO account (account_id, kind, owner_id, balance) VALUES (:account_id, :kind, :owner_id, 0)"
    " ON CONFLICT (account_id) DO NOTHING"
)
_MEMBER_KINDS = (AccountKind.MEMBER, AccountKind.MEMBER_HOLD, AccountKind.MEMBER_DEBT)
_STORE_KINDS = (AccountKind.STORE_ISSUANCE, AccountKind.STORE_REDEMPTION)


def open_member_accounts(conn: Connection, member_ids: Iterable[str]) -> None:
    """Makes the accounts of new members; does nothing where they exist."""
    _open(conn, _MEMBER_KINDS, member_ids)


def open_store_accounts(conn: Connection, store_id: str) -> None:
    """Makes the accounts of a new store."""
    _open(conn, _STORE_KINDS, [store_id])


def _open(conn: Connection, kinds: Sequence[AccountKind], owner_ids: Iterable[str]) -> None:
    rows = [
        {"account_id": account_id(kind, owner), "kind": kind.value, "owner_id": owner}
        for owner in sorted(owner_ids)
        for kind in kinds
    ]
    if rows:
        conn.execute(_OPEN_ACCOUNT, rows)


def lock_balances(conn: Connection, account_ids: Iterable[str]) -> dict[str, int]:
    """Balances that nobody else changes until the transaction ends; always locked in the same order."""
    wanted = sorted(set(account_ids))
    found = conn.execute(
        select(account.c.account_id, account.c.balance)
        .where(account.c.account_id.in_(wanted))
        .order_by(account.c.account_id)
        .with_for_update()
    )
    return {row.account_id: row.balance for row in found}


def post(work: Work, postings: Sequence[NewPosting]) -> None:
    """Books the postings and moves the cached balances. Raises Unbalanced."""
    if not postings:
        return
    entries: list[dict[str, Any]] = []
    deltas: dict[str, int] = {}
    for record in postings:
        if sum(line.amount for line in record.lines) != 0:
            raise Unbalanced(record.posting_id)
        for number, line in enumerate(record.lines):
            entries.append(
                {
                    "posting_id": record.posting_id,
                    "line": number,
                    "account_id": line.account_id,
                    "amount": line.amount,
                }
            )
            deltas[line.account_id] = deltas.get(line.account_id, 0) + line.amount
    insert_rows(work.conn, posting, [_posting_row(record, work.now_ms) for record in postings])
    insert_rows(work.conn, entry, entries)
    add_to_column(work.conn, account, "account_id", "balance", deltas)


def _posting_row(record: NewPosting, now_ms: int) -> dict[str, Any]:
    return {
        "posting_id": record.posting_id,
        "kind": record.kind.value,
        "store_id": record.store_id,
        "member_id": record.member_id,
        "op_id": record.op_id,
        "request_id": record.request_id,
        "fingerprint": record.fingerprint,
        "reverses_id": record.reverses_id,
        "actor": record.actor,
        "booked_ms": now_ms,
    }


def credit_member(member_id: str, points: int, debt_balance: int) -> list[Line]:
    """Lines that give points to a member: a debt is repaid first, the rest is theirs (PNT-09)."""
    repaid = min(points, -debt_balance)
    lines = []
    if repaid:
        lines.append(Line(account_id(AccountKind.MEMBER_DEBT, member_id), repaid))
    if points - repaid:
        lines.append(Line(account_id(AccountKind.MEMBER, member_id), points - repaid))
    return lines


def charge_member(member_id: str, points: int, balance: int) -> list[Line]:
    """Lines that take points back: never below zero, what is missing becomes a debt (PNT-09)."""
    taken = min(points, balance)
    lines = []
    if taken:
        lines.append(Line(account_id(AccountKind.MEMBER, member_id), -taken))
    if points - taken:
        lines.append(Line(account_id(AccountKind.MEMBER_DEBT, member_id), taken - points))
    return lines


@dataclass(frozen=True)
class Balances:
    """What a member has, what waits for a store's decision, and what the member owes."""

    balance: int
    held: int
    debt: int


def balances(conn: Connection, member_id: str) -> Balances:
    """From the cache; zero for accounts that do not exist."""
    names = {kind: account_id(kind, member_id) for kind in _MEMBER_KINDS}
    found = {
        row.account_id: int(row.balance)
        for row in conn.execute(
            select(account.c.account_id, account.c.balance).where(account.c.account_id.in_(names.values()))
        )
    }
    return Balances(
        found.get(names[AccountKind.MEMBER], 0),
        found.get(names[AccountKind.MEMBER_HOLD], 0),
        -found.get(names[AccountKind.MEMBER_DEBT], 0),
    )
