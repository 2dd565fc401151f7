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

from printers.stream.page import Row

BARE_MONEY_MIN = 100  # without comma or currency mark a smaller number is a quantity
BARE_DIGITS_MAX = 6  # a longer number without commas is a code
MONEY_MAX = 9_999_999_999
LINES_MAX = 1_500  # the longest receipts have some hundred; bounds the work on junk
LETTERS_MAX = 240

_MINUS = dict.fromkeys(map(ord, "−–—―‐‑‒﹣－"), "-")
_CLEAN = {**_MINUS, 0x00A0: " ", 0x3000: " ", 0x09: " ", 0x200B: None, 0xFEFF: None}
_NEGATIVE_MARKS = "-△▲▽▼"

_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        # 1 2 , 5 0 0 -> 12,500 is done by _close_up; the others are plain.
        (r"\(\s+", "("), (r"\s+\)", ")"), (r"\[\s+", "["), (r"\s+\]", "]"),
        (r"(?<!\d):|:(?!\d)", " : "),
        (r"=(?=\s*[₩\d△-])", " "),
        (r"(₩|(?<![A-Za-z])KRW|(?<![A-Za-z])W)\s+(?=[-△▲▽▼]?\d)", "₩"),
        (r"(?<=\d)\s+(원정|원|KRW)(?![가-힣A-Za-z])", r"\1"),
        (r"(?<=\d)\s+(개|건|명|매|잔|장|EA|ea)(?![가-힣A-Za-z])", r"\1"),
        (r"(?<=\d)\s+(P|p|점|포인트)(?![가-힣A-Za-z])", r"\1"),
        (r"(^|\s)([△▲▽▼])\s+(?=₩?\d)", r"\1\2"),
        (r"(\s\s)-\s+(?=₩?\d)", r"\1-"),
        (r"(?<![-△▲▽▼])([가-힣A-Za-z)\]*.])((?:₩)?[-△▲▽▼]?\d{1,3}(?:,\d{3})+)(?=원|\s|$|\))", r"\1 \2"),
        (r"([가-힣)\]])(₩[-△▲▽▼]?\d+|[-△▲▽▼]?\d{2,}원)(?=\s|$|\))", r"\1 \2"),
        (r"(?<=\d)원(?=[가-힣(\[])", "원 "),
    )
)  # fmt: skip
_SPACED_NUMBER = re.compile(r"(?<!\S)[-△]?\s?\d(?: \d){0,2}(?: ,(?: \d){3})+(?: 원)?(?!\S)")
_AMOUNT = re.compile(
    r"(?P<open>\()?[*※#]*(?P<a>[-+△▲▽▼]?)[*※#]*(?P<mark>₩|W|KRW|@)?(?P<b>[-+△▲▽▼]?)"
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d+)"
    r"(?P<unit>원정|원|KRW|won|WON|P|p|점|포인트|개|EA|ea|Ea|건|명|매|잔|장|병|인)?"
    r"(?P<trail>-)?\**(?P<close>\))?[.,;]?"
)
_TIMES = re.compile(r"[(]?[xX×*](\d{1,3})[)]?")
_RULE = re.compile(r"[\s\-=_*~.·+#:|─━═┄┈ー]{4,}")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|<([^<>]*)>|〈([^〈〉]*)〉|【([^【】]*)】|「([^「」]*)」")
_EDGE = " \t*=-~·.:,#<>()[]〈〉【】「」『』■□◆◇▶▷●○★☆※+|/'\"_^`!→"


class Unit(StrEnum):
    WON = "won"
    COUNT = "count"
    POINTS = "points"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Value:
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


@dataclass(frozen=True, slots=True)
class Pair:
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
    """One row in normal form, with the look of the row it came from."""

    index: int
    raw: str
    text: str
    squeezed: str
    words: tuple[str | Value, ...]
    pairs: tuple[Pair, ...]
    height: int = 1
    width: int = 1
    bold: bool = False

    @property
    def is_big(self) -> bool:
        return self.height > 1 or self.width > 1

    @property
    def is_rule(self) -> bool:
        return bool(_RULE.fullmatch(self.raw)) or (len(self.squeezed) >= 6 and len(set(self.squeezed)) == 1)

    @property
    def money(self) -> tuple[Value, ...]:
        return tuple(word for word in self.words if isinstance(word, Value) and word.is_money)

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
        text = _close_up(raw)
        for pattern, by in _REWRITES:
            text = pattern.sub(by, text)
        words = tuple(_word(word) for word in text.split())
        squeezed = "".join(raw.split())
        found.append(Line(len(found), raw, text, squeezed, words, _pairs(words), row.height, row.width, row.bold))
    return found


def normalise(text: str) -> str:
    """NFKC, one kind of minus, one kind of space, one won sign."""
    text = text.replace("ㄴ", "└").replace("￦", "₩")
    text = unicodedata.normalize("NFKC", text).translate(_CLEAN)
    return re.sub(r"\\(?=\s?[-△]?\d)", "₩", text).rstrip()


def _close_up(text: str) -> str:
    return _SPACED_NUMBER.sub(lambda found: found.group().replace(" ", ""), text)


def _word(word: str) -> str | Value:
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
    inner, outside = _taken_apart(whole)
    if not outside:  # [VAT(10%)]: the outermost brackets are only decoration
        inner, outside = _taken_apart(inner)
        outside, inner = outside or inner.strip(_EDGE), inner if outside else ""
    return Pair(outside.upper(), inner.upper(), tuple(values))
