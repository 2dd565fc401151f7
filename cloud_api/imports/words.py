"""What the other service called its grades, and which grades of the brand they become (MEM-28)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from cloud_api.errors import ApiError
from cloud_api.grades.service import grades_of, has_grades
from cloud_api.imports.columns import plain
from cloud_api.imports.models import Verdict, import_row

WORDS_MAX = 50  # of more words it was no column of grades


def found(conn: Connection, row: Any) -> list[dict[str, Any]]:
    """The words of the rows that would be imported, the most frequent first, each with the grade that is called so;
    None where none is, or where only a person may give it (MEM-12)."""
    members = func.count().label("members")
    c = import_row.c
    query = (
        select(c.grade, members)
        .where(c.import_id == row.import_id, c.grade != "", c.verdict != Verdict.BEFORE.value)
        .group_by(c.grade)
        .order_by(members.desc(), c.grade)
        .limit(WORDS_MAX)
    )
    called: dict[str, str] = {}
    for grade in grades_of(conn, row.brand_id) if has_grades(conn, row.brand_id) else ():
        if not grade.assigned:
            called |= {plain(name): grade.code for name in (grade.name, grade.code) if plain(name)}
    return [
        {"word": one.grade, "members": int(one.members), "grade": called.get(plain(one.grade))}
        for one in conn.execute(query)
    ]


def settled(
    conn: Connection, brand_id: str, words: list[dict[str, Any]], wanted: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """The same with what a person said of some of them. Raises ApiError ``grade_unknown`` for a word that the file does
    not have and for a grade that the brand does not have, ``no_grades``."""
    known = {one["word"] for one in words}
    strange = sorted(set(wanted) - known)
    named = {grade for grade in wanted.values() if grade is not None}
    missing = sorted(named - {grade.code for grade in grades_of(conn, brand_id)}) if named else []
    if strange or missing:
        raise ApiError("grade_unknown", extra={"words": strange, "grades": missing})
    return [one | {"grade": wanted.get(one["word"], one["grade"])} for one in words]


def meaning(words: list[dict[str, Any]]) -> dict[str, str]:
    """Grades by the words that become one."""
    return {one["word"]: one["grade"] for one in words if one["grade"] is not None}
