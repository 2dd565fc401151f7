"""Owns what the receipts page says of coupons that may be given on paper."""

from __future__ import annotations

from typing import Protocol

from agent.coupons.service import PaperCoupon
from agent.printing import words as printing_words
from agent.receipts.asking import Choice, Question
from agent.texts import Texts

COUPON_PREFIX = "coupon:"
PRINT = "print_coupon"


class CouponsPort(Protocol):
    """What the receipts page needs of ``agent.coupons.service.PaperCoupons``."""

    def newest(self) -> tuple[PaperCoupon, ...]: ...
    def paper(self, found: PaperCoupon) -> tuple[str, ...]: ...
    def print_slip(self, coupon_id: str, actor: str) -> bool: ...


def why(t: Texts, found: PaperCoupon) -> str:
    """What it was given for, and by whose payment."""
    reasons = {"stamp_tier": t._("a reward of the stamp card"), "staff": t._("given by staff")}
    return " · ".join(part for part in (reasons.get(found.why, ""), found.masked or "") if part)


def printed(t: Texts, found: PaperCoupon) -> str:
    """What became of its slip."""
    return t._("Not on paper") if found.printed is None else printing_words.job(t, found.printed).word


def question(t: Texts, found: PaperCoupon) -> Question:
    """The slip, or one more of it."""
    again = found.printed is not None
    text = t._("One more on paper? It is marked as a reprint.") if again else t._("Does the customer want it on paper?")
    label = t._("Print the coupon again") if again else t._("Print the coupon")
    return Question(text, (Choice(PRINT, label, main=not again),))
