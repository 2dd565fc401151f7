"""Reads the image payloads of ESC/POS into bitmaps: ESC *, GS v 0, GS ( L, GS 8 L, GS *, FS q."""

from __future__ import annotations

from printers.emulator.paper import Bitmap
from printers.emulator.symbols import pack_rows

DOTS_MAX = 4_000_000  # of one image; a bigger claim is damaged data


def esc_star(payload: bytes) -> Bitmap | None:
    """`m nL nH columns…` of ESC *; None when damaged."""
    if len(payload) < 4:
        return None
    mode, columns = payload[0], int.from_bytes(payload[1:3], "little")
    tall = 3 if mode in (32, 33) else 1
    dots = payload[3 : 3 + columns * tall]
    if not columns or len(dots) < columns * tall:
        return None
    scale_x = 1 if mode in (1, 33) else 2
    return Bitmap(0, 0, columns, tall * 8, _from_columns(dots, columns, tall), scale_x, 1 if tall == 3 else 3)


def gs_v0(payload: bytes) -> Bitmap | None:
    """`0 m xL xH yL yH rows…` of GS v 0; None when damaged."""
    if len(payload) < 7:
        return None
    mode = payload[1] & 3
    stride, rows = int.from_bytes(payload[2:4], "little"), int.from_bytes(payload[4:6], "little")
    return _from_rows(payload[6:], stride * 8, rows, 2 if mode & 1 else 1, 2 if mode & 2 else 1)


def graphics_store(payload: bytes) -> Bitmap | None:
    """Function 112 of GS ( L without its length: `m fn a bx by c xL xH yL yH rows…`; None when damaged."""
    if len(payload) < 11:
        return None
    scale_x, scale_y = max(payload[3], 1), max(payload[4], 1)
    wide, rows = int.from_bytes(payload[6:8], "little"), int.from_bytes(payload[8:10], "little")
    if payload[1] == 113:  # column format
        tall = (rows + 7) // 8
        dots = payload[10 : 10 + wide * tall]
        if not wide or not tall or wide * tall * 8 > DOTS_MAX or len(dots) < wide * tall:
            return None
        return Bitmap(0, 0, wide, tall * 8, _from_columns(dots, wide, tall), min(scale_x, 2), min(scale_y, 2))
    return _from_rows(payload[10:], wide, rows, min(scale_x, 2), min(scale_y, 2))


def downloaded(payload: bytes) -> Bitmap | None:
    """`x y columns…` of GS *; None when damaged."""
    if len(payload) < 3:
        return None
    return _from_bytes_of_columns(payload[2:], payload[0], payload[1])


def stored_pictures(payload: bytes) -> list[Bitmap]:
    """The pictures of FS q, as many as are whole."""
    pictures: list[Bitmap] = []
    at = 1
    for _ in range(payload[0] if payload else 0):
        wide, tall = int.from_bytes(payload[at : at + 2], "little"), int.from_bytes(payload[at + 2 : at + 4], "little")
        picture = _from_bytes_of_columns(payload[at + 4 :], wide, tall)
        if picture is None:
            break
        pictures.append(picture)
        at += 4 + wide * tall * 8
    return pictures


def _from_bytes_of_columns(dots: bytes, wide: int, tall: int) -> Bitmap | None:
    if not wide or not tall or wide * tall * 64 > DOTS_MAX or len(dots) < wide * tall * 8:
        return None
    return Bitmap(0, 0, wide * 8, tall * 8, _from_columns(dots, wide * 8, tall))


def _from_rows(dots: bytes, wide: int, rows: int, scale_x: int, scale_y: int) -> Bitmap | None:
    stride = (wide + 7) // 8
    if not wide or not rows or wide * rows > DOTS_MAX or len(dots) < stride * rows:
        return None
    return Bitmap(0, 0, wide, rows, bytes(dots[: stride * rows]), scale_x, scale_y)


def _from_columns(dots: bytes, columns: int, tall: int) -> bytes:
    """Columns of `tall` bytes from top to bottom, turned into rows."""
    rows: list[list[bool]] = []
    for y in range(tall * 8):
        byte, bit = divmod(y, 8)
        mask = 0x80 >> bit
        rows.append([bool(dots[x * tall + byte] & mask) for x in range(columns)])
    return pack_rows(rows)
