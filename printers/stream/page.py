"""Lays the tokens of one document out as text rows, placed where the printer would put them.

Rows are built from positions, not from the order of bytes: columns set with ESC $ or tabs, and page mode, come out as
a person reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from printers.stream import letters
from printers.stream.state import CELL_DOTS, PrinterState
from printers.stream.tokenizer import Token, TokenKind

SAME_ROW_DOTS = 12  # page mode: letters whose baselines are nearer than this stand in one row
JOIN_DOTS = 5  # a smaller gap is rounding, not a space
WRAP_ABOVE_DOTS = 840  # wider than any receipt paper: the POS relies on the printer to break the line
WRAP_COLUMNS = (42, 48, 40, 32, 44, 46, 56, 64)
GAP_SPACES_MAX = 80
CUTS = frozenset({"GS V", "ESC i", "ESC m"})


class Row(NamedTuple):
    """One printed line: its letters, the largest magnification in it, and its emphasis.

    `align`: 0 left, 1 centre, 2 right.
    """

    text: str
    height: int = 1
    width: int = 1
    bold: bool = False
    reverse: bool = False
    align: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What a document shows. `picture_dots` is the height of its bitmaps; `logos` counts stored pictures."""

    rows: tuple[Row, ...] = ()
    picture_dots: int = 0
    logos: int = 0
    encoding: str = "cp949"

    @property
    def text(self) -> str:
        """The rendering, one line a row."""
        return "\n".join(row.text for row in self.rows)

    def followed_by(self, other: Page) -> Page:
        return Page(
            self.rows + other.rows, self.picture_dots + other.picture_dots, self.logos + other.logos, self.encoding
        )


class _Piece(NamedTuple):
    """A run of letters in one style, at dots `left`..`right`; `line` is its vertical place in page mode."""

    text: str
    left: float
    right: float
    line: float
    turn: int
    height: int
    width: int
    bold: bool
    reverse: bool
    align: int
    upside_down: bool


def lay_out(tokens: Sequence[Token], state: PrinterState) -> Page:
    """The page that these tokens print, starting from `state`, which is left as the tokens leave it. Never raises."""
    composer = _Composer(state, tokens)
    for token in tokens:
        composer.take(token)
    return composer.finish()


