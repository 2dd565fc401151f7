"""Reading the book back: a member's entries and a store's sums."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from cloud_api.coupons.models import coupon
from cloud_api.devices.models import device
from cloud_api.ledger.models import AccountKind, Earn, PostingKind, Reversal, account, earn, entry, posting, reversal
from cloud_api.ledger.purses import holders_of
from cloud_api.ledger.service import account_id
from rules.coupons import CouponState


def entries_of_member(
    conn: Connection, member_id: str, *, limit: int, before: str | None, within: Select[Any] | None = None
) -> list[dict[str, Any]]:
    """Newest first, with the roads back: operation, request, receipt, who. ``within`` selects the stores it is about;
    None: all."""
    names = [account_id(kind, holder) for holder in holders_of(conn, member_id) for kind in _OF_MEMBERS]
    query = (
        select(entry, posting, account.c.kind.label("account_kind"))
        .join(posting, posting.c.posting_id == entry.c.posting_id)
        .join(account, account.c.account_id == entry.c.account_id)
        .where(entry.c.account_id.in_(names))
        .order_by(entry.c.posting_id.desc(), entry.c.line)
        .limit(limit)
    )
    if before is not None:
        query = query.where(entry.c.posting_id < before)
    if within is not None:
        query = query.where(posting.c.store_id.in_(within))
    return [
        {
            "posting_id": row.posting_id,
            "kind": row.kind,
            "account": row.account_kind,
            "amount": row.amount,
            "at_ms": row.booked_ms,
            "store_id": row.store_id,
            "op_id": row.op_id,
            "request_id": row.request_id,
            "fingerprint": row.fingerprint,
            "reverses_id": row.reverses_id,
            "actor": row.actor,
        }
        for row in conn.execute(query)
    ]


_OF_MEMBERS = (
    AccountKind.MEMBER,
    AccountKind.MEMBER_HOLD,
    AccountKind.MEMBER_DEBT,
    AccountKind.MEMBER_STAMPS,
    AccountKind.MEMBER_BOARDS,
)


def sums_of_store(conn: Connection, store_id: str) -> dict[str, Any]:
    """What a store gave, took back and took in, and how far its devices have come."""
    by_kind = {
        row.kind: int(row.total)
        for row in conn.execute(
            select(posting.c.kind, func.sum(entry.c.amount).label("total"))
            .join(entry, entry.c.posting_id == posting.c.posting_id)
            .where(posting.c.store_id == store_id)
            .where(
                entry.c.account_id.in_(
                    [
                        account_id(AccountKind.STORE_ISSUANCE, store_id),
                        account_id(AccountKind.STORE_REDEMPTION, store_id),
                    ]
                )
            )
            .group_by(posting.c.kind)
        )
    }
    entries_sum = conn.execute(
        select(func.coalesce(func.sum(entry.c.amount), 0))
        .join(posting, posting.c.posting_id == entry.c.posting_id)
        .where(posting.c.store_id == store_id)
    ).scalar_one()
    used = select(func.count()).where(coupon.c.used_store_id == store_id, coupon.c.state == CouponState.USED.value)
    devices = conn.execute(select(device.c.device_id, device.c.last_seq).where(device.c.store_id == store_id))
    captured = by_kind.get(PostingKind.CAPTURE, 0) + by_kind.get(PostingKind.SPEND, 0)
    returned = -by_kind.get(PostingKind.RETURN, 0)
    loss = account_id(AccountKind.OFFLINE_LOSS, store_id)
    lost = -conn.execute(select(account.c.balance).where(account.c.account_id == loss)).scalar_one()
    return {
        "points_issued": -by_kind.get(PostingKind.EARN, 0),
        "points_reversed": by_kind.get(PostingKind.REVERSAL, 0),
        "points_captured": captured - returned,
        "points_returned": returned,
        "offline_loss_points": lost,
        "coupons_used": conn.execute(used).scalar_one(),
        "earns": _count(conn, Earn, store_id),
        "reversals": _count(conn, Reversal, store_id),
        "ops_by_device": {row.device_id: row.last_seq for row in devices},
        "entries_sum": int(entries_sum),
    }


def _count(conn: Connection, model: type[Earn] | type[Reversal], store_id: str) -> int:
    source = earn if model is Earn else reversal
    found: int = conn.execute(
        select(func.count()).select_from(source).where(source.c.store_id == store_id)
    ).scalar_one()
    return found
