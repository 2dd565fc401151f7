"""Reads one row of a receipt: its words, its amounts, and which label each amount belongs to.

Receipts write one amount in many ways (12500, 12,500원, ₩ 12,500, W12,500, △1,000, 1,000-, (1,000), full width,
letters set apart with spaces). Here they become one form, and what only looks like an amount stays a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from printers.stream.page import Row

BARE_MONEY_MIN = 100  # without comma or currency mark a smaller number is a quantity
BARE_DIGITS_MAX = 6  # a longer number without commas is a code
MONEY_MAX = 9_999_999_999
LINES_MAX = 1_500  # the longest receipts have some hundred; bounds the work on junk
LETTERS_MAX = 240

_MINUS = dict.fromkeys(map(ord, "−–—―‐‑‒﹣－"), "-")
_CLEAN = {**_MINUS, 0x00A0: " ", 0x3000: " ", 0x09: " ", 0x200B: None, 0xFEFF: None}
_UNCLEAN = re.compile(f"[{re.escape(''.join(map(chr, _CLEAN)))}]")
_WON_AS_BACKSLASH = re.compile(r"\\(?=\s?[-△]?\d)")
_NEGATIVE_MARKS = "-△▲▽▼"


class _Rewrite(NamedTuple):
    """`letters`: a row with none of them stays as it is, which is found out faster than by the pattern."""

    letters: frozenset[str]
    pattern: re.Pattern[str]
    by: str


_WORDING, _NUMBERING = (
    tuple(_Rewrite(frozenset(letters), re.compile(pattern), by) for letters, pattern, by in rewrites)
    for rewrites in (
        (
            ("(", r"\(\s+", "("), (")", r"\s+\)", ")"), ("[", r"\[\s+", "["), ("]", r"\s+\]", "]"),
            (":", r"(?<!\d):|:(?!\d)", " : "),
            ("=", r"=(?=\s*[₩\d△-])", " "),
        ),
        (  # of rows with a digit; 1 2 , 5 0 0 -> 12,500 is done by _close_up before
            ("₩W", r"(₩|(?<![A-Za-z])KRW|(?<![A-Za-z])W)\s+(?=[-△▲▽▼]?\d)", "₩"),
            ("원K", r"(?<=\d)\s+(원정|원|KRW)(?![가-힣A-Za-z])", r"\1"),
            ("개건명매잔장Ee", r"(?<=\d)\s+(개|건|명|매|잔|장|EA|ea)(?![가-힣A-Za-z])", r"\1"),
            ("Pp점포", r"(?<=\d)\s+(P|p|점|포인트)(?![가-힣A-Za-z])", r"\1"),
            ("△▲▽▼", r"(^|\s)([△▲▽▼])\s+(?=₩?\d)", r"\1\2"),
            ("₩W", r"(?<=\s)(-?\d{1,3})(?=₩[-△▲▽▼]?\d)", r"\1 "),  # a quantity that an amount has run into
            ("-", r"(\s\s)-\s+(?=₩?\d)", r"\1-"),
            (
                ",",
                r"(?<![-△▲▽▼])([가-힣A-Za-z)\]*.])((?:₩)?[-△▲▽▼]?\d{1,3}(?:,\d{3})+)(?=원|\s|$|\))",
                r"\1 \2",
            ),
            ("₩W원", r"([가-힣)\]])(₩[-△▲▽▼]?\d+|[-△▲▽▼]?\d{2,}원)(?=\s|$|\))", r"\1 \2"),
            ("원", r"(?<=\d)원(?=[가-힣(\[])", "원 "),
        ),
    )
)  # fmt: skip
_DIGIT = re.compile(r"\d")
_SPACED_NUMBER = re.compile(r"(?<!\S)[-△]?\s?\d(?: \d){0,2}(?: ,(?: \d){3})+(?: 원)?(?!\S)")
_AMOUNT = re.compile(
    r"(?P<open>\()?[*※#]*(?P<a>[-+△▲▽▼]?)[*※#]*(?P<mark>₩|W|KRW|@)?(?P<b>[-+△▲▽▼]?)"
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d+)"
    r"(?P<unit>원정|원|KRW|won|WON|P|p|점|포인트|개|EA|ea|Ea|건|명|매|잔|장|병|인)?"
    r"(?P<trail>-)?\**(?P<close>\))?[.,;]?"
)
_TIMES = re.compile(r"[(]?(?:[xX×](?=\d{1,3}\b)|\*(?=\d{1,2}\b))(\d+)[)]?")  # *500 is an amount with a till's mark
_RULE = re.compile(r"[\s\-=_*~.·+#:|─━═┄┈ー]{4,}")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|<([^<>]*)>|〈([^〈〉]*)〉|【([^【】]*)】|「([^「」]*)」")
_BRACKET = re.compile(r"[(\[<〈【「]")
_EDGE = " \t*=-~·.:,#<>()[]〈〉【】「」『』■□◆◇▶▷●○★☆※+|/'\"_^`!→"


class Unit(StrEnum):
    WON = "won"
    COUNT = "count"
    POINTS = "points"
    BARE = "bare"


class Value(NamedTuple):
    """A number on a row. BARE: without comma, currency or unit, so it may be a quantity or an amount."""

    amount: int
    unit: Unit
    text: str

    @property
    def is_money(self) -> bool:
        return self.unit is Unit.WON or (
            self.unit is Unit.BARE and (abs(self.amount) >= BARE_MONEY_MIN or self.amount == 0)
        )

    @property
    def is_count(self) -> bool:
        return self.unit is Unit.COUNT or (self.unit is Unit.BARE and 0 < abs(self.amount) < 1000)


class Pair(NamedTuple):
    """A label without spaces and brackets, what stood in its brackets, and the numbers that follow it."""

    label: str
    inner: str
    values: tuple[Value, ...]
    taught: str = ""  # the label as printed, when the shop taught what it means

    @property
    def amount(self) -> int | None:
        """The last amount of money: a quantity may stand before it."""
        for value in reversed(self.values):
            if value.is_money:
                return value.amount
        return None


@dataclass(frozen=True, slots=True)
class Line:
    """One row in normal form, with the look of the row it came from.

    `squeezed` is the row without blanks, `capitals` that in capitals; `money` are the words that may be an amount.
    """

    index: int
    raw: str
    text: str
    squeezed: str
    capitals: str
    words: tuple[str | Value, ...]
    pairs: tuple[Pair, ...]
    money: tuple[Value, ...]
    is_rule: bool
    height: int = 1
    width: int = 1
    bold: bool = False

    @property
    def is_big(self) -> bool:
        return self.height > 1 or self.width > 1

    @property
    def indent(self) -> int:
        return len(self.raw) - len(self.raw.lstrip(" "))

    @property
    def segments(self) -> list[str]:
        """Parts of the row that stand apart from each other."""
        return [part for part in re.split(r"\s{2,}", self.text.strip()) if part]


def lines_of(rows: Sequence[Row]) -> list[Line]:
    """Every row that shows something."""
    found: list[Line] = []
    for row in rows[:LINES_MAX]:
        raw = normalise(row.text[:LETTERS_MAX])
        if not raw.strip():
            continue
        found.append(_line(len(found), raw, row))
    return found


def _line(index: int, raw: str, row: Row) -> Line:
    text = _rewritten(raw)
    words = tuple([_word(word) for word in text.split()])
    squeezed = "".join(raw.split())
    money = tuple([word for word in words if isinstance(word, Value) and word.is_money])
    is_rule = squeezed.count(squeezed[0]) == len(squeezed) >= 6 or bool(_RULE.fullmatch(raw))
    return Line(
        index, raw, text, squeezed, squeezed.upper(), words, _pairs(words), money, is_rule, row.height, row.width,
        row.bold,
    )  # fmt: skip


def normalise(text: str) -> str:
    """NFKC, one kind of minus, one kind of space, one won sign."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.replace("ㄴ", "└").replace("￦", "₩"))
    if _UNCLEAN.search(text):
        text = text.translate(_CLEAN)
    if "\\" in text:
        text = _WON_AS_BACKSLASH.sub("₩", text)
    return text.rstrip()


