"""Stores that seem closed, and those whose thirty days of leaving are over (CUP-13, STO-14, RBA-16)."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cloud_api.clock import Clock
from cloud_api.database import Database, Work
from cloud_api.ledger.models import earn
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.requests.models import request
from cloud_api.staff import service as staff
from cloud_api.stock.models import daily_report
from cloud_api.stores import applications, details, states
from cloud_api.stores.models import store
from cloud_api.stores.states import CLOCK
from rules.calendar import local_day, moment_ms
from rules.consumption import SUSPECTED_CLOSURE_DAYS, suspected_closure
from rules.notices import NoticeKind
from rules.stores import StoreState

REASON = "7일 동안 소진 보고와 이용이 없습니다"
_WATCHED = (StoreState.APPROVED.value, StoreState.SUSPECTED_CLOSED.value)


def suspect(database: Database, clock: Clock) -> int:
    """Marks the stores that were silent for seven days, and unmarks those that are back; returns 0."""
    with database.read() as conn:
        query = select(store.c.store_id).where(store.c.state.in_(_WATCHED)).order_by(store.c.store_id)
        stores = conn.execute(query).scalars().all()
        changes = [which for which in stores if _other_state(conn, which, clock()) is not None]
    for store_id in changes:
        database.transact(lambda work, which=store_id: _mark(work, which))  # type: ignore[misc]
    return 0


def _mark(work: Work, store_id: str) -> None:
    to = _other_state(work.conn, store_id, work.now_ms)
    if to is None:
        return
    closed = to is StoreState.SUSPECTED_CLOSED
    states.move(work, store_id, to, REASON if closed else "", CLOCK)
    if not closed:
        centre.settle(work, store_id, NoticeKind.SUSPECTED_CLOSURE, "")
    else:
        centre.tell(work, store_id, News(NoticeKind.SUSPECTED_CLOSURE, "", {"days": SUSPECTED_CLOSURE_DAYS}))


def _other_state(conn: Connection, store_id: str, now_ms: int) -> StoreState | None:
    """The state that the store should have instead of the one it has; None: it has the right one."""
    row = conn.execute(select(store.c.state, store.c.created_ms).where(store.c.store_id == store_id)).one()
    silent = suspected_closure(_silent_days(conn, store_id, row.created_ms, now_ms))
    match StoreState(row.state):
        case StoreState.APPROVED if silent:
            return StoreState.SUSPECTED_CLOSED
        case StoreState.SUSPECTED_CLOSED if not silent:
            return StoreState.APPROVED
    return None


def _silent_days(conn: Connection, store_id: str, created_ms: int, now_ms: int) -> int:
    """Whole days in a row, up to yesterday, without a report, an earn or a request; a week at most is looked at."""
    today = local_day(now_ms)
    since_ms = moment_ms(today, 0) - SUSPECTED_CLOSURE_DAYS * 86_400_000
    heard = [created_ms]
    for table, column in ((earn, earn.c.booked_ms), (request, request.c.created_ms)):
        query = select(column).where(table.c.store_id == store_id, column >= since_ms).limit(1)
        heard += conn.execute(query).scalars().all()
    first = local_day(since_ms).isoformat()
    reported = select(daily_report.c.changed_ms).where(daily_report.c.store_id == store_id, daily_report.c.day >= first)
    heard += conn.execute(reported.limit(1)).scalars().all()
    return 0 if max(heard) >= since_ms else SUSPECTED_CLOSURE_DAYS


def close(database: Database, clock: Clock) -> int:
    """Closes what has left, with what named people; returns 0."""
    states.close_due(database, clock(), _forget)
    return 0


def _forget(work: Work, store_id: str) -> None:
    applications.forget(work, store_id)
    details.forget(work, store_id)
    staff.forget(work, store_id)
