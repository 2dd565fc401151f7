"""Taking back what a cancelled sale earned, also when the cancel slip arrives before its sale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, or_, select, update

from cloud_api.database import Work
from cloud_api.exchange import Asked, Statement
from cloud_api.gateway import feeds
from cloud_api.ledger import lots
from cloud_api.ledger.facts import BookedEarn, Outcome, ReversalFact
from cloud_api.ledger.models import (
    AccountKind,
    EarnStatus,
    PostingKind,
    Reversal,
    ReversalState,
    earn,
    earn_tag,
    posting,
    reversal,
    reversal_tag,
)
from cloud_api.ledger.service import Line, NewPosting, account_id, charge_member, lock_balances, post
from cloud_api.members import former
from cloud_api.stamps.back import take_back_earned
from sync.protocol import FeedKind, OpStatus

DUPLICATE_CANCEL = "duplicate_cancel"
ALREADY_REVERSED = "already_reversed"
WAITING_FOR_SALE = "waiting_for_sale"


def book_reversal(work: Work, fact: ReversalFact) -> Outcome:
    """Takes back the sale's earn, or waits for the sale; one cancel slip acts once (PNT-09, PNT-16)."""
    repeated = work.conn.execute(
        select(reversal.c.reversal_id).where(
            reversal.c.store_id == fact.origin.store_id,
            or_(
                reversal.c.cancel_fingerprint == fact.cancel_fingerprint,
                reversal.c.reversal_id == fact.reversal_id,
            ),
        )
    ).first()
    if repeated is not None:
        return Outcome(OpStatus.REJECTED, DUPLICATE_CANCEL, {"reversal_id": repeated.reversal_id})
    candidates = _find_sale(work, fact)
    open_ones = [row for row in candidates if row.status == EarnStatus.POSTED]
    if candidates and not open_ones:
        return Outcome(OpStatus.REJECTED, ALREADY_REVERSED, {"earn_id": candidates[0].earn_id})
    sale = _the_one(open_ones, fact.amount_won)
    row = _reversal_row(work, fact)
    if sale is None:
        row.state = ReversalState.WAITING.value
        _insert(work, fact, row)
        return Outcome(OpStatus.APPLIED, WAITING_FOR_SALE, {"reversal_id": row.reversal_id, "points": 0})
    _take_back(work, row, sale)
    _insert(work, fact, row)
    body = {
        "reversal_id": row.reversal_id,
        "earn_id": row.earn_id,
        "points": row.points,
        "debt_points": row.debt_points,
    }
    return Outcome(OpStatus.APPLIED, None, body)


def apply_waiting(
    work: Work, store_id: str, earns: Sequence[BookedEarn], tags: Sequence[dict[str, str]]
) -> frozenset[str]:
    """Cancels those of the new earns whose cancel slip came first; returns their ids."""
    waiting = _waiting_for(work, store_id, earns, tags)
    cancelled: set[str] = set()
    for found in waiting:
        matching = [row for row in earns if row.earn_id not in cancelled and _matches(found, row, tags, work)]
        sale = _the_one(matching, found.amount_won)
        if sale is None:
            continue
        row = Reversal(**found._asdict())
        _take_back(work, row, sale, publish=False)
        work.conn.execute(
            update(reversal)
            .where(reversal.c.store_id == store_id, reversal.c.reversal_id == row.reversal_id)
            .values(**row.model_dump(include={"state", "earn_id", "points", "debt_points", "posting_id"}))
        )
        cancelled.add(sale.earn_id)
    return frozenset(cancelled)


def anything_waits(work: Work, store_id: str) -> bool:
    """Nearly never; asked first, because the search by three signs costs more than all else of a push."""
    return bool(work.ask(waits_question(store_id)))


def waits_question(store_id: str) -> Asked:
    """What ``anything_waits`` asks."""
    return Asked(_WAITS, (store_id,))


_WAITS = Statement(
    f"SELECT reversal_id FROM reversal WHERE store_id = $1 AND state = '{ReversalState.WAITING.value}' LIMIT 1"
)


def _waiting_for(
    work: Work, store_id: str, earns: Sequence[BookedEarn], tags: Sequence[dict[str, str]]
) -> Sequence[Any]:
    by_tag = select(reversal_tag.c.reversal_id).where(
        reversal_tag.c.store_id == store_id, reversal_tag.c.tag.in_({item["tag"] for item in tags})
    )
    return work.conn.execute(
        select(reversal)
        .where(reversal.c.store_id == store_id, reversal.c.state == ReversalState.WAITING.value)
        .where(
            or_(
                reversal.c.sale_fingerprint.in_({row.fingerprint for row in earns if row.fingerprint}),
                reversal.c.wanted_earn_id.in_({row.earn_id for row in earns}),
                reversal.c.reversal_id.in_(by_tag),
            )
        )
        .order_by(reversal.c.booked_ms, reversal.c.reversal_id)
    ).all()


def _matches(waiting: Any, row: BookedEarn, tags: Sequence[dict[str, str]], work: Work) -> bool:
    if waiting.wanted_earn_id == row.earn_id:
        return True
    if waiting.sale_fingerprint is not None and waiting.sale_fingerprint == row.fingerprint:
        return True
    wanted = work.conn.execute(
        select(reversal_tag.c.tag).where(
            reversal_tag.c.store_id == waiting.store_id, reversal_tag.c.reversal_id == waiting.reversal_id
        )
    ).scalars()
    mine = {item["tag"] for item in tags if item["earn_id"] == row.earn_id}
    return not mine.isdisjoint(wanted)


