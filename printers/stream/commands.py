"""Owns the table of ESC/POS commands: how many bytes follow each of them.

A wrong length makes picture bytes look like text, so every payload a Korean POS may send is counted here.
"""

from __future__ import annotations

from typing import Final

ESC: Final = 0x1B
FS: Final = 0x1C
GS: Final = 0x1D
DLE: Final = 0x10

PREFIX_NAMES: Final = {ESC: "ESC", FS: "FS", GS: "GS"}

# Bytes after the opcode of commands of one fixed length. A command that is missing here and in the special forms of
# the tokenizer counts as having no parameters: what follows is read as text, or dropped when it is a control byte.
FIXED: Final[dict[int, dict[int, int]]] = {
    ESC: {
        ord(" "): 1, ord("!"): 1, ord("$"): 2, ord("%"): 1, ord("-"): 1, ord("2"): 0, ord("3"): 1, ord("<"): 0,
        ord("="): 1, ord("?"): 1, ord("@"): 0, ord("A"): 1, ord("B"): 2, ord("E"): 1, ord("G"): 1, ord("J"): 1,
        ord("K"): 1, ord("L"): 0, ord("M"): 1, ord("N"): 1, ord("Q"): 1, ord("R"): 1, ord("S"): 0, ord("T"): 1,
        ord("U"): 1, ord("V"): 1, ord("W"): 8, ord("\\"): 2, ord("a"): 1, ord("d"): 1, ord("e"): 1, ord("f"): 2,
        ord("i"): 0, ord("m"): 0, ord("l"): 1, ord("p"): 3, ord("r"): 1, ord("s"): 1, ord("t"): 1, ord("u"): 1,
        ord("v"): 0, ord("{"): 1, 0x0C: 0,
    },
    GS: {
        ord("!"): 1, ord("$"): 2, ord("/"): 1, ord(":"): 0, ord("B"): 1, ord("E"): 1, ord("H"): 1, ord("I"): 1,
        ord("L"): 2, ord("P"): 2, ord("T"): 1, ord("W"): 2, ord("\\"): 2, ord("^"): 3, ord("a"): 1, ord("b"): 1,
        ord("c"): 0, ord("f"): 1, ord("h"): 1, ord("j"): 1, ord("r"): 1, ord("w"): 1, 0x0C: 0,
    },
    FS: {
        ord("!"): 1, ord("&"): 0, ord("-"): 1, ord("."): 0, ord("?"): 2, ord("C"): 1, ord("S"): 2, ord("W"): 1,
        ord("p"): 2,
    },
}  # fmt: skip

# Real-time commands: DLE and the second byte, then this many more. The third byte decides for EOT and DC4.
REALTIME_NAMES: Final = {0x04: "DLE EOT", 0x05: "DLE ENQ", 0x14: "DLE DC4"}
EOT_EXTRA: Final = {1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 1, 8: 1, 18: 1}
ENQ_ALLOWED: Final = frozenset(range(4))
DC4_EXTRA: Final = {1: 2, 2: 2, 3: 5, 7: 1, 8: 7}

CONTROL_NAMES: Final = {
    0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x09: "HT", 0x0A: "LF", 0x0B: "VT", 0x0C: "FF", 0x0D: "CR", 0x10: "DLE",
    0x18: "CAN", 0x1A: "SUB", 0x7F: "DEL",
}  # fmt: skip

DOWNLOADED_KANJI_BYTES: Final = 72  # FS 2: one 24 x 24 pattern, the size of every Korean model
TAB_STOPS_MAX: Final = 32  # ESC D
