"""Finds whole card numbers in text, however their digits are parted, and puts stars over all but the last four (R7).

Digits that stand close together count as one run across blanks, hyphens and the ends of rows; digits in columns only
when their groups look like those of a card. What the check digit proves goes; behind a label for card numbers all goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

STAR = "*"
KEPT = 4  # last digits of a card that may stay
# What may stand between the digits of one number; the last two are what a middle dot becomes in a wrong encoding.
MARKS = " -·./_|:\\쨌\ufffd"
_BETWEEN = re.escape(MARKS)
DIGITS_MIN, DIGITS_MAX = 13, 19

_CLOSE_RUN = re.compile(
    rf"(?<![\d.,])\d(?:(?:[{_BETWEEN}]{{0,3}}|[{_BETWEEN}]{{0,3}}\n[{_BETWEEN}]{{0,48}})\d){{12,60}}(?![\d,])"
)
_WIDE_RUN = re.compile(
    rf"(?<![\d.,])\d{{3,15}}(?:[{_BETWEEN}]{{1,3}}\d{{2,15}}|[ ]*\n?[ ]{{1,60}}\d{{2,15}}){{1,5}}(?![\d,])"
)
_ALIKE_PARTED = re.compile(r"(?<!\d)\d{4}(\D{1,3})\d{4}\1\d{4}\1\d{1,7}(?:\1\d{1,3})?(?!\d)")
_GROUP = re.compile(r"\d+")
_NOT_A_CARD = re.compile(  # dates, times and business numbers, so that they do not lend their digits to a card
    r"(?<![\d\-/.])20\d{2}[-/.]\d{2}[-/.]\d{2}(?![\d\-/.])|(?<![\d\-])\d{3}-\d{2}-\d{5}(?![\d\-])|"
    r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?![\d:])"
)
_CARD_SHAPE = re.compile(rf"\d{{4}}([{_BETWEEN}]{{1,3}})\d{{4}}\1\d{{4}}\1\d{{1,7}}")
_LABEL = re.compile(r"(?:카\s*드\s*번\s*호|카드\s*N[Oo]\.?|CARD\s*(?:NO|NUMBER|NUM|#)\.?)[\])]?\s*[:.]?", re.I)
_TAIL = re.compile(rf"[\d*xX●•#{_BETWEEN}]+$")


def without_cards(text: str) -> tuple[str, int]:
    """The text with stars over whole card numbers, and how many there were."""
    count = 0

    def hide(found: re.Match[str]) -> str:
        nonlocal count
        shown = found[0]
        for start, end in _cards_in(shown):
            count += 1
            shown = shown[:start] + starred(shown[start:end]) + shown[end:]
        return shown

    protected: list[str] = []

    def protect(found: re.Match[str]) -> str:
        protected.append(found[0])
        return "\x00" * len(found[0])

    hidden = _NOT_A_CARD.sub(protect, text)
    for pattern in (_CLOSE_RUN, _WIDE_RUN, _ALIKE_PARTED):
        hidden = pattern.sub(hide, hidden)
    rest = iter(protected)
    return _behind_labels(re.sub("\x00+", lambda found: _restored(found[0], rest), hidden)), count


def starred(text: str) -> str:
    """Stars for everything but the last four places and the marks between."""
    places = [place for place, letter in enumerate(text) if letter.isalnum() or letter in "*●•#"]
    keep = set(places[-KEPT:])
    hide = set(places) - keep
    return "".join(STAR if place in hide else letter for place, letter in enumerate(text))


def _behind_labels(text: str) -> str:
    """What follows "카드번호" goes, without a look at check digits, and so do the rows it runs on in."""
    rows = text.split("\n")
    for at, row in enumerate(rows):
        label = _LABEL.search(row)
        if label is None:
            continue
        found = [row[label.end() :]]
        below = at + 1
        while sum(map(_places, found)) < DIGITS_MIN and below < len(rows) and _is_only_number(rows[below]):
            found.append(rows[below])
            below += 1
        if sum(map(_places, found)) <= KEPT:
            continue
        hidden = starred("\n".join(found)) if _TAIL.search(found[0].strip()) else "\n".join(found)
        rows[at:below] = (row[: label.end()] + hidden).split("\n")
    return "\n".join(rows)


def _places(text: str) -> int:
    return sum(letter.isdigit() or letter == STAR for letter in text)


def _is_only_number(row: str) -> bool:
    return bool(row.strip()) and not row.strip(" 0123456789*" + MARKS) and _places(row) > 0


def _restored(gap: str, rest: Iterator[str]) -> str:
    """What stood in a gap: several protected texts may touch each other."""
    text = ""
    while len(text) < len(gap):
        text += next(rest)
    return text


def _cards_in(run: str) -> list[tuple[int, int]]:
    """Where whole card numbers stand in a run of digits; a card begins and ends where a group of digits does."""
    groups = [(found.start(), found.end()) for found in _GROUP.finditer(run)]
    spans: list[tuple[int, int]] = []
    for first, (start, _) in enumerate(groups):
        if spans and start < spans[-1][1]:
            continue
        for _, end in reversed(groups[first : first + DIGITS_MAX]):
            digits = [str(int(letter)) for letter in run[start:end] if letter.isdecimal()]  # also full width
            fits = DIGITS_MIN <= len(digits) <= DIGITS_MAX
            if fits and _luhn(digits) and _may_be_card(run[start:end], "".join(digits)):
                spans.append((start, end))
                break
    return spans


def _may_be_card(text: str, digits: str) -> bool:
    """Issuers' first digits; any other number only when it is written like a card."""
    if digits[0] in "34569":
        return True
    if digits[0] == "2" and len(digits) == 16 and 2221 <= int(digits[:4]) <= 2720:
        return True
    return bool(_CARD_SHAPE.fullmatch(text))


def _luhn(digits: Sequence[str]) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0 and any(digit != "0" for digit in digits)
