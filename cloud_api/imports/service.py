"""An import from its upload to its end: receiving the file, what can be asked of it, forgetting it (MEM-28)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cloud_api.bulk import select_among
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.imports import problems
from cloud_api.imports.columns import FIELDS
from cloud_api.imports.models import ImportState, import_part, import_problem, import_row, member_import
from cloud_api.jobs.models import job
from cloud_api.stores.service import profile_of
from cloud_api.vault import Vault

JOB = "member-imports"
PART_BYTES = 256 * 1024
WAITS_MS = 7 * DAY_MS  # for somebody who confirms
RECEIVES_MS = DAY_MS  # an upload that never ended
PROBLEMS_MAX = 200  # in one answer
ALL_PROBLEMS = 1_000_000  # more than a file has lines
_OVER = (ImportState.REFUSED, ImportState.CANCELLED, ImportState.EXPIRED)


@dataclass(frozen=True)
class NewImport:
    """For which store, from which service, and which columns the caller names (``columns.find_layout``)."""

    store_id: str
    actor: str
    source: str = ""
    columns: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Sums:
    """What a dry run came to and a person confirms: rows to be imported, and what they bring along."""

    rows: int
    points: int
    stamps: int


# -- receiving -----------------------------------------------------------------------------------------------------


def begin(work: Work, wanted: NewImport) -> str:
    """A new import that waits for its file; returns its id. Raises ApiError ``store_unknown``."""
    store = profile_of(work.conn, wanted.store_id)
    if store is None:
        raise ApiError("store_unknown")
    import_id = work.ids.uuid7()
    named = {field: wanted.columns[field] for field in FIELDS if wanted.columns and field in wanted.columns}
    work.conn.execute(
        insert(member_import).values(
            import_id=import_id,
            store_id=wanted.store_id,
            brand_id=store.brand_id,
            source=wanted.source,
            actor=wanted.actor,
            state=ImportState.RECEIVING.value,
            wanted=json.dumps(named, ensure_ascii=False, sort_keys=True),
            created_ms=work.now_ms,
        )
    )
    return import_id


def receive(work: Work, vault: Vault, import_id: str, n: int, part: bytes) -> None:
    """Keeps the next piece of the file."""
    sealed = vault.seal(part, place=part_place(import_id, n))
    work.conn.execute(insert(import_part).values(import_id=import_id, n=n, sealed=sealed))


def complete(work: Work, import_id: str, *, parts: int, size_bytes: int, content_hash: str) -> str:
    """The file is here and will be checked; returns the import's id, which is the earlier one's when the same file came
    for the same store before and is not over."""
    row = locked(work, import_id)
    same = (
        select(member_import.c.import_id)
        .where(
            member_import.c.store_id == row.store_id,
            member_import.c.content_hash == content_hash,
            member_import.c.source == row.source,
            member_import.c.wanted == row.wanted,
            member_import.c.state.not_in([state.value for state in _OVER]),
        )
        .order_by(member_import.c.import_id)
        .limit(1)
    )
    earlier = work.conn.execute(same).scalar_one_or_none()
    if earlier is not None:
        forget(work, import_id)
        work.conn.execute(delete(member_import).where(member_import.c.import_id == import_id))
        return str(earlier)
    change(
        work,
        import_id,
        state=ImportState.CHECKING.value,
        parts=parts,
        size_bytes=size_bytes,
        content_hash=content_hash,
    )
    soon(work)
    return import_id


def abandon(work: Work, import_id: str) -> None:
    """Forgets an upload that did not come to its end."""
    forget(work, import_id)
    work.conn.execute(
        delete(member_import).where(
            member_import.c.import_id == import_id, member_import.c.state == ImportState.RECEIVING.value
        )
    )


def content(conn: Connection, vault: Vault, import_id: str) -> bytes:
    """The whole file."""
    rows = conn.execute(select(import_part).where(import_part.c.import_id == import_id).order_by(import_part.c.n))
    return b"".join(vault.open(bytes(row.sealed), place=part_place(import_id, row.n)) for row in rows)


# -- looking -------------------------------------------------------------------------------------------------------


def show(conn: Connection, import_id: str) -> dict[str, Any]:
    """How it is. Raises ApiError ``import_unknown``."""
    return shown(row_of(conn, import_id))


def of_store(conn: Connection, store_id: str, most: int) -> list[dict[str, Any]]:
    """A store's imports, newest first."""
    query = select(member_import).where(
        member_import.c.store_id == store_id, member_import.c.state != ImportState.RECEIVING.value
    )
    return [shown(row) for row in conn.execute(query.order_by(member_import.c.import_id.desc()).limit(most))]


def sums_of(row: Any) -> Sums:
    """What would be, or was, confirmed."""
    return Sums(row.new_members + row.known_members, row.points, row.stamps)