def _rewritten(raw: str) -> str:
    """The row with its amounts closed up and parted from their labels."""
    text = _close_up(raw) if " ," in raw else raw
    letters = frozenset(text)
    for sort in (_WORDING, _NUMBERING) if _DIGIT.search(text) else (_WORDING,):
        for rewrite in sort:
            if not rewrite.letters.isdisjoint(letters):
                text = rewrite.pattern.sub(rewrite.by, text)
    return text


def _close_up(text: str) -> str:
    return _SPACED_NUMBER.sub(lambda found: found.group().replace(" ", ""), text)


def _word(word: str) -> str | Value:
    if not _DIGIT.search(word):
        return word
    times = _TIMES.fullmatch(word)
    if times:
        return Value(int(times.group(1)), Unit.COUNT, word)
    found = _AMOUNT.fullmatch(word)
    if not found:
        return word
    digits = found["number"]
    grouped = "," in digits or bool(found["mark"]) or (found["unit"] or "") in ("원정", "원", "KRW", "won", "WON")
    plain = digits.replace(",", "")
    if (len(plain) > 1 and plain[0] == "0") or (not grouped and len(plain) > BARE_DIGITS_MAX):
        return word  # a code
    if not grouped and sum(map(word.count, "*#※")) > (len(plain) == 3):
        return word  # a masked number; one mark alone before three digits is how a till marks its amounts
    amount = int(plain)
    if amount > MONEY_MAX:
        return word
    unit = _unit(found["unit"], grouped)
    minus = (found["a"] in _NEGATIVE_MARKS and found["a"]) or (found["b"] in _NEGATIVE_MARKS and found["b"])
    in_brackets = found["open"] and found["close"] and (grouped or amount >= BARE_MONEY_MIN) and unit is not Unit.COUNT
    if minus or found["trail"] or in_brackets:
        amount = -amount
    return Value(amount, unit, word)


