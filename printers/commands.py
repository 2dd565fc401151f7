"""QR, barcode and raster commands, made by python-escpos into its memory printer. Imported late: it costs 150 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

RASTER_ROWS_MAX = 128  # an image in slices keeps small printer buffers and real-time commands working
# python-escpos needs a profile of at least our widest paper, else it complains on standard output.
_WIDE_PROFILE = "RP-F10-80mm"
BARCODE_HEIGHT_DOTS = 80


def native_qr(payload: str, module_dots: int) -> bytes:
    """`GS ( k`: model 2, error correction M."""
    from escpos.constants import QR_ECLEVEL_M

    memory = _memory_printer()
    memory.qr(payload, ec=QR_ECLEVEL_M, size=module_dots, native=True, center=False)
    return bytes(memory.output)


def native_barcode(payload: str, symbology: str, module_dots: int) -> bytes:
    """`GS k` with its text below. The payload was checked by the document model."""
    memory = _memory_printer()
    form = "B" if symbology == "CODE128" else "A"
    code = "{B" + payload.replace("{", "{{") if symbology == "CODE128" else payload
    # The public barcode() announces itself on standard output, which belongs to our command line.
    memory._hw_barcode(
        code, symbology, height=BARCODE_HEIGHT_DOTS, width=module_dots, pos="BELOW", align_ct=False, function_type=form
    )
    return bytes(memory.output)


def raster(image: Image) -> bytes:
    """`GS v 0` in slices of at most RASTER_ROWS_MAX rows."""
    memory = _memory_printer()
    memory.image(image, impl="bitImageRaster", fragment_height=RASTER_ROWS_MAX, center=False)
    return bytes(memory.output)


def barcode_image(payload: str, symbology: str) -> Image:
    """A barcode drawn by us, for printers without `GS k`."""
    import barcode
    from barcode.writer import ImageWriter

    made = barcode.get({"CODE128": "code128", "EAN13": "ean13", "CODE39": "code39"}[symbology], payload, ImageWriter())
    options = {"module_width": 0.25, "module_height": 10.0, "quiet_zone": 2.5, "dpi": 203, "write_text": False}
    drawn: Image = made.render(options)
    return drawn.convert("1")


def _memory_printer() -> Any:
    from escpos.printer import Dummy

    return Dummy(profile=_WIDE_PROFILE)