def _find_sale(work: Work, fact: ReversalFact) -> Sequence[Any]:
    """The sale's earns by the surest sign that finds any: earn id, fingerprint, approval tags."""
    here = select(earn).where(earn.c.store_id == fact.origin.store_id)
    signs = []
    if fact.earn_id is not None:
        signs.append(here.where(earn.c.earn_id == fact.earn_id))
    if fact.sale_fingerprint is not None:
        signs.append(here.where(earn.c.fingerprint == fact.sale_fingerprint))
    if fact.approval_tags:
        tagged = select(earn_tag.c.earn_id).where(
            earn_tag.c.store_id == fact.origin.store_id, earn_tag.c.tag.in_(fact.approval_tags)
        )
        signs.append(here.where(earn.c.earn_id.in_(tagged)))
    for sign in signs:
        found = work.conn.execute(sign.order_by(earn.c.booked_ms.desc(), earn.c.earn_id.desc())).all()
        if found:
            return found
    return ()


def _the_one(candidates: Sequence[Any], amount_won: int) -> Any | None:
    """The only candidate; of several the only one of that amount. Else None: what is not certain is not guessed."""
    if len(candidates) == 1:
        return candidates[0]
    of_amount = [row for row in candidates if row.paid_won == abs(amount_won)]
    return of_amount[0] if len(of_amount) == 1 else None


def _reversal_row(work: Work, fact: ReversalFact) -> Reversal:
    return Reversal(
        store_id=fact.origin.store_id,
        reversal_id=fact.reversal_id,
        op_id=fact.origin.op_id,
        device_id=fact.origin.device_id,
        actor=fact.origin.actor,
        cancel_fingerprint=fact.cancel_fingerprint,
        sale_fingerprint=fact.sale_fingerprint,
        wanted_earn_id=fact.earn_id,
        amount_won=fact.amount_won,
        state=ReversalState.APPLIED.value,
        occurred_ms=fact.occurred_ms,
        booked_ms=work.now_ms,
    )


def _insert(work: Work, fact: ReversalFact, row: Reversal) -> None:
    work.conn.execute(insert(reversal), [row.model_dump()])
    if row.state == ReversalState.WAITING and fact.approval_tags:
        tags = [
            {"store_id": row.store_id, "tag": tag, "reversal_id": row.reversal_id} for tag in set(fact.approval_tags)
        ]
        work.conn.execute(insert(reversal_tag), tags)


def _take_back(work: Work, row: Reversal, sale: Any, *, publish: bool = True) -> None:
    """Books the reversal of a sale's points and marks the sale; fills in the reversal's row."""
    row.state = ReversalState.APPLIED.value
    row.earn_id = sale.earn_id
    stamps = 0
    if sale.points:
        _take_points(work, row, sale)
    elif sale.posting_id is not None:  # a payment earns points or stamps, never both (PNT-02)
        stamps = take_back_earned(work, sale.posting_id, actor=row.actor, op_id=row.op_id)
    work.conn.execute(
        update(earn)
        .where(earn.c.store_id == sale.store_id, earn.c.earn_id == sale.earn_id)
        .values(status=EarnStatus.REVERSED.value)
    )
    if publish:
        body = {
            "earn_id": sale.earn_id,
            "op_id": row.op_id,
            "status": EarnStatus.REVERSED.value,
            "points": 0,
            "code": None,
        }
        if stamps:
            body["stamps"] = 0
        feeds.publish(work, feeds.store_feed(sale.store_id), FeedKind.EARN, body)


def _take_points(work: Work, row: Reversal, sale: Any) -> None:
    """What expired meanwhile is gone already and becomes no debt: the member could not have spent it (PNT-09,
    PNT-17)."""
    holder = _holder_of(work, sale.posting_id)
    debt_account = account_id(AccountKind.MEMBER_DEBT, holder)
    lock_balances(work, [account_id(AccountKind.MEMBER, holder), debt_account])
    row.points = sale.points - lots.lapsed(work.conn, holder, sale.posting_id, work.now_ms)
    if not row.points:
        return
    uses = lots.take(work.conn, holder, row.points, work.now_ms)
    lines = charge_member(holder, row.points, lots.total(uses))
    row.debt_points = -sum(line.amount for line in lines if line.account_id == debt_account)
    row.posting_id = work.ids.uuid7()
    issuance = Line(account_id(AccountKind.STORE_ISSUANCE, sale.store_id), row.points)
    record = NewPosting(
        posting_id=row.posting_id,
        kind=PostingKind.REVERSAL,
        store_id=sale.store_id,
        member_id=holder,
        actor=row.actor,
        lines=(*lines, issuance),
        op_id=row.op_id,
        fingerprint=sale.fingerprint,
        reverses_id=sale.posting_id,
        uses=uses,
    )
    post(work, [record])
    former.settle(work, record.member_id)


def _holder_of(work: Work, posting_id: str) -> str:
    """Whose points the earn gave: the member's, or a purse's."""
    found: str = work.conn.execute(select(posting.c.member_id).where(posting.c.posting_id == posting_id)).scalar_one()
    return found
