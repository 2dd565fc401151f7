"""When grades are looked at: a minute after an earn upwards, every night both ways (MEM-18, MEM-19, Ambiguity A6)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text

from cloud_api.clock import DAY_MS, KST_OFFSET_MS, Clock, korean_day
from cloud_api.database import Database, Work
from cloud_api.grades import service
from cloud_api.stores.models import brand

BATCH = 100


def after_earns(database: Database, _clock: Clock) -> int:
    """Looks at members who earned; returns how many rows it saw. A row is gone only with what came of it."""

    def some(work: Work) -> int:
        due = service.take_due(work, BATCH)
        for row in {(one.brand_id, one.member_id): one for one in sorted(due, key=_whose)}.values():
            service.look_at(work, row.brand_id, row.member_id, row.store_id)
        return len(due)

    return database.transact(some)


def _whose(row: Any) -> tuple[str, str]:
    """The order in which members are locked, the same for everybody."""
    return row.member_id, row.brand_id


_DUE = text(
    "SELECT member_grade.member_id, (SELECT store_id FROM store WHERE store.brand_id = :brand_id"
    " ORDER BY created_ms, store_id LIMIT 1) AS store_id FROM member_grade"
    " WHERE member_grade.brand_id = :brand_id AND member_grade.reviewed_ms < :today_ms"
    " ORDER BY member_grade.reviewed_ms, member_grade.member_id LIMIT :most"
)


def nightly(database: Database, clock: Clock) -> int:
    """Reviews those who have a grade and were not reviewed since midnight; who has none can only go up, and does so
    with the next earn."""
    today_ms = korean_day(clock()) * DAY_MS - KST_OFFSET_MS

    def some(work: Work, brand_id: str) -> int:
        found = work.conn.execute(_DUE, {"brand_id": brand_id, "today_ms": today_ms, "most": BATCH}).all()
        for row in found:
            service.review(work, brand_id, row.member_id, row.store_id)
        return len(found)

    with database.read() as conn:
        brands = [row.brand_id for row in conn.execute(select(brand.c.brand_id).order_by(brand.c.brand_id))]
        graded = [one for one in brands if service.has_grades(conn, one)]
    return sum(database.transact(lambda work, one=one: some(work, one)) for one in graded)  # type: ignore[misc]
