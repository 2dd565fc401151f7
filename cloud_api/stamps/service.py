"""Cards of members: opening one, looking at it, stamps that no payment earns, and stamps that a store approves
(STP-17, 18, 20, 23; MEM-31)."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.facts import Origin
from cloud_api.ledger.models import AccountKind, account, lot, purse
from cloud_api.ledger.purses import open_purses, stamps_holder
from cloud_api.ledger.service import account_id, post
from cloud_api.members.former import refuse_former
from cloud_api.members.models import member
from cloud_api.stamps.earning import Cause, Stamping, day_of
from cloud_api.stamps.models import stamp_grant, stamp_tier
from cloud_api.stores.earning import Terms, terms_at
from rules.boards import StampCause, StampMedium, board_of
from rules.earning import EarningMethod
from rules.stamps import StampGrant, StampReason


def card_terms(conn: Connection, store_id: str) -> Terms:
    """What holds in a store that gives stamps. Raises ApiError ``no_stamps_here``."""
    here = terms_at(conn, store_id)
    if here is None or not here.stamps_on:
        raise ApiError("no_stamps_here")
    return here


def open_card(work: Work, store_id: str, member_id: str) -> dict[str, Any]:
    """The member's card of that store, made when it is the first time (MEM-31, STP-18); opening it twice is fine.
    Raises ApiError ``no_stamps_here``, ``member_unknown``, ``member_gone``."""
    terms = card_terms(work.conn, store_id)
    _grade(work.conn, terms, member_id)
    refuse_former(work.conn, member_id)
    open_purses(work, [_holder(terms, member_id, store_id)])
    return card_at(work.conn, terms, store_id, member_id, work.now_ms)


def card_at(conn: Connection, terms: Terms, store_id: str, member_id: str, now_ms: int) -> dict[str, Any]:
    """How the member's card of that store stands."""
    card = terms.program.card
    assert card is not None, "a programme of stamps has a card"
    purse_id = _holder(terms, member_id, store_id)
    boards = select(account.c.balance).where(account.c.account_id == account_id(AccountKind.MEMBER_BOARDS, purse_id))
    full = conn.execute(boards).scalar_one_or_none()
    lots = conn.execute(
        select(lot.c.expires_ms, lot.c.remaining)
        .where(lot.c.member_id == purse_id, lot.c.remaining > 0, lot.c.expires_ms > now_ms)
        .order_by(lot.c.expires_ms)
    ).all()
    total = (full or 0) + sum(row.remaining for row in lots)
    board = board_of(card, total)
    paid = conn.execute(
        select(stamp_tier).where(stamp_tier.c.purse_id == purse_id).order_by(stamp_tier.c.board, stamp_tier.c.stamps)
    )
    return {
        "store_id": store_id,
        "opened": full is not None,
        "total": total,
        "board": board.number,
        "on_board": board.stamps,
        "per_board": card.per_board,
        "tiers": list(card.tiers),
        "boards_max": card.boards_max,
        "template": card.template,
        "next_expiry_ms": lots[0].expires_ms if lots and card.valid_days is not None else None,
        "rewards": [{"board": row.board, "stamps": row.stamps, "coupon_id": row.coupon_id} for row in paid],
    }


def cards_of(conn: Connection, member_id: str) -> list[dict[str, Any]]:
    """Every card that the member has, with its stamps."""
    query = select(purse).where(purse.c.member_id == member_id, purse.c.unit == EarningMethod.STAMP.value)
    found = []
    for row in conn.execute(query.order_by(purse.c.opened_ms, purse.c.purse_id)):
        names = [account_id(kind, row.purse_id) for kind in (AccountKind.MEMBER_STAMPS, AccountKind.MEMBER_BOARDS)]
        balances = dict(
            conn.execute(select(account.c.account_id, account.c.balance).where(account.c.account_id.in_(names))).all()
        )
        found.append(
            {
                "place_id": row.place_id,
                "opened_ms": row.opened_ms,
                "on_open_board": balances.get(names[0], 0),
                "on_full_boards": balances.get(names[1], 0),
            }
        )
    return found


def attend(work: Work, store_id: str, member_id: str, actor: str) -> dict[str, Any]:
    """One stamp a business day for coming, however often it is asked (STP-23). Raises ApiError ``no_stamps_here``,
    ``member_unknown``, ``member_gone``."""
    terms = card_terms(work.conn, store_id)
    grade = _grade(work.conn, terms, member_id)
    refuse_former(work.conn, member_id)
    today = day_of(terms, work.now_ms)
    stamping = Stamping(work, terms, store_id, [member_id], [work.now_ms])  # its lock: two calls at once take turns
    came = select(stamp_grant.c.posting_id).where(
        stamp_grant.c.purse_id == _holder(terms, member_id, store_id),
        stamp_grant.c.day == today,
        stamp_grant.c.cause == StampCause.EVENT.value,
    )
    known = work.conn.execute(came).first() is not None
    cause = Cause(
        Origin("", "", store_id, actor),
        StampCause.EVENT,
        StampMedium.AUTO_EARN,
        member_id,
        work.now_ms,
        grade=grade,
    )
    grant = StampGrant(0 if known else 1, StampReason.DAY_CAP if known else StampReason.EARNED, 0 if known else 1)
    return _book(work, stamping, member_id, cause, grant)


def give_requested(
    work: Work, *, request_id: str, store_id: str, member_id: str, paid_won: int | None, actor: str, op_id: str | None
) -> int:
    """Stamps that a store approved (STP-17): by the rules for the payment that was named, for an ordinary one where
    none was. Caps hold here as well. Nothing where the store gives no stamps any more."""
    terms = terms_at(work.conn, store_id)
    if terms is None or not terms.stamps_on:
        return 0
    rules = terms.program.stamps
    assert rules is not None, "a programme of stamps has rules"
    stamping = Stamping(work, terms, store_id, [member_id], [work.now_ms])
    cause = Cause(
        Origin(op_id or "", "", store_id, actor),
        StampCause.CONDITION,
        StampMedium.AUTO_EARN,
        member_id,
        work.now_ms,
        max(rules.minimum_won, rules.per_won, 1) if paid_won is None else paid_won,
        grade=_grade(work.conn, terms, member_id),
        request_id=request_id,
    )
    return int(_book(work, stamping, member_id, cause)["stamps"])


def _book(
    work: Work, stamping: Stamping, member_id: str, cause: Cause, grant: StampGrant | None = None
) -> dict[str, Any]:
    given = stamping.earn(cause) if grant is None else stamping.give(cause, stamping.fitting(member_id, grant))
    post(work, stamping.postings, beside=(stamping.rows,))
    stamping.pay([(member_id, given)])
    return stamping.shown(given)


def _holder(terms: Terms, member_id: str, store_id: str) -> str:
    return stamps_holder(member_id, terms.program.scope, terms.brand_id, store_id)


def _grade(conn: Connection, terms: Terms, member_id: str) -> str | None:
    """The member's grade in the brand. Raises ApiError ``member_unknown``."""
    row = conn.execute(select(member.c.grades).where(member.c.member_id == member_id)).one_or_none()
    if row is None:
        raise ApiError("member_unknown")
    written: dict[str, str] = json.loads(row.grades) if row.grades else {}
    grade = terms.program.grade(written.get(terms.brand_id))
    return None if grade is None else grade.code
