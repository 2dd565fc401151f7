"""Telling a store's counters of a coupon that may be printed for its member (STP-04, CPN-18).

Whoever has no phone at hand takes it along on paper, and has it read at a counter (``requests.papers``). The paper is
not the coupon: its code names one that stays its member's, so that a copied paper is used once all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from cloud_api.bulk import insert_rows
from cloud_api.coupons.models import paper_code
from cloud_api.coupons.service import Issued
from cloud_api.database import Work
from cloud_api.devices.models import device
from cloud_api.devices.printing import printing_device
from cloud_api.gateway import feeds
from rules.codes import code_of_id, tail_of
from sync.protocol import FeedKind


class Why(StrEnum):
    """What the coupon was given for."""

    STAMP_TIER = "stamp_tier"
    STAFF = "staff"


@dataclass(frozen=True)
class OnPaper:
    """``device_id``: the counter at which the customer stood, when that is known."""

    coupon: Issued
    earn_id: str | None = None
    device_id: str = ""


def tell(work: Work, store_id: str, wanted: Sequence[OnPaper], why: Why) -> None:
    """One row a coupon in the store's feed; the device that is named in it may print it by itself."""
    codes = [(one.coupon.coupon_id, tail_of(code_of_id(one.coupon.coupon_id))) for one in wanted]
    insert_rows(work, paper_code, ("coupon_id", "tail"), codes)
    usual = None if all(one.device_id for one in wanted) else _usual_printer(work, store_id)
    for one in wanted:
        body = {
            "coupon_id": one.coupon.coupon_id,
            "name": one.coupon.name,
            "condition": one.coupon.condition,
            "expires_ms": one.coupon.expires_ms,
            "issued_ms": one.coupon.issued_ms,
            "why": why.value,
            "earn_id": one.earn_id,
            "print_device": one.device_id or usual,
        }
        feeds.publish(work, feeds.store_feed(store_id), FeedKind.COUPON, body)


def find(conn: Connection, code: str) -> str | None:
    """The id of the coupon whose paper shows this code; None: no paper does."""
    found = conn.execute(select(paper_code.c.coupon_id).where(paper_code.c.tail == tail_of(code)).limit(1))
    coupon_id: str | None = found.scalar_one_or_none()
    return coupon_id


def _usual_printer(work: Work, store_id: str) -> str | None:
    """The device that the store has named for printing, else its only one; two counters would print two papers."""
    named = printing_device(work.conn, store_id)
    if named is not None:
        return named
    alive = device.c.revoked_ms.is_(None) & device.c.suspended_ms.is_(None)
    ids = work.conn.execute(select(device.c.device_id).where(device.c.store_id == store_id, alive).limit(2))
    only = ids.scalars().all()
    return only[0] if len(only) == 1 else None
