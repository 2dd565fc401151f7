"""Sends rows the way different tills do: with spaces, tabs, positions or page mode, in several encodings."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.printers.receipts.invented.rows import Cells, Pair, Row, Rule, Text, width_of

DOTS = 12  # a half-width letter of font A


def sent(rows: Sequence[Row], columns: int, dice: random.Random) -> bytes:
    """A whole document: initialised, printed, fed and cut."""
    ink = _Ink(dice, columns)
    body = ink.page(rows) if ink.way == "page" else b"".join(ink.row(row) for row in rows)
    head = b"\x1b@"
    if ink.encoding == "cp949":
        head += dice.choice((b"", b"\x1c&", b"\x1b\x74\x00\x1c&\x1bR\x0d", b"\x1c&\x1bR\x0d"))
    if ink.way == "tabs":
        head += b"\x1bD" + bytes((columns - 18, columns - 9)) + b"\x00"
    cut = dice.choice((b"\x1dV\x00", b"\x1dVA\x03", b"\x1dVB\x00", b"\x1bi", b"\x1dV1"))
    return head + body + b"\x1bd\x04" + cut


class _Ink:
    def __init__(self, dice: random.Random, columns: int) -> None:
        self._dice = dice
        self._columns = columns
        self.way = dice.choice(("spaces",) * 6 + ("tabs", "dollar", "dollar", "gap", "page", "back"))
        self.encoding = dice.choice(("cp949",) * 5 + ("utf-8",))
        self._emphasis = dice.random() < 0.3
        self._reverse_titles = dice.random() < 0.1

    def letters(self, text: str) -> bytes:
        if self.encoding == "cp949":
            text = text.replace("₩", "￦")
        return text.encode(self.encoding, "replace")

    def row(self, row: Row) -> bytes:
        if isinstance(row, Rule):
            return self.letters(row.mark * (self._columns // width_of(row.mark))) + b"\n"
        if isinstance(row, Text):
            return self._text(row)
        parts = self._columns_of(row)
        if isinstance(row, Pair) and row.big:
            return self._big(parts)
        line = b""
        at = 0
        for text, end in parts:
            line += self._move(at, end - width_of(text)) + self.letters(text)
            at = max(end, at + width_of(text))
        return line + b"\n"

    def _columns_of(self, row: Pair | Cells) -> list[tuple[str, int]]:
        if isinstance(row, Pair):
            end = self._columns if self.way != "gap" else width_of(row.label) + 2 + width_of(row.value)
            end = max(end, width_of(row.label) + 1 + width_of(row.value))
            return [(row.label, width_of(row.label)), (row.value, end)]
        first, *rest = zip(row.cells, row.ends, strict=True)
        return [(first[0], width_of(first[0])), *(cell for cell in rest if cell[0])]

    def _move(self, at: int, to: int) -> bytes:
        if to <= at:
            return b" " if at else b""
        if not at and not to:
            return b""
        if self.way == "tabs":
            return b"\t"
        if self.way == "dollar":
            return b"\x1b$" + (to * DOTS).to_bytes(2, "little")
        if self.way == "back":
            return b"\x1b\\" + ((to - at) * DOTS).to_bytes(2, "little")
        return b" " * (to - at)

    def _big(self, parts: list[tuple[str, int]]) -> bytes:
        """The amount due in larger letters: double height, or double both ways with the gap that leaves."""
        label, value = parts[0][0], parts[1][0]
        if self._dice.random() < 0.6 or 2 * (width_of(label) + width_of(value)) + 2 > self._columns:
            gap = max(self._columns - width_of(label) - width_of(value), 1)
            return b"\x1d!\x01" + self.letters(label + " " * gap + value) + b"\n\x1d!\x00"
        gap = max(self._columns // 2 - width_of(label) - width_of(value), 1)
        return b"\x1d!\x11" + self.letters(label + " " * gap + value) + b"\n\x1d!\x00"

    def _text(self, row: Text) -> bytes:
        text = row.text
        before, after = b"", b""
        if row.big and 2 * width_of(text) <= self._columns:
            before, after = b"\x1d!\x11", b"\x1d!\x00"
        if row.align == 1:
            if self.way in ("spaces", "gap") and not before:
                text = " " * max((self._columns - width_of(text)) // 2, 0) + text
            else:
                before, after = before + b"\x1ba\x01", after + b"\x1ba\x00"
        if row.bold or self._emphasis:
            before, after = before + b"\x1bE\x01", after + b"\x1bE\x00"
        if row.big and self._reverse_titles:
            before, after = before + b"\x1dB\x01", after + b"\x1dB\x00"
        return before + self.letters(text) + b"\n" + after

    def page(self, rows: Sequence[Row]) -> bytes:
        """Page mode: every column from its own place, values before labels, printed at the end."""
        high = 30 * (len(rows) + 2)
        area = b"".join(number.to_bytes(2, "little") for number in (0, 0, self._columns * DOTS, high))
        left, right = b"", b""
        for place, row in enumerate(rows, 1):
            down = b"\x1d$" + (30 * place).to_bytes(2, "little")
            if isinstance(row, Text | Rule):
                text = row.text if isinstance(row, Text) else "-" * self._columns
                left += down + b"\x1b$\x00\x00" + self.letters(text)
                continue
            first, *rest = self._columns_of(row)
            left += down + b"\x1b$\x00\x00" + self.letters(first[0])
            for text, end in rest:
                at = max(end - width_of(text), 0) * DOTS
                right += down + b"\x1b$" + at.to_bytes(2, "little") + self.letters(text)
        return b"\x1bL\x1bW" + area + b"\x1bT\x00" + right + left + b"\x0c"
