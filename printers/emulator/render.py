"""Draws emulated paper as a picture, each character in its own cell of the printer's grid."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from printers.emulator.paper import Bitmap, Glyph, Page
from printers.raster import GlyphPainter

if TYPE_CHECKING:
    from PIL.Image import Image

PAPER: Final = 252  # thermal paper is not quite white
INK: Final = 22
TOP_DOTS: Final = 40  # what lies between knife and head before the first line
BOTTOM_DOTS: Final = 24
ROLL_DOTS: Final = {True: 640, False: 464}  # 80 mm and 58 mm of paper at 8 dots a millimetre


def page_image(page: Page, painter: GlyphPainter, *, paper: bool = False) -> Image:
    """The page in grey. Exactly as wide as the print head, or with `paper` as wide as the roll, margins and all."""
    import PIL.Image

    height = max([page.height_dots] + [_bottom(page, line) for line in range(len(page.lines))]) if page.lines else 0
    ink = PIL.Image.new("L", (page.width_dots, max(height, 8)), 0)  # 255 is full ink
    for line in page.lines:
        for bitmap in line.bitmaps:
            _draw_bitmap(ink, bitmap, line.y)
        for glyph in line.glyphs:
            _draw_glyph(ink, glyph, line.y, painter)
    shades = ink.point([PAPER - (PAPER - INK) * level // 255 for level in range(256)])
    if not paper:
        return shades
    roll = ROLL_DOTS[page.width_dots > 432]
    sheet = PIL.Image.new("L", (max(roll, page.width_dots), shades.height + TOP_DOTS + BOTTOM_DOTS), PAPER)
    sheet.paste(shades, ((sheet.width - page.width_dots) // 2, TOP_DOTS))
    return sheet


def page_png(page: Page, painter: GlyphPainter, *, paper: bool = False) -> bytes:
    """The picture as PNG bytes."""
    out = io.BytesIO()
    page_image(page, painter, paper=paper).save(out, "PNG", optimize=False)
    return out.getvalue()


def _bottom(page: Page, number: int) -> int:
    line = page.lines[number]
    tops = [glyph.top + glyph.height for glyph in line.glyphs] + [b.top + b.height for b in line.bitmaps]
    return line.y + max(tops, default=0)


def _draw_glyph(ink: Image, glyph: Glyph, line_y: int, painter: GlyphPainter) -> None:
    import PIL.Image
    from PIL import ImageChops

    drawn = painter.cell(glyph.char, glyph.width, glyph.height, glyph.bold) or painter.cell(
        "□", glyph.width, glyph.height, glyph.bold
    )
    cell = drawn.copy() if drawn is not None else PIL.Image.new("L", (glyph.width, glyph.height), 0)
    if glyph.underline:
        thick = min(glyph.underline, 2)
        cell.paste(255, (0, glyph.height - thick, glyph.width, glyph.height))
    if glyph.inverse:
        cell = ImageChops.invert(cell)
    if glyph.upside_down:
        cell = cell.transpose(PIL.Image.Transpose.ROTATE_180)
    box = (glyph.x, line_y + glyph.top)
    under = ink.crop((*box, box[0] + glyph.width, box[1] + glyph.height))
    ink.paste(ImageChops.lighter(under, cell), box)  # ink is only ever added


def _draw_bitmap(ink: Image, bitmap: Bitmap, line_y: int) -> None:
    import PIL.Image
    from PIL import ImageChops

    stride = (bitmap.dots_wide + 7) // 8
    dots = PIL.Image.frombytes("1", (stride * 8, bitmap.dots_high), bitmap.bits).crop(
        (0, 0, bitmap.dots_wide, bitmap.dots_high)
    )
    # Nothing beyond the head is printed, so nothing beyond it is scaled up.
    shown = dots.crop((0, 0, min(bitmap.dots_wide, max(ink.width - bitmap.x, 0) // bitmap.scale_x + 1), dots.height))
    big = shown.resize((shown.width * bitmap.scale_x, bitmap.height), PIL.Image.Resampling.NEAREST).convert("L")
    box = (bitmap.x, line_y + bitmap.top)
    under = ink.crop((*box, box[0] + big.width, box[1] + big.height))
    ink.paste(ImageChops.lighter(under, big), box)
