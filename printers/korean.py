"""Owns Korean text for printers: cleaning, width in cells, and the two-byte code of every character.

A cell is one half-width column. A Korean printer prints everything of two CP949 bytes two cells wide, also marks that
screens draw narrow (`·`, `…`), so the width follows the code and not the Unicode table.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import TypeVar

CHARACTERS_KEPT = 4096  # a shop's slips use some hundred characters, each many times
T = TypeVar("T")
WON_CODE = b"\x5c"  # ESC R 13 puts the won sign where ASCII has the backslash
NO_BREAK = "\u00a0"  # a space at which a line must not break; printed as an ordinary one
REPLACEMENT_MARK = "□"  # stands for a character that neither the printer nor the bundled font can draw

# Marks people type that Korean printers lack, and the nearest one they have.
_REPLACED = str.maketrans(
    {
        "\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "\u2015",
        "\u2022": "\u00b7", "\u30fb": "\u00b7", "\uff65": "\u00b7", "\u2023": "\u00b7",
        "\u301c": "\u223c", "\uff5e": "\u223c", "\u2713": "V", "\u2714": "V", "\u00a9": "(c)",
        "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u2028": " ", "\u2029": " ",
        "\\": "\uff3c",  # the code of the backslash prints as the won sign
    }
)  # fmt: skip

# In CP949, but younger than the character ROM of most printers in shops (they came with KS X 1001:1998 and 2002).
_TOO_NEW_FOR_ROM = frozenset("€®㉾")


class HangulRom(StrEnum):
    """Which two-byte characters a printer has built in."""

    CP949 = "cp949"  # all 11,172 syllables
    KSX1001 = "ksx1001"  # the 2,350 syllables of the standard; 똠 and 뷁 are missing
    NONE = "none"  # Latin only: Hangul has to be drawn


class _Looked(dict[str, T]):
    """What is known of characters that came before. Forgets everything when full, so that no text can fill it."""

    def __init__(self, look: Callable[[str], T]) -> None:
        super().__init__()
        self._look = look

    def __missing__(self, char: str) -> T:
        if len(self) >= CHARACTERS_KEPT:
            self.clear()
        found = self[char] = self._look(char)
        return found


def clean(text: str) -> str:
    """One line as it can be printed: composed Hangul, no control or invisible characters, known marks replaced."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return "".join(map(_CLEANED.__getitem__, composed.translate(_REPLACED)))


def _cleaned(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Zs") and char not in (NO_BREAK, "\u3000"):
        return " "
    if category in ("Cs", "Cn", "Co"):
        return REPLACEMENT_MARK  # damaged, younger than our tables, or known to one font only
    return "" if category in ("Cf", "Mn", "Me") or _is_skin_tone(char) else char


def _is_skin_tone(char: str) -> bool:
    return 0x1F3FB <= ord(char) <= 0x1F3FF  # colour has no meaning on thermal paper


def code_of(char: str, rom: HangulRom = HangulRom.CP949) -> bytes | None:
    """The bytes that make the printer draw this character itself, or None when it has to be drawn as an image."""
    return _CODES[rom][char]


def codes_of(text: str, rom: HangulRom) -> list[bytes | None]:
    """The same for every character of a line."""
    return list(map(_CODES[rom].__getitem__, text))


def _code(char: str, rom: HangulRom) -> bytes | None:
    if char == "\u20a9":
        return WON_CODE
    if char == NO_BREAK:
        return b" "
    if " " <= char <= "~" and char != "\\":
        return char.encode("ascii")
    if rom is HangulRom.NONE or char in _TOO_NEW_FOR_ROM:
        return None
    try:
        code = char.encode("cp949")
    except UnicodeEncodeError:
        return None
    if len(code) != 2:
        return None
    if rom is HangulRom.KSX1001 and min(code) < 0xA1:
        return None
    return code


def cells_of(char: str) -> int:
    """Width of one cleaned character in cells, the same on every printer so that a layout never depends on the ROM."""
    return _CELLS[char]


def _cells(char: str) -> int:
    code = code_of(char)
    if code is not None:
        return len(code)
    if char in _TOO_NEW_FOR_ROM or unicodedata.east_asian_width(char) in ("W", "F"):
        return 2
    return 1


def width(text: str) -> int:
    """Width of cleaned text in cells."""
    return sum(map(_CELLS.__getitem__, text))


_CLEANED = _Looked(_cleaned)
_CODES = {rom: _Looked(partial(_code, rom=rom)) for rom in HangulRom}
_CELLS = _Looked(_cells)
