"""Owns the one question about an unread paper and what is shown of the rules that answers made. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.receipts.lessons import Answered, Lesson
from agent.texts import Texts
from printers.receipts.learned import Guess, Meaning

RULE_PREFIX = "rule:"
PAID, OTHER, NOTHING, MEANS, FORGET = "paid", "other", "nothing", "means", "forget"


class LessonsPort(Protocol):
    """What the receipts page needs of ``agent.receipts.lessons.LessonsService``."""

    def question(self, document_id: str) -> tuple[Guess, ...]: ...
    def answer(self, document_id: str, paid_won: int) -> Answered | None: ...
    def not_a_payment(self, document_id: str) -> bool: ...
    def lessons(self) -> tuple[Lesson, ...]: ...
    def change(self, label: str, meaning: Meaning) -> int: ...
    def forget(self, label: str) -> None: ...


@dataclass(frozen=True)
class Choice:
    """A button. ``key`` goes back to the view-model; at most one is ``main``."""

    key: str
    text: str
    main: bool = False


@dataclass(frozen=True)
class Question:
    text: str
    choices: tuple[Choice, ...]
    beside_facts: bool = False  # what was read for certain stays on the screen


def meaning_name(t: Texts, meaning: Meaning) -> str:
    return {
        Meaning.DUE: t._("Amount paid"),
        Meaning.CARD: t._("Card"),
        Meaning.CASH: t._("Cash"),
        Meaning.EASY_PAY: t._("Mobile pay"),
        Meaning.PREPAID: t._("Prepaid"),
        Meaning.GIFTCARD: t._("Gift card"),
        Meaning.VOUCHER: t._("Exchange voucher"),
        Meaning.TRANSFER: t._("Transfer"),
    }[meaning]


def question_about(t: Texts, found: Sequence[Guess], *, others: bool) -> Question | None:
    """First the likeliest amount, yes or no; after "no" the other amounts of the paper."""
    nothing = Choice(NOTHING, t._("Not a payment"))
    if not found:
        return None
    if not others:
        first = found[0].amount_won
        more = (Choice(OTHER, t._("No, another amount")),) if len(found) > 1 else ()
        yes = Choice(f"{PAID}:{first}", t.n("Yes, {amount}", amount=t.won(first)), main=True)
        return Question(t.n("Was {amount} paid with this receipt?", amount=t.won(first)), (yes, *more, nothing))
    amounts = tuple(Choice(f"{PAID}:{guess.amount_won}", t.won(guess.amount_won)) for guess in found[1:])
    return Question(t._("Which amount was paid?"), (*amounts, nothing))


def question_about_rule(t: Texts, lesson: Lesson) -> Question:
    """Every meaning a rule may have, and that it goes."""
    means = tuple(
        Choice(f"{MEANS}:{meaning}", meaning_name(t, meaning), main=meaning is lesson.meaning) for meaning in Meaning
    )
    return Question(
        t.n('What is the amount behind "{label}"?', label=lesson.label),
        (*means, Choice(FORGET, t._("Forget this rule"))),
    )


def rule_line(t: Texts, lesson: Lesson) -> str:
    """Who taught a rule, and for which POS."""
    origin = {"counter": t._("an answer at this counter"), "file": t._("a file"), "hq": t._("headquarters")}
    return " · ".join(part for part in (origin.get(lesson.origin, lesson.origin), lesson.pos_model) if part)
