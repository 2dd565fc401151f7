"""Reading CSV as spreadsheets and shops' services write it: whichever letters, separator and line ends it has."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from cloud_api.imports.problems import FileRefused

COLUMNS_MAX = 200
SEPARATORS = (",", "\t", ";", "|")
_LOOKED_AT_BYTES = 64 * 1024
_LOOKED_AT_ROWS = 20
_STEP_BYTES = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNFINISHED = ("unexpected end of data", "field larger than field limit")


@dataclass(frozen=True, slots=True)
class Record:
    """One row and the line it begins in; ``problem`` is one of ``problems.ROW`` when it cannot be read."""

    line: int
    cells: list[str]
    problem: str | None = None


def encoding_of(raw: bytes) -> str:
    """By its mark; else UTF-8 where all of it is that, else CP949, as Korean Windows writes it."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    wrong = {encoding: _wrong_letters(raw, encoding) for encoding in ("utf-8", "cp949")}
    return min(wrong, key=lambda encoding: wrong[encoding])  # of two without a wrong letter it is UTF-8


def _wrong_letters(raw: bytes, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    count = 0
    for place in range(0, len(raw), _STEP_BYTES):
        step = raw[place : place + _STEP_BYTES]
        count += decoder.decode(step, final=place + _STEP_BYTES >= len(raw)).count("\N{REPLACEMENT CHARACTER}")
    return count


def separator_of(raw: bytes, encoding: str) -> str:
    """The sign that cuts most of the first rows into equally many cells."""
    return max(SEPARATORS, key=lambda sign: _evenness(raw[:_LOOKED_AT_BYTES], encoding, sign))


def _evenness(raw: bytes, encoding: str, separator: str) -> tuple[float, int]:
    widths: list[int] = []
    try:
        for row in csv.reader(_lines(raw, encoding), delimiter=separator):
            if any(row):
                widths.append(len(row))
            if len(widths) == _LOOKED_AT_ROWS:
                break
    except csv.Error:
        pass
    usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
    return (widths.count(usual) / len(widths), usual) if usual > 1 else (0.0, 1)


def _lines(raw: bytes, encoding: str) -> Iterator[str]:
    # Only what the csv module takes for a line's end ends one; the page reads as much at a time as it needs.
    return io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, errors="replace", newline="")


def records(raw: bytes) -> Iterator[Record]:
    """Every row that has something in it. Raises FileRefused ``broken`` where a quotation mark never closes."""
    encoding = encoding_of(raw)
    reader = csv.reader(_lines(raw, encoding), delimiter=separator_of(raw, encoding), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if any(words in str(error) for words in _UNFINISHED):
                raise FileRefused("broken", line) from error
            yield Record(line, [], "quotes")
            continue
        if any(cell.strip() for cell in cells[:COLUMNS_MAX]):
            yield Record(line, cells[:COLUMNS_MAX])
