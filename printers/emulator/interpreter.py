"""Carries out ESC/POS tokens on the press. Whatever it does not know it ignores, as printers do; it never raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from printers.emulator import images, symbols
from printers.emulator.letters import LetterReader
from printers.emulator.paper import Bitmap, Line
from printers.emulator.press import KNIFE_DOTS, Head, Press
from printers.state import POWER_ON, StreamState, after_command
from printers.stream.tokenizer import Token, TokenKind

DEFAULT_TABS: Final = tuple(range(8, 256, 8))
BLANK_LINES_MAX = 12  # of one feed that show in the text; more is just paper
_PICTURES_MAX = 64  # stored logos; more would only be a way to eat memory


class Interpreter:
    """One printer's memory and mechanism. `answer` is called with bytes the printer sends back in order."""

    def __init__(self, head: Head, answer: Callable[[bytes], None]) -> None:
        self.press = Press(head)
        self.state: StreamState = POWER_ON
        self.selected = True  # ESC =
        self._answer = answer
        self._letters = LetterReader()
        self._tabs: tuple[int, ...] = DEFAULT_TABS
        self._areas: list[tuple[int, int, Press]] = []  # page mode: where each area lies and what is in it
        self._stored: dict[int, bytes] = {}  # by kind: a QR code never comes out as a PDF417
        self._graphics: Bitmap | None = None
        self._download: Bitmap | None = None
        self._pictures: list[Bitmap] = []
        self._keyed: dict[bytes, Bitmap] = {}

    @property
    def target(self) -> Press:
        """Where marks go: the paper, or the newest area of page mode."""
        return self._areas[-1][2] if self._areas else self.press

    def carry_out(self, token: Token) -> None:
        if token.kind is TokenKind.REALTIME:
            if token.name == "DLE DC4" and token.data[:1] == b"\x01":
                self.press.page.drawer_kicks += 1
            return
        if not self.selected and token.name != "ESC =":
            return
        if token.kind is TokenKind.TEXT:
            for letter in self._letters.read(token.data, self.state):
                self.target.letter(letter, self.state)
            return
        for letter in self._letters.interrupted():
            self.target.letter(letter, self.state)
        if not token.complete:
            return
        self.state = after_command(self.state, token.name, token.data)
        action = _ACTIONS.get(token.name)
        if action is not None:
            action(self, token.data)

    # -- movement -----------------------------------------------------------------------------------------------

    def _line_feed(self, _argument: bytes) -> None:
        self.target.end_line(self.state)

    def _feed_units(self, argument: bytes) -> None:
        self.target.end_line(self.state, self.target.vertical_dots(argument[0], self.state), visible=False)

    def _feed_lines(self, argument: bytes) -> None:
        count = argument[0]
        for _ in range(min(count, BLANK_LINES_MAX)):
            self.target.end_line(self.state)
        self.target.feed(max(count - BLANK_LINES_MAX, 0) * self.target.pitch(self.state))

    def _feed_back(self, argument: bytes) -> None:
        self.target.feed(-self.target.vertical_dots(argument[0], self.state))

    def _tab(self, _argument: bytes) -> None:
        cell = (12 if self.state.font == 0 else 9) * self.state.width
        reached = self.target.x
        for stop in self._tabs:
            if stop * cell > reached:
                self.target.move_to(stop * cell, self.state)
                return

    def _set_tabs(self, argument: bytes) -> None:
        self._tabs = tuple(stop for stop in argument if stop)

    def _move(self, argument: bytes) -> None:
        self.target.move_to(self.target.horizontal_dots(int.from_bytes(argument[:2], "little"), self.state), self.state)

    def _move_by(self, argument: bytes) -> None:
        distance = self.target.horizontal_dots(int.from_bytes(argument[:2], "little", signed=True), self.state)
        self.target.move_to(self.target.x + distance, self.state)

    def _cut(self, argument: bytes) -> None:
        if self._areas:
            return  # ignored in page mode
        form = argument[0] if argument else 0
        self._finish_line()
        if form in (65, 66, 97, 98, 103, 104):
            self.press.feed(KNIFE_DOTS + self.press.vertical_dots(argument[1], self.state))
        self.press.cut("full" if form in (0, 48, 65, 97, 103) else "partial")

    def _cut_old(self, _argument: bytes) -> None:
        self._cut(b"\x01")

    def _finish_line(self) -> None:
        """A cut prints what is waiting in the line."""
        if self.target.has_marks():
            self.target.end_line(self.state)

    def _initialise(self, _argument: bytes) -> None:
        self.target.drop_line()
        self._areas.clear()
        self._tabs = DEFAULT_TABS

    def _cancel(self, _argument: bytes) -> None:
        if self._areas:
            self._areas = [(0, 0, self._new_area(self.press.head.dots))]

    def _select(self, argument: bytes) -> None:
        self.selected = bool(argument[0] & 1)

    def _drawer(self, _argument: bytes) -> None:
        self.press.page.drawer_kicks += 1

    # -- page mode ----------------------------------------------------------------------------------------------

    def _new_area(self, dots: int) -> Press:
        return Press(replace(self.press.head, dots=max(dots, 24)))

    def _page_mode(self, _argument: bytes) -> None:
        if not self._areas:
            self._finish_line()
            self._areas = [(0, 0, self._new_area(self.press.head.dots))]

    def _standard_mode(self, _argument: bytes) -> None:
        self._areas.clear()

    def _set_area(self, argument: bytes) -> None:
        if not self._areas or len(argument) < 8:
            return
        x, y, wide = (int.from_bytes(argument[at : at + 2], "little") for at in (0, 2, 4))
        x = min(x, self.press.head.dots - 24)
        self._areas.append((x, y, self._new_area(min(wide, self.press.head.dots - x))))

    def _page_position(self, argument: bytes) -> None:
        if self._areas:
            self.target.y = self.target.vertical_dots(int.from_bytes(argument[:2], "little"), self.state)

    def _print_page(self, _argument: bytes) -> None:
        """FF: everything laid out so far goes to paper."""
        if not self._areas:
            return
        areas, self._areas = self._areas, []
        moved: list[Line] = []
        height = 0
        for x, y, area in areas:
            if area.has_marks():
                area.end_line(self.state)
            height = max(height, y + area.page.height_dots)
            for line in area.page.lines:
                glyphs = tuple(replace(glyph, x=glyph.x + x) for glyph in line.glyphs)
                bitmaps = tuple(replace(bitmap, x=bitmap.x + x) for bitmap in line.bitmaps)
                moved.append(Line(self.press.y + y + line.y, glyphs, bitmaps))
        self.press.page.lines += sorted(moved, key=lambda line: line.y)
        self.press.feed(height)
        self.state = replace(self.state, page_mode=False)

    # -- images and symbols -------------------------------------------------------------------------------------

    def _bit_image(self, argument: bytes) -> None:
        bitmap = images.esc_star(argument)
        if bitmap is not None:
            self.target.inline_bitmap(bitmap, self.state)

    def _raster(self, argument: bytes) -> None:
        self._block(images.gs_v0(argument))

    def _block(self, bitmap: Bitmap | None) -> None:
        if bitmap is not None:
            self.target.block(bitmap, self.state)

    def _graphics_short(self, argument: bytes) -> None:
        self._graphics_function(argument[3:])

    def _graphics_long(self, argument: bytes) -> None:
        if argument[:1] == b"L":
            self._graphics_function(argument[5:])

    def _graphics_function(self, body: bytes) -> None:
        if len(body) < 2:
            return
        function = body[1]
        if function in (112, 113):
            self._graphics = images.graphics_store(body)
        elif function in (2, 50):
            self._block(self._graphics)
            self._graphics = None
        elif function in (67, 83) and len(body) > 11 and len(self._keyed) < _PICTURES_MAX:
            # m fn a kc1 kc2 b xL xH yL yH c rows: brought into the order of function 112
            stored = images.graphics_store(body[:2] + b"0\x01\x01" + b"1" + body[6:10] + body[11:])
            if stored is not None:
                self._keyed[body[3:5]] = stored
        elif function in (69, 85):
            self._block(self._keyed.get(body[2:4]))

    def _define_download(self, argument: bytes) -> None:
        self._download = images.downloaded(argument)

    def _print_download(self, argument: bytes) -> None:
        self._block(_scaled(self._download, argument[0]))

    def _store_pictures(self, argument: bytes) -> None:
        self._pictures = images.stored_pictures(argument)[:_PICTURES_MAX]

    def _print_picture(self, argument: bytes) -> None:
        number = argument[0]
        if 0 < number <= len(self._pictures):
            self._block(_scaled(self._pictures[number - 1], argument[1]))

    def _symbol(self, argument: bytes) -> None:
        """GS ( k: cn says which symbol, fn what to do."""
        if len(argument) < 5:
            return
        kind, function = argument[3], argument[4]
        if function == 80:
            self._stored[kind] = argument[6:]
        elif function == 81 and (stored := self._stored.get(kind)):
            if kind == 49:
                self._block(symbols.qr_bitmap(stored, self.state.qr_module, self.state.qr_level))
                return
            name = symbols.NOT_DRAWN.get(kind, "SYMBOL")
            content = symbols.one_line(stored[:80].decode("utf-8", "replace"))
            box = symbols.frame(f"[{name} {content}]", 240, 96)
            # Who looks at the picture has to see which code stands there.
            self.target.labelled_block(box, f"{name} {content[:20]}", self.state, above=False, below=True)

    def _barcode(self, argument: bytes) -> None:
        form = argument[0]
        if form == 97:  # QR of clones
            self._block(symbols.qr_bitmap(argument[5:], 4, {1: 48, 2: 49, 3: 50, 4: 51}.get(argument[2], 48)))
            return
        if form not in symbols.SYMBOLOGIES:
            return
        payload = argument[1:].rstrip(b"\x00") if form <= 6 else argument[2:]
        look = symbols.BarcodeLook(self.state.barcode_height, self.state.barcode_module)
        bitmap, text = symbols.barcode_bitmap(form, payload, look)
        above, below = self.state.barcode_text in (1, 3), self.state.barcode_text in (2, 3)
        self.target.labelled_block(bitmap, text, self.state, above=above, below=below)

    # -- questions that wait their turn -------------------------------------------------------------------------

    def _identify(self, argument: bytes) -> None:
        names = {65: b"1.00", 66: b"WITHFOM", 67: b"VIRTUAL-80", 68: b"V0000001", 69: b"Korean"}
        if argument[0] in names:
            self._answer(b"\x5f" + names[argument[0]] + b"\x00")
        else:
            self._answer({1: b"\x20", 49: b"\x20", 2: b"\x02", 50: b"\x02"}.get(argument[0], b"\x01"))

    def _done_id(self, argument: bytes) -> None:
        """GS ( H: the four bytes the sender gave come back once everything before was printed."""
        if len(argument) >= 9 and argument[3] == 48:
            self._answer(b"\x37\x22" + argument[5:9] + b"\x00")


