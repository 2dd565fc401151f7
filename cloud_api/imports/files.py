"""What a file of members is, and its rows as what they say; the file's name and declared type count for nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cloud_api.imports import comma
from cloud_api.imports.cells import (
    SERIAL_DAY_0,
    STAMPS_MAX,
    UNREADABLE,
    Unread,
    read_count,
    read_day,
    read_name,
    read_phone,
    tidy,
)
from cloud_api.imports.columns import LOOKED_AT, Layout, find_layout
from cloud_api.imports.comma import Record
from cloud_api.imports.problems import FileRefused
from cloud_api.imports.workbook import Workbook
from rules.phone import Phone

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an old .xls, or an .xlsx behind a password
_ENCRYPTED_NAME = "EncryptedPackage".encode("utf-16-le")
_DAYS_TO_1904 = timedelta(days=1462)
_GRADE_MAX = 30


@dataclass(frozen=True, slots=True)
class Person:
    """One row that can be imported."""

    line: int
    phone: Phone
    name: str
    points: int
    stamps: int
    joined: date | None
    grade: str


@dataclass(frozen=True, slots=True)
class Misread:
    """A row that cannot, and why: ``field`` is one of ``columns.FIELDS`` or empty, ``code`` one of ``problems.ROW``."""

    line: int
    field: str
    code: str


@dataclass(frozen=True)
class Opened:
    """A file whose columns are found; ``people`` can be gone through once."""

    format: str
    layout: Layout
    people: Iterator[Person | Misread]


def format_of(raw: bytes) -> str:
    """``xlsx``, or ``csv`` with its letters. Raises FileRefused."""
    if raw.startswith(_ZIP):
        return "xlsx"
    if raw.startswith(_OLE):
        raise FileRefused("encrypted" if _ENCRYPTED_NAME in raw else "format")
    if b"\0" in raw[:4096] and comma.encoding_of(raw[:4096]) != "utf-16":
        raise FileRefused("format")
    return f"csv {comma.encoding_of(raw).removesuffix('-sig')}"


def inspect(raw: bytes) -> None:
    """What can be said of a file without going through it. Raises FileRefused."""
    if not raw:
        raise FileRefused("empty")
    if format_of(raw) == "xlsx":
        Workbook(raw)


def open_file(raw: bytes, wanted: Mapping[str, str], today: date) -> Opened:
    """Raises FileRefused, here or when its people are gone through."""
    format_ = format_of(raw)
    serial_day_0 = SERIAL_DAY_0
    if format_ == "xlsx":
        workbook = Workbook(raw)
        rows = workbook.records()
        if workbook.counts_from_1904:
            serial_day_0 += _DAYS_TO_1904
    else:
        rows = comma.records(raw)
    first = list(itertools.islice(rows, LOOKED_AT))
    if not first:
        raise FileRefused("empty")
    layout = find_layout([record.cells for record in first], wanted)
    rest = itertools.chain(first[layout.skip :], rows)
    return Opened(format_, layout, (_read(record, layout.places, today, serial_day_0) for record in rest))


def _read(record: Record, places: Mapping[str, int], today: date, serial_day_0: date) -> Person | Misread:
    if record.problem is not None:
        return Misread(record.line, "", record.problem)
    cells = {field: record.cells[place] if place < len(record.cells) else "" for field, place in places.items()}
    read = {
        "phone": read_phone(cells["phone"]),
        "points": read_count(cells.get("points", "")),
        "stamps": read_count(cells.get("stamps", ""), STAMPS_MAX),
        "joined": read_day(cells.get("joined", ""), today, serial_day_0),
    }
    for field, value in read.items():
        if isinstance(value, Unread):
            return Misread(record.line, field, value)
    name, grade = read_name(cells.get("name", "")), read_name(tidy(cells.get("grade", "")), _GRADE_MAX)
    for field, text in (("name", name), ("grade", grade)):
        if UNREADABLE in text:
            return Misread(record.line, field, "unreadable")
    return Person(record.line, read["phone"], name, read["points"], read["stamps"], read["joined"], grade)  # type: ignore[arg-type]
