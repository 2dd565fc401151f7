"""Believes a total only when independent amounts on the paper agree with it.

Witnesses of a total: its label; goods minus discounts (plus VAT, service, deposit, fee); payments minus change; card
approvals; net amount plus VAT. Two must agree and nothing may contradict; otherwise there is no total.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from printers.receipts.facts import Facts, Sum, Tender
from printers.receipts.lines import Unit
from printers.receipts.numbers import Approval
from printers.receipts.unnamed import Unnamed
from printers.receipts.words import Role

CANDIDATES_MAX = 200  # a receipt has some five different sums; each is compared with every row
ADJUSTMENTS_MAX = 7  # single amounts whose sums are tried; bounds the work
_RANK = {
    Role.DUE: 4, Role.TOTAL: 3, Role.APPROVED: 3, Role.CANCELLED: 3, Role.AMOUNT: 1, Role.SUBTOTAL: 1,
}  # fmt: skip
_GROSS = ("거래", "이용", "사용")  # an amount so called has its tax in it; 판매금액 may not
_STRONG = (Role.DUE, Role.TOTAL)


@dataclass(frozen=True)
class Agreed:
    """A total that holds, without its sign, who vouches for it, and the payments that make it up."""

    total: int
    witnesses: tuple[str, ...]
    tenders: tuple[Tender, ...] = ()
    change: int = 0
    paid: bool = False


@dataclass
class Ledger:
    """The amounts of a receipt with one sign: a cancel that prints minus everywhere reads like its sale."""

    facts: Facts
    negative: bool
    cancelling: bool
    approvals: int
    unnamed: Unnamed
    totals: list[Sum] = field(default_factory=list)
    tenders: list[Tender] = field(default_factory=list)
    goods: list[int] = field(default_factory=list)

    @staticmethod
    def of(facts: Facts, *, cancelling: bool, approvals: Sequence[Approval]) -> Ledger:
        named = [*facts.totals, *(found for found in facts.others if found.role in (Role.APPROVED, Role.CANCELLED))]
        signs = [found.amount for found in named if found.role in _RANK and found.amount]
        signs += [tender.amount for tender in facts.tenders]
        negative = bool(signs) and sum(amount < 0 for amount in signs) * 2 > len(signs)
        turn = -1 if negative else 1
        unnamed = Unnamed.of(facts, turn, [found.index for found in approvals])
        numbers = {found.number for found in approvals if not (found.cash_receipt or found.original)}
        ledger = Ledger(facts, negative, cancelling, len(numbers), unnamed)
        usable = [found for found in named if cancelling or found.role is not Role.CANCELLED]
        ledger.totals = [Sum(found.role, found.label, _turned(found, turn), found.index) for found in usable]
        ledger.tenders = [Tender(t.method, t.amount * turn, t.label, t.index) for t in facts.tenders]
        if facts.goods.items:
            sums = {facts.goods.sum_with_options * turn, facts.goods.sum_without_options * turn}
            ledger.goods = sorted(amount for amount in sums if amount > 0)
        return ledger

    # -- single amounts -----------------------------------------------------------------------------------------

    def one(self, role: Role) -> int:
        return abs(self.facts.first(role))

    @property
    def change(self) -> int:
        return self.one(Role.CHANGE)

    def _all(self, *roles: Role) -> list[int]:
        return [abs(found.amount) for found in self.facts.others if found.role in roles and found.amount]

    @property
    def differences(self) -> set[int]:
        """By how much an honest earlier sum may exceed the total: discounts and points, less VAT, service, deposits."""
        less = self._all(Role.DISCOUNT, Role.POINTS_USED)
        less += [abs(amount) for amount in self.facts.goods.discounts if abs(amount) not in less]
        less += self.deductions
        more = self._all(Role.VAT, Role.SERVICE, Role.DEPOSIT, Role.FEE)
        if not self.facts.amounts(Role.DEPOSIT):
            more += [abs(amount) for amount in self.facts.goods.deposits]
        more += [abs(amount) for amount in self.facts.goods.fees]
        return {
            minus - plus
            for minus in _any_of(*less[:ADJUSTMENTS_MAX])
            for plus in _any_of(*more[:ADJUSTMENTS_MAX])
            if minus or plus
        }

    @property
    def deductions(self) -> list[int]:
        """What rows of unknown name take off before the last sum."""
        return self.unnamed.deductions(max((found.index for found in self.totals), default=0))

    # -- witnesses ----------------------------------------------------------------------------------------------

    def tender_sums(self) -> dict[int, tuple[Tender, ...]]:
        """Every amount that the payments may add up to, with the payments that do."""
        found: dict[int, tuple[Tender, ...]] = {}
        every = (*self.tenders, *self._card_parts())
        once = tuple({(t.method, t.amount): t for t in reversed(self.tenders)}.values())[::-1]
        for chosen in (tuple(self.tenders), once, every):
            gross = sum(t.amount for t in chosen)
            if not chosen or gross <= 0:
                continue
            gave_change = bool(self.change) and any(t.method == "cash" for t in chosen)
            if gave_change:
                found.setdefault(gross - self.change, chosen)
            if not gave_change or self.one(Role.RECEIVED):  # the cash row may already be without the change
                found.setdefault(gross, chosen)
        return found

    def _card_parts(self) -> list[Tender]:
        """Approved amounts beside other payments that no row calls a card: a part was paid so."""
        amounts = {tender.amount for tender in self.tenders if tender.method != "cash"}
        approved = [found for found in self.totals if found.role is Role.APPROVED and found.amount not in amounts]
        return [Tender("card", found.amount, found.label, found.index) for found in approved] if self.tenders else []

    def goods_agree(self, total: int) -> bool:
        discounts = [abs(amount) for amount in self.facts.amounts(Role.DISCOUNT)] + self.deductions
        inside = sum(abs(amount) for amount in self.facts.goods.discounts)
        minus = {0, sum(discounts), inside, sum(discounts) + inside, *discounts, *_summed(discounts)}
        extras = [
            self.one(Role.VAT),
            self.one(Role.SERVICE),
            self.one(Role.FEE) or sum(self.facts.goods.fees),
            self.one(Role.POINTS_USED) * -1,
            self.one(Role.DEPOSIT) or sum(abs(amount) for amount in self.facts.goods.deposits),
        ]  # fmt: skip
        plus = {sum(chosen) for size in range(len(extras) + 1) for chosen in combinations(extras, size)}
        return any(goods - less + more == total for goods in self.goods for less in minus for more in plus)

    def tax_agrees(self, total: int) -> bool:
        vat = self.one(Role.VAT)
        exempt, service = self.one(Role.EXEMPT), self.one(Role.SERVICE)
        deposit = self.one(Role.DEPOSIT)
        if not self.facts.amounts(Role.VAT):
            return False
        supplies = [abs(amount) for amount in self.facts.amounts(Role.SUPPLY) if amount]
        nets = supplies + [found.amount for found in self.totals if found.role in (Role.AMOUNT, Role.SUBTOTAL)]
        if any(net and net + vat + extra == total for net in nets for extra in _any_of(exempt, service, deposit)):
            return True
        return bool(vat) and not exempt and not supplies and abs(total - 11 * vat) < 11

    def vat_contradicts(self, total: int) -> bool:
        """VAT is printed but not part of this total: something is still added to it."""
        return bool(self.one(Role.VAT)) and not self.one(Role.EXEMPT) and not self.tax_agrees(total)

    def approvals_agree(self, total: int) -> bool | None:
        """None: no approved amounts are printed. False: they contradict."""
        amounts = [found.amount for found in self.totals if found.role is Role.APPROVED and found.amount]
        if not amounts:
            return None
        parts = {t.amount for t in self.tenders}
        if parts and sum(t.amount for t in (*self.tenders, *self._card_parts())) - self.change == total:
            return True
        card = sum(t.amount for t in self.tenders if t.method != "cash")
        if set(amounts) == {total} or sum(amounts) in (total, card) or sum(set(amounts)) in (total, card):
            return True
        return False if any(amount not in parts and amount != total for amount in amounts) else None

    def received_agrees(self, total: int) -> bool:
        received = self.one(Role.RECEIVED)
        return bool(received) and received - self.change == total

    def received_contradicts(self, total: int) -> bool:
        """Cash was handed over, and what stayed of it is not what this total leaves for cash."""
        received = self.one(Role.RECEIVED)
        cards = sum(t.amount for t in self.tenders if t.method != "cash")
        return bool(received) and received - self.change not in (total, total - cards)

    def sole_amount(self, total: int) -> bool:
        """A card slip that shows one amount only, and an approval for it."""
        beside = {found.index for found in self.facts.others if found.role is Role.IGNORED}
        lines = [line for line in self.facts.lines[: self.unnamed.end + 1] if line.index not in beside]
        shown = [value for line in lines for value in line.money if value.amount]
        amounts = {abs(value.amount) for value in shown if value.unit is Unit.WON} or {abs(v.amount) for v in shown}
        return self.approvals == 1 and amounts == {total} and len(self.tenders) <= 1


def agree(ledger: Ledger) -> Agreed | None:
    """The one total that the receipt proves, or None."""
    if ledger.one(Role.UNPAID) or (ledger.one(Role.REMAINDER) and not ledger.cancelling):
        return None  # only a part was paid, and which one is not for arithmetic to say
    if _nothing_due(ledger):
        return Agreed(0, ("label:0", "items"))
    tender_sums = ledger.tender_sums()
    candidates = {found.amount for found in ledger.totals if found.amount > 0} | {
        amount for amount in tender_sums if amount > 0
    }
    candidates |= ledger.unnamed.candidates
    if len(candidates) > CANDIDATES_MAX:
        return None
    found: list[tuple[tuple[int, ...], Agreed]] = []
    for total in candidates:
        agreed = _examined(ledger, total, tender_sums.get(total, ()))
        if agreed is not None:
            found.append((_rank(ledger, total), agreed))
    if not found:
        return None
    found.sort(key=lambda entry: entry[0], reverse=True)
    if len(found) > 1 and found[0][0][:2] == found[1][0][:2]:
        return None  # two totals, equally well named: a person has to look
    return found[0][1]


def _nothing_due(ledger: Ledger) -> bool:
    """Coupons took everything off: the amount due says 0, and the goods less the discounts come to 0."""
    said = any(found.role is Role.DUE and not found.amount for found in ledger.totals)
    return said and not ledger.tenders and not ledger.approvals and ledger.goods_agree(0)


def _rank(ledger: Ledger, total: int) -> tuple[int, ...]:
    named = [found for found in ledger.totals if found.amount == total]
    best = max((_RANK[found.role] for found in named), default=0)
    confirmed = ledger.received_agrees(total) + bool(ledger.approvals_agree(total)) + ledger.tax_agrees(total)
    return best, confirmed, max((found.index for found in named), default=0)


def _examined(ledger: Ledger, total: int, tenders: Sequence[Tender]) -> Agreed | None:
    """The witnesses of one candidate; None when they are too few or something contradicts."""
    named = [found for found in ledger.totals if found.amount == total]
    witnesses = [f"label:{found.label}" for found in sorted(named, key=lambda f: -_RANK[f.role])[:1]]
    approved = ledger.approvals_agree(total)
    if approved is False or not _others_explained(ledger, total, tenders):
        return None
    named_at = min((found.index for found in (*named, *ledger.unnamed.at(total))), default=len(ledger.facts.lines))
    known = sum(t.amount for t in ledger.tenders) - ledger.change
    free = ledger.approvals - sum(t.method != "cash" for t in ledger.tenders)
    echoed = ledger.unnamed.pays(total, named_at, 0 if tenders else known, approvals=free)
    if ledger.tenders and not tenders and not echoed:
        return None  # the payments make up another amount
    if ledger.received_contradicts(total) or (len(tenders) == 1 and ledger.approvals > 1):
        return None
    if _only_approved(named) and _paid_otherwise(ledger, total, tenders):
        return None  # what was approved may be half of it
    told = bool(tenders) or bool(approved) or ledger.received_agrees(total)
    paid = told or echoed
    if ledger.unnamed.forbid(
        total, named_at, sorted(ledger.differences), paid_at=_paid_at(ledger, total, named_at, told=told, paid=paid),
        tendered=bool(tenders),
    ):  # fmt: skip
        return None
    if not named and not ledger.unnamed.at(total) and ledger.one(Role.POINTS_USED):
        return None  # points may be a discount or a payment: without a named total nobody can tell
    if not paid and (ledger.vat_contradicts(total) or ledger.one(Role.POINTS_USED)):
        return None
    arithmetic = [
        name
        for name, holds in (
            ("items", ledger.goods_agree(total)),
            ("tenders", bool(tenders)),
            ("approvals", bool(approved) and any(found.role is not Role.APPROVED for found in named)),
            ("tax", ledger.tax_agrees(total)),
            ("received", ledger.received_agrees(total)),
            ("echo", echoed and not tenders),
        )
        if holds
    ]
    weak = not any(_RANK[found.role] >= 3 for found in named)
    if not named and not {"items", "tax"} & set(arithmetic):
        arithmetic = ["tenders"] if len(tenders) == 1 else []  # payments and change alone prove only each other
    if not arithmetic or (arithmetic == ["tenders"] and not named):
        whole = not weak or any(found.label.startswith(_GROSS) for found in named)
        arithmetic += ["sole amount"] if ledger.sole_amount(total) and (bool(tenders) or whole) else []
        if not arithmetic and _named_twice(named):
            arithmetic = ["labels"]
    if len(witnesses) + len(arithmetic) < 2:
        return None
    proofs = {"tenders", "approvals", "received", "tax", "sole amount"} & set(arithmetic)
    if weak and not proofs and not ({"echo", "items"} <= set(arithmetic) and ledger.approvals):
        return None  # goods agree with a sum that discounts or VAT may still change
    change = ledger.change if tenders and sum(t.amount for t in tenders) - ledger.change == total else 0
    paid = bool(tenders) or "received" in arithmetic
    return Agreed(total, (*witnesses, *arithmetic), tuple(tenders), change, paid)


def _only_approved(named: Sequence[Sum]) -> bool:
    return bool(named) and all(found.role is Role.APPROVED for found in named)


def _paid_otherwise(ledger: Ledger, total: int, tenders: Sequence[Tender]) -> bool:
    """Whether, beside what a card was approved for, the same amount was paid in cash or under a name nobody knows, and
    neither goods nor tax say that this is one payment printed twice."""
    if not ledger.approvals or not tenders or ledger.goods_agree(total) or ledger.tax_agrees(total):
        return False
    return bool(ledger.unnamed.at(total)) or all(tender.method == "cash" for tender in tenders)


def _paid_at(ledger: Ledger, total: int, named_at: int, *, told: bool, paid: bool) -> int | None:
    """Down to which row smaller amounts of unknown name may stand: to the end when a row with a name says that the
    total was paid (`told`), else to the row that repeats it; what is below that may be the parts of a bill."""
    end = len(ledger.facts.lines)
    if told or not paid:
        return end if told else None
    repeated = ledger.unnamed.last_at(total, named_at)
    return end if repeated is None else repeated


def _named_twice(named: Sequence[Sum]) -> bool:
    return len({found.label for found in named if found.role in _STRONG}) >= 2


def _others_explained(ledger: Ledger, total: int, tenders: Sequence[Tender]) -> bool:
    """Every other sum on the paper must follow from this total."""
    differences = ledger.differences
    parts = {t.amount for t in tenders}
    nets = {abs(amount) for amount in ledger.facts.amounts(Role.SUPPLY)}
    arithmetic = ledger.goods_agree(total) or ledger.tax_agrees(total)
    for found in ledger.totals:
        amount = found.amount
        if found.role is Role.DUE and not amount:
            return False  # nothing is due: what looks like a total was taken off
        if amount in (total, 0) or amount - total in differences:
            continue
        if amount in ledger.goods and ledger.goods_agree(total):
            continue
        if amount in parts and amount < total and len(tenders) > 1:
            continue
        if amount in nets:
            continue
        if found.role in (Role.AMOUNT, Role.SUBTOTAL) and tenders and arithmetic:
            continue
        if found.role is Role.APPROVED:
            continue  # judged by approvals_agree
        return False
    return True


def _turned(found: Sum, turn: int) -> int:
    return abs(found.amount) if found.role is Role.CANCELLED else found.amount * turn


def _summed(amounts: Sequence[int]) -> set[int]:
    if len(amounts) > ADJUSTMENTS_MAX:
        return set()
    return {sum(chosen) for size in range(2, len(amounts)) for chosen in combinations(amounts, size)}


def _any_of(*extras: int) -> Iterable[int]:
    return {sum(chosen) for size in range(len(extras) + 1) for chosen in combinations(extras, size)}
