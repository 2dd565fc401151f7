"""Slip templates: plain text that an owner can read and change, turned into the blocks of a document.

    ^ {shop}                 ^ centred, > right, nothing left
    ^# {points} 적립         # big, * bold, ! white on black; after the alignment
    결제금액 | {paid}         columns: left | right, or left | middle | right; two spaces before it indent it
    ---  or  ===             a line across the paper
    (empty line)             half a line of paper
    [QR {code}] [BARCODE {code}] [LOGO] [COPY text] [CUT] [DRAWER]
    ?name …                  only when {name} says something
    @items …                 once for every item; @items.options for every option of it
    // …                     a remark, not printed
    \\…                       printed as it stands

A line whose placeholders are all empty is left out, and of two rules that then touch each other one is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from printers.document import (
    BAR,
    BOLD,
    PLAIN,
    TITLE,
    Align,
    Barcode,
    Block,
    Columns,
    CopyNote,
    Cut,
    Drawer,
    Picture,
    Qr,
    Rule,
    Space,
    Style,
    Text,
)
from printers.errors import BadTemplate
from printers.korean import clean, width

LINES_MAX: Final = 200
CHARS_MAX: Final = 8_000
Value = str | Sequence["Values"]
Values = Mapping[str, Value]

_MARKS = re.compile(
    r"(?:\?(?P<when>[a-z_]+)(?: |$))?(?:@(?P<each>[a-z_]+(?:\.[a-z_]+)?) )?"
    r"(?:(?P<look>[\^>][#*!]?|[#*!])(?: |$))?"
)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_BRACKET = re.compile(r"\[(QR|BARCODE|LOGO|COPY|CUT|DRAWER)(?: (.*))?\]")
_BULLET = re.compile(r"\s*[·└•-] ")
_STYLES: Final = {"": PLAIN, "#": TITLE, "*": BOLD, "!": BAR}
_ALIGNS: Final = {"": Align.LEFT, "^": Align.CENTER, ">": Align.RIGHT}


@dataclass(frozen=True)
class TemplateLine:
    """One line of a template, its marks read. `number` counts from 1, as people do."""

    number: int
    text: str
    when: str = ""
    each: tuple[str, ...] = ()
    align: Align = Align.LEFT
    style: Style = PLAIN
    literal: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return () if self.literal else tuple(_PLACEHOLDER.findall(self.text))


@dataclass(frozen=True)
class Template:
    """A template that was read. Made by `parse`."""

    lines: tuple[TemplateLine, ...]

    def blocks(self, values: Values, logo: bytes | None = None) -> tuple[Block, ...]:
        """The blocks of a slip that says `values`. Every list of values is one that `parse` was told of."""
        made: list[Block] = []
        lines = list(self.lines)
        while lines:
            group = _group(lines)
            del lines[: len(group)]
            for line, here in _repeated(group, values):
                block = _block(line, here, logo)
                if block is not None and not (isinstance(block, Rule) and made and made[-1] == block):
                    made.append(block)
        return tuple(made)


def parse(text: str, sample: Values, required: Sequence[str] = ()) -> Template:
    """The template in `text`. `sample` holds every name a line may use, with values as the slip may carry them;
    `required` are placeholders without which the slip would be of no use. Raises BadTemplate."""
    if len(text) > CHARS_MAX or text.count("\n") >= LINES_MAX:
        raise BadTemplate("too_long", 0)
    lines = []
    for number, raw in enumerate(text.rstrip("\n").split("\n"), start=1):
        if not raw.startswith("//"):
            lines.append(_checked(_line(number, raw.rstrip()), sample))
    used = {name for line in lines for name in line.names}
    for name in required:
        if name not in used:
            raise BadTemplate("required", 0, name)
    template = Template(tuple(lines))
    if not template.blocks(sample):
        raise BadTemplate("empty", 0)
    return template


def _line(number: int, raw: str) -> TemplateLine:
    if raw.startswith("\\"):
        return TemplateLine(number, raw[1:], literal=True)
    marks = _MARKS.match(raw)
    assert marks is not None, "every mark may be missing"
    look = marks["look"] or ""
    align = look[:1] if look[:1] in "^>" else ""
    return TemplateLine(
        number,
        raw[marks.end() :],
        when=marks["when"] or "",
        each=tuple((marks["each"] or "").split(".")) if marks["each"] else (),
        align=_ALIGNS[align],
        style=_STYLES[look.removeprefix(align)],
    )


def _checked(line: TemplateLine, sample: Values) -> TemplateLine:
    known: dict[str, Value] = dict(sample)
    for name in line.each:
        entries = known.get(name)
        if entries is None or isinstance(entries, str) or not entries:
            raise BadTemplate("unknown_list", line.number, name)
        known |= entries[0]
    for name in (*line.names, *([line.when] if line.when else [])):
        if name not in known or not (isinstance(known[name], str) or name == line.when):
            raise BadTemplate("unknown_name", line.number, name)
    if not line.literal and "{" in _PLACEHOLDER.sub("", line.text):
        raise BadTemplate("brace", line.number)
    if len(line.text.split(" | ")) > 3 and not line.literal:
        raise BadTemplate("columns", line.number)
    return line


def _group(lines: Sequence[TemplateLine]) -> list[TemplateLine]:
    """The first line, and those after it that repeat over the same list: they take turns entry by entry."""
    first = lines[0]
    group = [first]
    for line in lines[1:]:
        if not first.each or line.each[:1] != first.each[:1]:
            break
        group.append(line)
    return group


def _repeated(group: Sequence[TemplateLine], values: Values) -> list[tuple[TemplateLine, Values]]:
    if not group[0].each:
        return [(group[0], values)]
    made: list[tuple[TemplateLine, Values]] = []
    for entry in _entries(values, group[0].each[0]):
        for line in group:
            inner = [entry] if len(line.each) == 1 else _entries(entry, line.each[1])
            made += [(line, {**values, **entry, **part}) for part in inner]
    return made


def _entries(values: Values, name: str) -> Sequence[Values]:
    found = values.get(name, ())
    return () if isinstance(found, str) else found


def _block(line: TemplateLine, values: Values, logo: bytes | None) -> Block | None:
    if line.when and not values.get(line.when):
        return None
    said = [str(values.get(name, "")) for name in line.names]
    if said and not any(said):
        return None
    if line.literal:
        return Text(line.text)
    if not line.text.strip():
        return Space(1)
    bracket = _BRACKET.fullmatch(line.text.strip())
    if bracket is not None:
        return _BRACKETS[bracket[1]](_filled(bracket[2] or "", values), logo)
    if set(line.text) in ({"-"}, {"="}) and len(line.text) >= 3:
        return Rule(double=line.text[0] == "=")
    parts = line.text.split(" | ")
    if len(parts) > 1:
        indent = len(parts[0]) - len(parts[0].lstrip(" "))
        left, *middle, right = (_filled(part, values) for part in parts)
        return Columns(left.strip(), right, middle=middle[0] if middle else "", style=line.style, indent=indent)
    bullet = _BULLET.match(line.text)
    hang = width(clean(bullet[0])) if bullet else 0
    return Text(_filled(line.text, values), line.align, line.style, hang=hang)


def _filled(text: str, values: Values) -> str:
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], "")), text)


_BRACKETS: Final[dict[str, Callable[[str, bytes | None], Block | None]]] = {
    "QR": lambda payload, _logo: Qr(payload) if payload else None,
    "BARCODE": lambda payload, _logo: Barcode(payload) if payload else None,
    "COPY": lambda text, _logo: CopyNote(text),
    "LOGO": lambda _text, logo: Picture(logo) if logo else None,
    "CUT": lambda _text, _logo: Cut(),
    "DRAWER": lambda _text, _logo: Drawer(),
}
