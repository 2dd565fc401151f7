"""Reading the first visible sheet of an .xlsx file, a piece at a time, trusting nothing that it says about itself.

Such a file is a ZIP of XML. Refused are entities and document types (what makes XML explode or reach out), macros,
passwords, and more than a fixed number of unpacked bytes, counted while they are unpacked.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from cloud_api.imports.comma import COLUMNS_MAX, Record
from cloud_api.imports.problems import FileRefused

UNPACKED_MAX = 256 * 1024 * 1024
_MEMBERS_MAX = 2_000
_STEP_BYTES = 64 * 1024
_CELL_MAX = 32_767  # letters, as many as the program itself allows
_PLACE = re.compile(r"([A-Z]{1,3})[0-9]*")
_EXPONENT_MAX = 20
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the library says of an archive that is bent somewhere.
_UNZIPPING = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, KeyError, OSError, RuntimeError, ValueError)
_LOCKED = 0x1  # of a ZIP entry's flags


class Workbook:
    """An open file; ``counts_from_1904`` says how its numbers of days are meant."""

    def __init__(self, raw: bytes) -> None:
        """Raises FileRefused."""
        self._left = UNPACKED_MAX
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except _UNZIPPING as error:
            raise FileRefused("format") from error
        self._check_members()
        self.counts_from_1904 = False
        self._sheet = self._find_sheet()

    def _check_members(self) -> None:
        members = self._zip.infolist()
        names = {member.filename for member in members}
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise FileRefused("macros")
        if any(member.flag_bits & _LOCKED for member in members) or "EncryptedPackage" in names:
            raise FileRefused("encrypted")
        if "xl/workbook.xml" not in names or any(member.compress_type not in _PACKINGS for member in members):
            raise FileRefused("format")
        if len(members) > _MEMBERS_MAX or sum(member.file_size for member in members) > self._left:
            raise FileRefused("too_large")

    def records(self) -> Iterator[Record]:
        """Every row that has something in it, with the number that the program shows beside it."""
        rows = _Rows(self._shared_texts())
        for _ in self._parse(self._sheet, rows.start, rows.end, rows.text):
            yield from rows.taken()

    def _find_sheet(self) -> str:
        sheets: list[str] = []
        targets: dict[str, str] = {}

        def sheet(name: str, given: dict[str, str]) -> None:
            if name == "sheet" and given.get("state", "visible") == "visible":
                sheets.extend(value for key, value in given.items() if _local(key) == "id")
            if name == "workbookPr":
                self.counts_from_1904 = given.get("date1904") in ("1", "true")

        def relation(name: str, given: dict[str, str]) -> None:
            if name == "Relationship" and given.get("TargetMode") != "External":
                targets[given.get("Id", "")] = posixpath.normpath(posixpath.join("/xl", given.get("Target", "")))

        for part, start in (("xl/workbook.xml", sheet), ("xl/_rels/workbook.xml.rels", relation)):
            for _ in self._parse(part, start):
                pass
        for sheet_id in sheets:
            if sheet_id in targets:
                return targets[sheet_id].lstrip("/")
        raise FileRefused("format")

    def _shared_texts(self) -> list[str]:
        if "xl/sharedStrings.xml" not in self._zip.namelist():
            return []
        texts = _Texts()
        for _ in self._parse("xl/sharedStrings.xml", texts.start, texts.end, texts.text):
            pass
        return texts.found

    def _parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] = lambda _name: None,
        text: Callable[[str], None] = lambda _text: None,
    ) -> Iterator[None]:
        """Feeds a part to the handlers, which get names without their namespace; yields after every piece."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.StartElementHandler = lambda name, given: start(_local(name), given)
        parser.EndElementHandler = lambda name: end(_local(name))
        parser.CharacterDataHandler = text
        try:
            for piece in self._pieces(part):
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise FileRefused("broken") from error
        yield

    def _pieces(self, part: str) -> Iterator[bytes]:
        try:
            with self._zip.open(part) as stream:
                while piece := stream.read(_STEP_BYTES):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise FileRefused("too_large")
                    yield piece
        except _UNZIPPING as error:
            raise FileRefused("format") from error


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse(*_told: object) -> None:
    raise FileRefused("format")


class _Texts:
    """Collects the texts that cells share, without the readings that stand above some letters."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._now: list[str] = []
        self._in_text = False
        self._in_reading = False

    def start(self, name: str, _given: dict[str, str]) -> None:
        if name == "si":
            self._now = []
        elif name == "rPh":
            self._in_reading = True
        elif name == "t":
            self._in_text = not self._in_reading

    def end(self, name: str) -> None:
        if name == "si":
            self.found.append("".join(self._now)[:_CELL_MAX])
        elif name == "rPh":
            self._in_reading = False
        elif name == "t":
            self._in_text = False

    def text(self, text: str) -> None:
        if self._in_text:
            self._now.append(text)


class _Rows:
    """Collects rows; those that are whole can be taken. Of a formula its last value counts, nothing is calculated."""

    def __init__(self, shared: list[str]) -> None:
        self._shared = shared
        self._whole: list[Record] = []
        self._line = 0
        self._cells: list[str] = []
        self._place = 0
        self._kind = ""
        self._value: list[str] = []
        self._reading = False

    def taken(self) -> list[Record]:
        taken, self._whole = self._whole, []
        return taken

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "row":
            number = given.get("r", "")
            self._line = int(number) if number.isdigit() and len(number) < 9 else self._line + 1
            self._cells = []
        elif name == "c":
            self._place = _column(given.get("r"), len(self._cells))
            self._kind = given.get("t", "n")
            self._value = []
        elif name in ("v", "t"):
            self._reading = True

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._reading = False
        elif name == "c" and self._value and self._place < COLUMNS_MAX:
            self._cells.extend([""] * (self._place + 1 - len(self._cells)))
            self._cells[self._place] = self._shown("".join(self._value)[:_CELL_MAX])
        elif name == "row" and any(cell.strip() for cell in self._cells):
            self._whole.append(Record(self._line, self._cells))

    def text(self, text: str) -> None:
        if self._reading:
            self._value.append(text)

    def _shown(self, value: str) -> str:
        if self._kind == "s":
            place = int(value) if value.isdigit() and len(value) < 9 else -1
            return self._shared[place] if 0 <= place < len(self._shared) else ""
        return _number(value) if self._kind == "n" else value


def _column(place: str | None, following: int) -> int:
    """0 for A; a cell that does not say where it is comes after the last one."""
    letters = _PLACE.fullmatch(place or "")
    if letters is None:
        return following
    number = 0
    for letter in letters.group(1):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _number(value: str) -> str:
    """A whole number as its digits: in the file it is exact, also where it is written with an exponent."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or number.adjusted() > _EXPONENT_MAX or number != number.to_integral_value():
        return value
    return str(int(number))
