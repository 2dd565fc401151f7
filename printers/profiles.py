"""The table of printers: what each family can do, as data. A new printer is a new row here, never a new `if`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Final

from printers.errors import UnknownProfile
from printers.korean import HangulRom

CELL_DOTS: Final = 12  # one half-width column of font A
COLUMNS_MIN: Final = 16  # below this no slip is readable; a profile never goes there


class Answers(StrEnum):
    """Whether a printer answers status questions over its back channel."""

    ALWAYS = "always"  # silence before printing means: not there
    UNSURE = "unsure"  # many clones and print servers stay silent although they print
    NEVER = "never"  # one-way path (file, spooler)


@dataclass(frozen=True)
class PrinterProfile:
    """What the encoder and delivery have to know about a printer.

    `feed_units_per_dot`: Epson and its Korean relatives count feeds in half dots, clones in dots.
    `paper_dots` is the width a head can print; `columns` is how many 12-dot cells we use of it. A head may be wider
    than its profile says, so that nothing is placed by the head's width: see `text_dots`.
    """

    name: str
    label: str
    columns: int
    paper_dots: int
    native_qr: bool = True
    native_barcode: bool = True
    cutter: bool = True
    drawer: bool = True
    answers: Answers = Answers.UNSURE
    thick_bars: bool = True  # inverse lines get a solid band above and below; off where bands leave hairlines
    rom: HangulRom = HangulRom.CP949
    feed_units_per_dot: int = 1
    feed_before_cut_lines: int = 4  # distance from head to knife when GS V cannot feed by itself

    @property
    def text_dots(self) -> int:
        """Width of the columns in dots: the print area of a slip, so that codes stand in the middle of its text."""
        return self.columns * CELL_DOTS

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> PrinterProfile:
        """Raises UnknownProfile for anything that `to_json` did not write."""
        try:
            found = json.loads(text)
            made = PrinterProfile(**found)
            typed = replace(made, answers=Answers(made.answers), rom=HangulRom(made.rom))
        except (ValueError, TypeError) as problem:
            raise UnknownProfile("not a printer profile") from problem
        wanted = {field.name: type(getattr(DEFAULT_PROFILE, field.name)) for field in fields(PrinterProfile)}
        if any(type(getattr(typed, name)) is not kind for name, kind in wanted.items()):
            raise UnknownProfile("a printer profile with a wrong value")
        if not (COLUMNS_MIN <= typed.columns <= 96 and typed.columns * CELL_DOTS <= typed.paper_dots <= 2_000):
            raise UnknownProfile("a printer profile with an impossible width")
        return typed


_ROWS: Final = (
    PrinterProfile("generic-80", "80 mm, 42칸", 42, 512),
    PrinterProfile("generic-80-48", "80 mm, 48칸", 48, 576),
    PrinterProfile("generic-58", "58 mm, 32칸", 32, 384, native_qr=False, cutter=False, rom=HangulRom.KSX1001),
    PrinterProfile(
        "generic-80-image", "80 mm, 한글 글꼴 없음", 48, 576, native_qr=False, native_barcode=False, rom=HangulRom.NONE
    ),
    PrinterProfile("epson-80", "Epson TM-T88 (42칸)", 42, 512, answers=Answers.ALWAYS, feed_units_per_dot=2),
    PrinterProfile(
        "epson-80-48", "Epson TM-T82 / TM-m30 (48칸)", 48, 576, answers=Answers.ALWAYS, feed_units_per_dot=2
    ),
    PrinterProfile("bixolon-80", "Bixolon SRP-350 / 330 (42칸)", 42, 512, feed_units_per_dot=2),
    PrinterProfile("bixolon-58", "Bixolon SPP-R200 (32칸)", 32, 384, cutter=False),
    PrinterProfile("sewoo-80", "Sewoo SLK-TS / LK-T (42칸)", 42, 512, feed_units_per_dot=2),
    PrinterProfile("sewoo-58", "Sewoo LK-P (32칸)", 32, 384, cutter=False),
    PrinterProfile("sam4s-80", "SAM4S Ellix / Giant (42칸)", 42, 512, feed_units_per_dot=2),
    PrinterProfile("star-80-escpos", "Star (ESC/POS 모드, 48칸)", 48, 576, native_qr=False),
)
PROFILES: Final[dict[str, PrinterProfile]] = {row.name: row for row in _ROWS}
DEFAULT_PROFILE: Final = PROFILES["generic-80"]


def profile(name: str) -> PrinterProfile:
    """The profile of this name; raises UnknownProfile."""
    found = PROFILES.get(name)
    if found is None:
        raise UnknownProfile(f"no printer profile {name!r}")
    return found
