"""Corrections by hand: signed, with a reason and a person; above the brand's limit only with a second person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger import lots
from cloud_api.ledger.lots import LotUse, expiry_ms
from cloud_api.ledger.models import AccountKind, AdjustmentState, PostingKind, account, adjustment
from cloud_api.ledger.purses import open_purses
from cloud_api.ledger.service import Line, NewPosting, account_id, credit_member, lock_balances, post
from cloud_api.members import former
from cloud_api.stores.earning import holder_at
from cloud_api.stores.service import Profile, policy_of, profile_of

WAITS_MS = 7 * DAY_MS  # for the second person


@dataclass(frozen=True)
class Proposal:
    """What a person wants to correct; ``points`` below zero take away."""

    store_id: str
    member_id: str
    points: int
    reason: str
    by: str


def propose(work: Work, wanted: Proposal) -> dict[str, Any]:
    """Books the correction, or lets it wait for a second person. Raises ApiError; then nothing is written."""
    store = profile_of(work.conn, wanted.store_id)
    if store is None:
        raise ApiError("store_unknown")
    # The lock also puts one person's proposals for one member in a row, so that two halves are seen as a whole.
    if not _lock(work, wanted.member_id):
        raise ApiError("member_unknown")
    former.refuse_former(work.conn, wanted.member_id)
    alone = _adjusted_alone(work, wanted) + abs(wanted.points)
    adjustment_id = work.ids.uuid7()
    work.conn.execute(
        insert(adjustment).values(
            adjustment_id=adjustment_id,
            store_id=wanted.store_id,
            member_id=wanted.member_id,
            points=wanted.points,
            reason=wanted.reason,
            state=AdjustmentState.PENDING.value,
            proposed_by=wanted.by,
            proposed_ms=work.now_ms,
        )
    )
    row = _row(work.conn, adjustment_id)
    if alone > policy_of(work.conn, store.brand_id).adjustment_limit_points:
        return _shown(row)
    return _confirm(work, row, store, wanted.by)


def confirm(work: Work, adjustment_id: str, by: str) -> dict[str, Any]:
    """The second person agrees; the correction is booked. Doing it twice is fine. Raises ApiError."""
    row = _still_open(work, adjustment_id, AdjustmentState.CONFIRMED)
    if row.state != AdjustmentState.PENDING:
        return _shown(row)
    if same_person(row.proposed_by, by):
        raise ApiError("second_person_needed")
    store = profile_of(work.conn, row.store_id)
    assert store is not None
    _lock(work, row.member_id)
    former.refuse_former(work.conn, row.member_id)
    return _confirm(work, row, store, by)


def refuse(work: Work, adjustment_id: str, by: str) -> dict[str, Any]:
    """Anybody may refuse, also who proposed; nothing is booked. Doing it twice is fine. Raises ApiError."""
    row = _still_open(work, adjustment_id, AdjustmentState.REFUSED)
    if row.state != AdjustmentState.PENDING:
        return _shown(row)
    return _shown(_decide(work, row, AdjustmentState.REFUSED, by))


def expire_waiting(work: Work) -> int:
    """Writes down which proposals waited too long; returns how many."""
    return work.conn.execute(
        update(adjustment)
        .where(adjustment.c.state == AdjustmentState.PENDING.value, adjustment.c.proposed_ms <= work.now_ms - WAITS_MS)
        .values(state=AdjustmentState.EXPIRED.value, decided_ms=work.now_ms)
    ).rowcount


def show(conn: Connection, adjustment_id: str, now_ms: int) -> dict[str, Any]:
    """One correction. Raises ApiError ``adjustment_unknown``."""
    return _shown(_row(conn, adjustment_id), now_ms)


def waiting(conn: Connection, now_ms: int) -> list[dict[str, Any]]:
    """What a second person has to look at, oldest first."""
    query = (
        select(adjustment)
        .where(adjustment.c.state == AdjustmentState.PENDING.value, adjustment.c.proposed_ms > now_ms - WAITS_MS)
        .order_by(adjustment.c.proposed_ms, adjustment.c.adjustment_id)
    )
    return [_shown(row) for row in conn.execute(query)]


def same_person(one: str, other: str) -> bool:
    """Names that differ in blanks or letter case only are one person."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _lock(work: Work, member_id: str) -> dict[str, int]:
    kinds = (AccountKind.MEMBER, AccountKind.MEMBER_DEBT)
    return lock_balances(work, [account_id(kind, member_id) for kind in kinds])


