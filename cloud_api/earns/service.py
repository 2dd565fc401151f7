"""Earning and taking back what a POS maker or a kiosk reports: same book, same receipt, once (PNT-07, 09, 11, 16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from cloud_api.database import Work
from cloud_api.earns.models import direct_op
from cloud_api.errors import ApiError
from cloud_api.integrators import reach
from cloud_api.integrators.keys import Caller
from cloud_api.ledger.earns import WITHDRAWN_REJOIN_BLOCK, book_earns
from cloud_api.ledger.facts import EarnFact, Origin, ReversalFact, SaleSeen
from cloud_api.ledger.models import earn, reversal
from cloud_api.ledger.reversals import book_reversal
from cloud_api.ledger.service import balances
from cloud_api.members import service as members
from cloud_api.stores.earning import holder_at, terms_at
from cloud_api.stores.service import lock_store, policy_of, profile_of, store_key
from cloud_api.vault import Vault
from rules.accrual import accrue
from rules.calendar import local_time
from rules.phone import Phone
from rules.receipts import approval_tag, business_date, fingerprint
from sync.protocol import OpStatus

SOURCE = "pos_api"


@dataclass(frozen=True)
class Sale:
    """A payment as the POS knows it; ``total_won`` is the figure on the receipt when it is not what was paid."""

    store_id: str
    paid_won: int
    total_won: int
    receipt_no: str
    till: str | None
    approval_nos: tuple[str, ...]
    occurred_ms: int
    seen: SaleSeen | None = None


def _earn_op(earn_id: str) -> str:
    return f"api:{earn_id}"


def _cancel_op(earn_id: str) -> str:
    return f"api-cancel:{earn_id}"


def phone_of(conn: Connection, vault: Vault, member_id: str) -> Phone:
    """Raises ApiError ``member_unknown``, ``member_gone``."""
    members.active(conn, vault, member_id)
    return members.numbers_of(conn, vault, [member_id])[0].phone


def book(work: Work, vault: Vault, caller: Caller, phone: Phone, sale: Sale) -> dict[str, Any]:
    """Books the sale's points; an unknown number becomes a member (MEM-01).

    The receipt is the one that a counter of the store would have read: whoever comes first earns. Raises ApiError
    ``store_unknown``, ``rejoin_blocked`` or ``receipt_used``.
    """
    lock_store(work, sale.store_id)  # its sales and cancels are in one order, whoever reports them
    profile = profile_of(work.conn, sale.store_id)
    assert profile is not None, "it was locked"
    policy, terms = policy_of(work.conn, profile.brand_id), terms_at(work.conn, sale.store_id)
    key = store_key(work.conn, vault, sale.store_id)
    tags = tuple(approval_tag(key, number) for number in sale.approval_nos)
    earn_id = work.ids.uuid7()
    fact = EarnFact(
        origin=_origin(work, caller, _earn_op(earn_id), sale.store_id, earn_id),
        earn_id=earn_id,
        phone=phone,
        fingerprint=fingerprint(
            key,
            date=business_date(local_time(sale.occurred_ms)),
            receipt_no=sale.receipt_no,
            till=sale.till,
            total_won=sale.total_won,
            approval_tags=tags,
            text_digest="",
        ),
        approval_tags=tags,
        receipt_no=sale.receipt_no,
        till=sale.till,
        paid_won=sale.paid_won,
        points=accrue(sale.paid_won, policy.accrual).points,
        source=SOURCE,
        occurred_ms=sale.occurred_ms,
        sale=sale.seen,
    )
    (outcome,) = book_earns(work, vault, policy, sale.store_id, [fact], terms)
    if outcome.code == WITHDRAWN_REJOIN_BLOCK:
        raise ApiError("rejoin_blocked")
    came = outcome.body or {}
    if outcome.status is OpStatus.REJECTED:
        raise ApiError("receipt_used", extra={"earn_id": came["earn_id"]})
    made = show(work.conn, earn_id, work.now_ms)
    reach.meet(work, caller, made["member_id"])
    return made | ({"stamps": came["stamps"]} if "stamps" in came else {})


def _origin(work: Work, caller: Caller, op_id: str, store_id: str, earn_id: str) -> Origin:
    values = {"op_id": op_id, "key_id": caller.key_id, "store_id": store_id, "earn_id": earn_id}
    work.conn.execute(insert(direct_op).values(called_ms=work.now_ms, **values))
    return Origin(op_id, "", store_id, f"app:{caller.key_id}")


def cancel(work: Work, caller: Caller, earn_id: str) -> dict[str, Any]:
    """Takes back what the sale earned; what was spent meanwhile becomes a debt. Again: the same answer.

    Raises ApiError ``earn_unknown``.
    """
    row = _find(work.conn, earn_id)
    lock_store(work, row.store_id)  # its slip may be on the way as well
    done = select(direct_op.c.op_id).where(direct_op.c.op_id == _cancel_op(earn_id))
    if work.conn.execute(done).one_or_none() is None:
        fact = ReversalFact(
            origin=_origin(work, caller, _cancel_op(earn_id), row.store_id, earn_id),
            reversal_id=work.ids.uuid7(),
            cancel_fingerprint=_cancel_op(earn_id),
            sale_fingerprint=None,
            approval_tags=(),
            amount_won=row.paid_won,
            earn_id=earn_id,
            occurred_ms=work.now_ms,
        )
        book_reversal(work, fact)  # refused when the counter's own slip came first: then it is taken back as well
    back = _taken_back(work.conn, row.store_id, earn_id)
    return show(work.conn, earn_id, work.now_ms) | {"points_taken_back": back.points, "debt_points": back.debt_points}


def _taken_back(conn: Connection, store_id: str, earn_id: str) -> Any:
    here = select(reversal.c.points, reversal.c.debt_points).where(reversal.c.store_id == store_id)
    ours = conn.execute(here.where(reversal.c.cancel_fingerprint == _cancel_op(earn_id))).one_or_none()
    return ours or conn.execute(here.where(reversal.c.earn_id == earn_id)).one()


def show(conn: Connection, earn_id: str, now_ms: int) -> dict[str, Any]:
    """The earn as it stands, with what its member can spend at that store. Raises ApiError ``earn_unknown``."""
    row = _find(conn, earn_id)
    now = balances(conn, holder_at(conn, row.member_id, row.store_id), now_ms)
    names = ("earn_id", "store_id", "member_id", "receipt_no", "till", "paid_won", "status", "occurred_ms", "booked_ms")
    shown = {name: getattr(row, name) for name in names}
    return shown | {"points": row.points, "points_balance": now.balance}


def _find(conn: Connection, earn_id: str) -> Any:
    row = conn.execute(
        select(earn)
        .join(direct_op, (direct_op.c.store_id == earn.c.store_id) & (direct_op.c.earn_id == earn.c.earn_id))
        .where(direct_op.c.op_id == _earn_op(earn_id))
    ).one_or_none()
    if row is None:
        raise ApiError("earn_unknown")
    return row
