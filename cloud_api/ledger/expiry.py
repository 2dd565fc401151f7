"""Booking what has expired: points to the brand's breakage, stamps to the store's (PNT-17, STP-21).

Points are worth nothing from the moment their lot expires; this only writes it down, so when it runs, how often and in
how many processes makes no difference. Points that a request holds are in no lot and wait for its outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from cloud_api.bulk import select_among
from cloud_api.database import Database, Work
from cloud_api.exchange import Asked, Statement, among
from cloud_api.ledger.lots import LotUse
from cloud_api.ledger.models import AccountKind, PostingKind
from cloud_api.ledger.purses import holds_stamps
from cloud_api.ledger.service import Line, NewPosting, account_id, balances_question, lock_balances, post

LOTS_AT_ONCE = 250  # the members' other bookings wait for no longer than this takes
CLOCK_ACTOR = "cloud:clock"


@dataclass(frozen=True)
class Expired:
    """What was booked; ``lots`` counts those of stamps as well (STP-21)."""

    lots: int = 0
    points: int = 0


def expire_some(work: Work) -> Expired:
    """Books the expiry of the lots that are over for longest; none: nothing is over, or another process books it."""
    members = sorted({row[0] for row in work.ask(Asked(_OVER, (work.now_ms, LOTS_AT_ONCE)))})
    if not members:
        return Expired()
    # Whoever else moves these points was before us or waits for us: what is read after the locks stands.
    locks = balances_question(work, [account_id(_unit(holder), holder) for holder in members])
    _, due = work.exchange(locks, among(work, _DUE, {"members": members}, work.now_ms))
    found = [_Due(*row) for row in due.rows]
    groups = [list(rows) for _, rows in groupby(found, key=_place)]
    post(work, [_posting(work, rows) for rows in groups])
    return Expired(len(found), sum(row.remaining for row in found if not holds_stamps(row.member_id)))


def expire_all(database: Database) -> Expired:
    """Books everything that is over now, in short transactions; may be stopped at any time and run again."""
    lots = points = 0
    while (done := database.transact(expire_some)).lots:
        lots += done.lots
        points += done.points
    return Expired(lots, points)


def lapse(work: Work, holders: Sequence[str], *, actor: str) -> int:
    """Everything that these hold is over before its time, because the member leaves (MEM-06); how many points. Boards
    that were full stay where they are: they lapse no more, and nobody can use them."""
    lock_balances(work, [account_id(_unit(holder), holder) for holder in holders])
    found = select_among(work.conn, _ALL, {"members": holders})
    groups = [list(rows) for _, rows in groupby(map(_Due._make, found), key=_place)]
    post(work, [_posting(work, rows, PostingKind.LAPSE, actor) for rows in groups])
    return sum(row.remaining for row in found if not holds_stamps(row.member_id))


_LOTS = (
    "SELECT lot.member_id, lot.expires_ms, lot.posting_id, lot.remaining, posting.store_id, store.brand_id FROM lot"
    " JOIN posting ON posting.posting_id = lot.posting_id JOIN store ON store.store_id = posting.store_id"
    " WHERE lot.member_id {members} AND lot.remaining > 0"
)
_IN_ORDER = " ORDER BY lot.member_id, posting.store_id, lot.expires_ms, lot.posting_id"
_ALL = _LOTS + _IN_ORDER
_DUE = _LOTS + " AND lot.expires_ms <= $1" + _IN_ORDER
_OVER = Statement("SELECT member_id FROM lot WHERE expires_ms <= $1 AND remaining > 0 ORDER BY expires_ms LIMIT $2")


class _Due(NamedTuple):
    """A lot that is over, and where it came from."""

    member_id: str
    expires_ms: int
    posting_id: str
    remaining: int
    store_id: str
    brand_id: str


def _place(row: _Due) -> tuple[str, str]:
    """Whose points, and the store that gave them: its brand keeps what expires."""
    return row.member_id, row.store_id


def _posting(
    work: Work, rows: Sequence[_Due], kind: PostingKind = PostingKind.EXPIRY, actor: str = CLOCK_ACTOR
) -> NewPosting:
    first = rows[0]
    points, unit = sum(row.remaining for row in rows), _unit(first.member_id)
    stamps = unit is AccountKind.MEMBER_STAMPS
    lapsed = (
        account_id(AccountKind.STAMP_BREAKAGE, first.store_id)
        if stamps
        else account_id(AccountKind.BREAKAGE, first.brand_id)
    )
    return NewPosting(
        posting_id=work.ids.uuid7(),
        kind=PostingKind.STAMP_EXPIRY if stamps else kind,
        store_id=first.store_id,
        member_id=first.member_id,
        actor=actor,
        lines=(Line(account_id(unit, first.member_id), -points), Line(lapsed, points)),
        uses=tuple(LotUse(row.member_id, row.expires_ms, row.posting_id, row.remaining) for row in rows),
        unit=unit,
    )


def _unit(holder: str) -> AccountKind:
    return AccountKind.MEMBER_STAMPS if holds_stamps(holder) else AccountKind.MEMBER
