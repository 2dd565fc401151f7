"""Moving all that one member has to another, because both are one person (MEM-08).

Entries are immutable: what moves leaves one account by a posting and reaches the other by another one, by way of an
account of the merge that is zero before and after. Lots keep their expiry and the store that gave them, purses their
place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import text

from cloud_api.database import Work
from cloud_api.ledger import lots
from cloud_api.ledger.lots import LotUse
from cloud_api.ledger.models import AccountKind, PostingKind
from cloud_api.ledger.purses import holders_of, holds_stamps, of_another, open_purses
from cloud_api.ledger.service import (
    Line,
    NewPosting,
    account_id,
    charge_member,
    credit_member,
    lock_balances,
    open_transfer_accounts,
    post,
)

_POINTS = (AccountKind.MEMBER, AccountKind.MEMBER_DEBT)
_STAMPS = (AccountKind.MEMBER_STAMPS, AccountKind.MEMBER_BOARDS)
_LOTS = text(
    "SELECT lot.expires_ms, lot.posting_id, lot.remaining, posting.store_id FROM lot"
    " JOIN posting ON posting.posting_id = lot.posting_id"
    " WHERE lot.member_id = :holder AND lot.remaining > 0"
    " ORDER BY posting.store_id, lot.expires_ms, lot.posting_id"
)
_LAST_STORE = text(
    "SELECT posting.store_id FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    " WHERE entry.account_id = :account_id ORDER BY entry.posting_id DESC LIMIT 1"
)


def move_all(work: Work, merge_id: str, *, source: str, target: str, actor: str) -> None:
    """Everything of ``source``'s is ``target``'s afterwards: points with their lots, a debt, which is paid from what
    ``target`` has there (nobody has points and a debt beside each other, PNT-09), and stamps. Nothing may be on hold.
    Doing it again moves what came since."""
    holders = {holder: of_another(holder, target) for holder in holders_of(work.conn, source)}
    open_purses(work, holders.values())
    both = [*holders, *holders.values()]
    locked = lock_balances(
        work, [account_id(kind, one) for one in both for kind in (_STAMPS if holds_stamps(one) else _POINTS)]
    )
    open_transfer_accounts(work.conn, merge_id)
    for holder, arriving in holders.items():
        stamps = holds_stamps(holder)
        way = account_id(AccountKind.STAMP_TRANSFER if stamps else AccountKind.TRANSFER, merge_id)
        move = _Move(work, way, holder, arriving, actor, _STAMPS[0] if stamps else _POINTS[0])
        rows = work.conn.execute(_LOTS, {"holder": holder}).all()
        if stamps:
            move.lots(rows)
            move.boards(locked[account_id(AccountKind.MEMBER_BOARDS, holder)])
        else:
            move.lots(rows, owed=-locked[account_id(AccountKind.MEMBER_DEBT, arriving)])
            move.debt(-locked[account_id(AccountKind.MEMBER_DEBT, holder)])


@dataclass(frozen=True)
class _Move:
    """From one holder to the other, in one unit."""

    work: Work
    way: str
    source: str
    target: str
    actor: str
    unit: AccountKind

    def posting(
        self,
        holder: str,
        store_id: str,
        lines: Sequence[Line],
        *,
        uses: tuple[LotUse, ...] = (),
        expires_ms: int | None = None,
    ) -> NewPosting:
        return NewPosting(
            posting_id=self.work.ids.uuid7(),
            kind=PostingKind.MERGE,
            store_id=store_id,
            member_id=holder,
            actor=self.actor,
            lines=tuple(lines),
            uses=uses,
            expires_ms=expires_ms,
            unit=self.unit,
        )

    def lots(self, rows: Sequence[Any], *, owed: int = 0) -> None:
        """Each store's lots leave by one posting and arrive one by one. What is over already repays nothing."""
        postings = []
        debt = account_id(AccountKind.MEMBER_DEBT, self.target)
        for store_id, group in groupby(rows, key=lambda row: str(row.store_id)):
            found = list(group)
            total = sum(row.remaining for row in found)
            uses = tuple(LotUse(self.source, row.expires_ms, row.posting_id, row.remaining) for row in found)
            leaving = [Line(account_id(self.unit, self.source), -total), Line(self.way, total)]
            postings.append(self.posting(self.source, store_id, leaving, uses=uses))
            for row in found:
                if self.unit is AccountKind.MEMBER:
                    arriving = credit_member(self.target, row.remaining, -owed if self._alive(row) else 0)
                    owed -= sum(line.amount for line in arriving if line.account_id == debt)
                else:
                    arriving = [Line(account_id(self.unit, self.target), row.remaining)]
                lines = [Line(self.way, -row.remaining), *arriving]
                postings.append(self.posting(self.target, store_id, lines, expires_ms=row.expires_ms))
        post(self.work, postings)

    def _alive(self, row: Any) -> bool:
        return bool(row.expires_ms > self.work.now_ms)

    def debt(self, points: int) -> None:
        """A debt goes along, and is charged as if it had been the other's all the time."""
        if not points:
            return
        owing = account_id(AccountKind.MEMBER_DEBT, self.source)
        store_id = self._last_store(owing)
        uses = lots.take(self.work.conn, self.target, points, self.work.now_ms)
        charged = [Line(self.way, points), *charge_member(self.target, points, lots.total(uses))]
        post(
            self.work,
            [
                self.posting(self.source, store_id, [Line(owing, points), Line(self.way, -points)]),
                self.posting(self.target, store_id, charged, uses=uses),
            ],
        )

    def boards(self, stamps: int) -> None:
        """Stamps on boards that were full are in no lot."""
        if not stamps:
            return
        source, target = (account_id(AccountKind.MEMBER_BOARDS, one) for one in (self.source, self.target))
        lines = [Line(source, -stamps), Line(self.way, stamps), Line(self.way, -stamps), Line(target, stamps)]
        post(self.work, [self.posting(self.target, self._last_store(source), lines)])

    def _last_store(self, name: str) -> str:
        return str(self.work.conn.execute(_LAST_STORE, {"account_id": name}).scalar_one())
