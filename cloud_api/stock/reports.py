"""Taking in the daily report of a business day, which nobody has to write, and reading reports back (CUP-01 to 14).

Rules: CUP-02, CUP-03, CUP-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.orders.models import order_sum
from cloud_api.stock.facts import Report
from cloud_api.stock.models import daily_report, report_change
from cloud_api.stores.hours import hours_of
from cloud_api.stores.service import lock_store
from rules.calendar import local_day
from rules.consumption import (
    AVERAGE_DAYS,
    Oddity,
    ReportAnswer,
    edit_until_ms,
    judge_report,
    oddities,
    report_rate_bp,
    takeout_gap,
    usual_pieces,
)
from rules.hours import StoreHours
from rules.notices import NoticeKind
from sync.protocol import FeedKind

RATE_DAYS = 182  # CUP-14: six months
HELD_DAYS = 92  # of a snapshot: what a counter's calendar shows and its warnings compare with (CUP-06, CUP-07)


@dataclass(frozen=True)
class Submitted:
    """What became of a number; ``report`` is what stands for the day now, None when nothing does."""

    answer: ReportAnswer
    report: dict[str, Any] | None
    oddities: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.answer in (ReportAnswer.ACCEPTED, ReportAnswer.LATE)


def submit(work: Work, store_id: str, fact: Report, actor: str, op_id: str | None = None) -> Submitted:
    """Books a number for a day. Of two that were written in time the later written one stands, however
    they arrive; a clock that is ahead writes no later than now. What looks odd is said, never refused (CUP-06, CUP-09).
    """
    lock_store(work, store_id)  # two counters may report at once
    hours, written_ms = hours_of(work.conn, store_id), min(fact.written_ms, work.now_ms)
    before = _find(work.conn, store_id, fact.day)
    answer = judge_report(hours, fact.day, fact.pieces, written_ms, reported=before is not None)
    if answer not in (ReportAnswer.ACCEPTED, ReportAnswer.LATE):
        return Submitted(answer, None if before is None else projection(before, hours))
    if before is not None and before.written_ms > written_ms:
        return Submitted(answer, projection(before, hours))
    values = {
        "pieces": fact.pieces,
        "late": answer is ReportAnswer.LATE,
        "version": 1 if before is None else before.version + 1,
        "written_ms": written_ms,
        "actor": actor,
    }
    key = {"store_id": store_id, "day": fact.day.isoformat()}
    if before is None:
        work.conn.execute(insert(daily_report).values(**key, **values, changed_ms=work.now_ms))
    else:
        here = (daily_report.c.store_id == store_id) & (daily_report.c.day == key["day"])
        work.conn.execute(update(daily_report).where(here).values(**values, changed_ms=work.now_ms))
    work.conn.execute(insert(report_change).values(**key, **values, op_id=op_id, arrived_ms=work.now_ms))
    centre.settle(work, store_id, NoticeKind.REPORT_MISSING, key["day"])
    now = _find(work.conn, store_id, fact.day)
    feeds.publish(work, feeds.store_feed(store_id), FeedKind.REPORT, projection(now, hours))
    odd = _oddities(work.conn, store_id, fact)
    _tell_jump(work, store_id, fact, odd)
    return Submitted(answer, projection(now, hours), odd)


def _tell_jump(work: Work, store_id: str, fact: Report, odd: tuple[str, ...]) -> None:
    """Three times the day before, or three tenths of it: the owner and head office look at it, nothing is blocked
    (CUP-10). A number that was mended takes the word back."""
    day = fact.day.isoformat()
    if {Oddity.SURGE.value, Oddity.DROP.value}.isdisjoint(odd):
        centre.settle(work, store_id, NoticeKind.ANOMALY, f"report:{day}")
    else:
        details = {"day": day, "pieces": fact.pieces}
        centre.tell(work, store_id, News(NoticeKind.ANOMALY, f"report:{day}", details))


def _find(conn: Connection, store_id: str, day: date) -> Any | None:
    query = select(daily_report).where(daily_report.c.store_id == store_id, daily_report.c.day == day.isoformat())
    return conn.execute(query).one_or_none()


def projection(row: Any, hours: StoreHours) -> dict[str, Any]:
    """A report as devices and apps see it."""
    return {
        "day": row.day,
        "pieces": row.pieces,
        "late": row.late,
        "version": row.version,
        "written_ms": row.written_ms,
        "actor": row.actor,
        "editable_until_ms": edit_until_ms(hours, date.fromisoformat(row.day)),
    }


def _oddities(conn: Connection, store_id: str, fact: Report) -> tuple[str, ...]:
    day_before = _find(conn, store_id, fact.day - timedelta(days=1))
    before = None if day_before is None else day_before.pieces
    return tuple(found.value for found in oddities(fact.pieces, usual(conn, store_id, fact.day), before))


def usual(conn: Connection, store_id: str, before: date) -> int | None:
    """What the rules call usual on a day, by the reports in time before it (CUP-06)."""
    query = select(daily_report.c.day, daily_report.c.pieces).where(
        daily_report.c.store_id == store_id,
        daily_report.c.day < before.isoformat(),
        daily_report.c.day >= (before - timedelta(days=AVERAGE_DAYS)).isoformat(),
        daily_report.c.late.is_(False),
    )
    return usual_pieces({date.fromisoformat(row.day): row.pieces for row in conn.execute(query)}, before)


def held(conn: Connection, store_id: str, now_ms: int) -> list[dict[str, Any]]:
    """The reports that a counter of the store holds."""
    today = local_day(now_ms)
    return between(conn, store_id, today - timedelta(days=HELD_DAYS), today + timedelta(days=1))


def between(conn: Connection, store_id: str, first: date, last: date) -> list[dict[str, Any]]:
    """The reports of these days, both included, oldest first."""
    query = (
        select(daily_report)
        .where(
            daily_report.c.store_id == store_id,
            daily_report.c.day >= first.isoformat(),
            daily_report.c.day <= last.isoformat(),
        )
        .order_by(daily_report.c.day)
    )
    hours = hours_of(conn, store_id)
    return [projection(row, hours) for row in conn.execute(query)]


def against_take_out(conn: Connection, store_id: str, first: date, last: date) -> list[dict[str, Any]]:
    """Reports of these days beside the take-out orders that were paid through us (CUP-12); only days with either."""
    days = (first.isoformat(), last.isoformat())
    reported = select(daily_report.c.day, daily_report.c.pieces).where(
        daily_report.c.store_id == store_id, daily_report.c.day.between(*days)
    )
    paid = select(order_sum.c.day, func.sum(order_sum.c.take_out)).where(
        order_sum.c.store_id == store_id, order_sum.c.day.between(*days)
    )
    pieces = {row.day: row.pieces for row in conn.execute(reported)}
    taken = {day: int(count) for day, count in conn.execute(paid.group_by(order_sum.c.day)) if count}
    return [
        {
            "day": day,
            "reported": pieces.get(day),
            "take_out": taken.get(day, 0),
            "gap": None if day not in pieces else takeout_gap(pieces[day], taken.get(day, 0)),
        }
        for day in sorted({*pieces, *taken})
    ]


def rate_bp(conn: Connection, store_id: str, now_ms: int, since_ms: int) -> int:
    """Share of business days with a report in time, of six months or since the store is there (CUP-14). Today and the
    days whose window is still open are not missing yet."""
    hours, today = hours_of(conn, store_id), local_day(now_ms)
    first = max(today - timedelta(days=RATE_DAYS), local_day(since_ms))
    days = [first + timedelta(days=ahead) for ahead in range((today - first).days)]
    closed = {day.isoformat() for day in days if hours.on(day) is not None and edit_until_ms(hours, day) < now_ms}
    query = select(daily_report.c.day).where(daily_report.c.store_id == store_id, daily_report.c.late.is_(False))
    reported = {day for (day,) in conn.execute(query.where(daily_report.c.day >= first.isoformat()))}
    return report_rate_bp(len(reported & closed), len(closed))
