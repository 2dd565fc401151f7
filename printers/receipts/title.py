"""Finds what a receipt calls itself: its headings, its copy, and whether it says it was printed again.

A heading is a row, or a bracket in a row, that consists of heading words only. So neither a shop called 엄마의주방
nor a footer about refunds decides the kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from printers.receipts.headings import CANCEL_LABELS, DELIVERY_LABELS, KIND_LABELS, KIND_WORDS, SETTLEMENT_LABELS
from printers.receipts.lines import Line

ZONE_LINES = 8
BIG_ZONE_LINES = 16
HEADING_LETTERS_MAX = 24

_BRACKETED = re.compile(
    r"\[([^\[\]]+)\]|\(([^()]+)\)|<+([^<>]+)>+|【([^【】]+)】|〈([^〈〉]+)〉|\*+([^*]+)\*+|#+([^#]+)#+|=+([^=]+)=+"
)
_BRACKET_LETTERS = re.compile(r"[\[(<【〈*#=]")
_NOISE = re.compile(r"[\s\d.:,\-/#*=~!|()\[\]<>【】〈〉「」『』■□◆◇▶▷●○★☆※_+'\"`&]+")
_LONG_NUMBER = re.compile(r"(?<![\d\-/.])\d{5,}")
_REPRINT_LABEL = re.compile(r"재(?:발행|출력|인쇄)(?:일시|일자|시간|시각|일|NO|번호|횟수)")
_COPIES = {"customer": "customer", "merchant": "merchant"}
_KIND_LABEL = re.compile(r"[가-힣]{2,5}[:\-]?.")
_HEAD_END = re.compile(r"[:\s]")
_COLUMN_GAP = re.compile(r"\s{3,}")
_MARK = re.compile(r"[\W_]")
_TELLING_LABELS = {"settlement": SETTLEMENT_LABELS, "delivery": DELIVERY_LABELS, "cancel": CANCEL_LABELS}
_WORD_KINDS: dict[str, str] = {word.upper(): kind for kind, words in reversed(KIND_WORDS.items()) for word in words}
# How long the words are that begin with a letter, so that only what may be a word is looked up.
_WORD_LENGTHS: dict[str, tuple[int, ...]] = {
    head: tuple(sorted({len(word) for word in _WORD_KINDS if word[0] == head})) for head in {w[0] for w in _WORD_KINDS}
}
_LABEL_KINDS: dict[str, frozenset[str]] = {
    word: frozenset(kind for kind, words in _TELLING_LABELS.items() if word in words)
    for word in frozenset().union(*_TELLING_LABELS.values())
}
_NO_KINDS: frozenset[str] = frozenset()


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
    squeezed = line.capitals
    if "재" in squeezed and _REPRINT_LABEL.search(squeezed):
        title.reprint = True
    for pair in line.pairs:
        title.labels |= _LABEL_KINDS.get(pair.label.partition(":")[0], _NO_KINDS)
    if _KIND_LABEL.match(squeezed):
        for length in range(2, 6):
            if squeezed[:length] in KIND_LABELS:
                kinds = _words_of(squeezed[length:])
                if kinds is not None:
                    title.zone |= {kind for kind, _ in kinds}
                    title.words |= {word for _, word in kinds}
    for head in (_HEAD_END.split(line.text.strip(), maxsplit=1)[0], squeezed.partition(":")[0]):
        title.labels |= _LABEL_KINDS.get(head, _NO_KINDS) - {"settlement"}


def _headings(line: Line, title: Title) -> tuple[set[str], bool]:
    """The kinds that the headings of a row name, and whether the row is set off as a heading."""
    kinds: set[str] = set()
    marked = False
    raw = line.raw
    bracketed = bool(_BRACKET_LETTERS.search(raw))
    groups = ["".join(found) for found in _BRACKETED.findall(raw)] if bracketed else []
    outside = _BRACKETED.sub("  ", raw) if bracketed else raw
    segments = [segment for segment in _COLUMN_GAP.split(outside) if segment.strip()]
    plain = segments if len(segments) == 1 and not groups else [*segments, raw]
    for part, in_brackets in (*((group, True) for group in groups), *((part, False) for part in plain)):
        words = _words_of("".join(part.split()))
        if words:
            kinds |= {kind for kind, _ in words}
            title.words |= {word for _, word in words}
            marked = marked or in_brackets
    if kinds and not marked and len(segments) == 1 and not groups:
        marked = bool(_MARK.match(raw.strip())) or line.bold
    return kinds, marked


def _words_of(text: str) -> tuple[tuple[str, str], ...] | None:
    """The heading words that a text consists of, or None when it has any other."""
    if _LONG_NUMBER.search(text):
        return None
    plain = _NOISE.sub("", text).upper()
    if not plain or len(plain) > HEADING_LETTERS_MAX:
        return None
    return _split(plain)


def _split(text: str) -> tuple[tuple[str, str], ...] | None:
    """The split into the fewest words."""
    best: list[tuple[tuple[str, str], ...] | None] = [()] + [None] * len(text)
    for start, head in enumerate(text):
        before = best[start]
        if before is None:
            continue  # no words lead up to here
        for length in _WORD_LENGTHS.get(head, ()):
            word = text[start : start + length]
            kind = _WORD_KINDS.get(word)
            if kind is None or len(word) < length:
                continue
            current = best[start + length]
            if current is None or len(before) + 1 < len(current):
                best[start + length] = (*before, (kind, word))
    return best[len(text)]
