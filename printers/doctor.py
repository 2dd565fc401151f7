"""The printer doctor: one numbered strip of paper, and what a person saw on it becomes the printer's profile.

The strip goes through no profile. Each line tries one thing in the way a printer that can do it would print it:
1, 2, 3 Hangul by its own letters, by its own letters with the rare ones drawn, and all drawn; 4, 5, 6 rulers of 32, 42
and 48 columns; 7, 8 a QR code by the printer and one drawn; then the drawer and the knife.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from printers import commands, raster, state
from printers.devices.port import Device, NotAnswering, Way
from printers.document import PLAIN
from printers.encode import Ink, encode_text
from printers.errors import DeviceGone
from printers.korean import HangulRom
from printers.profiles import CELL_DOTS, PROFILES, Answers, PrinterProfile
from printers.status import ASK_DONE, ReplyKind, ReplyParser

SAMPLE_TEXT: Final = "느린오후 커피 ₩4,500 똠뷁"
ROMS: Final = {1: HangulRom.CP949, 2: HangulRom.KSX1001, 3: HangulRom.NONE}
COLUMNS: Final = {4: 32, 5: 42, 6: 48}
NATIVE_QR, DRAWN_QR = 7, 8
QR_TEXT: Final = "https://withfom.example/ok"
_PAPER_DOTS: Final = {32: 384, 42: 512, 48: 576}
_ASK_MAKER, _ASK_MODEL = b"\x1dIB", b"\x1dIC"
_ANSWER_S: Final = 0.6
# Whose name a printer gives, and the row of the table that its family is like.
_FAMILIES: Final = (
    ("epson", "epson-80"),
    ("tm-", "epson-80"),
    ("bixolon", "bixolon-80"),
    ("srp", "bixolon-80"),
    ("sewoo", "sewoo-80"),
    ("slk", "sewoo-80"),
    ("sam4s", "sam4s-80"),
    ("ellix", "sam4s-80"),
    ("giant", "sam4s-80"),
    ("star", "star-80-escpos"),
)


@dataclass(frozen=True)
class Seen:
    """What a person saw on the strip: the number of the first line that reads well, and so on. None: none did."""

    text_line: int | None
    ruler_line: int
    qr_line: int | None
    cut: bool
    drawer: bool


def strip(ink: Ink, *, left_by_pos: state.StreamState = state.POWER_ON) -> bytes:
    """The bytes of the strip. The modes that the POS had set are given back."""
    out = bytearray(state.enter(left_by_pos, print_width=state.WHOLE_PAPER))
    out += b"== WithFoM ==\n\n"
    for number, rom in ROMS.items():
        if rom is HangulRom.NONE:
            image = raster.line_image(
                ink.painter, f"{number} {SAMPLE_TEXT}", indent=0, double=False, bold=False, inverse=False, missing="□"
            )
            out += commands.raster(image) + b"\n"
            continue
        profile = replace(PROFILES["generic-80"], rom=rom)
        out += f"{number} ".encode() + encode_text(SAMPLE_TEXT, profile, ink, PLAIN) + b"\n\n"
    for number, columns in COLUMNS.items():
        out += f"{number} ".encode() + b"-" * (columns - 4) + b"->" + b"\n"
    out += b"\n7\n" + commands.native_qr(QR_TEXT, 4) + b"\n8\n"
    out += commands.raster(raster.qr_image(raster.qr_matrix(QR_TEXT.encode()), 4)) + b"\n"
    out += b"\x1bp\x00\x32\xfa" + b"\x1dVB\x00"
    out += state.restore(left_by_pos, qr=True)
    return bytes(out)


def profile_of(seen: Seen, *, model: str = "", answered: bool = False) -> PrinterProfile:
    """The profile of a printer on whose paper a person saw this. `answered`: it confirmed the strip itself."""
    base = family(model)
    columns = COLUMNS[seen.ruler_line]
    return replace(
        base,
        name=base.name if base.columns == columns else f"{base.name}-{columns}",
        label=f"{model or base.label.split(' (')[0]} ({columns}칸)",
        columns=columns,
        paper_dots=max(_PAPER_DOTS[columns], columns * CELL_DOTS),
        rom=ROMS[seen.text_line] if seen.text_line is not None else HangulRom.NONE,
        native_qr=seen.qr_line == NATIVE_QR,
        native_barcode=base.native_barcode and seen.qr_line == NATIVE_QR,
        cutter=seen.cut,
        drawer=seen.drawer,
        answers=Answers.ALWAYS if answered else base.answers,
    )


def family(model: str) -> PrinterProfile:
    """The row of the table that a printer of this name is most like; the plain one for a name nobody knows."""
    lower = model.lower()
    return PROFILES[next((row for part, row in _FAMILIES if part in lower), "generic-80")]


def model_of(way: Way) -> str | NotAnswering:
    """Maker and model as the printer names itself; "" when it does not say, or is behind a queue."""
    if not isinstance(way, Device):
        return ""
    refused = way.open()
    if refused is not None:
        return NotAnswering(refused)
    try:
        if not way.two_way:
            return ""
        names = [_named(way, question) for question in (_ASK_MAKER, _ASK_MODEL)]
        return " ".join(name for name in names if name)
    except DeviceGone as gone:
        return NotAnswering(gone.detail)
    finally:
        way.close()


def _named(device: Device, question: bytes) -> str:
    """The printable part of a block answer. What ends the wait is the answer to a question that all printers know."""
    device.send(question, _ANSWER_S)
    device.send(ASK_DONE, _ANSWER_S)
    parser = ReplyParser()
    name = ""
    for _ in range(8):
        answer = device.receive(_ANSWER_S)
        replies = parser.feed(answer)
        for reply in replies:
            if reply.kind is ReplyKind.BLOCK:
                name = reply.raw[1:-1].decode("ascii", "replace").strip()
        if not answer or any(reply.kind is ReplyKind.DONE for reply in replies):
            break
    return "".join(char for char in name if char.isprintable() and char != "\ufffd")[:40]
