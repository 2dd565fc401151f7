"""What a consumer is told when a store said no: sorry, why, and where the reward is good now (APR-09, Ambiguity A2)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from cloud_api.coupons.models import coupon, coupon_definition
from cloud_api.stores.earning import holder_at
from rules.requests import RejectReason, RequestKind, RequestState

_WHY = {
    RejectReason.OUT_OF_STOCK: ("재고가 떨어져", "it is out of stock"),
    RejectReason.OUT_OF_HOURS: ("영업시간이 아니라서", "the store is closed"),
    RejectReason.CONDITION_MISMATCH: ("사용 조건에 맞지 않아", "its conditions are not met"),
}
_ANYWHERE = (
    "다시 돌려드렸으니 다른 매장에서도 쓸 수 있어요.",
    "You have it back and may use it at another store too.",
)
_HERE = (
    "다시 돌려드렸으니 나중에 이 매장에서 쓰거나 직원에게 물어봐 주세요.",
    "You have it back. Please try again later in this store, or ask its staff.",
)
_NOTHING_HELD = ("직원에게 물어봐 주세요.", "Please ask the staff.")


def rejection(conn: Connection, row: Any) -> dict[str, str] | None:
    """The message in Korean and English; None for a request that was not rejected."""
    if row.state != RequestState.REJECTED:
        return None
    if row.reason == RejectReason.OTHER or row.reason is None:
        why = (f"‘{row.reason_text}’ 때문에", f"the store says “{row.reason_text}”")
    else:
        why = _WHY[RejectReason(row.reason)]
    korean, english = _advice(conn, row)
    return {
        "ko": f"죄송해요. {why[0]} 이번에는 사용할 수 없어요. {korean}",
        "en": f"We are sorry: {why[1]}. {english}",
    }


def _advice(conn: Connection, row: Any) -> tuple[str, str]:
    if row.kind == RequestKind.COUPON:
        query = (
            select(coupon_definition.c.store_id)
            .join(coupon, coupon.c.definition_id == coupon_definition.c.definition_id)
            .where(coupon.c.coupon_id == row.coupon_id)
        )
        return _ANYWHERE if conn.execute(query).scalar_one() is None else _HERE
    if row.kind == RequestKind.POINTS:
        own_purse = holder_at(conn, row.member_id, row.store_id).endswith(row.store_id)
        return _HERE if own_purse else _ANYWHERE
    return _NOTHING_HELD
