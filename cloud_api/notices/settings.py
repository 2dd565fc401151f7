"""What a store wants in its bell (NTF-11). Everything is kept all the same; a counter shows what is wanted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.notices.models import notice_setting
from cloud_api.stores.service import lock_store, profile_of
from rules.boards import Plan, plan_named
from rules.notices import NoticeKind, Priority, priority
from sync.protocol import FeedKind


@dataclass(frozen=True)
class Setting:
    """``advance_orders``: to be told before an order is due, which comes with Plus and above."""

    switched_off: frozenset[NoticeKind] = frozenset()
    advance_orders: bool = False


def setting_of(conn: Connection, store_id: str) -> dict[str, Any]:
    """As counters and consoles get it; everything is wanted until somebody has said otherwise."""
    row = conn.execute(select(notice_setting).where(notice_setting.c.store_id == store_id)).one_or_none()
    if row is None:
        return {"version": 0, "switched_off": [], "advance_orders": False}
    return {
        "version": row.version,
        "switched_off": json.loads(row.switched_off),
        "advance_orders": row.advance_orders,
    }


def change(work: Work, store_id: str, wanted: Setting) -> dict[str, Any]:
    """Replaces it; the store's counters hear of it. Raises ApiError ``store_unknown``, ``notice_needed``,
    ``plan_needed``."""
    lock_store(work, store_id)
    if any(priority(kind) is Priority.HIGH for kind in wanted.switched_off):
        raise ApiError("notice_needed")
    profile = profile_of(work.conn, store_id)
    assert profile is not None, "it is locked"
    if wanted.advance_orders and plan_named(profile.plan) is Plan.BASIC:
        raise ApiError("plan_needed")
    values = {
        "switched_off": json.dumps(sorted(kind.value for kind in wanted.switched_off)),
        "advance_orders": wanted.advance_orders,
        "changed_ms": work.now_ms,
    }
    here = update(notice_setting).where(notice_setting.c.store_id == store_id)
    if work.conn.execute(here.values(version=notice_setting.c.version + 1, **values)).rowcount == 0:
        work.conn.execute(insert(notice_setting).values(store_id=store_id, version=1, **values))
    now = setting_of(work.conn, store_id)
    feeds.publish(work, feeds.store_feed(store_id), FeedKind.NOTICE_SETTING, now)
    return now
