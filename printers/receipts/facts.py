"""Collects every amount of a receipt under what its label says it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from printers.receipts.items import Goods, goods_of
from printers.receipts.lines import Line, Pair, Unit
from printers.receipts.words import Role, is_exact_tender, role_of

TOTAL_ROLES = frozenset({Role.DUE, Role.TOTAL, Role.SUBTOTAL, Role.AMOUNT})


@dataclass(frozen=True)
class Sum:
    """A labelled amount."""

    role: Role
    label: str
    amount: int
    index: int


@dataclass(frozen=True)
class Tender:
    method: str
    amount: int
    label: str
    index: int


@dataclass
class Facts:
    """What the rows say, not yet believed."""

    lines: Sequence[Line]
    goods: Goods
    totals: list[Sum] = field(default_factory=list)
    tenders: list[Tender] = field(default_factory=list)
    others: list[Sum] = field(default_factory=list)

    def amounts(self, role: Role) -> list[int]:
        return [found.amount for found in self.others if found.role is role]

    def first(self, role: Role) -> int:
        found = self.amounts(role)
        return found[0] if found else 0


def facts_of(lines: Sequence[Line]) -> Facts:
    facts = Facts(lines, goods_of(lines))
    skip = -1
    for line in lines:
        if line.index == skip:
            continue
        pairs = line.pairs
        stacked = _stacked(lines, line)
        if stacked is not None:
            pairs = (stacked,)
            skip = line.index + 1
        inside_goods = line.index < facts.goods.end
        for pair in pairs:
            if not inside_goods:
                _take(facts, line, pair)
    return facts


def _stacked(lines: Sequence[Line], line: Line) -> Pair | None:
    """Label in one row, its amount alone in the next."""
    if len(line.pairs) != 1 or line.pairs[0].values or line.index + 1 >= len(lines):
        return None
    below = lines[line.index + 1]
    if not below.money or len(below.words) != len(below.money) or len(below.money) != 1:
        return None
    pair = line.pairs[0]
    return Pair(pair.label, pair.inner, below.money) if role_of(pair.label, pair.inner) else None


def _take(facts: Facts, line: Line, pair: Pair) -> None:
    found = role_of(pair.label, pair.inner)
    if found is None or pair.amount is None:
        return
    if any(value.unit is Unit.POINTS for value in pair.values):
        return
    role, method = found
    amount = pair.amount
    if role is Role.TENDER:
        assert method is not None
        if not is_exact_tender(pair.label) and not facts.totals:
            return  # a name that only looks like a card, before any sum
        if amount:
            facts.tenders.append(Tender(method, amount, pair.label, line.index))
    elif role in TOTAL_ROLES:
        facts.totals.append(Sum(role, pair.label, amount, line.index))
    else:
        facts.others.append(Sum(role, pair.label, amount, line.index))
