"""Points that no payment earned: of a promotion, of a draw (MEM-20, PNT-14)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import insert

from cloud_api.database import Work
from cloud_api.ledger.lots import expiry_ms
from cloud_api.ledger.models import AccountKind, PostingKind, point_grant
from cloud_api.ledger.purses import open_purses
from cloud_api.ledger.service import Line, NewPosting, account_id, credit_member, lock_balances, post
from cloud_api.stores.earning import holder_at
from cloud_api.stores.service import policy_of


class GrantCause(StrEnum):
    PROMOTION = "promotion"
    DRAW = "draw"


@dataclass(frozen=True)
class NewGrant:
    """``store_id`` issues them. ``valid_days`` None: as long as the brand's points."""

    member_id: str
    store_id: str
    brand_id: str
    points: int
    cause: GrantCause
    cause_id: str
    actor: str
    valid_days: int | None = None


def grant_points(work: Work, wanted: NewGrant) -> str:
    """Books them, into the purse that the store's points lie in; returns the posting's id."""
    holder = holder_at(work.conn, wanted.member_id, wanted.store_id)
    open_purses(work, [holder])
    debt = account_id(AccountKind.MEMBER_DEBT, holder)
    owed = lock_balances(work, [account_id(AccountKind.MEMBER, holder), debt])[debt]
    days = policy_of(work.conn, wanted.brand_id).lot_valid_days if wanted.valid_days is None else wanted.valid_days
    posting_id = work.ids.uuid7()
    issued = Line(account_id(AccountKind.STORE_ISSUANCE, wanted.store_id), -wanted.points)
    record = NewPosting(
        posting_id=posting_id,
        kind=PostingKind.GRANT,
        store_id=wanted.store_id,
        member_id=holder,
        actor=wanted.actor,
        lines=(issued, *credit_member(holder, wanted.points, owed)),
        expires_ms=expiry_ms(work.now_ms, days),
    )
    post(work, [record])
    work.conn.execute(
        insert(point_grant).values(
            posting_id=posting_id,
            member_id=wanted.member_id,
            store_id=wanted.store_id,
            points=wanted.points,
            cause=wanted.cause.value,
            cause_id=wanted.cause_id,
            booked_ms=work.now_ms,
        )
    )
    return posting_id
