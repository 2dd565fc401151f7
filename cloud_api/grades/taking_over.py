"""Grades of members who come from another service: what they were there they are here (MEM-28, MEM-18)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import text

from cloud_api.bulk import insert_rows, select_among
from cloud_api.database import Work
from cloud_api.grades.models import MoveCause, grade_move
from cloud_api.grades.service import grades_of
from rules.calendar import DAY_MS
from rules.grades import WINDOW_DAYS

_LOCKED = "SELECT member_id, grades FROM member WHERE member_id {members} ORDER BY member_id"
_KEEP = text(
    "INSERT INTO member_grade (member_id, brand_id, code, since_ms, reviewed_ms)"
    " VALUES (:member_id, :brand_id, :code, :now_ms, :safe_ms) ON CONFLICT (member_id, brand_id)"
    " DO UPDATE SET code = excluded.code, since_ms = excluded.since_ms, reviewed_ms = excluded.reviewed_ms"
)
_REPEAT = text("UPDATE member SET grades = :grades WHERE member_id = :member_id")
_MOVE = ("move_id", "member_id", "brand_id", "before", "code", "cause", "actor", "orders", "points", "moved_ms")


def take_over(work: Work, brand_id: str, wanted: Mapping[str, str], actor: str) -> int:
    """Grades by member id, each only where it is above the one that holds; how many moved.

    It stays for a whole window, because nobody has bought here yet; then the review goes by what was done (MEM-19). A
    grade that a person gave stays. Nothing is given for the step and nobody is told: they had it before. Raises
    ApiError ``no_grades``, when the brand has given them up meanwhile.
    """
    if not wanted:
        return 0
    grades = {grade.code: grade for grade in grades_of(work.conn, brand_id)}
    entry = min(grades.values(), key=lambda grade: grade.level)
    locks = " FOR UPDATE" if work.postgres else ""
    kept, told, moves = [], [], []
    for row in select_among(work.conn, _LOCKED + locks, {"members": sorted(wanted)}):
        known: dict[str, str] = json.loads(row.grades) if row.grades else {}
        before, after = grades.get(known.get(brand_id, ""), entry), grades.get(wanted[row.member_id])
        if after is None or before.assigned or after.level <= before.level:
            continue
        safe_ms = work.now_ms + WINDOW_DAYS * DAY_MS
        place = {"member_id": row.member_id, "brand_id": brand_id, "code": after.code}
        kept.append(place | {"now_ms": work.now_ms, "safe_ms": safe_ms})
        now_known = json.dumps(known | {brand_id: after.code}, sort_keys=True)
        told.append({"member_id": row.member_id, "grades": now_known})
        cause = MoveCause.IMPORT.value
        move_id = work.ids.uuid7()
        moves.append(
            (move_id, row.member_id, brand_id, before.code, after.code, cause, actor, 0, 0, work.now_ms),
        )
    if kept:
        work.conn.execute(_KEEP, kept)
        work.conn.execute(_REPEAT, told)
        insert_rows(work, grade_move, _MOVE, moves)
    return len(kept)
