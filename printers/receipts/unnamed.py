"""Amounts whose labels nobody knows: what they may be by arithmetic, and what they forbid.

A till may call its total or its payment what it likes. Between the goods and the proof of payment every amount has to
fit the total that is believed; one that does not fit forbids it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from printers.receipts.facts import Facts, Sum
from printers.receipts.words import Role

ROWS_MAX = 6  # unknown rows that are tried as parts of a payment; bounds the work
_EVIDENCE = frozenset({Role.RECEIVED, Role.CHANGE, Role.APPROVED})


@dataclass(frozen=True)
class Unnamed:
    """Unknown rows in the sign of the receipt. `end`: index of the last row that proves a payment."""

    rows: tuple[Sum, ...]
    end: int

    @staticmethod
    def of(facts: Facts, turn: int, approvals_at: Iterable[int]) -> Unnamed:
        proofs = [found.index for found in facts.others if found.role in _EVIDENCE]
        proofs += [tender.index for tender in facts.tenders]
        end = max([*proofs, *approvals_at], default=len(facts.lines))
        rows = [Sum(found.role, found.label, found.amount * turn, found.index) for found in facts.unnamed]
        return Unnamed(tuple(rows), end)

    @property
    def candidates(self) -> set[int]:
        """Amounts that may be the total under a name of the till's own."""
        return {row.amount for row in self.rows if row.amount > 0 and row.index <= self.end}

    def deductions(self, above: int) -> list[int]:
        """A minus between the goods and the total takes something off, whatever it is called."""
        return [-row.amount for row in self.rows if row.amount < 0 and row.index < above]

    def at(self, total: int) -> list[Sum]:
        return [row for row in self.rows if row.amount == total]

    def pays(self, total: int, named_at: int, known: int, *, approvals: int) -> bool:
        """Whether unknown rows below the total make it up, together with payments of `known` won.

        A part needs an approval of its own: two rows may also name one payment of the half.
        """
        below = self._below(named_at)
        if any(row.amount == total for row in below):
            return True
        amounts = [row.amount for row in below if 0 < row.amount < total][:ROWS_MAX]
        return any(
            known + sum(chosen) == total
            for size in range(1 if known else 2, min(len(amounts), approvals) + 1)
            for chosen in combinations(amounts, size)
        )

    def last_at(self, total: int, named_at: int) -> int | None:
        """Index of the last row below that repeats the total."""
        return max((row.index for row in self._below(named_at) if row.amount == total), default=None)

    def forbid(
        self, total: int, named_at: int, explained: Sequence[int], *, paid_at: int | None, tendered: bool
    ) -> bool:
        """Whether a row contradicts the total.

        Above the total a larger amount must differ by known deductions or additions (`explained`); below it a larger
        amount never fits, a smaller one only down to where the total was paid as a whole (`paid_at`; None: nowhere),
        and none at all (0) only beside a payment that has a name (`tendered`).
        """
        for row in self.rows:
            if not row.amount and row.index > named_at and not tendered:
                return True  # something of it came to nothing
            if row.index > self.end or row.amount in (0, total):
                continue
            if row.index <= named_at:
                if row.amount > total and row.amount - total not in explained:
                    return True
            elif row.amount > total or paid_at is None or row.index > paid_at:
                return True
        return False

    def _below(self, named_at: int) -> list[Sum]:
        return [row for row in self.rows if row.index > named_at]
