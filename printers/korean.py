"""Owns Korean text for printers: cleaning, width in cells, and the two-byte code of every character.

A cell is one half-width column. A Korean printer prints everything of two CP949 bytes two cells wide, also marks that
screens draw narrow (`·`, `…`), so the width follows the code and not the Unicode table.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

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


def clean(text: str) -> str:
    """One line as it can be printed: composed Hangul, no control or invisible characters, known marks replaced."""
    composed = unicodedata.normalize("NFC", text).translate(_REPLACED)
    kept: list[str] = []
    for char in composed:
        category = unicodedata.category(char)
        if category in ("Cc", "Zs") and char not in (NO_BREAK, "\u3000"):
            kept.append(" ")
        elif category in ("Cs", "Cn", "Co"):
            kept.append(REPLACEMENT_MARK)  # damaged, younger than our tables, or known to one font only
        elif category not in ("Cf", "Mn", "Me") and not _is_skin_tone(char):
            kept.append(char)
    return "".join(kept)


def _is_skin_tone(char: str) -> bool:
    return 0x1F3FB <= ord(char) <= 0x1F3FF  # colour has no meaning on thermal paper


def code_of(char: str, rom: HangulRom = HangulRom.CP949) -> bytes | None:
    """The bytes that make the printer draw this character itself, or None when it has to be drawn as an image."""
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
    code = code_of(char)
    if code is not None:
        return len(code)
    if char in _TOO_NEW_FOR_ROM or unicodedata.east_asian_width(char) in ("W", "F"):
        return 2
    return 1


def width(text: str) -> int:
    """Width of cleaned text in cells."""
    return sum(cells_of(char) for char in text)
