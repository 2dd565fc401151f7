"""What a person says to an import: that its sums are right, or that it is not to be (MEM-28)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select, text

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.imports import service, words
from cloud_api.imports.models import ImportState, Verdict, import_row, member_import


def confirm(
    work: Work, import_id: str, sums: service.Sums, by: str, grades: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """From now on it is imported. Doing it twice is fine. ``grades``: what words of the list become that the dry run
    did not find, or that it should not have; None: none.

    Raises ApiError ``import_unknown``, ``import_not_ready``, ``import_under_way``, ``sums_differ``, which tells the
    sums as they are now, ``import_empty``, ``grade_unknown`` and ``no_grades``.
    """
    row = service.locked(work, import_id)
    if row.state in (ImportState.IMPORTING, ImportState.DONE) and service.sums_of(row) == sums:
        return service.shown(row)
    if row.state != ImportState.CHECKED:
        raise ApiError("import_not_ready", extra={"state": row.state})
    _wait_for_no_other(work, row)
    row = _look_again(work, row)
    found = service.sums_of(row)
    if found != sums:
        raise ApiError("sums_differ", extra={"sums": asdict(found)})
    if not found.rows:
        raise ApiError("import_empty")
    become = words.settled(work.conn, row.brand_id, json.loads(row.grades), grades or {})
    written = json.dumps(become, ensure_ascii=False)
    state = ImportState.IMPORTING.value
    service.change(work, import_id, state=state, confirmed_ms=work.now_ms, confirmed_by=by, grades=written)
    service.soon(work)
    return service.show(work.conn, import_id)


def _wait_for_no_other(work: Work, row: Any) -> None:
    """One import of a brand at a time: so each sees whose points came in with the others."""
    same = member_import.c.brand_id == row.brand_id
    work.conn.execute(
        select(member_import.c.import_id).where(same).order_by(member_import.c.import_id).with_for_update()
    )
    busy = select(member_import.c.import_id).where(same, member_import.c.state == ImportState.IMPORTING.value)
    other = work.conn.execute(busy.limit(1)).scalar_one_or_none()
    if other is not None:
        raise ApiError("import_under_way", extra={"import_id": other})


def _look_again(work: Work, row: Any) -> Any:
    """An import that ended after this one was checked may have brought some of its members along."""
    others = select(func.count()).where(
        member_import.c.brand_id == row.brand_id,
        member_import.c.source == row.source,
        member_import.c.finished_ms >= row.checked_ms,
        member_import.c.import_id != row.import_id,
    )
    if not work.conn.execute(others).scalar_one():
        return row
    _judge_again(work, row)
    return service.row_of(work.conn, row.import_id)


def cancel(work: Work, import_id: str) -> dict[str, Any]:
    """Nothing of it will be imported. Doing it twice is fine. Raises ApiError ``import_unknown``, ``import_not_ready``
    once it was confirmed."""
    row = service.locked(work, import_id)
    if row.state not in (ImportState.CHECKING, ImportState.CHECKED, ImportState.CANCELLED):
        raise ApiError("import_not_ready", extra={"state": row.state})
    if row.state != ImportState.CANCELLED:
        service.forget(work, import_id)
        service.change(work, import_id, state=ImportState.CANCELLED.value, finished_ms=work.now_ms)
    return service.show(work.conn, import_id)


_JUDGE_AGAIN = text(
    "UPDATE import_row SET verdict = 'before' WHERE import_id = :import_id AND verdict <> 'before' AND EXISTS"
    " (SELECT 1 FROM member JOIN imported_member ON imported_member.member_id = member.member_id"
    " WHERE member.phone_lookup = import_row.phone_lookup"
    " AND imported_member.brand_id = :brand_id AND imported_member.source = :source)"
)


def _judge_again(work: Work, row: Any) -> None:
    """Takes out whoever came in with another import since, and adds everything up anew."""
    work.conn.execute(_JUDGE_AGAIN, {"import_id": row.import_id, "brand_id": row.brand_id, "source": row.source})
    counted = {verdict.value: 0 for verdict in Verdict}
    points = stamps = 0
    query = (
        select(
            import_row.c.verdict,
            func.count().label("rows"),
            func.sum(import_row.c.points).label("points"),
            func.sum(import_row.c.stamps).label("stamps"),
        )
        .where(import_row.c.import_id == row.import_id)
        .group_by(import_row.c.verdict)
    )
    for found in work.conn.execute(query):
        counted[found.verdict] = found.rows
        if found.verdict != Verdict.BEFORE:
            points, stamps = points + int(found.points), stamps + int(found.stamps)
    service.change(
        work,
        row.import_id,
        new_members=counted[Verdict.NEW],
        known_members=counted[Verdict.KNOWN],
        imported_before=counted[Verdict.BEFORE],
        points=points,
        stamps=stamps,
        checked_ms=work.now_ms,
        grades=json.dumps(words.found(work.conn, row), ensure_ascii=False),
    )
