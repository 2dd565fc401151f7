"""Owns the SQL of the print_job table; what a job may become is decided in printers.jobs."""

from __future__ import annotations

import sqlite3
from typing import Any

from printers.jobs import JobState, PrintJob

_COLUMNS = (
    "job_id, kind, document_json, printer, created_ms, updated_ms, state, attempts, coalesce(last_error, ''),"
    " copies_printed"
)


def _job(values: Any) -> PrintJob:
    fields = list(values)
    fields[6] = JobState(fields[6])
    return PrintJob(*fields)


def insert(conn: sqlite3.Connection, job: PrintJob) -> bool:
    """False when this job exists already: one job a subject and kind, whatever asks for it again."""
    return (
        conn.execute(
            "INSERT INTO print_job (job_id, kind, document_json, printer, state, created_ms, updated_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO NOTHING",
            (
                job.job_id,
                job.kind,
                job.document_json,
                job.printer,
                job.state.value,
                job.created_ms,
                job.updated_ms,
            ),
        ).rowcount
        == 1
    )


def find(conn: sqlite3.Connection, job_id: str) -> PrintJob | None:
    found = conn.execute(f"SELECT {_COLUMNS} FROM print_job WHERE job_id = ?", (job_id,)).fetchone()
    return _job(found) if found else None


def newest(conn: sqlite3.Connection, limit: int) -> list[PrintJob]:
    rows = conn.execute(f"SELECT {_COLUMNS} FROM print_job ORDER BY created_ms DESC, job_id LIMIT ?", (limit,))
    return [_job(values) for values in rows]


def oldest_queued(conn: sqlite3.Connection, printer: str) -> PrintJob | None:
    found = conn.execute(
        f"SELECT {_COLUMNS} FROM print_job WHERE state = 'queued' AND printer = ? ORDER BY created_ms, job_id LIMIT 1",
        (printer,),
    ).fetchone()
    return _job(found) if found else None


def queued_before(conn: sqlite3.Connection, created_before_ms: int) -> list[PrintJob]:
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM print_job WHERE state = 'queued' AND created_ms < ?", (created_before_ms,)
    )
    return [_job(values) for values in rows]


def printing(conn: sqlite3.Connection) -> list[PrintJob]:
    rows = conn.execute(f"SELECT {_COLUMNS} FROM print_job WHERE state = 'printing'")
    return [_job(values) for values in rows]


def named(conn: sqlite3.Connection, prefix: str) -> list[tuple[str, JobState]]:
    """Ids and states of the jobs whose id begins so; ``prefix`` ends with a colon."""
    rows = conn.execute(
        "SELECT job_id, state FROM print_job WHERE job_id >= ? AND job_id < ?", (prefix, prefix[:-1] + ";")
    )
    return [(job_id, JobState(state)) for job_id, state in rows]


def count_open(conn: sqlite3.Connection, printer: str) -> int:
    found = conn.execute(
        "SELECT count(*) FROM print_job WHERE state IN ('queued', 'printing') AND printer = ?", (printer,)
    ).fetchone()
    return int(found[0])


def save(conn: sqlite3.Connection, job: PrintJob) -> None:
    """Store what became of a job."""
    conn.execute(
        "UPDATE print_job SET state = ?, attempts = ?, last_error = ?, copies_printed = ?, updated_ms = ?"
        " WHERE job_id = ?",
        (job.state.value, job.attempts, job.last_error or None, job.copies_printed, job.updated_ms, job.job_id),
    )
