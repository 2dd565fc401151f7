"""Finds what a receipt calls itself: its headings, its copy, and whether it says it was printed again.

A heading is a row, or a bracket in a row, that consists of heading words only. So neither a shop called 엄마의주방
nor a footer about refunds decides the kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from printers.receipts.headings import CANCEL_LABELS, DELIVERY_LABELS, KIND_LABELS, KIND_WORDS, SETTLEMENT_LABELS
from printers.receipts.lines import Line

ZONE_LINES = 8
BIG_ZONE_LINES = 16
HEADING_LETTERS_MAX = 24

_BRACKETED = re.compile(
    r"\[([^\[\]]+)\]|\(([^()]+)\)|<+([^<>]+)>+|【([^【】]+)】|〈([^〈〉]+)〉|\*+([^*]+)\*+|#+([^#]+)#+|=+([^=]+)=+"
)
_NOISE = re.compile(r"[\s\d.:,\-/#*=~!|()\[\]<>【】〈〉「」『』■□◆◇▶▷●○★☆※_+'\"`&]+")
_LONG_NUMBER = re.compile(r"(?<![\d\-/.])\d{5,}")
_REPRINT_LABEL = re.compile(r"재(?:발행|출력|인쇄)(?:일시|일자|시간|시각|일|NO|번호|횟수)")
_COPIES = {"customer": "customer", "merchant": "merchant"}
_WORD_KINDS: dict[str, str] = {word.upper(): kind for kind, words in reversed(KIND_WORDS.items()) for word in words}
_WORD_LENGTH_MAX = max(map(len, _WORD_KINDS))


@dataclass
class Title:
    """`zone`: kinds named by headings at the top; `late`: by headings further down; `labels`: by tell-tale labels."""

    zone: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    copy: str | None = None
    reprint: bool = False
    words: set[str] = field(default_factory=set)

    def has(self, kind: str) -> bool:
        return kind in self.zone


def title_of(lines: Sequence[Line]) -> Title:
    title = Title()
    for line in lines:
        in_zone = line.index < ZONE_LINES or (line.is_big and line.index < BIG_ZONE_LINES)
        _labels(line, title)
        if line.money:
            continue
        kinds, marked = _headings(line, title)
        if not kinds:
            continue
        for kind in kinds & _COPIES.keys():
            title.copy = title.copy or _COPIES[kind]
        if in_zone:
            title.zone |= kinds
        elif marked or line.is_big:
            title.late |= kinds
    title.reprint = title.reprint or "reprint" in title.zone | title.late
    return title


def _labels(line: Line, title: Title) -> None:
    squeezed = line.squeezed.upper()
    if _REPRINT_LABEL.search(squeezed):
        title.reprint = True
    for pair in line.pairs:
        label = pair.label
        for kind, known in (
            ("settlement", SETTLEMENT_LABELS),
            ("delivery", DELIVERY_LABELS),
            ("cancel", CANCEL_LABELS),
        ):
            if label in known or any(label.startswith(word + ":") for word in known):
                title.labels.add(kind)
    found = re.match(r"([가-힣]{2,5})[:\-]?(.+)", squeezed)
    if found:
        for length in range(2, 6):
            if squeezed[:length] in KIND_LABELS:
                kinds = _words_of(squeezed[length:])
                if kinds is not None:
                    title.zone |= {kind for kind, _ in kinds}
                    title.words |= {word for _, word in kinds}
    head = re.split(r"[:\s]", line.text.strip(), maxsplit=1)[0]
    for kind, known in (("delivery", DELIVERY_LABELS), ("cancel", CANCEL_LABELS)):
        if head in known or re.sub(r"[:\s].*", "", squeezed) in known:
            title.labels.add(kind)


def _headings(line: Line, title: Title) -> tuple[set[str], bool]:
    """The kinds that the headings of a row name, and whether the row is set off as a heading."""
    kinds: set[str] = set()
    marked = False
    raw = line.raw
    groups = ["".join(found) for found in _BRACKETED.findall(raw)]
    outside = _BRACKETED.sub("  ", raw)
    segments = [segment for segment in re.split(r"\s{3,}", outside) if segment.strip()]
    for part, in_brackets in (
        *((group, True) for group in groups), *((segment, False) for segment in segments), (raw, False),
    ):  # fmt: skip
        words = _words_of("".join(part.split()))
        if words:
            kinds |= {kind for kind, _ in words}
            title.words |= {word for _, word in words}
            marked = marked or in_brackets
    if kinds and not marked and len(segments) == 1 and not groups:
        marked = bool(re.match(r"[\W_]", raw.strip())) or line.bold
    return kinds, marked


def _words_of(text: str) -> tuple[tuple[str, str], ...] | None:
    """The heading words that a text consists of, or None when it has any other."""
    if _LONG_NUMBER.search(text):
        return None
    plain = _NOISE.sub("", text).upper()
    if not plain or len(plain) > HEADING_LETTERS_MAX:
        return None
    return _split(plain)


@cache
def _known(word: str) -> str | None:
    return _WORD_KINDS.get(word)


def _split(text: str) -> tuple[tuple[str, str], ...] | None:
    """The split into the fewest words."""
    best: list[tuple[tuple[str, str], ...] | None] = [()] + [None] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - _WORD_LENGTH_MAX), end):
            before = best[start]
            kind = _known(text[start:end])
            if before is None or kind is None:
                continue
            found = (*before, (kind, text[start:end]))
            current = best[end]
            if current is None or len(found) < len(current):
                best[end] = found
    return best[len(text)]
