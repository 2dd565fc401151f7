"""Rounds of cup holders: ordering, receiving, what is left, when to order again (CUP-15 to 24, 26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.notices import centre, settings
from cloud_api.notices.centre import News
from cloud_api.notices.models import notice
from cloud_api.stock import reports
from cloud_api.stock.models import daily_report, stock_round, stock_setting
from cloud_api.stores.models import store
from cloud_api.stores.service import lock_store, profile_of
from cloud_api.stores.states import refuse_if_not_open
from rules.boards import Plan, plan_named
from rules.calendar import local_day
from rules.consumption import consumption_rate_bp
from rules.cupholders import (
    QUICK_PERCENTS,
    THRESHOLD_DEFAULT_PERCENT,
    OrderRounding,
    Round,
    advance_notice_due,
    average_at_threshold,
    expected_days,
    order_quantity_valid,
    proposed_order,
    quick_order,
    taken_off_valid,
    threshold_reached,
    threshold_valid,
)
from rules.notices import NoticeKind
from sync.protocol import FeedKind

CYCLE_DAYS = 14
CYCLE_MAX_DAYS = 90
EXPECTED_DAILY = 100
AHEAD_DAYS = 3  # CUP-28


@dataclass(frozen=True)
class Setting:
    """What a store may choose (CUP-16, CUP-20), and what HQ has contracted with it."""

    threshold_percent: int = THRESHOLD_DEFAULT_PERCENT
    cycle_days: int = CYCLE_DAYS
    expected_daily: int = EXPECTED_DAILY
    contracted: int = 0
    rounding: OrderRounding = OrderRounding.HALF_UP


def setting_of(conn: Connection, store_id: str) -> tuple[Setting, Any | None]:
    """The setting and its row; the defaults and None before anybody has set anything."""
    row = conn.execute(select(stock_setting).where(stock_setting.c.store_id == store_id)).one_or_none()
    if row is None:
        return Setting(), None
    rounding = OrderRounding(row.rounding)
    return Setting(row.threshold_percent, row.cycle_days, row.expected_daily, row.contracted, rounding), row


def change_setting(work: Work, store_id: str, wanted: Setting) -> dict[str, Any]:
    """Replaces the setting. Raises ApiError ``invalid``."""
    bad = [
        name
        for name, good in (
            ("threshold_percent", threshold_valid(wanted.threshold_percent)),
            ("cycle_days", 1 <= wanted.cycle_days <= CYCLE_MAX_DAYS),
            ("expected_daily", wanted.expected_daily > 0),
            ("contracted", wanted.contracted >= 0),
        )
        if not good
    ]
    if bad:
        raise ApiError("invalid", extra={"fields": [{"field": f"body.{name}", "problem": "range"} for name in bad]})
    lock_store(work, store_id)
    _write_setting(work, store_id, wanted)
    return _tell(work, store_id)


def _write_setting(work: Work, store_id: str, wanted: Setting, **more: Any) -> None:
    values = {
        "threshold_percent": wanted.threshold_percent,
        "cycle_days": wanted.cycle_days,
        "expected_daily": wanted.expected_daily,
        "contracted": wanted.contracted,
        "rounding": wanted.rounding.value,
        **more,
    }
    here = update(stock_setting).where(stock_setting.c.store_id == store_id)
    if work.conn.execute(here.values(version=stock_setting.c.version + 1, **values)).rowcount == 0:
        work.conn.execute(insert(stock_setting).values(store_id=store_id, version=1, **values))


def order(work: Work, store_id: str, order_id: str, pieces: int, by: str) -> dict[str, Any]:
    """The next round (CUP-15, CUP-18). The same ``order_id`` again is the same order. The average is worked out anew
    with each order (CUP-22). Raises ApiError ``store_unknown``, ``store_not_open`` (STO-07), ``stock_quantity``,
    ``idempotency_conflict``."""
    if not order_quantity_valid(pieces):
        raise ApiError("stock_quantity")
    lock_store(work, store_id)
    earlier = work.conn.execute(select(stock_round).where(stock_round.c.order_id == order_id)).one_or_none()
    if earlier is not None:
        if (earlier.store_id, earlier.ordered) != (store_id, pieces):
            raise ApiError("idempotency_conflict")
        return overview(work.conn, store_id, work.now_ms)
    profile = profile_of(work.conn, store_id)
    assert profile is not None  # it was locked
    refuse_if_not_open(profile)
    setting, row = setting_of(work.conn, store_id)
    average = _average(work.conn, store_id, setting, work.now_ms)
    kept = None if row is None else row.average
    _write_setting(work, store_id, setting, average=kept if average is None else average)
    last = select(func.coalesce(func.max(stock_round.c.number), 0)).where(stock_round.c.store_id == store_id)
    work.conn.execute(
        insert(stock_round).values(
            store_id=store_id,
            number=work.conn.execute(last).scalar_one() + 1,
            order_id=order_id,
            ordered=pieces,
            ordered_by=by,
            ordered_ms=work.now_ms,
            collected=0,
            soiled=0,
        )
    )
    return _tell(work, store_id)


def receive(work: Work, store_id: str, number: int, pieces: int) -> dict[str, Any]:
    """The goods of a round are here. Raises ApiError ``store_unknown``, ``round_unknown``, ``already_received``."""
    lock_store(work, store_id)
    row = _round(work.conn, store_id, number)
    if row.received is not None:
        if row.received != pieces:
            raise ApiError("already_received")
        return overview(work.conn, store_id, work.now_ms)
    stock = _together(work.conn, store_id).stock + pieces
    _change(work, store_id, number, received=pieces, received_ms=work.now_ms, stock_after_receipt=stock)
    return _tell(work, store_id)


def take_off(work: Work, store_id: str, number: int, *, collected: int, soiled: int) -> dict[str, Any]:
    """Pieces that are gone without having been used; the totals of the round so far (CUP-26).

    Raises ApiError ``store_unknown``, ``round_unknown``, ``stock_quantity`` for more than the round had.
    """
    lock_store(work, store_id)
    row = _round(work.conn, store_id, number)
    if not taken_off_valid(row.received or 0, collected, soiled):
        raise ApiError("stock_quantity")
    _change(work, store_id, number, collected=collected, soiled=soiled)
    return _tell(work, store_id)


def _round(conn: Connection, store_id: str, number: int) -> Any:
    query = select(stock_round).where(stock_round.c.store_id == store_id, stock_round.c.number == number)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise ApiError("round_unknown")
    return row


def _change(work: Work, store_id: str, number: int, **values: Any) -> None:
    here = (stock_round.c.store_id == store_id) & (stock_round.c.number == number)
    work.conn.execute(update(stock_round).where(here).values(**values))


def after_report(work: Work, store_id: str) -> None:
    """The stock changed by a report: devices get the new figures, and low stock is told once a round (CUP-20, 21)."""
    if _last_received(work.conn, store_id) is not None:
        _tell(work, store_id)


def _tell(work: Work, store_id: str) -> dict[str, Any]:
    now = overview(work.conn, store_id, work.now_ms)
    feeds.publish(work, feeds.store_feed(store_id), FeedKind.STOCK, now)
    last = _last_received(work.conn, store_id)
    setting, row = setting_of(work.conn, store_id)
    told = 0 if row is None else row.told_round
    if now["low"] and last is not None and told < last.number:
        _write_setting(work, store_id, setting, told_round=last.number)
        details = {"stock": now["stock"], "proposed_order": now["proposed_order"]}
        centre.tell(work, store_id, News(NoticeKind.LOW_STOCK, str(last.number), details))
    elif not now["low"] and told:
        centre.settle(work, store_id, NoticeKind.LOW_STOCK, str(told))
    if last is not None and not now["low"]:
        _tell_ahead(work, store_id, last.number, now)
    return now


def _tell_ahead(work: Work, store_id: str, number: int, now: dict[str, Any]) -> None:
    """CUP-28: that the stock ends in so many days, once a round, where Plus asked for it."""
    average = now["daily_average"]
    subject = f"ahead:{number}"
    if average is None or not advance_notice_due(now["stock"], average, AHEAD_DAYS):
        return
    profile = profile_of(work.conn, store_id)
    assert profile is not None  # it was locked
    plus = plan_named(profile.plan) is not Plan.BASIC
    wished = bool(settings.setting_of(work.conn, store_id)["advance_orders"])
    told = select(notice.c.notice_id).where(
        notice.c.store_id == store_id, notice.c.kind == NoticeKind.LOW_STOCK.value, notice.c.subject == subject
    )
    if plus and wished and work.conn.execute(told.limit(1)).first() is None:
        details = {"stock": now["stock"], "days": now["expected_days"], "proposed_order": now["proposed_order"]}
        centre.tell(work, store_id, News(NoticeKind.LOW_STOCK, subject, details))


def overview(conn: Connection, store_id: str, now_ms: int) -> dict[str, Any]:
    """Everything a counter or a console shows of the store's cup holders (CUP-14, CUP-17, CUP-19, CUP-23, CUP-24)."""
    setting, row = setting_of(conn, store_id)
    rounds = _rounds(conn, store_id)
    together, last = _together(conn, store_id), _last_received(conn, store_id)
    average = (None if row is None else row.average) or reports.usual(conn, store_id, local_day(now_ms))
    daily = setting.expected_daily if average is None else average
    base = proposed_order(daily, setting.cycle_days, setting.rounding)
    after = 0 if last is None else last.stock_after_receipt
    return {
        "version": 0 if row is None else row.version,
        "contracted": setting.contracted,
        "received": together.received,
        "reported": together.reported,
        "stock": together.stock,
        "over_reported": together.over_reported,
        "stock_rate_bp": together.stock_rate_bp,
        "consumption_rate_bp": consumption_rate_bp(together.reported, together.received),
        "daily_average": average,
        "expected_days": None if average is None else expected_days(together.stock, average),
        "threshold_percent": setting.threshold_percent,
        "stock_after_receipt": after,
        "expected_daily": setting.expected_daily,
        "cycle_days": setting.cycle_days,
        "rounding": setting.rounding.value,
        "low": threshold_reached(together.stock, after, setting.threshold_percent),
        "proposed_order": base,
        "quick_orders": [quick_order(base, percent) for percent in QUICK_PERCENTS],
        "rounds": [_shown(one) for one in rounds],
    }


