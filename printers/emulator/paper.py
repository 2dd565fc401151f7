"""What came out of the emulated printer: pages made of lines, lines made of marks at dot positions."""

from __future__ import annotations

from dataclasses import dataclass, field

INLINE_IMAGE_MARK = "▨"  # a little image inside a line stands for a character the printer did not have


@dataclass(frozen=True)
class Glyph:
    """One printed character. `top` is its distance from the line's top."""

    x: int
    top: int
    width: int
    height: int
    char: str
    cells: int
    bold: bool = False
    inverse: bool = False
    underline: int = 0
    upside_down: bool = False


@dataclass(frozen=True)
class Bitmap:
    """Dots: rows of packed bits, most significant first, each dot drawn `scale_x` by `scale_y`. `label` says what a
    reader would call it when it is more than an image."""

    x: int
    top: int
    dots_wide: int
    dots_high: int
    bits: bytes
    scale_x: int = 1
    scale_y: int = 1
    label: str = ""

    @property
    def width(self) -> int:
        return self.dots_wide * self.scale_x

    @property
    def height(self) -> int:
        return self.dots_high * self.scale_y


@dataclass(frozen=True)
class Line:
    """Marks printed at one go; `y` is their top on the page."""

    y: int
    glyphs: tuple[Glyph, ...] = ()
    bitmaps: tuple[Bitmap, ...] = ()


@dataclass
class Page:
    """Paper from one cut to the next. `raw` are the bytes that made it, `drawer_kicks` the pulses sent meanwhile."""

    width_dots: int
    lines: list[Line] = field(default_factory=list)
    height_dots: int = 0
    drawer_kicks: int = 0
    raw: bytes = b""
    cut: str = ""  # "full", "partial", or "" when torn off by hand

    @property
    def is_blank(self) -> bool:
        return not any(line.glyphs or line.bitmaps for line in self.lines)

    def text_lines(self) -> list[str]:
        """The page as a person would type it: one string a line, images and codes as bracketed words."""
        texts: list[str] = []
        stacked: Bitmap | None = None  # image bands that touch each other are one image
        stack_end = stack_height = 0
        for line in self.lines:
            if _is_drawn_rule(line):
                continue
            only = line.bitmaps[0] if len(line.bitmaps) == 1 and not line.glyphs else None
            if only is not None and not only.label and only.width > 48:
                if stacked is not None and (only.x, only.width) == (stacked.x, stacked.width) and line.y == stack_end:
                    stack_height += only.height
                    texts[-1] = _image_word(only.width, stack_height)
                else:
                    stack_height = only.height
                    texts.append(_image_word(only.width, stack_height))
                stacked, stack_end = only, line.y + only.height
                continue
            stacked = None
            texts.append(_line_text(line))
        return texts

    def text(self) -> str:
        return "\n".join(self.text_lines()) + "\n"


def _is_drawn_rule(line: Line) -> bool:
    """Flat images are lines and edges, nothing a person would read out."""
    return bool(line.bitmaps) and not line.glyphs and all(b.height <= 8 and not b.label for b in line.bitmaps)


def _image_word(width: int, height: int) -> str:
    return f"[IMAGE {width}x{height}]"


def _bitmap_text(bitmap: Bitmap) -> str:
    if bitmap.label:
        return bitmap.label
    return INLINE_IMAGE_MARK if bitmap.width <= 48 else _image_word(bitmap.width, bitmap.height)


def _line_text(line: Line) -> str:
    unit = min((max(glyph.width // glyph.cells, 1) for glyph in line.glyphs), default=12)
    parts = [(glyph.x, glyph.width, glyph.char) for glyph in line.glyphs]
    parts += [(bitmap.x, bitmap.width, _bitmap_text(bitmap)) for bitmap in line.bitmaps]
    if len(parts) == 1 and line.bitmaps:
        return parts[0][2]
    out = ""
    reached = 0
    for x, width, text in sorted(parts, key=lambda part: part[0]):
        out += " " * max(round((x - reached) / unit), 0) + text
        reached = max(reached, x + width)
    return out.rstrip()