class _Composer:
    def __init__(self, state: PrinterState, tokens: Sequence[Token]) -> None:
        self._state = state
        self._encoding = letters.document_encoding(tokens)
        self._hangul_proved = letters.ignores_single_byte_mode(tokens, state.hangul)
        names = {token.name for token in tokens if token.kind is TokenKind.CONTROL}
        self._cr_feeds = "CR" in names and "LF" not in names
        self._rows: list[Row] = []
        self._upside_down: list[bool] = []
        self._line: list[_Piece] = []
        self._run = bytearray()
        self._x = 0.0
        self._pictures = 0
        self._logos = 0
        self._paged = False
        self._sheet: list[_Piece] = []
        self._y = 0.0
        self._turn = 0
        self._area = (0.0, 0.0, 576.0, 0.0)  # x, y, width, height in dots

    def take(self, token: Token) -> None:
        if token.kind is TokenKind.TEXT:
            if self._state.selected:
                self._run += token.data
        elif token.kind is TokenKind.REALTIME:
            return  # stands between letters without parting them
        else:
            self._close_run()
            if token.kind is TokenKind.CONTROL:
                self._control(token.name)
            else:
                self._command(token)

    def finish(self) -> Page:
        """What page mode has not printed by the end is never printed."""
        self._close_run()
        self._end_line(keep_empty=False)
        rows = self._rows
        if self._upside_down and sum(self._upside_down) * 2 > len(self._upside_down):
            rows = rows[::-1]  # sent bottom first, read after turning the paper
        while rows and not rows[-1].text.strip():
            rows.pop()
        return Page(tuple(rows), self._pictures, self._logos, self._encoding)

    # -- letters ------------------------------------------------------------------------------------------------

    def _close_run(self) -> None:
        if not self._run:
            return
        state = self._state
        text = letters.decode(bytes(self._run), state, self._encoding, hangul_proved=self._hangul_proved)
        self._run.clear()
        has_wide = not text.isascii()
        width = max(state.width, state.kanji_width if has_wide else 1)
        height = max(state.height, state.kanji_height if has_wide else 1)
        right = self._x + letters.cells(text) * state.cell * width
        piece = _Piece(
            text, self._x, right, self._y, self._turn, height, width, state.bold, state.reverse, state.align,
            state.upside_down,
        )  # fmt: skip
        (self._sheet if self._paged else self._line).append(self._placed(piece) if self._paged else piece)
        self._x = right

    def _placed(self, piece: _Piece) -> _Piece:
        """Page mode: the piece in the coordinates of someone who reads in its direction."""
        left, top, wide, high = self._area
        shift_x, shift_y = {
            0: (left, top),
            1: (-(top + high), left),
            2: (-(left + wide), -(top + high)),
            3: (top, -(left + wide)),
        }[piece.turn]
        return piece._replace(left=piece.left + shift_x, right=piece.right + shift_x, line=piece.line + shift_y)

    # -- movement -----------------------------------------------------------------------------------------------

    def _control(self, name: str) -> None:
        if not self._state.selected:
            return
        if name == "LF" or (name == "CR" and self._cr_feeds):
            self._feed(1)
        elif name == "HT":
            self._tab()
        elif name == "FF":
            if self._paged:
                self._print_sheet()
                self._paged = False
                self._x = 0.0
            else:
                self._end_line(keep_empty=False)
        elif name == "CAN" and self._paged:
            self._sheet.clear()

    def _feed(self, lines: float) -> None:
        if self._paged:
            self._x = 0.0
            self._y += lines * self._state.line_dots
            return
        self._end_line(keep_empty=True)

    def _tab(self) -> None:
        cell = self._state.cell * self._state.width
        for stop in self._state.tabs:
            if stop * cell > self._x + 0.5:
                self._x = float(stop * cell)
                return
        self._x += CELL_DOTS  # no stop left: the printer stays; parted words can still be told apart

    def _command(self, token: Token) -> None:
        if token.name == "ESC @":
            if self._state.selected:
                self._end_line(keep_empty=False)
                self._paged = False
                self._sheet.clear()
                self._state.reset()
        elif not self._state.apply(token) and token.complete:
            mover = _MOVERS.get(token.name)
            if mover is not None:
                mover(self, token.data)
            elif token.name in CUTS:
                self._end_line(keep_empty=False)

    def _esc_dollar(self, data: bytes) -> None:
        self._x = _number(data) * self._state.dots_per_unit_x

    def _esc_backslash(self, data: bytes) -> None:
        self._x = max(self._x + _signed(data) * self._state.dots_per_unit_x, 0.0)

    def _esc_d(self, data: bytes) -> None:
        self._feed(data[0])

    def _esc_j(self, data: bytes) -> None:
        self._feed(data[0] * self._state.dots_per_unit_y / max(self._state.line_dots, 1))

    def _esc_l(self, _data: bytes) -> None:
        self._end_line(keep_empty=False)
        self._paged = True
        self._x = self._y = 0.0
        self._turn = 0
        self._area = (0.0, 0.0, float(self._state.area_dots or 576), 0.0)

    def _esc_s(self, _data: bytes) -> None:
        if self._paged:
            self._sheet.clear()
            self._paged = False
            self._x = 0.0

    def _esc_t(self, data: bytes) -> None:
        if self._paged:
            self._turn = data[0] & 3
            self._x = self._y = 0.0

    def _esc_w(self, data: bytes) -> None:
        if self._paged and len(data) == 8:
            x, y, wide, high = (_number(data[at : at + 2]) for at in (0, 2, 4, 6))
            across, down = self._state.dots_per_unit_x, self._state.dots_per_unit_y
            self._area = (x * across, y * down, wide * across, high * down)
            self._x = self._y = 0.0

    def _gs_dollar(self, data: bytes) -> None:
        if self._paged:
            self._y = _number(data) * self._state.dots_per_unit_y

    def _gs_backslash(self, data: bytes) -> None:
        if self._paged:
            self._y += _signed(data) * self._state.dots_per_unit_y

    def _esc_ff(self, _data: bytes) -> None:
        if self._paged:
            self._print_sheet()

    # -- pictures -----------------------------------------------------------------------------------------------

    def _raster(self, data: bytes) -> None:
        if len(data) >= 6:
            self._pictures += _number(data[4:6]) * (2 if data[1] & 2 else 1)

    def _bit_image(self, data: bytes) -> None:
        self._pictures += 24
        self._x += _number(data[1:3])

    def _graphics(self, data: bytes, length_bytes: int = 2) -> None:
        body = data[1 + length_bytes :]
        if len(body) >= 10 and body[1] in (112, 113):
            self._pictures += _number(body[8:10])
        elif len(body) >= 2 and body[1] in (69, 85):
            self._logos += 1

    def _graphics_long(self, data: bytes) -> None:
        self._graphics(data, 4)

    def _logo(self, _data: bytes) -> None:
        self._logos += 1

    # -- rows ---------------------------------------------------------------------------------------------------

    def _end_line(self, *, keep_empty: bool) -> None:
        if self._paged:
            return
        if self._line:
            for row in _rows_of(self._line, self._state.area_dots):
                self._rows.append(row)
                self._upside_down.append(self._line[0].upside_down)
        elif keep_empty and self._rows and self._rows[-1].text:
            self._rows.append(Row(""))  # one blank row stands for any feed
        self._line.clear()
        self._x = 0.0

    def _print_sheet(self) -> None:
        for turn in dict.fromkeys(piece.turn for piece in self._sheet):
            pieces = sorted((piece for piece in self._sheet if piece.turn == turn), key=lambda piece: piece.line)
            line: list[_Piece] = []
            for piece in pieces:
                if line and piece.line - line[0].line > SAME_ROW_DOTS:
                    self._rows += _rows_of(line, 0)
                    line = []
                line.append(piece)
            if line:
                self._rows += _rows_of(line, 0)
        self._sheet.clear()