def _scaled(bitmap: Bitmap | None, mode: int) -> Bitmap | None:
    if bitmap is None:
        return None
    return replace(bitmap, scale_x=2 if mode & 1 else 1, scale_y=2 if mode & 2 else 1)


_ACTIONS: Final[dict[str, Callable[[Interpreter, bytes], None]]] = {
    "LF": Interpreter._line_feed,
    "HT": Interpreter._tab,
    "FF": Interpreter._print_page,
    "CAN": Interpreter._cancel,
    "ESC @": Interpreter._initialise,
    "ESC =": Interpreter._select,
    "ESC J": Interpreter._feed_units,
    "ESC d": Interpreter._feed_lines,
    "ESC K": Interpreter._feed_back,
    "ESC D": Interpreter._set_tabs,
    "ESC $": Interpreter._move,
    "ESC \\": Interpreter._move_by,
    "ESC p": Interpreter._drawer,
    "ESC i": Interpreter._cut_old,
    "ESC m": Interpreter._cut_old,
    "GS V": Interpreter._cut,
    "ESC L": Interpreter._page_mode,
    "ESC S": Interpreter._standard_mode,
    "ESC W": Interpreter._set_area,
    "ESC FF": Interpreter._print_page,
    "GS $": Interpreter._page_position,
    "ESC *": Interpreter._bit_image,
    "GS v 0": Interpreter._raster,
    "GS ( L": Interpreter._graphics_short,
    "GS 8 L": Interpreter._graphics_long,
    "GS *": Interpreter._define_download,
    "GS /": Interpreter._print_download,
    "FS q": Interpreter._store_pictures,
    "FS p": Interpreter._print_picture,
    "GS ( k": Interpreter._symbol,
    "GS k": Interpreter._barcode,
    "GS I": Interpreter._identify,
    "GS ( H": Interpreter._done_id,
}
