"""Labels that a shop has taught the reader, and what an answer at the counter teaches.

A lesson says what the amount behind an unknown label is; it proves nothing by itself. The witnesses still have to
agree, and a label that the reader knows cannot be taught another meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from printers.receipts.facts import TOTAL_ROLES, facts_of
from printers.receipts.lines import Line, Pair, Unit, lines_of
from printers.receipts.numbers import Approval
from printers.receipts.reader import read_lines
from printers.receipts.reading import Reading
from printers.receipts.words import Role, role_of
from printers.stream.page import Row

LABEL_LETTERS_MAX = 20
GUESSES_MAX = 4
_LETTERS = re.compile(r"[가-힣A-Z]")
_APPROVAL_ROW = re.compile(r"승인|APPROV|AUTH", re.I)


class Meaning(StrEnum):
    """What the amount behind a taught label is.

    A deduction cannot be taught, nor that an amount means nothing: both would take away what contradicts a total.
    """

    DUE = "due"
    CARD = "card"
    CASH = "cash"
    EASY_PAY = "easy_pay"
    PREPAID = "prepaid"
    GIFTCARD = "giftcard"
    VOUCHER = "voucher"
    TRANSFER = "transfer"


# A taught label is read as the known label of its meaning.
_READ_AS: dict[Meaning, str] = {
    Meaning.DUE: "결제금액",
    Meaning.CARD: "신용카드",
    Meaning.CASH: "현금",
    Meaning.EASY_PAY: "간편결제",
    Meaning.PREPAID: "선불카드",
    Meaning.GIFTCARD: "상품권",
    Meaning.VOUCHER: "교환권",
    Meaning.TRANSFER: "계좌이체",
}
Lessons = Mapping[str, Meaning]


@dataclass(frozen=True)
class Guess:
    """An amount that the paper may have been paid with, and the labels it stands behind."""

    amount_won: int
    labels: tuple[str, ...]


def teachable(label: str) -> bool:
    """Whether this label, as the reader writes it, may be taught: it has letters and no meaning of its own."""
    return bool(_LETTERS.search(label)) and len(label) <= LABEL_LETTERS_MAX and role_of(label) is None


def read_again(rows: Sequence[str], lessons: Lessons, approval_tags: Sequence[str] = ()) -> Reading:
    """What redacted rows say with these lessons. `approval_tags` stand for the approval numbers that were taken out."""
    lines = _taught(lines_of([Row(row) for row in rows]), lessons)
    reading = read_lines(lines, approvals=_approvals(lines, approval_tags))
    return reading if reading.total is None or _holds(reading, lines) else Reading("unknown")


def _holds(reading: Reading, lines: Sequence[Line]) -> bool:
    """A lesson reads a paper whose total has a name, and where each taught row is that total itself, and no unknown
    row is larger: a row taught wrong may be a deduction, which beside a payment makes up a sum that nobody paid."""
    named = any(witness.startswith("label:") for witness in reading.witnesses)
    taught = [pair.amount for line in lines for pair in line.pairs if pair.taught]
    total = abs(reading.total or 0)
    larger = any(abs(row.amount) > total for row in facts_of(lines).unnamed)
    return named and not larger and all(amount is None or abs(amount) == total for amount in taught)


def guesses(rows: Sequence[str]) -> tuple[Guess, ...]:
    """What may have been paid, the likeliest first: named sums, then what is repeated, then what stands last."""
    found: dict[int, list[_Amount]] = {}
    for amount in _amounts(lines_of([Row(row) for row in rows])):
        found.setdefault(amount.won, []).append(amount)
    order = sorted(
        found, key=lambda won: (-sum(amount.weight for amount in found[won]), -max(a.index for a in found[won]))
    )
    return tuple(Guess(won, tuple(dict.fromkeys(a.label for a in found[won]))) for won in order[:GUESSES_MAX])


def lesson_of(rows: Sequence[str], paid_won: int, *, approved: bool) -> tuple[str, Meaning] | None:
    """The one thing that the answer "this much was paid" teaches.

    The first unknown row of that amount is the amount due; when a known row says that already, the last one is the
    payment (`approved`: by card). None when nothing is left to teach, or when a larger amount stands below: then the
    answer fits this paper, but no rule can come of it.
    """
    amounts = _amounts(lines_of([Row(row) for row in rows]))
    unknown = [amount for amount in amounts if amount.won == paid_won and amount.role is None and amount.below_goods]
    unknown = [amount for amount in unknown if teachable(amount.label)]
    if not unknown or any(amount.won > paid_won for amount in amounts if amount.index > unknown[0].index):
        return None
    known = {amount.role for amount in amounts if amount.won == paid_won}
    if not known & TOTAL_ROLES:
        return unknown[0].label, Meaning.DUE
    if Role.TENDER in known:
        return None
    return unknown[-1].label, Meaning.CARD if approved else Meaning.EASY_PAY


@dataclass(frozen=True)
class _Amount:
    won: int
    label: str
    index: int
    role: Role | None
    below_goods: bool

    @property
    def weight(self) -> int:
        """How much a row speaks for its amount being what was paid."""
        if self.role is not None:
            return 3
        return 2 if self.below_goods else 0


def _amounts(lines: Sequence[Line]) -> list[_Amount]:
    """Rows that may be a sum or a payment: no taxes, discounts, counts or balances. Goods stand before a rule."""
    plain = not any(value.unit is Unit.WON for line in lines for value in line.money)
    found: list[_Amount] = []
    priced = below_goods = False
    for line in lines:
        below_goods = below_goods or (priced and line.is_rule)
        for pair in line.pairs:
            if pair.amount is None or not (plain or pair.values[-1].unit is Unit.WON):
                continue
            known = role_of(pair.label, pair.inner)
            role = known[0] if known else None
            priced = priced or role is None
            below_goods = below_goods or role in TOTAL_ROLES
            if pair.amount > 0 and (role is None or role is Role.TENDER or role in TOTAL_ROLES):
                found.append(_Amount(pair.amount, pair.label, line.index, role, below_goods))
    if not below_goods:  # one block only: a slip without goods
        found = [replace(amount, below_goods=True) for amount in found]
    return found


def _taught(lines: Sequence[Line], lessons: Lessons) -> list[Line]:
    usable = {label: meaning for label, meaning in lessons.items() if teachable(label)}
    return [_taught_line(line, usable) if usable else line for line in lines]


def _taught_line(line: Line, lessons: Lessons) -> Line:
    if not any(pair.label in lessons for pair in line.pairs):
        return line
    pairs = tuple(
        Pair(_READ_AS[lessons[pair.label]], pair.inner, pair.values, pair.label) if pair.label in lessons else pair
        for pair in line.pairs
    )
    return replace(line, pairs=pairs)


def _approvals(lines: Sequence[Line], tags: Sequence[str]) -> list[Approval]:
    """Each tag where a hidden approval number stands; without such a row, at the end."""
    rows = [line.index for line in lines if _APPROVAL_ROW.search(line.squeezed) and "*" in line.squeezed]
    last = len(lines) - 1
    return [
        Approval(tag, rows[at] if at < len(rows) else last, original=False, cash_receipt=False)
        for at, tag in enumerate(tags)
    ]
