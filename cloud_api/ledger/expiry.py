"""Booking what has expired: from the member to the brand's breakage (PNT-17).

Points are worth nothing from the moment their lot expires; this only writes it down, so when it runs, how often and in
how many processes makes no difference. Points that a request holds are in no lot and wait for its outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import select

from cloud_api.bulk import select_among
from cloud_api.database import Database, Work
from cloud_api.ledger.lots import LotUse
from cloud_api.ledger.models import AccountKind, PostingKind, lot
from cloud_api.ledger.service import Line, NewPosting, account_id, lock_balances, post

LOTS_AT_ONCE = 500  # the members' other bookings wait for no longer than this takes
CLOCK_ACTOR = "cloud:clock"


@dataclass(frozen=True)
class Expired:
    """What was booked."""

    lots: int = 0
    points: int = 0


def expire_some(work: Work) -> Expired:
    """Books the expiry of the lots that are over for longest; none: nothing is over, or another process books it."""
    due = (
        select(lot.c.member_id)
        .where(lot.c.expires_ms <= work.now_ms, lot.c.remaining > 0)
        .order_by(lot.c.expires_ms)
        .limit(LOTS_AT_ONCE)
    )
    members = set(work.conn.execute(due).scalars())
    if not members:
        return Expired()
    # Whoever else moves these points was before us or waits for us: what is read after the locks stands.
    lock_balances(work, [account_id(AccountKind.MEMBER, member_id) for member_id in members])
    found = select_among(work.conn, _DUE, {"members": members}, now_ms=work.now_ms)
    groups = [list(rows) for _, rows in groupby(found, key=_place)]
    post(work, [_posting(work, rows) for rows in groups])
    return Expired(len(found), sum(row.remaining for row in found))


def expire_all(database: Database) -> Expired:
    """Books everything that is over now, in short transactions; may be stopped at any time and run again."""
    lots = points = 0
    while (done := database.transact(expire_some)).lots:
        lots += done.lots
        points += done.points
    return Expired(lots, points)


_DUE = (
    "SELECT lot.member_id, lot.expires_ms, lot.posting_id, lot.remaining, posting.store_id, store.brand_id FROM lot"
    " JOIN posting ON posting.posting_id = lot.posting_id JOIN store ON store.store_id = posting.store_id"
    " WHERE lot.member_id {members} AND lot.expires_ms <= :now_ms AND lot.remaining > 0"
    " ORDER BY lot.member_id, posting.store_id, lot.expires_ms, lot.posting_id"
)


def _place(row: Any) -> tuple[str, str]:
    """Whose points, and the store that gave them: its brand keeps what expires."""
    return row.member_id, row.store_id


def _posting(work: Work, rows: Sequence[Any]) -> NewPosting:
    first = rows[0]
    points = sum(row.remaining for row in rows)
    return NewPosting(
        posting_id=work.ids.uuid7(),
        kind=PostingKind.EXPIRY,
        store_id=first.store_id,
        member_id=first.member_id,
        actor=CLOCK_ACTOR,
        lines=(
            Line(account_id(AccountKind.MEMBER, first.member_id), -points),
            Line(account_id(AccountKind.BREAKAGE, first.brand_id), points),
        ),
        uses=tuple(LotUse(row.member_id, row.expires_ms, row.posting_id, row.remaining) for row in rows),
    )
