"""Owns what a customer brings from a claim slip to the screen: eight letters, or a scanner's text. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.earn.late import SlipOffer
from agent.earn.types import Earned, ReceiptOffer, Refused, TooManyEntries
from agent.tablet.words import PageWords
from agent.texts import Texts
from rules.claims import CLAIM_LETTERS_MAX, CLAIM_PREFIX, CODE_LENGTH, CODE_LETTERS, ClaimProblem

SCAN_GAP_MS = 100  # a scanner types faster than any person
ACTOR = "tablet"


class SlipPort(Protocol):
    """What the tablet needs of ``agent.earn.late.LateEarns``."""

    def has_slips(self) -> bool: ...
    def offer(self, text: str) -> SlipOffer | ClaimProblem | TooManyEntries: ...
    def redeem(self, text: str, digits: str, actor: str) -> Earned | Refused | ClaimProblem | TooManyEntries: ...


@dataclass(frozen=True)
class TypedCode:
    """The letters so far. An edit that makes no sense gives the same value."""

    letters: str = ""

    def press(self, letter: str) -> TypedCode:
        letter = letter.upper()
        fits = len(letter) == 1 and letter in CODE_LETTERS and len(self.letters) < CODE_LENGTH
        return TypedCode(self.letters + letter) if fits else self

    def back(self) -> TypedCode:
        return TypedCode(self.letters[:-1])

    def paste(self, text: str) -> TypedCode:
        """Takes a whole code, with or without its hyphen; anything else changes nothing."""
        letters = text.replace("-", "").replace(" ", "").strip().upper()
        whole = len(letters) == CODE_LENGTH and all(letter in CODE_LETTERS for letter in letters)
        return TypedCode(letters) if whole else self

    @property
    def whole(self) -> bool:
        return len(self.letters) == CODE_LENGTH


class Scanner:
    """Tells a scanner, which types like a keyboard, from fingers: fast, and beginning as our codes begin."""

    def __init__(self) -> None:
        self._text = ""
        self._typed_ms = -SCAN_GAP_MS

    def key(self, text: str, now_ms: int) -> bool:
        """One typed text; True while it belongs to a scan and means nothing as a key."""
        if now_ms - self._typed_ms >= SCAN_GAP_MS:
            self._text = ""
        self._text = (self._text + text)[: CLAIM_LETTERS_MAX + 1]
        self._typed_ms = now_ms
        return self._text.startswith(CLAIM_PREFIX)

    def take(self) -> str:
        """The scan that a scanner's Enter ends; empty when there was none."""
        text, self._text = self._text, ""
        return text if text.startswith(CLAIM_PREFIX) else ""


def as_receipt(offer: SlipOffer) -> ReceiptOffer:
    """The slip's payment as the keypad's card shows payments."""
    return ReceiptOffer("", offer.paid_won, offer.points, offer.stamps)


def refused(t: Texts, problem: ClaimProblem) -> PageWords:
    match problem:
        case ClaimProblem.UNKNOWN:
            return PageWords(
                headline=t._("This slip is not known here"),
                line=t._("Please check the letters, or ask at the counter."),
                again=t._("Type it again"),
            )
        case ClaimProblem.EXPIRED:
            return PageWords(
                headline=t._("The time for this slip is over"),
                line=t._("It was good until the day that is printed on it."),
            )
        case ClaimProblem.USED:
            return PageWords(
                headline=t._("This slip earns nothing more"),
                line=t._("Its points were collected, or the payment was cancelled."),
            )
