"""Telling stores that the time of an order is near: those that want it, with Plus (NTF-11, ORD-10)."""

from __future__ import annotations

from sqlalchemy import exists, select, text

from cloud_api.database import Work
from cloud_api.notices import centre
from cloud_api.notices.centre import Audience, News
from cloud_api.notices.models import notice, notice_setting
from cloud_api.orders.models import OPEN, customer_order
from cloud_api.stores.models import store
from rules.boards import Plan, plan_named
from rules.notices import NoticeKind, told_in_advance
from rules.waiting import MAKING_LEAD_MS

BATCH = 200
_C = customer_order.c


def tell_due(work: Work, most: int = BATCH) -> int:
    """One notice for each accepted order that now comes to those that are being made, once in its life; returns how
    many. It goes by itself when the order is ready or cancelled."""
    told = exists().where(
        notice.c.audience == Audience.STORE.value,
        notice.c.store_id == _C.store_id,
        notice.c.kind == NoticeKind.ORDER_DUE.value,
        notice.c.subject == _C.order_id,
    )
    plus = [plan.value for plan in Plan if told_in_advance(True, plus=plan_named(plan) is not Plan.BASIC)]
    query = (
        select(_C.order_id, _C.store_id, _C.number, _C.due_ms)
        .join(store, store.c.store_id == _C.store_id)
        .join(notice_setting, notice_setting.c.store_id == _C.store_id)
        .where(
            text(OPEN),
            notice_setting.c.advance_orders,
            store.c.plan.in_(plus),
            _C.due_ms > work.now_ms,
            _C.due_ms <= work.now_ms + MAKING_LEAD_MS,
            ~told,
        )
        .order_by(_C.due_ms, _C.order_id)
        .limit(most)
    )
    rows = work.conn.execute(query).all()
    for row in rows:
        details = {"order_id": row.order_id, "number": row.number, "due_ms": row.due_ms}
        centre.tell(work, row.store_id, News(NoticeKind.ORDER_DUE, row.order_id, details))
    return len(rows)
