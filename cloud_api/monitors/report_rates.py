"""Telling owners that their report rate moved (NTF-03)."""

from __future__ import annotations

from functools import partial

from sqlalchemy import insert, select, update

from cloud_api.clock import Clock
from cloud_api.database import Database, Work
from cloud_api.monitors.models import report_rate_told
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.stock import reports
from cloud_api.stock.rounds import created_ms
from cloud_api.stores.models import store_hours
from rules.calendar import local_day
from rules.monitors import report_rate_moved
from rules.notices import NoticeKind


def tell_rates(database: Database, _clock: Clock) -> int:
    """Each store that has said when it is open, in a transaction of its own; returns 0: one pass is all there is."""
    with database.read() as conn:
        stores = conn.execute(select(store_hours.c.store_id).order_by(store_hours.c.store_id)).scalars().all()
    for store_id in stores:
        database.transact(partial(tell_rate, store_id=store_id))
    return 0


def tell_rate(work: Work, store_id: str) -> None:
    """The first figure is only kept; from then on a move by a percent is told, against what was told last."""
    rate_bp = reports.rate_bp(work.conn, store_id, work.now_ms, created_ms(work.conn, store_id))
    here = report_rate_told.c.store_id == store_id
    before = work.conn.execute(select(report_rate_told.c.rate_bp).where(here)).scalar_one_or_none()
    if before is None:
        work.conn.execute(insert(report_rate_told).values(store_id=store_id, rate_bp=rate_bp, told_ms=work.now_ms))
        return
    if not report_rate_moved(before, rate_bp):
        return
    work.conn.execute(update(report_rate_told).where(here).values(rate_bp=rate_bp, told_ms=work.now_ms))
    details = {"rate_bp": rate_bp, "before_bp": before}
    centre.tell(work, store_id, News(NoticeKind.REPORT_RATE, local_day(work.now_ms).isoformat(), details))
