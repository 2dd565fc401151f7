"""The mechanism of the emulated printer: a line under construction, a paper position, pages that end at a cut."""

from __future__ import annotations

from dataclasses import dataclass, replace

from printers.emulator.letters import Letter
from printers.emulator.paper import Bitmap, Glyph, Line, Page
from printers.state import StreamState

FONT_CELLS = {0: (12, 24), 1: (9, 17), 2: (9, 17)}  # fonts A, B, C in dots
HANGUL_DOTS = 24
DOTS_PER_INCH = 203
KNIFE_DOTS = 96  # from the print head to the knife: what GS V with feed moves before cutting
PAGE_DOTS_MAX = 80_000  # ten metres; a runaway stream starts a new page instead of eating memory
PAGE_LINES_MAX = 20_000  # the same for lines that overprint each other
LINE_MARKS_MAX = 2_000


@dataclass(frozen=True)
class Head:
    """The geometry of a print head."""

    dots: int = 576
    default_pitch: int = 34  # one sixth of an inch at 203 dpi
    units_per_dot: int = 1  # of vertical feeds


class Press:
    """Puts marks on paper. Knows dots and lines, no command names."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.page = Page(head.dots)
        self.finished: list[Page] = []
        self.lines_printed = 0
        self.x = 0
        self.y = 0
        self._glyphs: list[Glyph] = []
        self._bitmaps: list[Bitmap] = []

    # -- the line under construction ----------------------------------------------------------------------------

    def area(self, state: StreamState) -> tuple[int, int]:
        """Left edge and width of the printable area in dots."""
        left = min(state.left_margin, self.head.dots - 12)
        wide = self.head.dots - left
        return left, wide if state.print_width is None else max(12, min(state.print_width, wide))

    def letter(self, letter: Letter, state: StreamState) -> None:
        if letter.two_byte:
            wide, tall, scale = HANGUL_DOTS * letter.cells // 2, HANGUL_DOTS, (state.hangul_width, state.hangul_height)
            before, after = state.hangul_spacing
            space, underline = before + after, state.hangul_underline
        else:
            wide, tall = FONT_CELLS.get(state.font, FONT_CELLS[0])
            wide, scale = wide * letter.cells, (state.width, state.height)
            space, underline = state.char_spacing, state.underline
        wide, tall = wide * scale[0], tall * scale[1]
        if self.x + wide > self.area(state)[1] and self.has_marks():
            self.end_line(state)
        self._glyphs.append(
            Glyph(
                self.x,
                0,
                wide,
                tall,
                letter.char,
                letter.cells,
                bold=state.bold or state.double_strike,
                inverse=state.inverse,
                underline=underline,
                upside_down=state.upside_down,
            )
        )
        self.x += wide + space * scale[0]
        if len(self._glyphs) > LINE_MARKS_MAX:
            self.end_line(state)

    def inline_bitmap(self, bitmap: Bitmap, state: StreamState) -> None:
        room = self.area(state)[1] - self.x
        if bitmap.width > room and self.has_marks():
            self.end_line(state)
        self._bitmaps.append(replace(bitmap, x=self.x))
        self.x += bitmap.width
        if len(self._bitmaps) > LINE_MARKS_MAX:
            self.end_line(state)

    def move_to(self, x: int, state: StreamState) -> None:
        if 0 <= x <= self.area(state)[1]:
            self.x = x

    def has_marks(self) -> bool:
        """Whether something waits in the line."""
        return bool(self._glyphs or self._bitmaps)

    # -- paper --------------------------------------------------------------------------------------------------

    def end_line(self, state: StreamState, feed_dots: int | None = None, *, visible: bool = True) -> None:
        """Print what is in the line and move on by the line pitch, or by `feed_dots`, but at least by its height.
        An empty line leaves a trace in the text only when it is `visible`: a line feed, not a dot feed."""
        pitch = self.pitch(state) if feed_dots is None else feed_dots
        height = 0
        if self.has_marks():
            height = self._print_marks(state)
        elif visible:
            self.page.lines.append(Line(self.y))
        self.lines_printed += visible or height > 0
        self.x = 0
        self.feed(max(pitch, height))

    def _print_marks(self, state: StreamState) -> int:
        left, wide = self.area(state)
        end = max([g.x + g.width for g in self._glyphs] + [b.x + b.width for b in self._bitmaps])
        shift = left + {1: max((wide - end) // 2, 0), 2: max(wide - end, 0)}.get(state.align, 0)
        height = max([g.height for g in self._glyphs] + [b.height for b in self._bitmaps])
        glyphs = tuple(replace(g, x=g.x + shift, top=height - g.height) for g in self._glyphs)
        bitmaps = tuple(replace(b, x=b.x + shift, top=height - b.height) for b in self._bitmaps)
        self.page.lines.append(Line(self.y, glyphs, bitmaps))
        self._glyphs, self._bitmaps = [], []
        return height

    def pitch(self, state: StreamState) -> int:
        if state.line_spacing is None:
            return self.head.default_pitch
        return self.vertical_dots(state.line_spacing, state)

    def vertical_dots(self, units: int, state: StreamState) -> int:
        """Dots of a feed given in vertical motion units."""
        per_inch = state.motion[1]
        return units * DOTS_PER_INCH // per_inch if per_inch else units // self.head.units_per_dot

    def horizontal_dots(self, units: int, state: StreamState) -> int:
        per_inch = state.motion[0]
        return units * DOTS_PER_INCH // per_inch if per_inch else units

    def block(self, bitmap: Bitmap, state: StreamState) -> None:
        """An image or symbol of its own: below what is in the line, placed by the alignment, no pitch after it."""
        self.labelled_block(bitmap, "", state, above=False, below=False)

    def labelled_block(self, bitmap: Bitmap, text: str, state: StreamState, *, above: bool, below: bool) -> None:
        """The same with a text in the middle over or under it, as printers write what a barcode says."""
        if self.has_marks():
            self.end_line(state)
        left, wide = self.area(state)
        shift = left + {1: max((wide - bitmap.width) // 2, 0), 2: max(wide - bitmap.width, 0)}.get(state.align, 0)
        if above:
            self._caption(text, shift + bitmap.width // 2)
        self.page.lines.append(Line(self.y, (), (replace(bitmap, x=shift),)))
        self.lines_printed += 1
        self.feed(bitmap.height)
        if below:
            self._caption(text, shift + bitmap.width // 2)

    def _caption(self, text: str, middle: int) -> None:
        wide, tall = FONT_CELLS[0]
        start = max(middle - len(text) * wide // 2, 0)
        glyphs = tuple(Glyph(start + at * wide, 0, wide, tall, char, 1) for at, char in enumerate(text))
        self.page.lines.append(Line(self.y, glyphs))
        self.feed(tall)

    def feed(self, dots: int) -> None:
        self.y = max(self.y + dots, 0)
        self.page.height_dots = max(self.page.height_dots, self.y)
        if self.y > PAGE_DOTS_MAX or len(self.page.lines) > PAGE_LINES_MAX:
            self.cut("")

    def cut(self, how: str) -> None:
        """End the page. Nothing but blank paper makes no page."""
        page, self.page = self.page, Page(self.head.dots)
        self.x = self.y = 0
        if page.is_blank:
            self.page.drawer_kicks = page.drawer_kicks
            return
        page.cut = how
        self.finished.append(page)

    def drop_line(self) -> None:
        """Forget what is in the line (CAN, ESC @)."""
        self._glyphs, self._bitmaps = [], []
        self.x = 0
