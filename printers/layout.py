"""Lays a document out for a paper of N cells: wrapping between words, columns, centring. No bytes, no dots."""

from __future__ import annotations

import re
from dataclasses import dataclass

from printers.document import (
    BAR,
    PLAIN,
    Align,
    Barcode,
    Block,
    Columns,
    CopyNote,
    Cut,
    Document,
    Drawer,
    Picture,
    Qr,
    Rule,
    Space,
    Style,
    Text,
)
from printers.korean import NO_BREAK, cells_of, clean, width
from printers.profiles import COLUMNS_MIN

MIDDLE_ENDS_BEFORE = 11  # cells kept right of a middle column: "  -1,234,567" fits
REPRINT_TITLE = "[ 재출력 ]"
_GAPS = re.compile("  +")


@dataclass(frozen=True)
class TextRow:
    """One printed line: `indent` empty normal-size cells, then the text in its style."""

    text: str
    style: Style = PLAIN
    indent: int = 0


@dataclass(frozen=True)
class SpaceRow:
    halves: int


Row = TextRow | SpaceRow | Qr | Barcode | Picture | Cut | Drawer


def lay_out(document: Document, columns: int) -> tuple[Row, ...]:
    """Rows in printing order; every TextRow fits into `columns` cells."""
    if columns < COLUMNS_MIN:
        raise ValueError(f"a paper has at least {COLUMNS_MIN} columns")
    rows: list[Row] = []
    if document.reprint > 0:
        rows += _text_rows(Text(REPRINT_TITLE, align=Align.CENTER, style=BAR), columns)
        rows.append(SpaceRow(1))
    for block in document.blocks:
        rows += _rows_of(block, columns, document.reprint)
    return tuple(rows)


def as_text(rows: tuple[Row, ...]) -> list[str]:
    """The rows as plain lines, as they would be read off the paper; codes appear as a bracketed word."""
    lines: list[str] = []
    for row in rows:
        if isinstance(row, TextRow):
            lines.append((" " * row.indent + row.text).rstrip())
        elif isinstance(row, Qr):
            lines.append(f"[QR {row.payload}]")
        elif isinstance(row, Barcode):
            lines.append(f"[{row.symbology} {row.payload}]")
        elif isinstance(row, Picture):
            lines.append("[IMAGE]")
    return lines


def _rows_of(block: Block, columns: int, reprint: int) -> list[Row]:
    if isinstance(block, Text):
        return _text_rows(block, columns)
    if isinstance(block, Columns):
        return _column_rows(block, columns)
    if isinstance(block, Rule):
        return [TextRow(("=" if block.double else "-") * columns)]
    if isinstance(block, Space):
        return [SpaceRow(block.halves)] if block.halves else []
    if isinstance(block, CopyNote):
        note = f"{block.text} · 재출력 {reprint}회" if block.text else f"재출력 {reprint}회"
        return _text_rows(Text(note, align=Align.CENTER), columns)
    return [block]


def _text_rows(block: Text, columns: int) -> list[Row]:
    scale = 2 if block.style.double else 1
    room = columns // scale
    hang = min(block.hang, room // 2)
    rows: list[Row] = []
    for paragraph in block.text.split("\n"):
        for number, line in enumerate(wrap(clean(paragraph), room, hang)):
            lead = hang if number else 0
            rows.append(_placed(line, lead * scale, block.align, block.style, columns))
    return rows


def _placed(line: str, lead: int, align: Align, style: Style, columns: int) -> TextRow:
    line = line.replace(NO_BREAK, " ")
    scale = 2 if style.double else 1
    free = columns - lead - width(line) * scale
    if align is Align.CENTER:
        lead += free // 2
    elif align is Align.RIGHT:
        lead += free
    if not style.inverse:
        return TextRow(line if line.strip() else "", style, lead if line.strip() else 0)
    # A bar reaches from edge to edge, so its spaces are printed; they have to be as wide as the text.
    before = lead // scale
    after = columns // scale - before - width(line)
    return TextRow(" " * before + line + " " * after, style)


def _column_rows(block: Columns, columns: int) -> list[Row]:
    scale = 2 if block.style.double else 1
    room = columns // scale
    indent = min(block.indent, room // 4)
    left, middle, right = (clean(part).strip() for part in (block.left, block.middle, block.right))
    value = right
    if middle:
        # The value column keeps its place; a value that is wider pushes the middle one to the left.
        value = middle + " " * max(MIDDLE_ENDS_BEFORE - width(right), 1) + right
    lines = _column_lines(" " * indent + left, value, room, indent)
    return [TextRow(_filled(line.replace(NO_BREAK, " "), room, block.style), block.style) for line in lines]


def _column_lines(left: str, value: str, room: int, indent: int) -> list[str]:
    free = room - width(left) - width(value)
    if free >= 1 or not value:
        if free < 0:
            return wrap(left, room, indent)
        return [left + " " * free + value] if value else [left]
    lines = wrap(left, room, indent)
    last_free = room - width(lines[-1]) - width(value)
    if len(lines) > 1 and last_free >= 1:
        lines[-1] += " " * last_free + value
        return lines
    under = [part.strip() for part in wrap(value, room, 0)]
    return lines + [" " * (room - width(part)) + part for part in under]


def _filled(line: str, room: int, style: Style) -> str:
    return line + " " * (room - width(line)) if style.inverse else line


def wrap(text: str, room: int, hang: int = 0) -> list[str]:
    """Lines of at most `room` cells (`room - hang` after the first). Breaks between words, inside a word only when the
    word alone is wider than a line. Leading spaces stay; the spaces at a break go. Always at least one line."""
    lines: list[str] = []
    rest = text.rstrip()
    while width(rest) > (limit := room - (hang if lines else 0)):
        cut = _cut_position(rest, limit)
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip(" ")
    if rest or not lines:
        lines.append(rest)
    return lines


def squeezed(line: str, columns: int) -> str:
    """A line of another, wider paper for this one: its widest gap gives way, a line across is cut. One that is still
    too wide is left to be wrapped."""
    line = clean(line).rstrip()
    if len(set(line)) == 1:
        return line[: columns // cells_of(line[0])]
    while (over := width(line) - columns) > 0:
        gap = max(_GAPS.finditer(line), key=lambda found: len(found[0]), default=None)
        if gap is None:
            break
        room = max(len(gap[0]) - over, 1)
        line = line[: gap.start()] + " " * room + line[gap.end() :]
    return line


def _cut_position(text: str, limit: int) -> int:
    """How many characters go on this line: up to the last space that fits, else as many as fit."""
    used = 0
    fitting = 0
    for char in text:
        used += cells_of(char)
        if used > limit:
            break
        fitting += 1
    if fitting < len(text) and text[fitting] == " ":
        return fitting
    space = text.rfind(" ", 0, fitting)
    if space > 0 and text[:space].strip():
        return space
    return max(fitting, 1)
