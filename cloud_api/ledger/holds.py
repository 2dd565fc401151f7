"""Points that wait for a store's decision: hold, then capture or release; return after a capture was wrong."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from cloud_api.database import Work
from cloud_api.ledger import lots
from cloud_api.ledger.lots import LotUse
from cloud_api.ledger.models import AccountKind, PostingKind, posting
from cloud_api.ledger.service import Line, NewPosting, account_id, credit_member, lock_balances, post
from cloud_api.members import former

_TAKES = (PostingKind.HOLD.value, PostingKind.SPEND.value)


@dataclass(frozen=True)
class HeldPoints:
    """Whose points, how many, and the request they wait for. ``member_id`` is a purse's where the member has one."""

    request_id: str
    store_id: str
    member_id: str
    points: int
    loss: int = 0  # what of it was never the member's: the store bears it


def holder_of(conn: Connection, request_id: str) -> str:
    """Whose points the request holds or took: as it was when they were taken, whatever the store has said since."""
    query = select(posting.c.member_id).where(posting.c.request_id == request_id, posting.c.kind.in_(_TAKES))
    # What was spent stands before what had been held under the same id.
    spent = posting.c.kind == PostingKind.SPEND.value
    found: str = conn.execute(query.order_by(spent.desc(), posting.c.posting_id.desc()).limit(1)).scalar_one()
    return found


def spendable(work: Work, member_id: str, at_ms: int) -> int:
    """What the member had for spending at that time; nobody else changes it until the transaction ends."""
    member = account_id(AccountKind.MEMBER, member_id)
    balance = lock_balances(work, [member]).get(member, 0)
    return balance - lots.expired(work.conn, [member_id], at_ms).get(member_id, 0)


def hold(work: Work, held: HeldPoints, *, actor: str) -> bool:
    """Sets points aside; False, and nothing booked, when the member has fewer."""
    member = account_id(AccountKind.MEMBER, held.member_id)
    if lock_balances(work, [member]).get(member, 0) < held.points:
        return False
    uses = lots.take(work.conn, held.member_id, held.points, work.now_ms)
    if lots.total(uses) < held.points:
        return False
    waiting = account_id(AccountKind.MEMBER_HOLD, held.member_id)
    _book(work, held, PostingKind.HOLD, (Line(member, -held.points), Line(waiting, held.points)), actor, uses=uses)
    return True


def capture(work: Work, held: HeldPoints, *, actor: str, op_id: str | None) -> None:
    """The store takes the points that were set aside."""
    waiting = account_id(AccountKind.MEMBER_HOLD, held.member_id)
    redemption = account_id(AccountKind.STORE_REDEMPTION, held.store_id)
    lines = (Line(waiting, -held.points), Line(redemption, held.points))
    _book(work, held, PostingKind.CAPTURE, lines, actor, op_id)


def spend(work: Work, held: HeldPoints, *, actor: str, op_id: str | None, at_ms: int) -> int:
    """Books points that were spent already: what the member had of them then, the rest as the store's loss. Returns
    what the member had."""
    member = account_id(AccountKind.MEMBER, held.member_id)
    lock_balances(work, [member])
    uses = lots.take(work.conn, held.member_id, held.points, at_ms)
    covered = lots.total(uses)
    lines = [
        Line(account_id(AccountKind.STORE_REDEMPTION, held.store_id), held.points),
        Line(member, -covered),
        Line(account_id(AccountKind.OFFLINE_LOSS, held.store_id), covered - held.points),
    ]
    _book(work, held, PostingKind.SPEND, tuple(line for line in lines if line.amount), actor, op_id, uses)
    return covered


def release(work: Work, held: HeldPoints, *, actor: str, op_id: str | None) -> None:
    """The points go back to the member; a debt that arose meanwhile is repaid from them first."""
    waiting = account_id(AccountKind.MEMBER_HOLD, held.member_id)
    _give_back(work, held, PostingKind.RELEASE, waiting, actor, op_id)


def give_back(work: Work, held: HeldPoints, *, actor: str, op_id: str | None) -> None:
    """Captured points go back to the member by a compensating posting."""
    redemption = account_id(AccountKind.STORE_REDEMPTION, held.store_id)
    _give_back(work, held, PostingKind.RETURN, redemption, actor, op_id)


def _give_back(work: Work, held: HeldPoints, kind: PostingKind, source: str, actor: str, op_id: str | None) -> None:
    debt = account_id(AccountKind.MEMBER_DEBT, held.member_id)
    member = account_id(AccountKind.MEMBER, held.member_id)
    # The member's account is locked too: a reversal at another till must see either the old or the new balance.
    owed = lock_balances(work, [debt, member]).get(debt, 0)
    lines = [Line(source, -held.points), *credit_member(held.member_id, held.points - held.loss, owed)]
    if held.loss:
        lines.append(Line(account_id(AccountKind.OFFLINE_LOSS, held.store_id), held.loss))
    # Back into the lots that the hold took from: a refused request makes no point live longer (APR-10).
    reaches_member = sum(line.amount for line in lines if line.account_id == member)
    uses = lots.put_back(work.conn, held.member_id, held.request_id, reaches_member)
    _book(work, held, kind, tuple(lines), actor, op_id, uses)
    former.settle(work, held.member_id)


def _book(
    work: Work,
    held: HeldPoints,
    kind: PostingKind,
    lines: tuple[Line, ...],
    actor: str,
    op_id: str | None = None,
    uses: tuple[LotUse, ...] = (),
) -> None:
    record = NewPosting(
        posting_id=work.ids.uuid7(),
        kind=kind,
        store_id=held.store_id,
        member_id=held.member_id,
        actor=actor,
        lines=lines,
        op_id=op_id,
        request_id=held.request_id,
        uses=uses,
    )
    post(work, [record])
