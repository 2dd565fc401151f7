"""Draws what a printer cannot: characters missing from its ROM, whole lines, QR codes, pictures; and cuts images up.

Pillow and qrcode are imported when first needed, so that a printer with everything built in never pays for them.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from printers.errors import BadDocument
from printers.korean import cells_of, width
from printers.profiles import CELL_DOTS

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

LINE_DOTS: Final = 24  # its height; one ESC * 33 band
QR_DOTS_MIN: Final = 240  # smaller codes are hard to catch with a phone at arm's length
QR_QUIET_MODULES: Final = 4
PICTURE_ROWS_MAX: Final = 1200  # about 15 cm of paper
PICTURE_PIXELS_MAX: Final = 4_000_000
_BASELINE: Final = 20 / 24  # of the cell's height
_INK: Final = 128  # grey below this is printed black


@dataclass(frozen=True)
class FontFiles:
    """Font files in order of preference; a later file fills the gaps of an earlier one."""

    regular: tuple[Path, ...]
    bold: tuple[Path, ...]


def bundled_fonts() -> FontFiles:
    """The fonts shipped in assets/fonts: a Hangul font with exact half widths first, then Pretendard for the rest."""
    folder = Path(__file__).resolve().parents[1] / "assets" / "fonts"
    return FontFiles(
        regular=(folder / "NanumGothicCoding-Regular.ttf", folder / "Pretendard-Regular.otf"),
        bold=(folder / "NanumGothicCoding-Bold.ttf", folder / "Pretendard-Bold.otf"),
    )


class GlyphPainter:
    """Draws single characters into cells of a fixed size. Keeps what it drew; safe to use from several threads."""

    def __init__(self, files: FontFiles) -> None:
        self._files = files
        self._fonts: dict[tuple[Path, int], FreeTypeFont] = {}
        self._cells: dict[tuple[str, int, int, bool], Image | None] = {}
        self._lock = threading.Lock()

    def cell(self, char: str, width_dots: int, height_dots: int, bold: bool = False) -> Image | None:
        """A grey image of exactly this size, ink white (255) on black (0); None when no font has the character."""
        key = (char, width_dots, height_dots, bold)
        with self._lock:
            if key not in self._cells:
                if len(self._cells) > 4000:  # a shop's receipts use some hundred characters
                    self._cells.clear()
                self._cells[key] = self._draw(char, width_dots, height_dots, bold)
            return self._cells[key]

    def _draw(self, char: str, width_dots: int, height_dots: int, bold: bool) -> Image | None:
        import PIL.Image
        from PIL import ImageDraw

        font = self._font_with(char, height_dots, bold)
        if font is None:
            return None
        advance = max(round(font.getlength(char)), 1)
        # Slightly narrow glyphs are centred; much narrower or wider ones are stretched as the printer's size bits do.
        stretched = advance > width_dots or width_dots >= advance * 1.5
        canvas = PIL.Image.new("L", (advance if stretched else width_dots, height_dots), 0)
        left = 0.0 if stretched else (width_dots - advance) / 2
        ImageDraw.Draw(canvas).text((left, round(height_dots * _BASELINE)), char, fill=255, font=font, anchor="ls")
        return canvas.resize((width_dots, height_dots), PIL.Image.Resampling.BILINEAR) if stretched else canvas

    def _font_with(self, char: str, size: int, bold: bool) -> FreeTypeFont | None:
        for path in self._files.bold if bold else self._files.regular:
            font = self._font(path, size)
            if font is not None and (char == " " or _has_glyph(font, char)):
                return font
        return None

    def _font(self, path: Path, size: int) -> FreeTypeFont | None:
        from PIL import ImageFont

        if (path, size) not in self._fonts:
            if not path.is_file():
                return None
            # Basic layout: one character at a time needs no shaping, and Raqm is not in every build of Pillow.
            self._fonts[path, size] = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
        return self._fonts[path, size]


def _has_glyph(font: FreeTypeFont, char: str) -> bool:
    missing = font.getmask("\U0010fffe")  # never assigned, so every font draws its "no such glyph" box
    drawn = font.getmask(char)
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


def inline_glyph(painter: GlyphPainter, char: str, *, bold: bool, inverse: bool) -> bytes | None:
    """`ESC *` in 24-dot double density for one character that sits in the line; None without a glyph."""
    dots = cells_of(char) * CELL_DOTS
    drawn = painter.cell(char, dots, LINE_DOTS, bold)
    if drawn is None:
        return None
    pixels = drawn.load()
    assert pixels is not None
    columns = bytearray()
    for x in range(dots):
        bits = 0
        for y in range(LINE_DOTS):
            grey = pixels[x, y]
            assert isinstance(grey, int)
            bits = bits << 1 | ((grey >= _INK) != inverse)
        columns += bits.to_bytes(3, "big")
    return b"\x1b*\x21" + dots.to_bytes(2, "little") + bytes(columns)


def line_image(
    painter: GlyphPainter, text: str, *, indent: int, double: bool, bold: bool, inverse: bool, missing: str
) -> Image:
    """A whole printed line as a black-on-white image, cell by cell, for printers or sizes that cannot do it inline."""
    import PIL.Image
    from PIL import ImageChops

    scale = 2 if double else 1
    height = LINE_DOTS * scale
    canvas = PIL.Image.new("L", ((indent + width(text) * scale) * CELL_DOTS, height), 0)
    x = indent * CELL_DOTS
    for char in text:
        dots = cells_of(char) * CELL_DOTS * scale
        drawn = painter.cell(char, dots, height, bold) or painter.cell(missing, dots, height, bold)
        if drawn is not None:
            canvas.paste(drawn, (x, 0))
        x += dots
    return canvas if inverse else ImageChops.invert(canvas)


def solid_band(width_dots: int) -> bytes:
    """Four rows of black as `GS v 0`, sent in quarter resolution because it costs a quarter of the bytes."""
    stride = (width_dots // 2 + 7) // 8
    row = ((1 << (width_dots // 2)) - 1 << (stride * 8 - width_dots // 2)).to_bytes(stride, "big")
    return b"\x1dv0\x03" + stride.to_bytes(2, "little") + b"\x02\x00" + row * 2


def qr_matrix(payload: bytes, level: str = "M") -> list[list[bool]]:
    """The modules of a QR code without quiet zone; `level` is the error correction L, M, Q or H. Raises
    qrcode.exceptions.DataOverflowError when the payload fits no QR code."""
    import qrcode
    from qrcode import constants

    code = qrcode.QRCode(error_correction=getattr(constants, f"ERROR_CORRECT_{level}"), border=0)
    code.add_data(payload)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def qr_size(payload: bytes) -> int:
    """Modules along one side of a printer's own code for these bytes at error correction M, at most: a printer that
    packs digits and capitals tighter may need fewer. Says it without drawing the code, which takes fifty times as long.
    Raises qrcode.exceptions.DataOverflowError when the payload fits no QR code."""
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.exceptions import DataOverflowError
    from qrcode.util import BIT_LIMIT_TABLE

    for version, bits in enumerate(BIT_LIMIT_TABLE[ERROR_CORRECT_M][1:], start=1):
        if 4 + (8 if version < 10 else 16) + 8 * len(payload) <= bits:
            return 17 + 4 * version
    raise DataOverflowError


def qr_module_dots(modules: int, paper_dots: int) -> int:
    """Dots a module: the code reaches QR_DOTS_MIN, quiet zone and all stay on the paper, 1 to 16 as printers allow."""
    wanted = -(-QR_DOTS_MIN // modules)
    fitting = paper_dots // (modules + 2 * QR_QUIET_MODULES)
    return max(1, min(wanted, fitting, 16))


def qr_image(matrix: Sequence[Sequence[bool]], module_dots: int) -> Image:
    """The matrix as a black-on-white image with its four quiet modules all round."""
    import PIL.Image

    side = len(matrix) + 2 * QR_QUIET_MODULES
    small = PIL.Image.new("1", (side, side), 1)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                small.putpixel((x + QR_QUIET_MODULES, y + QR_QUIET_MODULES), 0)
    return small.resize((side * module_dots, side * module_dots), PIL.Image.Resampling.NEAREST)


def picture_image(png: bytes, paper_dots: int) -> Image:
    """A PNG made printable: on white, no wider than the paper, dithered. Raises BadDocument when unreadable."""
    import PIL.Image

    try:
        with PIL.Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
            if opened.width * opened.height > PICTURE_PIXELS_MAX:
                raise BadDocument("a picture has too many pixels")
            shown = opened.convert("RGBA")
    except (OSError, SyntaxError, ValueError) as problem:
        raise BadDocument(f"a picture is not a readable PNG: {problem}") from problem
    paper = PIL.Image.new("RGBA", shown.size, "white")
    paper.alpha_composite(shown)
    grey = paper.convert("L")
    if grey.width > paper_dots:
        grey = grey.resize((paper_dots, max(1, grey.height * paper_dots // grey.width)))
    return grey.crop((0, 0, grey.width, min(grey.height, PICTURE_ROWS_MAX))).convert("1")


def centred(image: Image, paper_dots: int) -> Image:
    """The image in the middle of the paper: some printers ignore ESC a for rasters."""
    import PIL.Image

    if image.width >= paper_dots:
        return image
    canvas = PIL.Image.new("1", (paper_dots, image.height), 1)
    canvas.paste(image.convert("1"), ((paper_dots - image.width) // 2, 0))
    return canvas