def shown(row: Any) -> dict[str, Any]:
    sums = sums_of(row)
    return {
        "import_id": row.import_id,
        "store_id": row.store_id,
        "source": row.source,
        "state": row.state,
        "format": row.format,
        "columns": json.loads(row.columns),
        "size_bytes": row.size_bytes,
        "problem": row.problem and problems.told(row.problem, problems.FILE) | {"line": row.problem_line},
        "rows_read": row.rows,
        "new_members": row.new_members,
        "known_members": row.known_members,
        "imported_before": row.imported_before,
        "duplicates": row.duplicates,
        "row_errors": row.row_errors,
        "sums": asdict(sums),
        "grades": json.loads(row.grades),
        "progress": {
            "rows": row.done_rows,
            "percent": 100 * row.done_rows // sums.rows if sums.rows else 0,
            "members_made": row.members_made,
            "points": row.points_booked,
            "stamps": row.stamps_booked,
            "graded": row.graded,
            "skipped": row.skipped,
        },
        "created_ms": row.created_ms,
        "checked_ms": row.checked_ms,
        "confirmed_ms": row.confirmed_ms,
        "confirmed_by": row.confirmed_by,
        "finished_ms": row.finished_ms,
    }


def problems_of(conn: Connection, import_id: str, *, after: int = 0, most: int = PROBLEMS_MAX) -> list[dict[str, Any]]:
    """Lines that are left out, in the order of the file. Raises ApiError ``import_unknown``."""
    titles = json.loads(row_of(conn, import_id).columns)
    query = (
        select(import_problem)
        .where(import_problem.c.import_id == import_id, import_problem.c.line > after)
        .order_by(import_problem.c.line)
        .limit(most)
    )
    return [
        {"line": row.line, "column": titles.get(row.field, ""), "field": row.field, "other_line": row.other_line}
        | problems.told(row.code, problems.ROW)
        for row in conn.execute(query)
    ]


# -- ending -------------------------------------------------------------------------------------------------------


def forget(work: Work, import_id: str) -> None:
    """Removes the file and the rows; what is told of the lines that were left out stays with what was imported."""
    for table in (import_part, import_row):
        work.conn.execute(delete(table).where(table.c.import_id == import_id))


def expire_waiting(work: Work) -> int:
    """Gives up what nobody confirmed, and uploads that never ended; returns how many."""
    limits = (
        (ImportState.CHECKED, work.now_ms - WAITS_MS, ImportState.EXPIRED),
        (ImportState.RECEIVING, work.now_ms - RECEIVES_MS, ImportState.CANCELLED),
    )
    count = 0
    for state, before_ms, after in limits:
        over = select(member_import.c.import_id).where(
            member_import.c.state == state.value, member_import.c.created_ms <= before_ms
        )
        for import_id in work.conn.execute(over).scalars().all():
            forget(work, import_id)
            change(work, import_id, state=after.value, finished_ms=work.now_ms)
            count += 1
    return count


# -- inside --------------------------------------------------------------------------------------------------------


def locked(work: Work, import_id: str) -> Any:
    """The row, which nobody else changes until the end of the transaction. Raises ApiError ``import_unknown``."""
    query = select(member_import).where(member_import.c.import_id == import_id).with_for_update()
    row = work.conn.execute(query).one_or_none()
    if row is None:
        raise ApiError("import_unknown")
    return row


def change(work: Work, import_id: str, **values: Any) -> None:
    """Writes these columns of an import."""
    work.conn.execute(update(member_import).where(member_import.c.import_id == import_id).values(**values))


def row_of(conn: Connection, import_id: str) -> Any:
    """The row. Raises ApiError ``import_unknown``."""
    row = conn.execute(select(member_import).where(member_import.c.import_id == import_id)).one_or_none()
    if row is None:
        raise ApiError("import_unknown")
    return row


def soon(work: Work) -> None:
    """The job that does it is due now."""
    work.conn.execute(update(job).where(job.c.name == JOB, job.c.next_ms > work.now_ms).values(next_ms=work.now_ms))


def part_place(import_id: str, n: int) -> str:
    """What a piece of a file is bound to."""
    return f"import/{import_id}/part/{n}"


def row_place(import_id: str, line: int) -> str:
    """What a row's number and name are bound to."""
    return f"import/{import_id}/{line}"


def imported_among(conn: Connection, row: Any, member_ids: list[str]) -> set[str]:
    """Those of these members whose points came in with an earlier import of the same source."""
    found = select_among(conn, _BEFORE, {"members": member_ids}, brand_id=row.brand_id, source=row.source)
    return {one.member_id for one in found}


_BEFORE = (
    "SELECT member_id FROM imported_member WHERE brand_id = :brand_id AND source = :source AND member_id {members}"
)
