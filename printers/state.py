"""What a printer remembers between documents, and how a slip of ours leaves it as it found it.

A POS may set character set, line spacing and styles once in the morning. The capture pump keeps a `StreamState` up to
date from the POS's own bytes; the encoder neutralises what differs from the power-on state and restores it at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Final

from printers.stream.tokenizer import Token, TokenKind


@dataclass(frozen=True)
class StreamState:
    """Modes that commands of the POS have set so far. The defaults are those of a Korean printer just switched on."""

    hangul: bool = True  # FS & / FS .
    international: int = 13  # ESC R; 13 is Korea: the code 0x5C prints as the won sign
    code_table: int = 0  # ESC t, for single bytes from 0x80 on while Hangul is off
    utf8: bool = False  # FS ( C function 48
    font: int = 0  # ESC M
    bold: bool = False  # ESC E
    double_strike: bool = False  # ESC G
    underline: int = 0  # ESC -
    hangul_underline: int = 0  # FS -
    width: int = 1  # GS ! and ESC !, 1 to 8
    height: int = 1
    hangul_width: int = 1  # FS !, FS W; follows GS !
    hangul_height: int = 1
    inverse: bool = False  # GS B
    upside_down: bool = False  # ESC {
    rotated: int = 0  # ESC V
    align: int = 0  # ESC a
    line_spacing: int | None = None  # ESC 3 n; None is ESC 2, one sixth of an inch
    char_spacing: int = 0  # ESC SP
    hangul_spacing: tuple[int, int] = (0, 0)  # FS S
    motion: tuple[int, int] = (0, 0)  # GS P; (0, 0) is the printer's own unit
    left_margin: int = 0  # GS L
    print_width: int | None = None  # GS W; None is the whole paper
    barcode_height: int = 162  # GS h
    barcode_module: int = 3  # GS w
    barcode_text: int = 0  # GS H
    barcode_font: int = 0  # GS f
    qr_model: int = 50  # GS ( k, functions 165, 167 and 169
    qr_module: int = 3
    qr_level: int = 48
    page_mode: bool = False  # ESC L

    def is_neutral_for_text(self) -> bool:
        """Whether a slip needs nothing beyond what it always sets itself."""
        return not leftovers(self)


POWER_ON = StreamState()
WHOLE_PAPER = 0xFFFF  # of GS W: wider than any head


def enter(state: StreamState, *, print_width: int) -> bytes:
    """Bytes that bring the printer from `state` to what our slips assume; never ESC @, never GS a.

    Always sent are the modes a slip changes itself, because the shadow may have missed a morning's set-up. The print
    area is narrowed to `print_width` dots, the slip's columns: codes that the printer centres then stand in the middle
    of the text, whatever the width of the head.
    """
    out = bytearray()
    if state.page_mode:
        out += b"\x1bS"
    for name in leftovers(state):
        out += _command(name, POWER_ON)
    out += _command("left_margin", POWER_ON) + b"\x1dW" + print_width.to_bytes(2, "little")
    out += b"\x1c&" + b"\x1bR\x0d" + b"\x1d!\x00" + b"\x1bE\x00" + b"\x1dB\x00" + b"\x1ba\x00" + b"\x1b2"
    return bytes(out)


def restore(state: StreamState, *, barcode: bool = False, qr: bool = False) -> bytes:
    """Bytes that bring the printer from a slip's end back to `state`; say whether the slip held printer-made codes."""
    out = bytearray()
    for name in leftovers(state):
        out += _command(name, state)
    for name in (*_CHANGED_BY_SLIPS, *(_BARCODE if barcode else ()), *(_QR if qr else ())):
        out += _command(name, state)
    if (state.hangul_width, state.hangul_height) != (state.width, state.height):
        out += _command("hangul_width", state)  # after GS !, which sets the size of Hangul as well
    if state.page_mode:
        out += b"\x1bL"
    return bytes(out)


