"""Telling members that a coupon ends soon (CPN-20, NTF-01)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from cloud_api.clock import DAY_MS
from cloud_api.coupons.models import coupon, coupon_definition
from cloud_api.database import Work
from cloud_api.notices import messages
from rules.calendar import local_day
from rules.coupons import NOTICE_DAYS, CouponState, notice_due
from rules.notices import NoticeKind

BATCH = 500


def tell_ending(work: Work, most: int = BATCH) -> int:
    """One notice for each coupon that is due, at most ``most`` of them; returns how many. Running it again tells
    nobody twice."""
    horizon_ms = work.now_ms + (max(NOTICE_DAYS) + 1) * DAY_MS
    query = (
        select(coupon, coupon_definition.c.name)
        .join(coupon_definition, coupon_definition.c.definition_id == coupon.c.definition_id)
        .where(
            coupon.c.state == CouponState.AVAILABLE.value,
            coupon.c.expires_ms > work.now_ms,
            coupon.c.expires_ms <= horizon_ms,
        )
        .order_by(coupon.c.expires_ms, coupon.c.coupon_id)
    )
    told, today = 0, local_day(work.now_ms)
    bodies: list[dict[str, Any]] = []
    for row in work.conn.execute(query).all():
        last = local_day(row.expires_ms) - timedelta(days=1)
        days = notice_due(last, today, row.told_days)
        if days is None:
            continue
        if told == most:
            break
        work.conn.execute(update(coupon).where(coupon.c.coupon_id == row.coupon_id).values(told_days=days))
        body = {
            "kind": NoticeKind.COUPON_EXPIRY.value,
            "request_id": None,
            "store_id": None,
            "member_id": row.member_id,
            "state": None,
            "coupon_id": row.coupon_id,
            "name": row.name,
            "days": days,
            "expires_ms": row.expires_ms,
            "created_ms": work.now_ms,
        }
        bodies.append(body)
        told += 1
    messages.tell(work, bodies)
    return told
