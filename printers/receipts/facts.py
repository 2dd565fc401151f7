"""Collects every amount of a receipt under what its label says it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from printers.receipts.items import Goods, goods_of
from printers.receipts.lines import Line, Pair, Unit
from printers.receipts.words import Role, is_exact, is_exact_tender, role_of

_CONDITION = re.compile(
    r"(이상|이하|미만|초과|부터|까지|마다|할인|적립|증정|무료|구매|결제시|주문시|사용시|충전|쿠폰|지급|추가)"
)
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
    unnamed: list[Sum] = field(default_factory=list)
    """Amounts below the goods whose label says nothing to us: they may still agree, or contradict."""

    def amounts(self, role: Role) -> list[int]:
        return [found.amount for found in self.others if found.role is role]

    def first(self, role: Role) -> int:
        found = self.amounts(role)
        return found[0] if found else 0


def facts_of(lines: Sequence[Line]) -> Facts:
    facts = Facts(lines, goods_of(lines))
    plain = not any(value.unit is Unit.WON for line in lines for value in line.money)
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
        for place, pair in enumerate(pairs):
            if not inside_goods and not _is_promise(pair, pairs[place + 1 :]):
                _take(facts, line, pair, plain=plain)
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


def _is_promise(pair: Pair, following: Sequence[Pair]) -> bool:
    """A sentence about money ("10,000원 이상 구매 시"), not an amount of this sale."""
    if not following or not pair.values:
        return False
    words = following[0].label
    return bool(_CONDITION.match(words)) or (not following[0].values and not is_exact(pair.label) and len(words) > 1)


def _take(facts: Facts, line: Line, pair: Pair, *, plain: bool) -> None:
    """`plain`: the paper writes no amount with a comma or a mark, so a bare number may be one."""
    if not pair.values or any(value.unit is Unit.POINTS for value in pair.values):
        return
    found = role_of(pair.label, pair.inner)
    if pair.amount is None:
        if found and found[0] is Role.CHANGE and pair.values[-1].unit is Unit.BARE:  # some coins: too small for a price
            facts.others.append(Sum(Role.CHANGE, pair.label, pair.values[-1].amount, line.index))
        return
    if found is None:
        if pair.label and (pair.values[-1].unit is Unit.WON or plain):
            facts.unnamed.append(Sum(Role.UNNAMED, pair.label, pair.amount, line.index))
        return
    role, method = found
    amount = pair.amount
    if role is Role.TENDER:
        assert method is not None
        if not is_exact_tender(pair.label) and not (facts.totals or facts.others):
            # A name that only looks like a card, before any sum.
            facts.unnamed.append(Sum(Role.UNNAMED, pair.label, amount, line.index))
        elif amount:
            facts.tenders.append(Tender(method, amount, pair.label, line.index))
    elif role in TOTAL_ROLES:
        facts.totals.append(Sum(role, pair.label, amount, line.index))
    else:
        facts.others.append(Sum(role, pair.label, amount, line.index))