def _adjusted_alone(work: Work, wanted: Proposal) -> int:
    """What this person alone corrected for this member within a day: a large correction in small pieces is large."""
    rows = work.conn.execute(
        select(adjustment.c.proposed_by, adjustment.c.decided_by, func.abs(adjustment.c.points).label("points")).where(
            adjustment.c.member_id == wanted.member_id,
            adjustment.c.state == AdjustmentState.CONFIRMED.value,
            adjustment.c.proposed_ms > work.now_ms - DAY_MS,
        )
    )
    return sum(
        row.points
        for row in rows
        if same_person(row.proposed_by, wanted.by) and same_person(row.decided_by, row.proposed_by)
    )


def _row(conn: Connection, adjustment_id: str) -> Any:
    found = conn.execute(select(adjustment).where(adjustment.c.adjustment_id == adjustment_id)).one_or_none()
    if found is None:
        raise ApiError("adjustment_unknown")
    return found


def _still_open(work: Work, adjustment_id: str, wanted: AdjustmentState) -> Any:
    """The row, locked: pending, or already as wanted. Raises ApiError for every other outcome."""
    query = select(adjustment).where(adjustment.c.adjustment_id == adjustment_id).with_for_update()
    row = work.conn.execute(query).one_or_none()
    if row is None:
        raise ApiError("adjustment_unknown")
    state = _state(row, work.now_ms)
    if state not in (AdjustmentState.PENDING, wanted):
        raise ApiError("already_decided", extra={"state": state.value})
    return row


def _state(row: Any, now_ms: int | None) -> AdjustmentState:
    """A proposal is over the moment its time is, also before housekeeping wrote it down."""
    waits = row.state == AdjustmentState.PENDING
    over = waits and now_ms is not None and row.proposed_ms <= now_ms - WAITS_MS
    return AdjustmentState.EXPIRED if over else AdjustmentState(row.state)


def _confirm(work: Work, row: Any, store: Profile, by: str) -> dict[str, Any]:
    """Books it; the caller holds the locks of the member's accounts."""
    posting_id = work.ids.uuid7()
    holder = holder_at(work.conn, row.member_id, row.store_id)
    if holder != row.member_id:
        open_purses(work, [holder])
        _lock(work, holder)
    lines, uses = _give(work, holder, row.points) if row.points > 0 else _take(work, holder, row.points)
    other_side = Line(account_id(AccountKind.ADJUSTMENT, store.brand_id), -row.points)
    record = NewPosting(
        posting_id=posting_id,
        kind=PostingKind.ADJUSTMENT,
        store_id=row.store_id,
        member_id=holder,
        actor=f"person:{by}",
        lines=(other_side, *lines),
        uses=uses,
        expires_ms=expiry_ms(work.now_ms, policy_of(work.conn, store.brand_id).lot_valid_days),
    )
    post(work, [record])
    return _shown(_decide(work, row, AdjustmentState.CONFIRMED, by, posting_id))


def _give(work: Work, holder: str, points: int) -> tuple[list[Line], tuple[LotUse, ...]]:
    debt = account_id(AccountKind.MEMBER_DEBT, holder)
    owed = work.conn.execute(select(account.c.balance).where(account.c.account_id == debt)).scalar_one()
    return credit_member(holder, points, owed), ()


def _take(work: Work, holder: str, points: int) -> tuple[list[Line], tuple[LotUse, ...]]:
    """A correction never makes a debt: there must be as many points to take. Raises ApiError."""
    uses = lots.take(work.conn, holder, -points, work.now_ms)
    if lots.total(uses) < -points:
        raise ApiError("insufficient_points")
    return [Line(account_id(AccountKind.MEMBER, holder), points)], uses


def _decide(work: Work, row: Any, state: AdjustmentState, by: str, posting_id: str | None = None) -> Any:
    return work.conn.execute(
        update(adjustment)
        .where(adjustment.c.adjustment_id == row.adjustment_id)
        .values(state=state.value, decided_by=by, decided_ms=work.now_ms, posting_id=posting_id)
        .returning(*adjustment.c)
    ).one()


def _shown(row: Any, now_ms: int | None = None) -> dict[str, Any]:
    return dict(row._mapping) | {"state": _state(row, now_ms).value}
