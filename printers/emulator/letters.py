"""Turns text bytes into characters as the printer's current character set reads them."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from printers.korean import cells_of
from printers.state import StreamState

_CODE_PAGES: Final = {
    0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 13: "cp857", 14: "cp737", 15: "iso8859_7",
    16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 20: "cp874", 32: "cp720", 33: "cp775", 34: "cp855",
    35: "cp861", 36: "cp862", 37: "cp864", 38: "cp869", 39: "iso8859_2", 40: "iso8859_15", 45: "cp1250",
    46: "cp1251", 47: "cp1253", 48: "cp1254", 49: "cp1255", 50: "cp1256", 51: "cp1257", 52: "cp1258",
}  # fmt: skip
_NATIONAL: Final = {3: {"#": "£"}, 8: {"\\": "¥"}, 13: {"\\": "₩"}}
NO_SUCH_CHARACTER: Final = "□"


@dataclass(frozen=True)
class Letter:
    char: str
    cells: int  # 2 for what Hangul mode prints from two bytes
    two_byte: bool = False


class LetterReader:
    """Keeps the first half of a two-byte letter between chunks of text."""

    def __init__(self) -> None:
        self._lead: int | None = None
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self, chunk: bytes, state: StreamState) -> list[Letter]:
        if state.utf8:
            return [Letter(char, cells_of(char), cells_of(char) == 2) for char in self._utf8.decode(chunk)]
        letters: list[Letter] = []
        for byte in chunk:
            if self._lead is not None:
                letters.append(_two_byte(self._lead, byte))
                self._lead = None
            elif byte >= 0x81 and byte != 0xFF and state.hangul:
                self._lead = byte
            else:
                letters.append(Letter(_single(byte, state), 1))
        return letters

    def interrupted(self) -> list[Letter]:
        """A command came between the halves: what half a letter leaves on paper."""
        self._utf8.reset()
        lead, self._lead = self._lead, None
        return [Letter(NO_SUCH_CHARACTER, 2, True)] if lead is not None else []


def _two_byte(lead: int, trail: int) -> Letter:
    try:
        return Letter(bytes((lead, trail)).decode("cp949"), 2, True)
    except UnicodeDecodeError:
        return Letter(NO_SUCH_CHARACTER, 2, True)


def _single(byte: int, state: StreamState) -> str:
    if byte < 0x80:
        char = chr(byte)
        return _NATIONAL.get(state.international, {}).get(char, char)
    char = bytes((byte,)).decode(_CODE_PAGES.get(state.code_table, "cp437"), "replace")
    return char if char.isprintable() and char != "\ufffd" else NO_SUCH_CHARACTER
