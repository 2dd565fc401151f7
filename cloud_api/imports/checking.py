"""The dry run: reads the file, finds out what each row would do and what is wrong with the others; changes no member.

It works in steps, each a short transaction that writes down how far the file was read; whoever goes on after a crash
reads the file again up to there. What a row would do is judged once more when it is booked.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from cloud_api.bulk import NewRows, insert_all, select_among
from cloud_api.database import Database, Work
from cloud_api.imports import service, words
from cloud_api.imports.files import Misread, Person, open_file
from cloud_api.imports.models import ImportState, Verdict, import_part, import_problem, import_row, member_import
from cloud_api.imports.problems import FileRefused
from cloud_api.members import numbers
from cloud_api.members import service as members
from cloud_api.vault import Vault
from rules.calendar import local_day, moment_ms
from rules.phone import Phone

ROWS_MAX = 300_000  # larger lists are split by whoever has them
ROWS_AT_ONCE = 2_000
_ROW_COLUMNS = ("import_id", "line", "phone_lookup", "sealed", "points", "stamps", "joined_ms", "grade", "verdict")
_PROBLEM_COLUMNS = ("import_id", "line", "field", "code", "other_line")


@dataclass
class Reading:
    """A file that is being read, and the line up to which its rows are written down."""

    import_id: str
    people: Iterator[Person | Misread]
    line: int


@dataclass
class _Judged:
    """One step's rows and problems, as they will be written."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    problems: list[tuple[Any, ...]] = field(default_factory=list)
    verdicts: dict[Verdict, int] = field(default_factory=dict)
    duplicates: int = 0
    points: int = 0
    stamps: int = 0


def open_reading(database: Database, vault: Vault, import_id: str, now_ms: int) -> Reading | None:
    """The file from where it was left. None: it cannot be imported, and why is written down."""
    with database.read() as conn:
        row = conn.execute(select(member_import).where(member_import.c.import_id == import_id)).one()
        raw = service.content(conn, vault, import_id)
    try:
        opened = open_file(raw, json.loads(row.wanted), local_day(now_ms))
    except FileRefused as refusal:
        database.transact(lambda work, why=refusal: _refuse(work, import_id, why))  # type: ignore[misc]
        return None
    columns = json.dumps(dict(opened.layout.titles), ensure_ascii=False)
    database.transact(lambda work: service.change(work, import_id, format=opened.format, columns=columns))
    people = itertools.dropwhile(lambda one: one.line <= row.read_line, opened.people)
    return Reading(import_id, people, row.read_line)


def check_some(database: Database, vault: Vault, reading: Reading) -> int:
    """Judges the next rows; returns how many there were, 0 when the file is at its end and the check over."""
    try:
        found = list(itertools.islice(reading.people, ROWS_AT_ONCE))
    except FileRefused as refusal:
        database.transact(lambda work, why=refusal: _refuse(work, reading.import_id, why))  # type: ignore[misc]
        return 0
    return database.transact(lambda work: _check(work, vault, reading, found))


def _check(work: Work, vault: Vault, reading: Reading, found: Sequence[Person | Misread]) -> int:
    row = service.locked(work, reading.import_id)
    if row.state != ImportState.CHECKING or row.read_line != reading.line:
        return 0  # somebody else goes on with it, or it was cancelled
    if not found:
        _finish(work, row)
        return 0
    if row.rows + len(found) > ROWS_MAX:
        _refuse(work, row.import_id, FileRefused("too_many_rows"))
        return 0
    judged = _judge(work, vault, row, found)
    insert_all(
        work,
        [
            NewRows(import_row, _ROW_COLUMNS, judged.rows),
            NewRows(import_problem, _PROBLEM_COLUMNS, judged.problems),
        ],
    )
    service.change(
        work,
        row.import_id,
        read_line=found[-1].line,
        rows=row.rows + len(found),
        new_members=row.new_members + judged.verdicts.get(Verdict.NEW, 0),
        known_members=row.known_members + judged.verdicts.get(Verdict.KNOWN, 0),
        imported_before=row.imported_before + judged.verdicts.get(Verdict.BEFORE, 0),
        duplicates=row.duplicates + judged.duplicates,
        row_errors=row.row_errors + len(judged.problems) - judged.duplicates,
        points=row.points + judged.points,
        stamps=row.stamps + judged.stamps,
    )
    reading.line = found[-1].line
    return len(found)


