"""Counts what happened since the last run, and warns of a figure that passes its bound (APR-11, 21 to 23, 26; NTF-07).

Every run takes what waits and nothing else, so its work is what happened and not what was kept. A figure is warned of
once in its period: a day for recoveries, a month for shares of thirty days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from cloud_api.database import Work
from cloud_api.monitors.events import What
from cloud_api.monitors.models import monitor_count, monitor_coupon, monitor_event, monitor_warning
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from rules import monitors
from rules.calendar import local_day
from rules.monitors import WINDOW_DAYS, Level
from rules.notices import NoticeKind

EVENTS_AT_ONCE = 500


@dataclass(frozen=True)
class Figure:
    """How one figure of a store stands: ``count`` of ``of`` since ``since``; ``of`` 0 where it is no share."""

    name: NoticeKind
    level: Level
    count: int
    of: int
    since: date


def count_some(work: Work, most: int = EVENTS_AT_ONCE) -> int:
    """Counts the oldest events, judges the stores they are of; how many were counted."""
    rows = work.conn.execute(select(monitor_event).order_by(monitor_event.c.event_id).limit(most)).all()
    if not rows:
        return 0
    gone = delete(monitor_event).where(monitor_event.c.event_id.in_([row.event_id for row in rows]))
    if work.conn.execute(gone).rowcount != len(rows):
        return 0  # another process had them; what it left is found by the next run
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        counts[row.store_id, local_day(row.at_ms).isoformat(), row.what] += row.amount
    for (store_id, day, what), n in sorted(counts.items()):
        _add(work, store_id, day, what, n)
    for row in rows:
        if row.coupon_id is not None:
            _follow_coupon(work, row)
    for store_id in sorted({row.store_id for row in rows}):
        _judge(work, store_id)
    return len(rows)


def _add(work: Work, store_id: str, day: str, what: str, n: int) -> None:
    here = (monitor_count.c.store_id == store_id) & (monitor_count.c.day == day) & (monitor_count.c.what == what)
    if work.conn.execute(update(monitor_count).where(here).values(n=monitor_count.c.n + n)).rowcount == 0:
        work.conn.execute(insert(monitor_count).values(store_id=store_id, day=day, what=what, n=n))


def _follow_coupon(work: Work, event: Any) -> None:
    """APR-23: one coupon that goes back and forth."""
    here = monitor_coupon.c.coupon_id == event.coupon_id
    if event.what in (What.RECOVERED, What.CANCELLED):
        again = update(monitor_coupon).where(here).values(recovered=monitor_coupon.c.recovered + 1)
        if work.conn.execute(again).rowcount == 0:
            values = {"coupon_id": event.coupon_id, "store_id": event.store_id, "recovered": 1, "approved_again": 0}
            work.conn.execute(insert(monitor_coupon).values(**values))
        return
    if event.what not in (What.APPROVED, What.AUTO_APPROVED) or event.amount < 0:
        return
    again = update(monitor_coupon).where(here).values(approved_again=monitor_coupon.c.approved_again + 1)
    row = work.conn.execute(again.returning(*monitor_coupon.c)).one_or_none()
    if row is None or row.flagged_ms is not None or monitors.same_coupon(row.approved_again) is not Level.NOTIFY:
        return
    work.conn.execute(update(monitor_coupon).where(here).values(flagged_ms=work.now_ms))
    details = {"coupon_id": row.coupon_id, "recovered": row.recovered, "approved_again": row.approved_again}
    centre.tell(work, event.store_id, News(NoticeKind.SAME_COUPON, row.coupon_id, details))


# How a store stands --------------------------------------------------------------------------------------------------


def figures(conn: Connection, store_id: str, now_ms: int) -> list[Figure]:
    """Every monitored figure of the store, as counted so far."""
    today = local_day(now_ms)
    first = today - timedelta(days=WINDOW_DAYS - 1)
    found = counted(conn, store_id, first)
    rejected = sum(n for what, n in found.items() if what.startswith(What.REJECTED))
    automatic, by_hand = found[What.AUTO_APPROVED], found[What.APPROVED]
    approvals = automatic + by_hand
    back = counted(conn, store_id, today)
    back_today = back[What.RECOVERED] + back[What.CANCELLED]
    requests, cancelled = found[What.REQUESTED], found[What.CANCELLED]
    kinds = NoticeKind
    return [
        Figure(kinds.MANY_REJECTIONS, monitors.rejections(rejected, requests), rejected, requests, first),
        Figure(kinds.SLOW_APPROVAL, monitors.auto_approvals(automatic, approvals), automatic, approvals, first),
        Figure(kinds.MANY_CANCELS, monitors.cancel_requests(cancelled, approvals), cancelled, approvals, first),
        Figure(kinds.MANY_RECOVERIES, monitors.recoveries(back_today), back_today, 0, today),
    ]


def counted(conn: Connection, store_id: str, first: date) -> Counter[str]:
    """What happened since that day, by what it was."""
    query = (
        select(monitor_count.c.what, func.sum(monitor_count.c.n))
        .where(monitor_count.c.store_id == store_id, monitor_count.c.day >= first.isoformat())
        .group_by(monitor_count.c.what)
    )
    return Counter({what: int(n) for what, n in conn.execute(query)})


def _judge(work: Work, store_id: str) -> None:
    today = local_day(work.now_ms)
    for figure in figures(work.conn, store_id, work.now_ms):
        period = today if figure.name is NoticeKind.MANY_RECOVERIES else today.replace(day=1)
        if figure.level is Level.NOTIFY and _first_warning(work, store_id, figure.name, period):
            details = {"times": figure.count, "of": figure.of, "since": figure.since.isoformat()}
            centre.tell(work, store_id, News(figure.name, period.isoformat(), details))


def _first_warning(work: Work, store_id: str, name: NoticeKind, period: date) -> bool:
    key = {"store_id": store_id, "figure": name.value, "period": period.isoformat()}
    here = [monitor_warning.c[column] == value for column, value in key.items()]
    if work.conn.execute(select(monitor_warning.c.figure).where(*here)).first() is not None:
        return False
    work.conn.execute(insert(monitor_warning).values(**key, warned_ms=work.now_ms))
    return True


def flagged_coupons(conn: Connection, store_id: str) -> list[str]:
    """Coupons of the store that somebody should look into (APR-23), the newest first."""
    query = select(monitor_coupon.c.coupon_id).where(
        monitor_coupon.c.store_id == store_id, monitor_coupon.c.flagged_ms.is_not(None)
    )
    return list(conn.execute(query.order_by(monitor_coupon.c.flagged_ms.desc())).scalars())


def warned_stores(conn: Connection, now_ms: int) -> dict[str, list[str]]:
    """Stores with a warning of this month or of today, and of what."""
    month = local_day(now_ms).replace(day=1).isoformat()
    query = select(monitor_warning).where(monitor_warning.c.period >= month)
    found: dict[str, list[str]] = {}
    for row in conn.execute(query.order_by(monitor_warning.c.store_id, monitor_warning.c.warned_ms)):
        daily_and_over = row.figure == NoticeKind.MANY_RECOVERIES and row.period != local_day(now_ms).isoformat()
        if not daily_and_over and row.figure not in found.setdefault(row.store_id, []):
            found[row.store_id].append(row.figure)
    return {store_id: names for store_id, names in found.items() if names}
