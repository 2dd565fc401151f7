"""Draws QR codes and barcodes the way a printer's own firmware does, as rows of dots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from printers.emulator.paper import Bitmap
from printers.raster import qr_matrix

SYMBOLOGIES: Final = {
    0: "UPC-A", 1: "UPC-E", 2: "EAN13", 3: "EAN8", 4: "CODE39", 5: "ITF", 6: "CODABAR",
    65: "UPC-A", 66: "UPC-E", 67: "EAN13", 68: "EAN8", 69: "CODE39", 70: "ITF", 71: "CODABAR", 72: "CODE93",
    73: "CODE128", 74: "GS1-128", 75: "GS1 DataBar", 76: "GS1 DataBar", 77: "GS1 DataBar", 78: "GS1 DataBar",
}  # fmt: skip
_DRAWN: Final = {
    "UPC-A": "upca", "EAN13": "ean13", "EAN8": "ean8", "CODE39": "code39", "ITF": "itf", "CODABAR": "codabar",
    "CODE128": "code128", "GS1-128": "code128",
}  # fmt: skip
# Two-dimensional codes of GS ( k that stand as a box with their name.
NOT_DRAWN: Final = {
    48: "PDF417", 50: "MaxiCode", 51: "GS1 DataBar", 52: "Composite", 53: "Aztec", 54: "DataMatrix",
}  # fmt: skip
QR_LEVELS: Final = {48: "L", 49: "M", 50: "Q", 51: "H"}


@dataclass(frozen=True)
class BarcodeLook:
    """What GS h and GS w set."""

    height: int
    module: int


def pack_rows(rows: list[list[bool]]) -> bytes:
    """Rows of booleans as packed bits, each row filled up to whole bytes."""
    out = bytearray()
    for row in rows:
        stride = (len(row) + 7) // 8
        number = 0
        for dark in row:
            number = number << 1 | dark
        out += (number << (stride * 8 - len(row))).to_bytes(stride, "big")
    return bytes(out)


def qr_bitmap(payload: bytes, module: int, level: int) -> Bitmap | None:
    """A QR code as the printer would make it, without quiet zone; None when the text does not fit one."""
    from qrcode.exceptions import DataOverflowError

    text = payload.decode("utf-8", "replace")
    try:
        rows = qr_matrix(payload, level=QR_LEVELS.get(level, "L"))
    except (DataOverflowError, ValueError):
        return None
    size = max(1, min(module, 16))
    return Bitmap(0, 0, len(rows), len(rows), pack_rows(rows), size, size, label=f"[QR {one_line(text)}]")


def barcode_bitmap(symbology: int, payload: bytes, look: BarcodeLook) -> tuple[Bitmap, str]:
    """A barcode's bars and its readable text. Kinds we cannot draw, and contents a kind does not allow, come as a
    labelled empty frame."""
    kind = SYMBOLOGIES.get(symbology, "BARCODE")
    text = _readable(kind, payload)
    label = f"[{kind} {one_line(text)}]"
    modules = _bars(kind, text)
    if modules is None:
        return frame(label, 240, look.height), one_line(text)
    row = [mark == "1" for mark in modules]
    bits = pack_rows([row])
    bars = Bitmap(0, 0, len(row), 1, bits, max(1, min(look.module, 6)), max(look.height, 1), label=label)
    return bars, one_line(text)


def frame(label: str, width: int, height: int) -> Bitmap:
    """An empty box that stands for a symbol we do not draw."""
    height = max(height, 8)
    full = [True] * width
    sides = [True, True] + [False] * (width - 4) + [True, True]
    rows = [full if y in (0, 1, height - 2, height - 1) else sides for y in range(height)]
    return Bitmap(0, 0, width, height, pack_rows(rows), label=label)


def _bars(kind: str, text: str) -> str | None:
    name = _DRAWN.get(kind)
    if name is None or not text:
        return None
    import barcode
    from barcode.errors import BarcodeError

    try:
        built = barcode.get(name, text, options={"add_checksum": False} if name == "code39" else None).build()
    except (BarcodeError, ValueError, KeyError, IndexError, AttributeError, TypeError):
        # python-barcode answers a wrong character with whatever its look-up raised.
        return None
    return str(built[0]) if built else None


def _readable(kind: str, payload: bytes) -> str:
    text = payload.decode("latin-1")
    if kind not in ("CODE128", "GS1-128"):
        return text
    if "{C" in text:  # pairs of digits as numbers
        head, _, tail = text.partition("{C")
        text = head + "".join(f"{ord(char):02d}" if ord(char) < 100 else "?" for char in tail)
    for code_set in ("{A", "{B", "{S"):
        text = text.replace(code_set, "")
    return text.replace("{{", "{")


def one_line(text: str) -> str:
    """For a label: what cannot be seen is a dot."""
    return "".join(char if char.isprintable() else "·" for char in text)
