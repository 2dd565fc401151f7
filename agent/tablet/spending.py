"""Owns the steps of using points on the customer's screen: what is paid, how many points, what is left. No Qt.

Nothing here knows what anybody has: sums are offered without a balance, and "all" shows a figure only afterwards (R9).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from agent.spend.types import AskedOutcome, SpendOutcome, SpendTerms
from agent.texts import Texts
from rules.accrual import AccrualPolicy, accrue
from rules.spending import floor_to_unit, payment_share

SUM_DIGITS_MAX = 7  # 9,999,999 won; more is no bill of a cafe


class Choice(StrEnum):
    LITTLE = "little"
    MORE = "more"
    ALL = "all"
    OWN = "own"


_FIXED = {Choice.LITTLE: 1_000, Choice.MORE: 2_000}


class SpendPort(Protocol):
    """What the tablet needs of ``agent.spend.service.SpendService``."""

    def terms(self) -> SpendTerms: ...
    def new_id(self) -> str: ...
    def ask(self, spend_id: str, digits: str, points: int | None, payment_won: int) -> AskedOutcome: ...
    def outcome(self, spend_id: str) -> SpendOutcome: ...
    def withdraw(self, spend_id: str) -> SpendOutcome: ...


@dataclass(frozen=True)
class Bill:
    """One customer's way to a spend. ``typed`` is the sum on the keypad now, for the payment or for own points."""

    digits: str
    spend_id: str
    terms: SpendTerms
    payment_won: int = 0
    typed: int = 0
    choice: Choice = Choice.ALL
    own_points: int = 0

    def press(self, digit: str) -> Bill:
        longer = f"{self.typed or ''}{digit}"
        fits = len(digit) == 1 and digit in "0123456789" and len(longer) <= SUM_DIGITS_MAX
        return replace(self, typed=int(longer)) if fits else self

    def back(self) -> Bill:
        return replace(self, typed=self.typed // 10)

    def clear(self) -> Bill:
        return replace(self, typed=0)

    @property
    def most_points(self) -> int:
        """What nobody can pass: the payment's share and, without a line, what the shop allows; in whole units."""
        share = payment_share(self.payment_won, self.terms.payment_max_percent)
        bound = share if self.terms.most_points is None else min(share, self.terms.most_points)
        return floor_to_unit(bound, self.terms.use_unit)

    def allows(self, points: int) -> bool:
        return 0 < points <= self.most_points and points % self.terms.use_unit == 0

    def offers(self, choice: Choice) -> bool:
        if choice in _FIXED:
            return self.allows(_FIXED[choice])
        return self.most_points > 0

    @property
    def points(self) -> int | None:
        """What is asked for; None: as many as possible."""
        if self.choice is Choice.ALL:
            return None
        return self.own_points if self.choice is Choice.OWN else _FIXED[self.choice]

    @property
    def ready(self) -> bool:
        return self.most_points > 0 if self.points is None else self.allows(self.points)

    def paid(self) -> Bill:
        """The typed sum is the payment."""
        bill = replace(self, payment_won=self.typed, typed=0)
        return replace(bill, choice=Choice.ALL, own_points=0)

    def own(self) -> Bill:
        """The typed sum is how many points; a sum that cannot be changes nothing."""
        return replace(self, own_points=self.typed, choice=Choice.OWN, typed=0) if self.allows(self.typed) else self


@dataclass(frozen=True)
class ChoiceWords:
    choice: Choice
    title: str
    line: str
    chosen: bool
    possible: bool


@dataclass(frozen=True)
class SpendState:
    """The words of the spending pages."""

    caption: str = ""
    typed: str = ""
    hint: str = ""
    hint_is_problem: bool = False
    can_go_on: bool = False
    choices: tuple[ChoiceWords, ...] = ()
    rows: tuple[tuple[str, str, bool], ...] = ()  # label, value, set off in green
    left_title: str = ""
    left: str = ""
    gain: tuple[str, str] = ("", "")
    press: str = ""
    note: str = ""


def payment_state(t: Texts, bill: Bill) -> SpendState:
    """The sum on the till: the customer reads it off, staff see it on their card."""
    return SpendState(
        caption=t._("What does your order cost?"),
        typed=t.won(bill.typed) if bill.typed else "",
        hint=t._("The staff check this sum"),
        can_go_on=bill.typed >= bill.terms.use_unit,
    )


def own_state(t: Texts, bill: Bill) -> SpendState:
    problem = bill.typed > 0 and not bill.allows(bill.typed)
    most = t.n("Up to {points} here, in steps of {unit}", points=t.points(bill.most_points), unit=bill.terms.use_unit)
    return SpendState(
        caption=t._("How many points?"),
        typed=t.points(bill.typed) if bill.typed else "",
        hint=most,
        hint_is_problem=problem,
        can_go_on=bill.allows(bill.typed),
    )


def amount_state(t: Texts, bill: Bill) -> SpendState:
    points = bill.points
    left_won = bill.payment_won - (points or 0)
    gain = accrue(left_won, AccrualPolicy(rate_bp=bill.terms.rate_bp)).points
    most = bill.terms.most_points
    note = t.n("Points are used in steps of {unit}", unit=t.points(bill.terms.use_unit))
    if bill.terms.payment_max_percent < 100:
        note = t.n("Points cover up to {n}% of a payment", n=bill.terms.payment_max_percent)
    if most is not None:
        note = t.n("No internet right now: up to {points} can be used", points=t.points(most))
    return SpendState(
        choices=tuple(_choice_words(t, bill, choice) for choice in Choice),
        rows=(
            (t._("To pay"), t.won(bill.payment_won), False),
            (t._("Points"), t._("at the counter") if points is None else t.won(-points), points is not None),
        ),
        left_title=t._("Left to pay"),
        left="–" if points is None else t.won(left_won),
        gain=(t._("To earn"), "" if points is None else "+" + t.points(gain)),
        press=t._("Use what I can") if points is None else t.n("Use {points}", points=t.points(points)),
        note=note,
        can_go_on=bill.ready,
    )


def _choice_words(t: Texts, bill: Bill, choice: Choice) -> ChoiceWords:
    chosen = bill.choice is choice
    match choice:
        case Choice.ALL:
            title, line = t._("All I can"), t._("as far as your points go")
        case Choice.OWN if bill.own_points:
            title, line = t.points(bill.own_points), t.n("{won} off", won=t.won(bill.own_points))
        case Choice.OWN:
            title, line = t._("Type it"), t.n("from {points}", points=t.points(bill.terms.use_unit))
        case _:
            title, line = t.points(_FIXED[choice]), t.n("{won} off", won=t.won(_FIXED[choice]))
    return ChoiceWords(choice, title, line, chosen, bill.offers(choice))