# What every slip sets for itself, in the order it is put back. Hangul comes last: nothing after it is text.
_CHANGED_BY_SLIPS = (
    "left_margin",
    "print_width",
    "width",
    "bold",
    "inverse",
    "align",
    "line_spacing",
    "international",
    "hangul",
)
# Set by python-escpos with every code, so they need nothing before a slip and are put back only after such a code.
_BARCODE = ("barcode_height", "barcode_module", "barcode_text", "barcode_font")
_QR = ("qr_model", "qr_module", "qr_level")
# Set together with another field or by page mode, so never on their own.
_NOT_ALONE = ("height", "hangul_width", "hangul_height", "page_mode")
_OTHERS = tuple(
    (field.name, getattr(POWER_ON, field.name))
    for field in fields(StreamState)
    if field.name not in (*_CHANGED_BY_SLIPS, *_BARCODE, *_QR, *_NOT_ALONE)
)


def leftovers(state: StreamState) -> tuple[str, ...]:
    """Names of the modes beyond a slip's own ones that are not as at power-on."""
    return tuple(name for name, usual in _OTHERS if getattr(state, name) != usual)


def _command(name: str, state: StreamState) -> bytes:
    return _COMMANDS[name](state)


_COMMANDS: Final[dict[str, Callable[[StreamState], bytes]]] = {
    "international": lambda state: b"\x1bR" + bytes([state.international]),
    "code_table": lambda state: b"\x1bt" + bytes([state.code_table]),
    "utf8": lambda state: b"\x1c(C\x02\x000" + (b"\x02" if state.utf8 else b"\x01"),
    "font": lambda state: b"\x1bM" + bytes([state.font]),
    "bold": lambda state: b"\x1bE" + bytes([state.bold]),
    "double_strike": lambda state: b"\x1bG" + bytes([state.double_strike]),
    "underline": lambda state: b"\x1b-" + bytes([state.underline]),
    "hangul_underline": lambda state: b"\x1c-" + bytes([state.hangul_underline]),
    "width": lambda state: b"\x1d!" + bytes([(state.width - 1) << 4 | (state.height - 1)]),
    "hangul_width": lambda state: b"\x1c!" + bytes([_hangul_bits(state)]),
    "inverse": lambda state: b"\x1dB" + bytes([state.inverse]),
    "upside_down": lambda state: b"\x1b{" + bytes([state.upside_down]),
    "rotated": lambda state: b"\x1bV" + bytes([state.rotated]),
    "align": lambda state: b"\x1ba" + bytes([state.align]),
    "char_spacing": lambda state: b"\x1b " + bytes([state.char_spacing]),
    "hangul_spacing": lambda state: b"\x1cS" + bytes(state.hangul_spacing),
    "motion": lambda state: b"\x1dP" + bytes(state.motion),
    "left_margin": lambda state: b"\x1dL" + state.left_margin.to_bytes(2, "little"),
    "barcode_height": lambda state: b"\x1dh" + bytes([state.barcode_height]),
    "barcode_module": lambda state: b"\x1dw" + bytes([state.barcode_module]),
    "barcode_text": lambda state: b"\x1dH" + bytes([state.barcode_text]),
    "barcode_font": lambda state: b"\x1df" + bytes([state.barcode_font]),
    "qr_model": lambda state: b"\x1d(k\x04\x001A" + bytes([state.qr_model, 0]),
    "qr_module": lambda state: b"\x1d(k\x03\x001C" + bytes([state.qr_module]),
    "qr_level": lambda state: b"\x1d(k\x03\x001E" + bytes([state.qr_level]),
    "hangul": lambda state: b"\x1c&" if state.hangul else b"\x1c.",
    "line_spacing": lambda state: b"\x1b2" if state.line_spacing is None else b"\x1b3" + bytes([state.line_spacing]),
    # A width beyond the paper is cut to the paper by every printer, which is how "whole paper" is said.
    "print_width": lambda state: (
        b"\x1dW" + (WHOLE_PAPER if state.print_width is None else state.print_width).to_bytes(2, "little")
    ),
}


def _hangul_bits(state: StreamState) -> int:
    wide = 0x04 if state.hangul_width > 1 else 0
    tall = 0x08 if state.hangul_height > 1 else 0
    return wide | tall | (0x80 if state.hangul_underline else 0)


