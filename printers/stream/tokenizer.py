"""Cuts a printer's byte stream into text, controls and commands, at any chunking and in constant memory.

The state between two calls of `feed` is a few numbers and at most `payload_keep` bytes, whatever length a command
claims. Real-time commands are found wherever a printer obeys them, also between the two bytes of a letter; inside a
payload they are payload.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

from printers.stream.commands import (
    CONTROL_NAMES,
    DC4_EXTRA,
    DLE,
    DOWNLOADED_KANJI_BYTES,
    ENQ_ALLOWED,
    EOT_EXTRA,
    ESC,
    FIXED,
    FS,
    GS,
    PREFIX_NAMES,
    REALTIME_NAMES,
    TAB_STOPS_MAX,
)

PAYLOAD_KEEP = 4_096  # bytes of one command that a token carries; enough for every QR text

_Next = Callable[[], None]


class TokenKind(StrEnum):
    TEXT = "text"
    CONTROL = "control"
    COMMAND = "command"
    REALTIME = "realtime"


class Token(NamedTuple):
    """One piece of the stream. `name` is like "LF", "ESC @", "GS v 0", "GS ( L", "DLE EOT"; empty for text.

    `data` is text, or what followed the opcode (length fields included), at most `payload_keep` bytes of it; `size` is
    how many bytes there were. `span` is how far the stream goes on from the end of the token before to the end of this
    one: no offset, so that equal commands are one token. One run of text may come as several tokens, cut where the
    chunks or a real-time command cut it. `complete` is False for a command the stream ended in.
    """

    kind: TokenKind
    name: str
    data: bytes
    size: int
    span: int
    complete: bool = True


class Tokenizer:
    """Feed it any chunks, then `close` it; every byte of the stream belongs to exactly one token or is noise."""

    def __init__(self, *, payload_keep: int = PAYLOAD_KEEP) -> None:
        self._keep = max(payload_keep, 16)  # the header of every command fits
        self._tokens: list[Token] = []
        self._told = 0  # how far the tokens reach, from the beginning of the chunk in work
        self._pos = 0
        self._chunk = b""
        self._prefix = 0
        self._name = ""
        self._data = bytearray()
        self._size = 0
        self._needed = 0  # bytes still belonging to the header of the command in work
        self._skip = 0  # payload bytes still to pass over
        self._next: _Next | None = None  # what to do when they have arrived
        self._each: Callable[[int], bool] | None = None  # reader of commands that end by content
        self._listening = True  # whether DLE may start a real-time command here
        self._held = bytearray()  # a DLE sequence that is not decided yet
        self._pictures = 0  # FS q: pictures still to come; ESC &: characters
        self._unit = 0
        self._inner = bytearray()  # numbers inside a payload

    @property
    def inside_command(self) -> bool:
        """Whether the stream stands inside a command that has not ended."""
        return bool(self._prefix or self._name)

    def feed(self, chunk: bytes) -> list[Token]:
        """Take the next bytes and answer the tokens they complete, in stream order."""
        self._chunk = bytes(chunk)
        self._pos = 0
        size = len(self._chunk)
        while self._pos < size:
            if self._held:
                self._decide_held()
            elif self._skip:
                self._pass_payload()
            elif self._listening and self._chunk[self._pos] == DLE:
                self._held.append(DLE)
                self._pos += 1
            elif self._needed or self._each is not None or self._prefix:
                self._pos += 1
                self._take(self._chunk[self._pos - 1])
            else:
                self._ground()
        self._told -= size
        self._chunk, self._pos = b"", 0
        return self._drain()

    def close(self) -> list[Token]:
        """Answer what was left undecided; a command cut off by the end comes with `complete` False."""
        if len(self._held) == 3 and self._held[1] == 0x04:
            self._emit_realtime()
        self._release_held()
        if self._prefix and not self._name:
            self._name = PREFIX_NAMES[self._prefix]
        if self._name:
            self._emit(TokenKind.COMMAND, self._name, bytes(self._data), self._size, complete=False)
        self._reset()
        return self._drain()

    # -- ground state -------------------------------------------------------------------------------------------

    def _ground(self) -> None:
        """As far as nothing has to be remembered: text, controls, and short commands that lie whole in the chunk."""
        chunk, tokens, pos = self._chunk, self._tokens, self._pos
        while True:
            end = _end_of_run(chunk, pos)
            if end > pos:
                tokens += [
                    _token((_IS_TEXT, "", piece, len(piece), len(piece), True)) if piece[0] >= 0x20 else _short(piece)
                    for piece in _PIECE.findall(chunk, pos, end)
                ]
                self._told = pos = end
            if pos == len(chunk) or chunk[pos] == DLE:
                self._pos = pos
                return
            quick = _QUICK.get(chunk[pos : pos + 2])
            token = None if quick is None else quick(chunk, pos, self._keep)
            if token is None:
                self._pos = pos + 1
                self._take(chunk[pos])
                return
            name, data, length = token
            pos += 2 + length
            tokens.append(_token((_IS_COMMAND, name, data, length, 2 + length, True)))
            self._told = pos

    def _take(self, byte: int) -> None:
        """One byte that is not part of a real-time command, in whatever state the stream is."""
        if self._skip:  # only after a held DLE turned out to be data
            self._skip -= 1
            self._keep_byte(byte)
            self._advance()
        elif self._each is not None:
            self._keep_byte(byte)
            if self._each(byte):
                self._finish()
        elif self._needed:
            self._keep_byte(byte)
            self._needed -= 1
            self._advance()
        elif self._prefix:
            self._open(byte)
        elif byte in PREFIX_NAMES:
            self._prefix = byte
        elif byte >= 0x20 and byte != 0x7F:
            self._emit(TokenKind.TEXT, "", bytes((byte,)), 1)
        else:
            self._emit(TokenKind.CONTROL, _CONTROLS[byte], b"", 0)

    def _keep_byte(self, byte: int) -> None:
        self._size += 1
        if len(self._data) < self._keep:
            self._data.append(byte)

    def _pass_payload(self) -> None:
        count = min(self._skip, len(self._chunk) - self._pos)
        room = self._keep - len(self._data)
        if room > 0:
            self._data += self._chunk[self._pos : self._pos + min(room, count)]
        self._pos += count
        self._size += count
        self._skip -= count
        self._advance()

    def _advance(self) -> None:
        """Called after a byte of header or payload: go on when the awaited part is complete."""
        if not self._needed and not self._skip and self._next is not None:
            then, self._next = self._next, None
            then()

    # -- real-time commands -------------------------------------------------------------------------------------

    def _decide_held(self) -> None:
        """Grow the held DLE sequence by one byte until it is a real-time command or certainly none."""
        byte = self._chunk[self._pos]
        held = self._held
        if len(held) == 1:
            plausible = byte in REALTIME_NAMES
        elif len(held) == 2:
            plausible = _third_byte_fits(held[1], byte)
        else:  # parameters of EOT 7, 8, 18 are small numbers; those of DC4 are free
            plausible = held[1] == 0x14 or byte < 0x20
        if not plausible:
            if len(held) == 3:  # EOT 7 without its second parameter: still a question to the printer
                self._emit_realtime()
            else:
                self._release_held()
            return
        held.append(byte)
        self._pos += 1
        if len(held) >= 3 and len(held) == 3 + _extra(held[1], held[2]):
            self._emit_realtime()

    def _emit_realtime(self) -> None:
        held, self._held = bytes(self._held), bytearray()
        self._emit(TokenKind.REALTIME, REALTIME_NAMES[held[1]], held[2:], len(held) - 2)

    def _release_held(self) -> None:
        """It was no real-time command: its bytes are ordinary ones."""
        held, self._held = bytes(self._held), bytearray()
        for byte in held:
            self._take(byte)

    # -- commands -----------------------------------------------------------------------------------------------

    def _open(self, byte: int) -> None:
        """The opcode after ESC, FS or GS."""
        if byte in PREFIX_NAMES:  # the first prefix was noise
            self._prefix = byte
            return
        prefix, self._prefix = self._prefix, 0
        self._name = _command_name(prefix, byte)
        self._data.clear()
        self._size = 0
        fixed = FIXED[prefix].get(byte)
        if fixed is not None:
            self._need(fixed, self._finish, listening=True)
            return
        special = _SPECIAL.get((prefix, byte))
        if special is not None:
            special(self)
        elif 0x20 <= byte != 0x7F:
            self._finish()
        else:  # ESC before a control byte: the control byte counts
            self._name = ""
            self._take(byte)

    def _need(self, count: int, then: _Next, *, listening: bool = False) -> None:
        self._needed = count
        self._next = then
        self._listening = listening
        self._advance()

    def _pass(self, count: int, then: _Next | None = None) -> None:
        self._skip = count
        self._next = then or self._finish
        self._listening = False
        self._advance()

    def _until(self, ends: Callable[[int], bool]) -> None:
        self._each = ends
        self._listening = False

    def _finish(self) -> None:
        name, data, size = self._name, bytes(self._data), self._size
        self._reset()
        self._emit(TokenKind.COMMAND, name, data, size)

    def _reset(self) -> None:
        self._prefix = self._needed = self._skip = self._size = self._pictures = self._unit = 0
        self._name = ""
        self._data.clear()
        self._next = None
        self._each = None
        self._listening = True

    def _number(self, at: int, width: int = 2) -> int:
        return int.from_bytes(self._data[at : at + width], "little")

    # Bit images and graphics.

    def _esc_star(self) -> None:
        def sized() -> None:
            dots_high = 3 if self._data[0] in (32, 33) else 1
            self._pass(self._number(1) * dots_high)

        self._need(3, sized)

    def _gs_v(self) -> None:
        self._raster(name="GS v 0")

    def _gs_q(self) -> None:
        self._raster()

    def _raster(self, *, name: str | None = None) -> None:
        """``0``, a byte of mode, and bytes across times dots down; another first byte is another, short command."""

        def sized() -> None:
            self._name = name or self._name
            self._pass(self._number(2) * self._number(4))

        def opened() -> None:
            if self._data[0] == 0x30:
                self._need(5, sized)
            else:
                self._finish()

        self._need(1, opened)

    def _gs_star(self) -> None:
        self._need(2, lambda: self._pass(self._data[0] * self._data[1] * 8))

    def _gs_d(self) -> None:
        """A Windows bitmap; its own header tells its size."""

        def sized() -> None:
            start = self._size - 6
            if self._data[start : start + 2] == b"BM":
                self._pass(max(self._number(start + 2, 4) - 6, 0))
            else:
                self._finish()

        def opened() -> None:
            self._need((5 if self._data[1] == 67 else 3) + 6, sized)

        self._need(2, opened)

    def _group(self) -> None:
        """ESC ( x, GS ( x, FS ( x: a function letter and two bytes of length."""

        def sized() -> None:
            self._name += f" {chr(self._data[0])}" if 0x20 < self._data[0] < 0x7F else f" 0x{self._data[0]:02X}"
            self._pass(self._number(1))

        self._need(3, sized)

    def _gs_8(self) -> None:
        def sized() -> None:
            self._name += f" {chr(self._data[0])}" if 0x20 < self._data[0] < 0x7F else f" 0x{self._data[0]:02X}"
            self._pass(self._number(1, 4))

        self._need(5, sized)

    def _fs_q(self) -> None:
        def picture() -> None:
            if not self._pictures:
                self._finish()
                return
            self._pictures -= 1
            self._unit = self._size
            self._fresh(4, sized)

        def sized() -> None:
            self._pass(self._fresh_number(0) * self._fresh_number(2) * 8, picture)

        def opened() -> None:
            self._pictures = self._data[0]
            picture()

        self._need(1, opened)

    # Definitions of characters.

    def _esc_and(self) -> None:
        def character() -> None:
            if not self._pictures:
                self._finish()
                return
            self._pictures -= 1
            self._fresh(1, sized)

        def sized() -> None:
            self._pass(self._unit * self._fresh_number(0, 1), character)

        def opened() -> None:
            high, first, last = self._data[0], self._data[1], self._data[2]
            if high > 8 or last < first:
                self._finish()
                return
            self._unit = high
            self._pictures = last - first + 1
            character()

        self._need(3, opened)

    def _fs_2(self) -> None:
        self._need(2, lambda: self._pass(DOWNLOADED_KANJI_BYTES))

    def _fresh(self, count: int, then: _Next) -> None:
        """Read numbers in the middle of a payload, where `data` may already be full."""
        self._inner.clear()

        def one(byte: int) -> bool:
            self._inner.append(byte)
            if len(self._inner) == count:
                self._each = None
                then()
            return False

        self._until(one)

    def _fresh_number(self, at: int, width: int = 2) -> int:
        return int.from_bytes(self._inner[at : at + width], "little")

    # Barcodes, tabs, memory, cuts.

    def _gs_k(self) -> None:
        def opened() -> None:
            symbology = self._data[0]
            if symbology <= 6:
                self._until(lambda byte: byte == 0)
            elif 65 <= symbology <= 79:
                self._need(1, lambda: self._pass(self._data[1]))
            elif symbology == 97:  # QR code of clones: version, correction, two bytes of length
                self._need(4, lambda: self._pass(self._number(3)))
            else:
                self._finish()

        self._need(1, opened)

    def _esc_d(self) -> None:
        """Tab stops end by NUL; a stop left of its neighbour ends them too and is text."""
        self._unit = 0

        def stop(byte: int) -> bool:
            if byte == 0 or self._size > TAB_STOPS_MAX:
                return True
            if byte <= self._unit:
                self._size -= 1
                if len(self._data) > self._size:
                    self._data.pop()
                self._finish()
                self._take(byte)
                return False
            self._unit = byte
            return False

        self._until(stop)

    def _gs_v_cut(self) -> None:
        def opened() -> None:
            if self._data[0] in (65, 66, 97, 98, 103, 104):
                self._need(1, self._finish, listening=True)
            else:
                self._finish()

        self._need(1, opened, listening=True)

    def _sub_function(self, lengths: dict[int, int]) -> None:
        """A second opcode byte decides how many parameters follow."""
        self._need(1, lambda: self._need(lengths.get(self._data[0], 0), self._finish))

    def _fs_g(self) -> None:
        """User memory: FS g 1 writes, FS g 2 reads."""

        def opened() -> None:
            if self._data[0] == 0x31:
                self._need(7, lambda: self._pass(self._number(6)))
            else:
                self._need(7 if self._data[0] == 0x32 else 0, self._finish)

        self._need(1, opened)

    def _gs_c_upper(self) -> None:
        """GS C: counters in binary form, or as text ended by the fifth semicolon."""

        def opened() -> None:
            if self._data[0] == ord(";"):
                self._unit = 5

                def semicolon(byte: int) -> bool:
                    self._unit -= byte == ord(";")
                    return self._unit == 0 or self._size > 32

                self._until(semicolon)
            else:
                self._need({0x30: 2, 0x31: 6, 0x32: 2}.get(self._data[0], 0), self._finish)

        self._need(1, opened)

    # -- answers ------------------------------------------------------------------------------------------------

    def _emit(self, kind: TokenKind, name: str, data: bytes, size: int, *, complete: bool = True) -> None:
        self._tokens.append(Token(kind, name, data, size, self._pos - self._told, complete))
        self._told = self._pos

    def _drain(self) -> list[Token]:
        tokens, self._tokens = self._tokens, []
        return tokens


def _command_name(prefix: int, opcode: int) -> str:
    shown = chr(opcode) if 0x20 < opcode < 0x7F else {0x20: "SP", 0x0C: "FF"}.get(opcode, f"0x{opcode:02X}")
    return f"{PREFIX_NAMES[prefix]} {shown}"


def _third_byte_fits(second: int, third: int) -> bool:
    if second == 0x04:
        return third in EOT_EXTRA
    if second == 0x05:
        return third in ENQ_ALLOWED
    return third in DC4_EXTRA


def _extra(second: int, third: int) -> int:
    if second == 0x04:
        return EOT_EXTRA[third]
    return DC4_EXTRA[third] if second == 0x14 else 0


_SPECIAL: dict[tuple[int, int], Callable[[Tokenizer], None]] = {
    (ESC, ord("*")): Tokenizer._esc_star,
    (ESC, ord("&")): Tokenizer._esc_and,
    (ESC, ord("(")): Tokenizer._group,
    (ESC, ord("D")): Tokenizer._esc_d,
    (ESC, ord("c")): lambda self: self._sub_function({0x30: 1, 0x31: 1, 0x33: 1, 0x34: 1, 0x35: 1}),
    (GS, ord("(")): Tokenizer._group,
    (GS, ord("*")): Tokenizer._gs_star,
    (GS, ord("8")): Tokenizer._gs_8,
    (GS, ord("C")): Tokenizer._gs_c_upper,
    (GS, ord("D")): Tokenizer._gs_d,
    (GS, ord("Q")): Tokenizer._gs_q,
    (GS, ord("V")): Tokenizer._gs_v_cut,
    (GS, ord("g")): lambda self: self._sub_function({0x30: 3, 0x32: 3}),
    (GS, ord("k")): Tokenizer._gs_k,
    (GS, ord("v")): Tokenizer._gs_v,
    (GS, ord("z")): lambda self: self._sub_function({0x30: 2}),
    (FS, ord("(")): Tokenizer._group,
    (FS, ord("2")): Tokenizer._fs_2,
    (FS, ord("g")): Tokenizer._fs_g,
    (FS, ord("q")): Tokenizer._fs_q,
}

_token: Callable[[tuple[TokenKind, str, bytes, int, int, bool]], Token] = partial(tuple.__new__, Token)  # in one step
_IS_TEXT, _IS_CONTROL, _IS_COMMAND = TokenKind.TEXT, TokenKind.CONTROL, TokenKind.COMMAND
_CONTROLS = {byte: CONTROL_NAMES.get(byte, f"0x{byte:02X}") for byte in range(256)}
_WHOLE = {
    bytes((prefix, opcode)): _command_name(prefix, opcode) for prefix, commands in FIXED.items() for opcode in commands
}


def _short_commands() -> bytes:
    """A pattern of every command of fixed length that lies whole in the chunk, with no real-time command inside."""
    by_length: dict[tuple[int, int], bytes] = {}
    for prefix, commands in FIXED.items():
        for opcode, count in commands.items():
            by_length[prefix, count] = by_length.get((prefix, count), b"") + re.escape(bytes((opcode,)))
    return b"|".join(
        re.escape(bytes((prefix,))) + b"[" + opcodes + rb"][^\x10]{%d}" % count
        for (prefix, count), opcodes in sorted(by_length.items())
    )


# Text, a control, a short command. What was taken once is not looked at again (++, *+): the run may be long.
_PIECES = rb"[\x20-\x7e\x80-\xff]++|[\x00-\x0f\x11-\x1a\x1e\x1f]|" + _short_commands()
_PIECE = re.compile(_PIECES, re.DOTALL)
_RUN = re.compile(rb"(?:" + _PIECES + rb")*+", re.DOTALL)
SHORT_KEPT = 1_024  # a till uses some dozen commands, again and again


def _end_of_run(chunk: bytes, pos: int) -> int:
    run = _RUN.match(chunk, pos)
    return run.end() if run else pos


@lru_cache(maxsize=SHORT_KEPT)
def _short(piece: bytes) -> Token:
    """A control, or a command of fixed length."""
    if len(piece) == 1:
        return Token(_IS_CONTROL, _CONTROLS[piece[0]], b"", 0, 1)
    return Token(_IS_COMMAND, _WHOLE[piece[:2]], piece[2:], len(piece) - 2, len(piece))


# -- longer commands that lie whole in the chunk: name, kept data and length, or None for the slow way ---


def _quick_group(chunk: bytes, pos: int, keep: int) -> tuple[str, bytes, int] | None:
    length = 3 + int.from_bytes(chunk[pos + 3 : pos + 5], "little")
    if len(chunk) < pos + 5 or len(chunk) < pos + 2 + length:
        return None
    return _GROUPS[chunk[pos]] + _LETTERS[chunk[pos + 2]], chunk[pos + 2 : pos + 2 + min(length, keep)], length


def _quick_cut(chunk: bytes, pos: int, _keep: int) -> tuple[str, bytes, int] | None:
    length = 2 if chunk[pos + 2 : pos + 3] in _FEEDING_CUTS else 1
    data = chunk[pos + 2 : pos + 2 + length]
    return None if len(data) < length or DLE in data else ("GS V", data, length)


def _quick_tabs(chunk: bytes, pos: int, _keep: int) -> tuple[str, bytes, int] | None:
    end = chunk.find(b"\0", pos + 2, pos + 2 + TAB_STOPS_MAX)
    data = chunk[pos + 2 : end + 1]
    rising = end >= 0 and all(left < right for left, right in pairwise(data[:-1]))
    return ("ESC D", data, len(data)) if rising else None


_GROUPS = {prefix: f"{name} (" for prefix, name in PREFIX_NAMES.items()}
_LETTERS = {byte: f" {chr(byte)}" if 0x20 < byte < 0x7F else f" 0x{byte:02X}" for byte in range(256)}
_FEEDING_CUTS = frozenset(bytes((mode,)) for mode in (65, 66, 97, 98, 103, 104))
_QUICK: dict[bytes, Callable[[bytes, int, int], tuple[str, bytes, int] | None]] = {
    b"\x1b(": _quick_group,
    b"\x1c(": _quick_group,
    b"\x1d(": _quick_group,
    b"\x1dV": _quick_cut,
    b"\x1bD": _quick_tabs,
}