_MOVERS: dict[str, Callable[[_Composer, bytes], None]] = {
    "ESC $": _Composer._esc_dollar,
    "ESC \\": _Composer._esc_backslash,
    "ESC d": _Composer._esc_d,
    "ESC J": _Composer._esc_j,
    "ESC L": _Composer._esc_l,
    "ESC S": _Composer._esc_s,
    "ESC T": _Composer._esc_t,
    "ESC W": _Composer._esc_w,
    "ESC FF": _Composer._esc_ff,
    "GS $": _Composer._gs_dollar,
    "GS \\": _Composer._gs_backslash,
    "GS v 0": _Composer._raster,
    "ESC *": _Composer._bit_image,
    "GS ( L": _Composer._graphics,
    "GS 8 L": _Composer._graphics_long,
    "FS p": _Composer._logo,
    "GS /": _Composer._logo,
}


def _number(data: bytes) -> int:
    return int.from_bytes(data[:2], "little")


def _signed(data: bytes) -> int:
    return int.from_bytes(data[:2], "little", signed=True)


_left = attrgetter("left")


def _rows_of(pieces: Sequence[_Piece], area_dots: int) -> Iterable[Row]:
    """One row, or several when the line is longer than any paper."""
    text = _joined(sorted(pieces, key=_left) if len(pieces) > 1 else pieces)
    seen = [piece for piece in pieces if piece.text.strip()]
    wide = max([piece.width for piece in pieces])
    row = Row(
        text,
        max([piece.height for piece in pieces]),
        wide,
        any(piece.bold for piece in seen),
        any(piece.reverse for piece in seen),
        pieces[0].align,
    )
    if max([piece.right for piece in pieces]) <= WRAP_ABOVE_DOTS * wide:
        return (row,)
    parts = _wrapped_for_some_paper(text, area_dots)
    return (row,) if parts is None else [row._replace(text=part) for part in parts]


def _joined(ordered: Sequence[_Piece]) -> str:
    parts: list[str] = []
    at = 0.0
    last: _Piece | None = None
    for piece in ordered:
        gap = piece.left - at
        if last is not None and piece.text == last.text and abs(piece.left - last.left) < JOIN_DOTS:
            continue  # printed twice in one place to look bold
        if gap > JOIN_DOTS:
            parts.append(" " * min(max(1, round(gap / CELL_DOTS)), GAP_SPACES_MAX))
        elif gap < -JOIN_DOTS and last is not None:
            parts.append(" ")
        parts.append(piece.text)
        at = max(at, piece.right)
        last = piece
    return "".join(parts).rstrip()


def _wrapped_for_some_paper(text: str, area_dots: int) -> list[str] | None:
    """The parts that stand in the lines of a paper on which no break cuts a number."""
    known: tuple[int, ...] = (area_dots // CELL_DOTS,) if area_dots >= 16 * CELL_DOTS else ()
    widths = None if text.isascii() else [letters.cells(char) for char in text]
    for columns in (*known, *WRAP_COLUMNS):
        parts = _wrapped(text, widths, columns)
        if not any(before[-1:].isdigit() and after[:1] in "0123456789,." for before, after in pairwise(parts)):
            return parts
    return None


def _wrapped(text: str, widths: Sequence[int] | None, columns: int) -> list[str]:
    """`widths` of its letters in cells; None: one each."""
    if widths is None:
        return [text[at : at + columns] for at in range(0, len(text), columns)] or [text]
    parts: list[str] = []
    begun = used = 0
    for at, wide in enumerate(widths):
        used += wide
        if used > columns:
            parts.append(text[begun:at])
            begun, used = at, wide
    return [*parts, text[begun:]]
