"""Owns making .xlsx files by hand, sound ones and others."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKED = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def a_zip(parts: Mapping[str, bytes], *, packed: bool = True) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return page.getvalue()


def a_workbook(
    rows: Sequence[Sequence[Any]],
    *,
    sheet: str | None = None,
    properties: str = "",
    hidden_first: bool = False,
    packed: bool = True,
    parts: Mapping[str, bytes | None] | None = None,
) -> bytes:
    """Texts are shared as the program shares them; ``<…>`` is a number spelled so. ``parts`` replace or take away."""
    texts: list[str] = []
    made = sheet if sheet is not None else _sheet(rows, texts)
    hidden = '<sheet name="숨김" sheetId="2" state="hidden" r:id="rId2"/>' if hidden_first else ""
    found: dict[str, bytes | None] = {
        "[Content_Types].xml": _TYPES.encode(),
        "xl/workbook.xml": (
            f'<?xml version="1.0"?><workbook {_MAIN} {_LINKED}>{properties}<sheets>{hidden}'
            '<sheet name="회원" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            b"<Relationships>"
            b'<Relationship Id="rId2" Target="worksheets/sheet2.xml"/>'
            b'<Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/sharedStrings.xml": (
            f"<sst {_MAIN}>"
            + "".join(f"<si><t>{escape(text)}</t><rPh><t>x</t></rPh></si>" for text in texts)
            + "</sst>"
        ).encode(),
        "xl/worksheets/sheet1.xml": made.encode(),
    } | dict(parts or {})
    return a_zip({name: content for name, content in found.items() if content is not None}, packed=packed)


def _sheet(rows: Sequence[Sequence[Any]], texts: list[str]) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{chr(65 + place)}{number}", value, texts) for place, value in enumerate(row))
        lines.append(f'<row r="{number}">{cells}</row>')
    return f"<worksheet {_MAIN}><sheetData>{''.join(lines)}</sheetData></worksheet>"


def _cell(place: str, value: Any, texts: list[str]) -> str:
    if isinstance(value, str) and not value.startswith("<"):
        texts.append(value)
        return f'<c r="{place}" t="s"><v>{len(texts) - 1}</v></c>'
    return f'<c r="{place}"><v>{str(value).strip("<>")}</v></c>'
