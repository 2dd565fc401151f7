"""Owns what a printer remembers between commands: character set, styles, margins, tabs.

A POS may initialise its printer once a day, so this state outlives documents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from printers.stream.tokenizer import Token

CELL_DOTS = 12  # width of a half-width letter of font A
CELL_DOTS_B = 9
LINE_DOTS = 30  # default line spacing
UNITS_PER_INCH = 180  # what GS P divides; one unit is taken as one dot unless it says otherwise
DEFAULT_TABS = tuple(range(8, 256, 8))


@dataclass
class PrinterState:
    """The settings that decide how the next letter is read and where it stands."""

    hangul: bool | None = None  # FS & / FS . ; None: the stream never said
    utf8: bool = False
    code_page: int = 0
    charset: int = 0
    bold: bool = False
    reverse: bool = False
    width: int = 1
    height: int = 1
    kanji_width: int = 1
    kanji_height: int = 1
    font_b: bool = False
    spacing: int = 0
    align: int = 0
    tabs: tuple[int, ...] = DEFAULT_TABS
    area_dots: int = 0  # GS W; 0: unknown
    dots_per_unit_x: float = 1.0
    dots_per_unit_y: float = 1.0
    line_dots: int = LINE_DOTS
    upside_down: bool = False
    selected: bool = True

    @property
    def cell(self) -> int:
        """Width in dots of a half-width letter, without its magnification."""
        return (CELL_DOTS_B if self.font_b else CELL_DOTS) + self.spacing

    def reset(self) -> None:
        """ESC @."""
        for field in fields(self):
            setattr(self, field.name, field.default)

    def apply(self, token: Token) -> bool:
        """Take a command that only changes settings; answers whether it was one."""
        if not token.complete:
            return False
        if token.name == "ESC =":
            self.selected = bool(token.data[0] & 1) if token.data else self.selected
            return True
        if not self.selected:
            return True  # meant for the customer display behind the printer
        setter = _SETTERS.get(token.name)
        if setter is None:
            return False
        setter(self, token.data)
        return True


_Setter = Callable[[PrinterState, bytes], None]


def _style(state: PrinterState, data: bytes) -> None:
    bits = data[0]
    state.font_b = bool(bits & 0x01)
    state.bold = bool(bits & 0x08)
    state.height = 2 if bits & 0x10 else 1
    state.width = 2 if bits & 0x20 else 1


def _size(state: PrinterState, data: bytes) -> None:
    state.width = (data[0] >> 4 & 7) + 1
    state.height = (data[0] & 7) + 1
    state.kanji_width = state.kanji_height = 1


def _kanji_style(state: PrinterState, data: bytes) -> None:
    state.kanji_width = 2 if data[0] & 0x04 else 1
    state.kanji_height = 2 if data[0] & 0x08 else 1


def _kanji_quad(state: PrinterState, data: bytes) -> None:
    state.kanji_width = state.kanji_height = 2 if data[0] & 1 else 1


def _encoding(state: PrinterState, data: bytes) -> None:
    # FS ( C: letter, length, then function 48 with 1 = code page, 2 = UTF-8.
    if len(data) >= 5 and data[3] == 48:
        state.utf8 = data[4] in (2, 50)


def _units(state: PrinterState, data: bytes) -> None:
    state.dots_per_unit_x = UNITS_PER_INCH / data[0] if data[0] else 1.0
    state.dots_per_unit_y = UNITS_PER_INCH / data[1] if data[1] else 1.0


def _tabs(state: PrinterState, data: bytes) -> None:
    state.tabs = tuple(stop for stop in data if stop)


def _number(data: bytes) -> int:
    return int.from_bytes(data[:2], "little")


def _set_width(state: PrinterState, data: bytes) -> None:
    state.area_dots = round(_number(data) * state.dots_per_unit_x)


def _on(name: str) -> _Setter:
    def setter(state: PrinterState, data: bytes) -> None:
        setattr(state, name, bool(data[0] & 1))

    return setter


def _to(name: str, value: object) -> _Setter:
    def setter(state: PrinterState, _data: bytes) -> None:
        setattr(state, name, value)

    return setter


def _byte(name: str) -> _Setter:
    def setter(state: PrinterState, data: bytes) -> None:
        setattr(state, name, data[0])

    return setter


def _align(state: PrinterState, data: bytes) -> None:
    state.align = {1: 1, 49: 1, 2: 2, 50: 2}.get(data[0], 0)


def _font(state: PrinterState, data: bytes) -> None:
    state.font_b = data[0] in (1, 49)


_SETTERS: dict[str, _Setter] = {
    "ESC !": _style,
    "ESC SP": _byte("spacing"),
    "ESC 2": _to("line_dots", LINE_DOTS),
    "ESC 3": _byte("line_dots"),
    "ESC D": _tabs,
    "ESC E": _on("bold"),
    "ESC G": _on("bold"),
    "ESC M": _font,
    "ESC R": _byte("charset"),
    "ESC a": _align,
    "ESC t": _byte("code_page"),
    "ESC {": _on("upside_down"),
    "FS !": _kanji_style,
    "FS &": _to("hangul", True),
    "FS .": _to("hangul", False),
    "FS W": _kanji_quad,
    "FS ( C": _encoding,
    "GS !": _size,
    "GS B": _on("reverse"),
    "GS P": _units,
    "GS W": _set_width,
}
