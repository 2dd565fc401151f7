"""How a store's devices are: last heard of, version, queue, clock, printers; who is silent (AGT-07, 11, 14)."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select, update

from cloud_api.clock import Clock
from cloud_api.database import Database, Work
from cloud_api.devices.auth import DeviceCall
from cloud_api.devices.models import device
from cloud_api.devices.printing import printing_device
from cloud_api.exchange import Statement
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.stores.hours import hours_of
from cloud_api.stores.models import store_hours
from rules.devices import clock_is_off, is_silent
from rules.notices import NoticeKind

PRINTERS_MAX = 20
WORD_MAX = 40
NUMBER_MAX = 2**53
SEEN_EVERY_MS = 60_000  # a row that is written anew with every long poll would serve nobody

_SHOWN = (
    "device_id",
    "store_id",
    "kind",
    "label",
    "enrolled_ms",
    "revoked_ms",
    "suspended_ms",
    "seen_ms",
    "reported_ms",
    "version",
    "pending",
    "oldest_pending_ms",
    "needs_attention",
    "policy_version",
    "clock_offset_ms",
    "disk_full",
)
_SEEN = Statement("UPDATE device SET seen_ms = $1 WHERE device_id = $2 AND (seen_ms IS NULL OR seen_ms <= $3)")


def seen(work: Work, call: DeviceCall) -> None:
    """The device has just called. Travels with the commit."""
    work.later(_SEEN, work.now_ms, call.device_id, work.now_ms - SEEN_EVERY_MS)


def note(work: Work, device_id: str, report: Any) -> None:
    """What the device says about itself, in numbers and words; what cannot be read is left out (AGT-14)."""
    if not isinstance(report, dict) or _number(report, "at_ms") is None:
        return
    at_ms = _number(report, "at_ms")
    values = {
        "reported_ms": at_ms,
        "version": _word(report, "version"),
        "pending": _number(report, "pending"),
        "oldest_pending_ms": _number(report, "oldest_pending_ms"),
        "needs_attention": _number(report, "needs_attention"),
        "policy_version": _number(report, "policy_version"),
        "clock_offset_ms": _number(report, "clock_offset_ms"),
        "disk_full": report.get("disk_full") is True,
        "printers": json.dumps(_printers(report.get("printers"))),
    }
    newer = device.c.reported_ms.is_(None) | (device.c.reported_ms <= at_ms)  # uploads may overtake each other
    work.conn.execute(update(device).where(device.c.device_id == device_id, newer).values(**values))


def _number(report: dict[str, Any], name: str) -> int | None:
    value = report.get(name)
    good = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= NUMBER_MAX
    return value if good else None


def _word(report: dict[str, Any], name: str) -> str:
    value = report.get(name)
    return value[:WORD_MAX] if isinstance(value, str) and value.isprintable() else ""


def _printers(told: Any) -> list[dict[str, Any]]:
    found = told if isinstance(told, list) else []
    return [
        {"status": _word(one, "status"), "queued": _number(one, "queued") or 0}
        for one in found[:PRINTERS_MAX]
        if isinstance(one, dict)
    ]


def of_store(conn: Connection, store_id: str, now_ms: int) -> list[dict[str, Any]]:
    """The devices that ever joined, those that are shut out last."""
    query = select(device).where(device.c.store_id == store_id)
    rows = conn.execute(query.order_by(device.c.revoked_ms.is_not(None), device.c.enrolled_ms, device.c.device_id))
    prints = printing_device(conn, store_id)
    return [shown(row, now_ms) | {"prints": row.device_id == prints} for row in rows]


def shown(row: Any, now_ms: int) -> dict[str, Any]:
    """A device as consoles see it."""
    return {name: getattr(row, name) for name in _SHOWN} | {
        "silent_ms": row.silent_ms if still_silent(row) else None,
        "seen_ago_ms": None if row.seen_ms is None else max(now_ms - row.seen_ms, 0),
        "clock_off": clock_is_off(row.clock_offset_ms),
        "printers": json.loads(row.printers),
    }


def still_silent(row: Any) -> bool:
    """Whether nothing was heard of the device since somebody was told."""
    return row.silent_ms is not None and (row.seen_ms is None or row.seen_ms < row.silent_ms)


def tell_silent(database: Database, clock: Clock) -> int:
    """Tells of each device that has fallen silent while its shop is open, once until it is heard of again, which takes
    the word back; returns 0: one pass is all there is."""
    with database.read() as conn:
        query = (
            select(device.c.device_id)
            .join(store_hours, store_hours.c.store_id == device.c.store_id)
            .where(device.c.revoked_ms.is_(None), device.c.silent_ms.is_(None), device.c.kind == "agent")
        )
        watched = conn.execute(query.order_by(device.c.device_id)).scalars().all()
        suspects = [which for which in watched if _silent(conn, _row(conn, which), clock())]
        told = select(device).where(device.c.silent_ms.is_not(None)).order_by(device.c.device_id)
        back = [row.device_id for row in conn.execute(told) if _is_over(row)]
    for device_id in back:
        database.transact(lambda work, which=device_id: _take_back(work, which))  # type: ignore[misc]
    for device_id in suspects:
        database.transact(lambda work, which=device_id: _tell(work, which))  # type: ignore[misc]
    return 0


def _is_over(row: Any) -> bool:
    return row.revoked_ms is not None or not still_silent(row)


def _take_back(work: Work, device_id: str) -> None:
    row = _row(work.conn, device_id)
    if row.silent_ms is not None and _is_over(row):
        work.conn.execute(update(device).where(device.c.device_id == device_id).values(silent_ms=None))
        centre.settle(work, row.store_id, NoticeKind.DEVICE_SILENT, device_id)


def _row(conn: Connection, device_id: str) -> Any:
    return conn.execute(select(device).where(device.c.device_id == device_id)).one()


def _silent(conn: Connection, row: Any, now_ms: int) -> bool:
    last_ms = row.enrolled_ms if row.seen_ms is None else row.seen_ms
    return is_silent(hours_of(conn, row.store_id), last_ms, now_ms)


def _tell(work: Work, device_id: str) -> None:
    row = _row(work.conn, device_id)
    if row.revoked_ms is not None or row.silent_ms is not None or not _silent(work.conn, row, work.now_ms):
        return
    work.conn.execute(update(device).where(device.c.device_id == device_id).values(silent_ms=work.now_ms))
    details = {"device_id": device_id, "label": row.label, "last_seen_ms": row.seen_ms or row.enrolled_ms}
    centre.tell(work, row.store_id, News(NoticeKind.DEVICE_SILENT, device_id, details))
