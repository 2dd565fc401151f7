"""Taking back the stamps of a cancelled sale or request, also off a board that was full by then (STP-21, PNT-16)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text, update

from cloud_api.database import Work
from cloud_api.ledger.lots import LotUse, booked_lapsed
from cloud_api.ledger.models import AccountKind, PostingKind
from cloud_api.ledger.service import Line, NewPosting, account_id, lock_balances, post
from cloud_api.stamps.models import GrantState, stamp_grant

# The sale's own lot first, then what lives longest: a member never loses stamps earlier than they would.
_LOTS = text(
    "SELECT expires_ms, posting_id, remaining FROM lot WHERE member_id = :purse_id AND remaining > 0"
    " ORDER BY CASE WHEN posting_id = :own THEN 0 ELSE 1 END, expires_ms DESC, posting_id DESC"
)


def take_back_earned(work: Work, posting_id: str, *, actor: str, op_id: str) -> int:
    """Stamps that the sale gave; returns how many went. What lapsed before is gone already; never below zero."""
    query = select(stamp_grant).where(
        stamp_grant.c.posting_id == posting_id, stamp_grant.c.state == GrantState.GIVEN.value
    )
    return sum(_take_back(work, row, actor, op_id) for row in work.conn.execute(query).all())


def take_back_requested(work: Work, request_id: str, *, actor: str, op_id: str | None) -> int:
    """The same for stamps that somebody approved."""
    query = select(stamp_grant).where(
        stamp_grant.c.request_id == request_id, stamp_grant.c.state == GrantState.GIVEN.value
    )
    return sum(_take_back(work, row, actor, op_id) for row in work.conn.execute(query).all())


def _take_back(work: Work, row: Any, actor: str, op_id: str | None) -> int:
    stamps_account = account_id(AccountKind.MEMBER_STAMPS, row.purse_id)
    boards_account = account_id(AccountKind.MEMBER_BOARDS, row.purse_id)
    balances = lock_balances(work, [stamps_account, boards_account])
    left = int(row.stamps) - booked_lapsed(work.conn, AccountKind.MEMBER_STAMPS, row.purse_id, row.posting_id)
    lots = list(work.conn.execute(_LOTS, {"purse_id": row.purse_id, "own": row.posting_id}))
    uses: list[LotUse] = []
    if lots and lots[0].posting_id == row.posting_id:
        left = _use(uses, row.purse_id, lots.pop(0), left)
    # What is not in its own lot has filled a board; that board is opened again.
    from_boards = min(left, balances[boards_account])
    left -= from_boards
    for lot in lots:
        left = _use(uses, row.purse_id, lot, left)
    from_lots = sum(use.points for use in uses)
    taken = from_lots + from_boards
    if taken:
        amounts = (
            (stamps_account, -from_lots),
            (boards_account, -from_boards),
            (account_id(AccountKind.STAMP_ISSUANCE, row.store_id), taken),
        )
        record = NewPosting(
            posting_id=work.ids.uuid7(),
            kind=PostingKind.STAMP_BACK,
            store_id=row.store_id,
            member_id=row.purse_id,
            actor=actor,
            lines=tuple(Line(name, amount) for name, amount in amounts if amount),
            op_id=op_id,
            request_id=row.request_id,
            reverses_id=row.posting_id,
            uses=tuple(uses),
            unit=AccountKind.MEMBER_STAMPS,
        )
        post(work, [record])
    work.conn.execute(
        update(stamp_grant)
        .where(stamp_grant.c.posting_id == row.posting_id)
        .values(state=GrantState.CANCELLED.value, taken_back=row.stamps)
    )
    return taken


def _use(uses: list[LotUse], purse_id: str, lot: Any, wanted: int) -> int:
    """Takes from the lot; returns what is still wanted."""
    part = min(wanted, int(lot.remaining))
    if part:
        uses.append(LotUse(purse_id, lot.expires_ms, lot.posting_id, part))
    return wanted - part