def _judge(work: Work, vault: Vault, row: Any, found: Sequence[Person | Misread]) -> _Judged:
    people = [one for one in found if isinstance(one, Person)]
    lookups = {one.phone: vault.phone_lookup(one.phone) for one in people}
    seen = dict(select_among(work.conn, _SEEN, {"lookups": lookups.values()}, import_id=row.import_id))
    known = members.find(work.conn, vault, lookups)
    before = service.imported_among(work.conn, row, sorted(known.values()))
    apart = numbers.elsewhere(work.conn, vault, [phone for phone in lookups if phone not in known], work.now_ms)
    judged = _Judged()
    for one in found:
        if isinstance(one, Misread):
            judged.problems.append((row.import_id, one.line, one.field, one.code, None))
            continue
        lookup = lookups[one.phone]
        if lookup in seen:
            judged.problems.append((row.import_id, one.line, "phone", "duplicate", seen[lookup]))
            judged.duplicates += 1
            continue
        if one.phone in apart and apart[one.phone].blocked:
            judged.problems.append((row.import_id, one.line, "phone", "withdrawn", None))
            continue
        seen[lookup] = one.line
        member_id = known.get(one.phone)
        verdict = Verdict.NEW if member_id is None else Verdict.BEFORE if member_id in before else Verdict.KNOWN
        judged.verdicts[verdict] = judged.verdicts.get(verdict, 0) + 1
        if verdict is not Verdict.BEFORE:
            judged.points += one.points
            judged.stamps += one.stamps
        judged.rows.append(_kept(vault, row.import_id, one, lookup, verdict))
    return judged


_SEEN = "SELECT phone_lookup, line FROM import_row WHERE import_id = :import_id AND phone_lookup {lookups}"


def _kept(vault: Vault, import_id: str, one: Person, lookup: str, verdict: Verdict) -> tuple[Any, ...]:
    sealed = vault.seal(f"{one.phone.e164}\n{one.name}".encode(), place=service.row_place(import_id, one.line))
    joined_ms = None if one.joined is None else joined_at(one.joined)
    return (import_id, one.line, lookup, sealed, one.points, one.stamps, joined_ms, one.grade, verdict.value)


def joined_at(day: date) -> int:
    """The Korean midnight with which a day begins."""
    return moment_ms(day, 0)


def opened_row(vault: Vault, row: Any) -> tuple[Phone, str]:
    """Number and name of a row that is kept."""
    plain = vault.open(bytes(row.sealed), place=service.row_place(row.import_id, row.line)).decode()
    number, _, name = plain.partition("\n")
    return Phone(number), name


def _finish(work: Work, row: Any) -> None:
    if not row.rows:
        _refuse(work, row.import_id, FileRefused("empty"))
        return
    _drop_file(work, row.import_id)
    found = json.dumps(words.found(work.conn, row), ensure_ascii=False)
    service.change(work, row.import_id, state=ImportState.CHECKED.value, checked_ms=work.now_ms, grades=found)


def _refuse(work: Work, import_id: str, why: FileRefused) -> None:
    """All or nothing: of a file that cannot be read to its end no row stays."""
    row = service.locked(work, import_id)
    if row.state != ImportState.CHECKING:
        return
    service.forget(work, import_id)
    state = ImportState.REFUSED.value
    service.change(work, import_id, state=state, problem=why.code, problem_line=why.line, finished_ms=work.now_ms)


def _drop_file(work: Work, import_id: str) -> None:
    work.conn.execute(delete(import_part).where(import_part.c.import_id == import_id))