def _unit(written: str | None, grouped: bool) -> Unit:
    if written in ("P", "p", "점", "포인트"):
        return Unit.POINTS
    if written in ("개", "EA", "ea", "Ea", "건", "명", "매", "잔", "장", "병", "인"):
        return Unit.COUNT
    return Unit.WON if grouped else Unit.BARE


def _pairs(words: Iterable[str | Value]) -> tuple[Pair, ...]:
    pairs: list[Pair] = []
    label: list[str] = []
    values: list[Value] = []
    for word in words:
        if isinstance(word, Value):
            values.append(word)
            continue
        if values:
            pairs.append(_pair(label, values))
            label, values = [], []
        label.append(word)
    if label or values:
        pairs.append(_pair(label, values))
    return tuple(pairs)


def _taken_apart(text: str) -> tuple[str, str]:
    """What stands in brackets, and what outside."""
    inner = "".join(part for found in _BRACKETS.findall(text) for part in found)
    return inner, _BRACKETS.sub("", text).strip(_EDGE)


def _pair(label: Sequence[str], values: Sequence[Value]) -> Pair:
    whole = "".join(label)
    if not _BRACKET.search(whole):
        return Pair(whole.strip(_EDGE).upper(), "", tuple(values))
    inner, outside = _taken_apart(whole)
    if not outside:  # [VAT(10%)]: the outermost brackets are only decoration
        inner, outside = _taken_apart(inner)
        outside, inner = outside or inner.strip(_EDGE), inner if outside else ""
    return Pair(outside.upper(), inner.upper(), tuple(values))
