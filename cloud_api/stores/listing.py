"""The list of stores that head office watches: state, grade, reports, stock, counters (STO-16)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from cloud_api.devices.health import still_silent
from cloud_api.devices.models import device
from cloud_api.staff.models import employee
from cloud_api.stock import reports, rounds
from cloud_api.stores.models import brand, store, store_detail
from rules.recovery import Role
from rules.stores import StoreState

PAGE_MAX = 200
SCANNED_MAX = 1_000  # a filter that nearly nothing passes must not read every store in one call


@dataclass(frozen=True)
class Wanted:
    """None: any. ``report_rate_below_bp``: of six months, in basis points."""

    state: StoreState | None = None
    grade: str | None = None
    district: str | None = None
    low: bool | None = None
    report_rate_below_bp: int = 10_001


def page(
    conn: Connection, wanted: Wanted, after: str, limit: int, now_ms: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Rows by store id, and the id to go on from; None at the end."""
    query = (
        select(store, brand.c.name.label("brand_name"), store_detail.c.districts)
        .join(brand, brand.c.brand_id == store.c.brand_id)
        .outerjoin(store_detail, store_detail.c.store_id == store.c.store_id)
        .where(store.c.store_id > after)
    )
    if wanted.state is not None:
        query = query.where(store.c.state == wanted.state.value)
    if wanted.grade is not None:
        query = query.where(store.c.grade == wanted.grade)
    found: list[dict[str, Any]] = []
    rows = conn.execute(query.order_by(store.c.store_id).limit(SCANNED_MAX)).all()
    for row in rows:
        shown = _row(conn, row, now_ms)
        if _fits(shown, wanted):
            found.append(shown)
        if len(found) == limit:
            return found, str(row.store_id)
    return found, str(rows[-1].store_id) if len(rows) == SCANNED_MAX else None


def _fits(shown: dict[str, Any], wanted: Wanted) -> bool:
    return (
        (wanted.district is None or wanted.district in shown["districts"])
        and (wanted.low is None or wanted.low is shown["low"])
        and shown["report_rate_bp"] < wanted.report_rate_below_bp
    )


def _row(conn: Connection, row: Any, now_ms: int) -> dict[str, Any]:
    stock = rounds.overview(conn, row.store_id, now_ms)
    counters = conn.execute(
        select(device.c.silent_ms, device.c.seen_ms).where(
            device.c.store_id == row.store_id, device.c.revoked_ms.is_(None)
        )
    ).all()
    owner = select(employee.c.name).where(
        employee.c.store_id == row.store_id, employee.c.role == Role.OWNER.value, employee.c.removed_ms.is_(None)
    )
    return {
        "store_id": row.store_id,
        "name": row.name,
        "brand_name": row.brand_name,
        "owner": conn.execute(owner).scalar_one_or_none(),
        "state": row.state,
        "service_type": row.service_type,
        "plan": row.plan,
        "grade": row.grade,
        "districts": json.loads(row.districts) if row.districts else [],
        "report_rate_bp": reports.rate_bp(conn, row.store_id, now_ms, row.created_ms),
        "stock": stock["stock"],
        "low": stock["low"],
        "devices": len(counters),
        "silent_devices": sum(still_silent(one) for one in counters),
    }
