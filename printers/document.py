"""The document model: what a slip says and how it is emphasised, without widths or bytes.

A document is stored inside the durable print job, so it survives as JSON and a newer agent can still print it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, ClassVar, Final

from printers.errors import BadDocument, UnreadableDocument

DOCUMENT_VERSION: Final = 1
QR_PAYLOAD_BYTES_MAX: Final = 500  # stays scannable at 58 mm with error correction M
BLOCKS_MAX: Final = 500  # a slip of two metres; more is a mistake of the caller


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class BarcodeKind(StrEnum):
    CODE128 = "CODE128"
    EAN13 = "EAN13"
    CODE39 = "CODE39"


@dataclass(frozen=True)
class Style:
    """The only three emphases every receipt printer has."""

    bold: bool = False
    double: bool = False
    inverse: bool = False


PLAIN = Style()
BOLD = Style(bold=True)
TITLE = Style(bold=True, double=True)
BAR = Style(bold=True, inverse=True)


@dataclass(frozen=True)
class Text:
    """A paragraph. It wraps between words; lines after the first are indented by `hang` cells. Inverse fills lines."""

    kind: ClassVar[str] = "text"
    text: str
    align: Align = Align.LEFT
    style: Style = PLAIN
    hang: int = 0


@dataclass(frozen=True)
class Columns:
    """A label left and a value right; `middle` ends 11 cells before the right edge. What does not fit wraps under."""

    kind: ClassVar[str] = "columns"
    left: str
    right: str
    middle: str = ""
    style: Style = PLAIN
    indent: int = 0


@dataclass(frozen=True)
class Rule:
    """A line across the paper."""

    kind: ClassVar[str] = "rule"
    double: bool = False


@dataclass(frozen=True)
class Space:
    """Empty paper, in half lines."""

    kind: ClassVar[str] = "space"
    halves: int = 1


@dataclass(frozen=True)
class Qr:
    """A QR code, centred, error correction M, at least 240 dots wide where the paper allows it."""

    kind: ClassVar[str] = "qr"
    payload: str


@dataclass(frozen=True)
class Barcode:
    """A one-dimensional code, centred, with its text below."""

    kind: ClassVar[str] = "barcode"
    payload: str
    symbology: BarcodeKind = BarcodeKind.CODE128


@dataclass(frozen=True)
class Picture:
    """A PNG, centred, printed black on white and never wider than the paper."""

    kind: ClassVar[str] = "picture"
    png: bytes


@dataclass(frozen=True)
class CopyNote:
    """The foot of a slip that says how often it was printed again: "매장 보관용 · 재출력 0회"."""

    kind: ClassVar[str] = "copy_note"
    text: str


@dataclass(frozen=True)
class Cut:
    """Feed past the knife and cut; on printers without a knife only the feed."""

    kind: ClassVar[str] = "cut"
    partial: bool = True


@dataclass(frozen=True)
class Drawer:
    """Kick the cash drawer on connector pin 2 or 5."""

    kind: ClassVar[str] = "drawer"
    pin: int = 2


Block = Text | Columns | Rule | Space | Qr | Barcode | Picture | CopyNote | Cut | Drawer
_BLOCKS: Final[dict[str, type[Block]]] = {
    block.kind: block for block in (Text, Columns, Rule, Space, Qr, Barcode, Picture, CopyNote, Cut, Drawer)
}


@dataclass(frozen=True)
class Document:
    """A slip. `title` names it in lists of print jobs; `reprint` counts earlier copies and marks the paper when > 0."""

    title: str
    blocks: tuple[Block, ...]
    reprint: int = 0

    def as_reprint(self, copies_before: int) -> Document:
        """The same slip marked 재출력, so that nobody takes it for a second right."""
        return replace(self, reprint=max(self.reprint, copies_before, 1))

    def to_json(self) -> str:
        """JSON that `from_json` reads back to an equal document."""
        body = {
            "version": DOCUMENT_VERSION,
            "title": self.title,
            "reprint": self.reprint,
            "blocks": [_block_fields(block) for block in self.blocks],
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Document:
        """Raises UnreadableDocument when the text is damaged or of a newer version."""
        try:
            body = json.loads(text)
            if not isinstance(body, dict) or body.get("version") != DOCUMENT_VERSION:
                raise UnreadableDocument("not a print document of version 1")
            blocks = tuple(_read_block(entry) for entry in body["blocks"])
            document = Document(title=_text(body["title"]), blocks=blocks, reprint=_count(body["reprint"]))
            return check(document)
        except UnreadableDocument:
            raise
        except (ValueError, KeyError, TypeError, BadDocument, RecursionError) as problem:
            raise UnreadableDocument(f"{type(problem).__name__}: {problem}") from problem


def check(document: Document) -> Document:
    """The document itself; raises BadDocument when a block could not be printed as it stands."""
    if not document.blocks or len(document.blocks) > BLOCKS_MAX:
        raise BadDocument(f"a document holds 1 to {BLOCKS_MAX} blocks")
    for block in document.blocks:
        if isinstance(block, Qr):
            _check_qr(block)
        if isinstance(block, Barcode):
            _check_barcode(block)
        if isinstance(block, Drawer) and block.pin not in (2, 5):
            raise BadDocument("a drawer hangs on pin 2 or 5")
        if isinstance(block, Space) and not 0 <= block.halves <= 40:
            raise BadDocument("a space is 0 to 40 half lines high")
    return document


def _check_qr(block: Qr) -> None:
    try:
        size = len(block.payload.encode("utf-8"))
    except UnicodeEncodeError as problem:
        raise BadDocument("a QR code holds damaged text") from problem
    if not 0 < size <= QR_PAYLOAD_BYTES_MAX:
        raise BadDocument(f"a QR code holds 1 to {QR_PAYLOAD_BYTES_MAX} bytes")


def _check_barcode(block: Barcode) -> None:
    payload = block.payload
    if block.symbology is BarcodeKind.EAN13:
        if not (payload.isascii() and payload.isdigit() and len(payload) in (12, 13)):
            raise BadDocument("EAN13 holds 12 or 13 digits")
    elif block.symbology is BarcodeKind.CODE39:
        if not payload or len(payload) > 20 or set(payload) - set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -.$/+%"):
            raise BadDocument("CODE39 holds up to 20 capital letters, digits and - . $ / + %")
    elif not (payload.isascii() and payload.isprintable() and 0 < len(payload) <= 30):
        raise BadDocument("CODE128 holds up to 30 ASCII characters")


def _block_fields(block: Block) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": block.kind}
    for field in fields(block):
        value = getattr(block, field.name)
        if isinstance(value, Style):
            value = [name for name in ("bold", "double", "inverse") if getattr(value, name)]
        elif isinstance(value, bytes):
            value = base64.b64encode(value).decode("ascii")
        body[field.name] = value
    return body


def _read_block(entry: Any) -> Block:
    if not isinstance(entry, dict) or entry.get("kind") not in _BLOCKS:
        raise UnreadableDocument("a block of an unknown kind")
    values = {name: value for name, value in entry.items() if name != "kind"}
    block_type = _BLOCKS[entry["kind"]]
    wanted = {field.name: str(field.type) for field in fields(block_type)}
    if set(values) - set(wanted):
        raise UnreadableDocument("a block with an unknown field")
    read = {name: _read_field(wanted[name], value) for name, value in values.items()}
    return block_type(**read)


def _read_field(annotation: str, value: Any) -> Any:
    if annotation == "Style":
        return Style(**{_style_name(name): True for name in value})
    if annotation == "Align":
        return Align(value)
    if annotation == "BarcodeKind":
        return BarcodeKind(value)
    if annotation == "bool":
        if not isinstance(value, bool):
            raise UnreadableDocument("a yes/no field holds something else")
        return value
    if annotation == "int":
        return _count(value)
    if annotation == "bytes":
        try:
            return base64.b64decode(_text(value), validate=True)
        except binascii.Error as problem:
            raise UnreadableDocument("a picture is damaged") from problem
    return _text(value)


def _style_name(name: Any) -> str:
    if name not in ("bold", "double", "inverse"):
        raise UnreadableDocument("an unknown emphasis")
    return str(name)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UnreadableDocument("a text field holds something else")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10_000:
        raise UnreadableDocument("a number field holds something else")
    return value
