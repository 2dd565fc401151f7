"""A store's opening hours and holidays, and what its devices are told of them (STO-06)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.stores import service
from cloud_api.stores.models import store_hours
from rules.hours import DayHours, StoreHours, always_open, hours_problem

UNKNOWN = always_open()  # nobody has said: a day ends at midnight, a report may be written until eleven


def hours_of(conn: Connection, store_id: str) -> StoreHours:
    """What somebody has set; until then a store counts as one that never closes (CUP-05)."""
    row = conn.execute(select(store_hours).where(store_hours.c.store_id == store_id)).one_or_none()
    return UNKNOWN if row is None else _read(row)


def _read(row: Any) -> StoreHours:
    weekly = tuple(None if span is None else DayHours(*span) for span in json.loads(row.weekly))
    holidays = frozenset(date.fromisoformat(day) for day in json.loads(row.holidays))
    return StoreHours(weekly, holidays, row.always_open)


def set_hours(work: Work, store_id: str, hours: StoreHours) -> StoreHours:
    """Replaces them; the store's devices hear of it. Raises ApiError ``store_unknown``, ``hours_refused``."""
    problem = hours_problem(hours)
    if problem is not None:
        raise ApiError("hours_refused", extra={"problem": problem.value})
    if service.profile_of(work.conn, store_id) is None:
        raise ApiError("store_unknown")
    values = {
        "always_open": hours.always_open,
        "weekly": json.dumps(to_wire(hours)["weekly"]),
        "holidays": json.dumps(to_wire(hours)["holidays"]),
        "changed_ms": work.now_ms,
    }
    changed = work.conn.execute(update(store_hours).where(store_hours.c.store_id == store_id).values(**values))
    if changed.rowcount == 0:
        work.conn.execute(insert(store_hours).values(store_id=store_id, **values))
    service.set_opening(work, store_id, _first_opening(hours))
    return hours


def _first_opening(hours: StoreHours) -> int | None:
    """The hour at which a counter clears its last results (APR-13): the week's earliest; a 24-hour store has none."""
    if hours.always_open:
        return None
    return min(span.opens_minute for span in hours.weekly if span is not None)


def to_wire(hours: StoreHours) -> dict[str, Any]:
    """As devices and apps get it: minutes after midnight, Monday first, null where closed."""
    return {
        "always_open": hours.always_open,
        "weekly": [None if span is None else [span.opens_minute, span.closes_minute] for span in hours.weekly],
        "holidays": sorted(day.isoformat() for day in hours.holidays),
    }
