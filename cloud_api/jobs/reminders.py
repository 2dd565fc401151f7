"""Reminding stores of a report that is missing, and telling who seems closed (CUP-08, CUP-13, NTF-02, NTF-06)."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import insert, select

from cloud_api.clock import DAY_MS, Clock
from cloud_api.database import Database, Work
from cloud_api.jobs.models import report_reminder
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.stock.models import daily_report
from cloud_api.stores.hours import hours_of
from cloud_api.stores.models import store, store_hours
from rules.calendar import local_day
from rules.consumption import reminder_due, reminders
from rules.notices import NoticeKind

DAYS_BACK = 3  # the last stage comes on the next business day; a longer holiday is reminded of by nobody


def remind(database: Database, clock: Clock) -> int:
    """The newest stage that is due for each store and day, once; returns 0: one pass is all there is."""
    with database.read() as conn:
        stores = conn.execute(select(store_hours.c.store_id).order_by(store_hours.c.store_id)).scalars().all()
    today = local_day(clock())
    for store_id in stores:
        for back in range(DAYS_BACK + 1):
            day = today - timedelta(days=back)
            database.transact(lambda work, where=store_id, when=day: _remind_of(work, where, when))  # type: ignore[misc]
    return 0


def _remind_of(work: Work, store_id: str, day: date) -> None:
    due = reminders(hours_of(work.conn, store_id), day)
    stage = 0 if due is None else reminder_due(due, work.now_ms)
    if due is None or stage == 0 or work.now_ms - due.last_ms > DAY_MS:
        return
    created_ms = work.conn.execute(select(store.c.created_ms).where(store.c.store_id == store_id)).scalar_one()
    reported = select(daily_report.c.day).where(
        daily_report.c.store_id == store_id, daily_report.c.day == day.isoformat()
    )
    if day < local_day(created_ms) or work.conn.execute(reported).one_or_none() is not None:
        return
    told = select(report_reminder.c.stage).where(
        report_reminder.c.store_id == store_id,
        report_reminder.c.day == day.isoformat(),
        report_reminder.c.stage >= stage,
    )
    if work.conn.execute(told).first() is not None:
        return
    values = {"store_id": store_id, "day": day.isoformat(), "stage": stage, "told_ms": work.now_ms}
    work.conn.execute(insert(report_reminder).values(**values))
    details = {"day": day.isoformat(), "stage": stage}
    centre.tell(work, store_id, News(NoticeKind.REPORT_MISSING, day.isoformat(), details))
