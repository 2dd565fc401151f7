"""Turns a document into the ESC/POS bytes of one printer. Text goes through our own Korean encoder.

A slip never sends `ESC @` between a POS's documents (unless asked to), never `GS a`, and puts every mode it touched
back to what the POS had set: see printers.state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from printers import commands, raster, state
from printers.document import PLAIN, Barcode, BarcodeKind, Cut, Document, Drawer, Picture, Qr, Style, check
from printers.korean import REPLACEMENT_MARK, HangulRom, code_of, codes_of
from printers.layout import Row, SpaceRow, TextRow, lay_out
from printers.profiles import PrinterProfile

if TYPE_CHECKING:
    from PIL.Image import Image

HALF_LINE_DOTS = 12
DOUBLE_ROW_DOTS = 60  # line pitch of double-size text; at the default pitch big lines would touch
INLINE_GLYPHS_MAX = 8
BARCODE_MODULE_DOTS = 2
DRAWER_PULSE = b"\x32\xfa"  # 100 ms on, 500 ms off, in units of 2 ms


@dataclass(frozen=True)
class Ink:
    """What drawing needs: the painter of missing characters. Made once by whoever prints, because it keeps glyphs."""

    painter: raster.GlyphPainter

    @staticmethod
    def bundled() -> Ink:
        return Ink(raster.GlyphPainter(raster.bundled_fonts()))


def encode(
    document: Document,
    profile: PrinterProfile,
    ink: Ink,
    *,
    left_by_pos: state.StreamState = state.POWER_ON,
    initialise: bool = False,
) -> bytes:
    """The bytes of a slip. `left_by_pos` is restored at the end; `initialise` starts with ESC @, for a printer no POS
    shares. Raises BadDocument when something in the document cannot be printed."""
    check(document)
    rows = lay_out(document, profile.columns)
    writer = _Writer(profile, ink, frozenset(_letters(row.text) for row in rows if isinstance(row, TextRow)))
    before = state.POWER_ON if initialise else left_by_pos
    writer.raw(b"\x1b@" if initialise else b"")
    writer.raw(state.enter(before, print_width=profile.text_dots))
    for row in rows:
        writer.row(row)
    writer.style(PLAIN)
    writer.raw(state.restore(before, barcode=writer.sent_barcode, qr=writer.sent_qr))
    return bytes(writer.out)


def encode_text(text: str, profile: PrinterProfile, ink: Ink, style: Style = PLAIN) -> bytes:
    """Cleaned text as bytes in the current line; characters the printer lacks become inline images or a mark."""
    codes = codes_of(text, profile.rom)
    if None in codes:
        codes = [
            _missing(char, profile, ink, style) if code is None else code
            for char, code in zip(text, codes, strict=True)
        ]
    return b"".join(codes)  # type: ignore[arg-type]  # none of them is None any more


def _missing(char: str, profile: PrinterProfile, ink: Ink, style: Style) -> bytes:
    drawn = raster.inline_glyph(ink.painter, char, bold=style.bold, inverse=style.inverse)
    return drawn or code_of(REPLACEMENT_MARK, profile.rom) or b"?"


def barcode_modules(code: Barcode) -> int:
    """How wide it is, in narrow bars: CODE128 with start, code set, check and stop, CODE39 with its two stars."""
    match code.symbology:
        case BarcodeKind.CODE128:
            return 11 * len(code.payload) + 35
        case BarcodeKind.CODE39:
            return 16 * (len(code.payload) + 2)
        case BarcodeKind.EAN13:
            return 95


def _letters(text: str) -> str:
    """A code as it is scanned, however a line groups it for the eye."""
    return text.strip().replace("-", "").replace(" ", "")


class _Writer:
    """Writes rows and remembers which emphasis is on, so that unchanged styles cost no bytes. `said` are the lines of
    the slip as letters."""

    def __init__(self, profile: PrinterProfile, ink: Ink, said: frozenset[str]) -> None:
        self.out = bytearray()
        self._said = said
        self._profile = profile
        self._ink = ink
        self._style = PLAIN
        self._tall_pitch = False
        self.sent_barcode = False
        self.sent_qr = False

    def raw(self, chunk: bytes) -> None:
        self.out += chunk

    def row(self, row: Row) -> None:
        if isinstance(row, TextRow):
            self._text(row)
        elif isinstance(row, SpaceRow):
            self._feed_dots(row.halves * HALF_LINE_DOTS)
        elif isinstance(row, Qr):
            self._qr(row)
        elif isinstance(row, Barcode):
            self._barcode(row)
        elif isinstance(row, Picture):
            self._image(raster.picture_image(row.png, self._profile.text_dots))
        elif isinstance(row, Cut):
            self._cut(row)
        elif isinstance(row, Drawer) and self._profile.drawer:
            self.raw(b"\x1bp" + bytes([0 if row.pin == 2 else 1]) + DRAWER_PULSE)

    def style(self, style: Style) -> None:
        if style.double != self._style.double:
            self.raw(b"\x1d!\x11" if style.double else b"\x1d!\x00")
        if style.bold != self._style.bold:
            self.raw(b"\x1bE\x01" if style.bold else b"\x1bE\x00")
        if style.inverse != self._style.inverse:
            self.raw(b"\x1dB\x01" if style.inverse else b"\x1dB\x00")
        self._style = style

    def _text(self, row: TextRow) -> None:
        if row.text and self._needs_drawing(row):
            self._drawn_line(row)
            return
        if row.style.inverse and self._band():
            self._bar(row)
            return
        self._pitch(row.style.double and bool(row.text))
        if row.indent:
            self.style(PLAIN)
            self.raw(b" " * row.indent)
        if row.text:
            self.style(row.style)
            self.raw(encode_text(row.text, self._profile, self._ink, row.style))
        self.raw(b"\n")

    def _bar(self, row: TextRow) -> None:
        """White on black needs air around the letters, but a printer's inverse is exactly as tall as they are."""
        band = self._band()
        self.style(PLAIN)
        self._pitch(False)
        self.raw(band)
        self.style(row.style)
        self.raw(encode_text(row.text, self._profile, self._ink, row.style))
        self.raw(b"\x1bJ\x00")  # prints and moves on by the height of the letters, no more
        self.style(PLAIN)
        self.raw(band)
        self._feed_dots(2)

    def _band(self) -> bytes:
        return raster.solid_band(self._profile.text_dots) if self._profile.thick_bars else b""

    def _needs_drawing(self, row: TextRow) -> bool:
        """Bit images in a line keep their size whatever GS ! says, so a big line with a missing character is drawn as
        a whole; so is a small one on a printer that lacks Hangul, where dozens of little images would be slow."""
        lacking = codes_of(row.text, self._profile.rom).count(None)
        if row.style.double or self._profile.rom is HangulRom.NONE:
            return lacking > 0
        return lacking > INLINE_GLYPHS_MAX

    def _drawn_line(self, row: TextRow) -> None:
        self.style(PLAIN)
        image = raster.line_image(
            self._ink.painter,
            row.text,
            indent=row.indent,
            double=row.style.double,
            bold=row.style.bold,
            inverse=row.style.inverse,
            missing=REPLACEMENT_MARK,
        )
        band = self._band() if row.style.inverse else b""
        self.raw(band + commands.raster(image) + band)
        rest = 12 if row.style.double else 10  # of the line pitch
        self._feed_dots(2 if band else rest)

    def _pitch(self, tall: bool) -> None:
        if tall != self._tall_pitch:
            units = DOUBLE_ROW_DOTS * self._profile.feed_units_per_dot
            self.raw(b"\x1b3" + bytes([units]) if tall else b"\x1b2")
            self._tall_pitch = tall

    def _feed_dots(self, dots: int) -> None:
        units = dots * self._profile.feed_units_per_dot
        while units > 0:
            self.raw(b"\x1bJ" + bytes([min(units, 255)]))
            units -= 255

    def _qr(self, row: Qr) -> None:
        payload = row.payload.encode("utf-8")
        self._begin_graphics()
        if not self._profile.native_qr:
            matrix = raster.qr_matrix(payload)
            self._image(raster.qr_image(matrix, raster.qr_module_dots(len(matrix), self._profile.text_dots)))
            return
        module = raster.qr_module_dots(raster.qr_size(payload), self._profile.text_dots)
        self.sent_qr = True
        quiet = raster.QR_QUIET_MODULES * module
        self._feed_dots(quiet)
        self.raw(b"\x1ba\x01" + commands.native_qr(row.payload, module) + b"\x1ba\x00")
        self._feed_dots(quiet)

    def _barcode(self, row: Barcode) -> None:
        self._begin_graphics()
        # Narrower bars than two dots are in no printer's commands, and a code that is cut off at the edge of the paper
        # is none: where it has no room its letters stand alone, unless a line of the slip has them already.
        fits = barcode_modules(row) * BARCODE_MODULE_DOTS <= self._profile.text_dots
        if not (fits and self._profile.native_barcode):
            if fits:
                self._image(commands.barcode_image(row.payload, row.symbology))
            elif _letters(row.payload) in self._said:
                return
            self._text(TextRow(row.payload, PLAIN, max((self._profile.columns - len(row.payload)) // 2, 0)))
            return
        self.sent_barcode = True
        native = commands.native_barcode(row.payload, row.symbology, BARCODE_MODULE_DOTS)
        self.raw(b"\x1ba\x01" + native + b"\x1ba\x00")
        self._feed_dots(HALF_LINE_DOTS)

    def _image(self, image: Image) -> None:
        self._begin_graphics()
        self.raw(commands.raster(raster.centred(image, self._profile.text_dots)))

    def _begin_graphics(self) -> None:
        self.style(PLAIN)
        self._pitch(False)

    def _cut(self, row: Cut) -> None:
        self._begin_graphics()
        if self._profile.cutter:
            # Function B feeds to the knife by the printer's own distance, so nothing is cut off.
            self.raw(b"\x1dV" + (b"\x42" if row.partial else b"\x41") + b"\x00")
        else:
            self.raw(b"\n" * self._profile.feed_before_cut_lines)