def _shown(row: Any) -> dict[str, Any]:
    names = ("number", "order_id", "ordered", "ordered_by", "ordered_ms", "received", "received_ms")
    return {name: getattr(row, name) for name in (*names, "collected", "soiled")}


def _rounds(conn: Connection, store_id: str) -> list[Any]:
    query = select(stock_round).where(stock_round.c.store_id == store_id).order_by(stock_round.c.number)
    return list(conn.execute(query))


def _last_received(conn: Connection, store_id: str) -> Any | None:
    """The round whose goods came last."""
    arrived = [row for row in _rounds(conn, store_id) if row.received is not None]
    return max(arrived, key=lambda row: (row.received_ms, row.number), default=None)


def _together(conn: Connection, store_id: str) -> Round:
    """All rounds as one: reports do not say which round a piece was of (CUP-01)."""
    sums = select(
        func.coalesce(func.sum(stock_round.c.received), 0),
        func.coalesce(func.sum(stock_round.c.collected), 0),
        func.coalesce(func.sum(stock_round.c.soiled), 0),
    ).where(stock_round.c.store_id == store_id)
    received, collected, soiled = (int(value) for value in conn.execute(sums).one())
    used = select(func.coalesce(func.sum(daily_report.c.pieces), 0)).where(daily_report.c.store_id == store_id)
    setting, _row = setting_of(conn, store_id)
    return Round(setting.contracted, received, int(conn.execute(used).scalar_one()), collected, soiled)


def _average(conn: Connection, store_id: str, setting: Setting, now_ms: int) -> int | None:
    """Pieces a day since the last receipt: until the day on which the threshold was reached (CUP-22), or until today
    when the store orders before that. None before the first receipt and on its day."""
    last = _last_received(conn, store_id)
    if last is None:
        return None
    first = local_day(last.received_ms)
    query = select(daily_report.c.day, daily_report.c.pieces).where(
        daily_report.c.store_id == store_id, daily_report.c.day >= first.isoformat()
    )
    used, at = 0, last.stock_after_receipt
    for day, pieces in conn.execute(query.order_by(daily_report.c.day)):
        used += pieces
        if threshold_reached(max(at - used, 0), at, setting.threshold_percent):
            days = (date.fromisoformat(day) - first).days + 1
            return average_at_threshold(at, setting.threshold_percent, days)
    days = (local_day(now_ms) - first).days
    return used // days if days > 0 else None


def created_ms(conn: Connection, store_id: str) -> int:
    """Since when the store is there."""
    found: int = conn.execute(select(store.c.created_ms).where(store.c.store_id == store_id)).scalar_one()
    return found
