"""Posting into the book: the only module that writes accounts, postings and entries (PNT-01)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from cloud_api.bulk import NewRows, add_to_column, insert_all, listed, select_among
from cloud_api.database import Work
from cloud_api.exchange import Asked, among, is_postgres
from cloud_api.ledger import lots
from cloud_api.ledger.lots import LotUse
from cloud_api.ledger.models import AccountKind, PostingKind, account, entry, lot, lot_use, posting
from cloud_api.notices import happened
from cloud_api.notices.happened import CAUSES, IMPORTED, Topic


class Unbalanced(AssertionError):
    """A posting whose entries do not sum to zero, name no account, or disagree with its lots is a bug; nothing of it
    is written."""


def account_id(kind: AccountKind, owner_id: str) -> str:
    """Accounts are named after what they are and whose they are."""
    return kind + ":" + owner_id  # not formatted: that would ask the enumeration, for every line of every earn


# The records below are made by the hundred for every push; slots and no freezing, because that costs half.


@dataclass(slots=True)
class Line:
    """One signed entry to be."""

    account_id: str
    amount: int


@dataclass(slots=True)
class NewPosting:
    """One balanced record to be, with the roads that lead back to why it exists.

    ``uses`` are the lots that it takes from or puts back into. What else reaches the member is a new lot that expires
    at ``expires_ms``. ``member_id`` is a purse's id where the member has one; ``unit`` names the accounts that lots
    stand for.
    """

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
    uses: tuple[LotUse, ...] = ()
    expires_ms: int | None = None
    unit: AccountKind = AccountKind.MEMBER


# One statement that both databases read the same way.
_OPEN_ACCOUNT = text(
    "INSERT INTO account (account_id, kind, owner_id, balance) VALUES (:account_id, :kind, :owner_id, 0)"
    " ON CONFLICT (account_id) DO NOTHING"
)
_OPEN_LISTED = text(
    "INSERT INTO account (account_id, kind, owner_id, balance)"
    " SELECT kinds.kind || ':' || owners.owner_id, kinds.kind, owners.owner_id, 0"
    " FROM unnest(string_to_array(:owners, chr(10))) AS owners (owner_id)"
    " CROSS JOIN unnest(string_to_array(:kinds, chr(10))) AS kinds (kind)"
    " ORDER BY 1 ON CONFLICT (account_id) DO NOTHING"
)
_MEMBER_KINDS = (AccountKind.MEMBER, AccountKind.MEMBER_HOLD, AccountKind.MEMBER_DEBT)
_STORE_KINDS = (
    AccountKind.STORE_ISSUANCE,
    AccountKind.STORE_REDEMPTION,
    AccountKind.OFFLINE_LOSS,
    AccountKind.STAMP_ISSUANCE,
    AccountKind.STAMP_BREAKAGE,
)
_BRAND_KINDS = (AccountKind.BREAKAGE, AccountKind.ADJUSTMENT, AccountKind.IMPORT)


def open_member_accounts(conn: Connection, member_ids: Iterable[str]) -> None:
    """Makes the accounts of new members; does nothing where they exist."""
    open_accounts(conn, _MEMBER_KINDS, member_ids)


def open_store_accounts(conn: Connection, store_id: str) -> None:
    """Makes the accounts of a new store."""
    open_accounts(conn, _STORE_KINDS, [store_id])


def open_brand_accounts(conn: Connection, brand_id: str) -> None:
    """Makes the accounts of a new brand."""
    open_accounts(conn, _BRAND_KINDS, [brand_id])


def open_transfer_accounts(conn: Connection, merge_id: str) -> None:
    """Makes the accounts over which a merge moves points and stamps; does nothing where they exist."""
    open_accounts(conn, (AccountKind.TRANSFER, AccountKind.STAMP_TRANSFER), [merge_id])


def open_accounts(conn: Connection, kinds: Sequence[AccountKind], owner_ids: Iterable[str]) -> None:
    """Makes those of these accounts that are missing."""
    if is_postgres(conn):
        names = listed(conn, [kind.value for kind in kinds])
        conn.execute(_OPEN_LISTED, {"owners": listed(conn, owner_ids), "kinds": names})
        return
    rows = [
        {"account_id": account_id(kind, owner), "kind": kind.value, "owner_id": owner}
        for owner in sorted(owner_ids)
        for kind in kinds
    ]
    if rows:
        conn.execute(_OPEN_ACCOUNT, rows)


def lock_balances(work: Work, account_ids: Iterable[str]) -> dict[str, int]:
    """Balances that nobody else changes until the transaction ends; always locked in the same order."""
    return dict(work.ask(balances_question(work, account_ids)))


def balances_question(work: Work, account_ids: Iterable[str]) -> Asked:
    """What ``lock_balances`` asks."""
    return among(work, _BALANCES, {"wanted": sorted(set(account_ids))}, locks="FOR UPDATE")


_BALANCES = "SELECT account_id, balance FROM account WHERE account_id {wanted} ORDER BY account_id"


def spendable(conn: Connection, member_ids: Collection[str], now_ms: int) -> dict[str, int]:
    """What each of these members could spend now: the balance without what has expired, booked or not."""
    accounts = {account_id(AccountKind.MEMBER, member_id): member_id for member_id in member_ids}
    statement = "SELECT account_id, balance FROM account WHERE account_id {wanted}"
    found = select_among(conn, statement, {"wanted": accounts})
    over = lots.expired(conn, member_ids, now_ms)
    return {accounts[row.account_id]: row.balance - over.get(accounts[row.account_id], 0) for row in found}


def post(work: Work, postings: Sequence[NewPosting], *, beside: Sequence[NewRows] = ()) -> None:
    """Books the postings with their lots and what is written ``beside`` them; moves the cached balances and rests.

    Raises Unbalanced; that an account is missing may show only later, at the latest with the commit.
    """
    if not postings:
        insert_all(work, beside)
        return
    entries: list[tuple[str, int, str, int]] = []
    new_lots: list[tuple[str, int, str, int, int]] = []
    deltas: dict[str, int] = {}
    for record in postings:
        total = 0
        member = account_id(record.unit, record.member_id)
        granted = lots.total(record.uses) if record.uses else 0
        for number, line in enumerate(record.lines):
            total += line.amount
            entries.append((record.posting_id, number, line.account_id, line.amount))
            deltas[line.account_id] = deltas.get(line.account_id, 0) + line.amount
            if line.account_id == member:
                granted += line.amount
        if total != 0:
            raise Unbalanced(record.posting_id)
        if granted:
            if granted < 0 or record.expires_ms is None:
                raise Unbalanced(record.posting_id)
            new_lots.append((record.member_id, record.expires_ms, record.posting_id, granted, granted))
    uses = [(record.posting_id, use) for record in postings for use in record.uses]
    of_before = _use_new(new_lots, [use for _, use in uses]) if uses else []
    insert_all(
        work,
        [
            NewRows(posting, _POSTING_COLUMNS, [_posting_row(record, work.now_ms) for record in postings]),
            NewRows(entry, _ENTRY_COLUMNS, entries),
            NewRows(lot, _LOT_COLUMNS, new_lots),
            NewRows(lot_use, _USE_COLUMNS, [(by, use.lot_posting_id, use.points) for by, use in uses]),
            *beside,
        ],
    )
    if of_before:
        lots.move_remaining(work, of_before)
    told = [record.posting_id for record in postings if record.kind in CAUSES and not _is_imported(record)]
    happened.note(work, Topic.POSTING, told)
    missing = Unbalanced(f"one of {sorted(deltas)} is no account")
    add_to_column(work, account, "account_id", "balance", deltas, or_else=missing)


def _is_imported(record: NewPosting) -> bool:
    return record.actor.startswith(IMPORTED)


def _use_new(new_lots: list[tuple[str, int, str, int, int]], uses: Iterable[LotUse]) -> list[LotUse]:
    """Writes what is used of lots that come with the same postings into them, so that no row is written twice; returns
    the uses of lots that were there before."""
    places = {row[2]: place for place, row in enumerate(new_lots)}
    of_before = []
    for use in uses:
        place = places.get(use.lot_posting_id)
        if place is None:
            of_before.append(use)
        else:
            *lot_row, remaining = new_lots[place]
            new_lots[place] = (*lot_row, remaining - use.points)  # type: ignore[assignment]
    return of_before


_LOT_COLUMNS = ("member_id", "expires_ms", "posting_id", "points", "remaining")
_USE_COLUMNS = ("posting_id", "lot_posting_id", "points")
_ENTRY_COLUMNS = ("posting_id", "line", "account_id", "amount")
_POSTING_COLUMNS = (
    "posting_id",
    "kind",
    "store_id",
    "member_id",
    "op_id",
    "request_id",
    "fingerprint",
    "reverses_id",
    "actor",
    "booked_ms",
)


def _posting_row(record: NewPosting, now_ms: int) -> tuple[str | int | None, ...]:
    return (
        record.posting_id,
        record.kind.value,
        record.store_id,
        record.member_id,
        record.op_id,
        record.request_id,
        record.fingerprint,
        record.reverses_id,
        record.actor,
        now_ms,
    )


def credit_member(member_id: str, points: int, debt_balance: int) -> list[Line]:
    """Lines that give points to a member: a debt is repaid first, the rest is theirs (PNT-09)."""
    repaid = min(points, -debt_balance)
    lines = []
    if repaid:
        lines.append(Line(account_id(AccountKind.MEMBER_DEBT, member_id), repaid))
    if points - repaid:
        lines.append(Line(account_id(AccountKind.MEMBER, member_id), points - repaid))
    return lines


def charge_member(member_id: str, points: int, taken: int) -> list[Line]:
    """Lines that take points back: what the lots did not give (``taken``) becomes a debt, never below zero (PNT-09)."""
    lines = []
    if taken:
        lines.append(Line(account_id(AccountKind.MEMBER, member_id), -taken))
    if points - taken:
        lines.append(Line(account_id(AccountKind.MEMBER_DEBT, member_id), taken - points))
    return lines


@dataclass(frozen=True)
class Balances:
    """What a member can spend, what waits for a store's decision, and what the member owes."""

    balance: int
    held: int
    debt: int


def balances(conn: Connection, member_id: str, now_ms: int) -> Balances:
    """From the caches, without what has expired by now; zero for accounts that do not exist."""
    names = {kind: account_id(kind, member_id) for kind in (AccountKind.MEMBER_HOLD, AccountKind.MEMBER_DEBT)}
    found = {
        row.account_id: int(row.balance)
        for row in conn.execute(
            select(account.c.account_id, account.c.balance).where(account.c.account_id.in_(names.values()))
        )
    }
    return Balances(
        spendable(conn, [member_id], now_ms).get(member_id, 0),
        found.get(names[AccountKind.MEMBER_HOLD], 0),
        -found.get(names[AccountKind.MEMBER_DEBT], 0),
    )