def after_command(state: StreamState, name: str, argument: bytes) -> StreamState:
    """The state after one command, named as in its manual ("ESC !", "GS !", "FS &"), with its parameter bytes.

    Commands that leave nothing behind, and commands with missing parameters, change nothing.
    """
    if name == "ESC @":
        return POWER_ON
    if name in _FLAGS:
        return replace(state, **_FLAGS[name])  # type: ignore[arg-type]
    if not argument:
        return state
    first = argument[0]
    odd = first & 1
    if name == "ESC !":
        size = (2 if first & 0x20 else 1, 2 if first & 0x10 else 1)
        sized = _sized(state, *size)
        return replace(sized, font=first & 1, bold=bool(first & 8), underline=1 if first & 0x80 else 0)
    if name == "GS !":
        return _sized(state, min(first >> 4, 7) + 1, min(first & 0x0F, 7) + 1)
    if name == "FS !":
        return replace(
            state,
            hangul_width=2 if first & 4 else 1,
            hangul_height=2 if first & 8 else 1,
            hangul_underline=1 if first & 0x80 else 0,
        )
    if name == "FS W":
        return replace(state, hangul_width=1 + odd, hangul_height=1 + odd)
    if name in _BITS:
        return replace(state, **{_BITS[name]: bool(odd)})  # type: ignore[arg-type]
    if name in _NUMBERS:
        field, allowed = _NUMBERS[name]
        value = first - 0x30 if first >= 0x30 and allowed <= 4 else first  # "ESC a 1" may come as the digit 1
        return replace(state, **{field: value}) if value < allowed else state  # type: ignore[arg-type]
    return _after_words(state, name, argument)


def after_tokens(state: StreamState, tokens: Iterable[Token]) -> StreamState:
    """The state after a piece of a stream: how a pump keeps the shadow of what its POS has set."""
    for token in tokens:
        if token.kind is TokenKind.COMMAND and token.complete:
            state = after_command(state, token.name, token.data)
    return state


def _after_words(state: StreamState, name: str, argument: bytes) -> StreamState:
    """Commands with two-byte parameters."""
    if name == "FS ( C" and len(argument) >= 2 and argument[-2] in (0x30, 48):
        return replace(state, utf8=argument[-1] in (2, 0x32))
    if name == "GS ( k" and len(argument) >= 6 and argument[3] == 49:
        field = {65: "qr_model", 67: "qr_module", 69: "qr_level"}.get(argument[4])
        return replace(state, **{field: argument[5]}) if field is not None else state  # type: ignore[arg-type]
    if len(argument) < 2:
        return state
    word = int.from_bytes(argument[:2], "little")
    if name == "FS S":
        return replace(state, hangul_spacing=(argument[0], argument[1]))
    if name == "GS P":
        return replace(state, motion=(argument[0], argument[1]))
    if name == "GS L":
        return replace(state, left_margin=word)
    if name == "GS W":
        return replace(state, print_width=None if word == WHOLE_PAPER else word)
    return state


def _sized(state: StreamState, width: int, height: int) -> StreamState:
    return replace(state, width=width, height=height, hangul_width=width, hangul_height=height)


_FLAGS: dict[str, dict[str, bool | None]] = {
    "FS &": {"hangul": True},
    "FS .": {"hangul": False},
    "ESC 2": {"line_spacing": None},
    "ESC L": {"page_mode": True},
    "ESC S": {"page_mode": False},
}
_BITS = {"ESC E": "bold", "ESC G": "double_strike", "GS B": "inverse", "ESC {": "upside_down"}
_NUMBERS = {
    "ESC R": ("international", 256),
    "ESC t": ("code_table", 256),
    "ESC M": ("font", 3),
    "ESC -": ("underline", 3),
    "FS -": ("hangul_underline", 3),
    "ESC V": ("rotated", 3),
    "ESC a": ("align", 3),
    "ESC 3": ("line_spacing", 256),
    "ESC SP": ("char_spacing", 256),
    "GS h": ("barcode_height", 256),
    "GS w": ("barcode_module", 256),
    "GS H": ("barcode_text", 4),
    "GS f": ("barcode_font", 4),
}
