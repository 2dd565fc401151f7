"""Owns the pages of the customer's screen, what one customer has done on them, and when they close. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from agent.earn.types import Earned, NoRewards, ReceiptOffer, TooManyEntries, Waiting
from agent.spend.types import SpendOutcome, SpendRefused
from agent.tablet.number import TypedNumber
from agent.tablet.slips import TypedCode
from agent.tablet.spending import Bill
from rules.claims import ClaimProblem
from rules.phone import PhoneProblem

RESULT_MS = 5_000  # R10: what the customer came for stays this long
SPEND_TOUCH_MS = 30_000  # reading a sum off the till, or letters off a slip, takes longer than typing a number
ASKING_MS = 660_000  # a request that nobody answers has ended by then (APR-18)
TOUCH_MS = 15_000  # R10: a screen somebody walked away from is wiped after this


class Page(StrEnum):
    IDLE = "idle"
    KEYPAD = "keypad"
    EARNED = "earned"
    WAITING = "waiting"
    EXPIRED = "expired"
    TOO_MANY = "too_many"
    NO_NUMBER = "no_number"
    TROUBLE = "trouble"
    PAYMENT = "payment"  # the sum on the till
    AMOUNT = "amount"  # how many points of it
    OWN = "own"  # typed points
    ASKING = "asking"  # staff decide
    SPENT = "spent"
    NOT_SPENT = "not_spent"
    SLIP = "slip"  # the letters of a claim slip
    NO_SLIP = "no_slip"


RESULT_PAGES = frozenset({Page.EARNED, Page.NO_NUMBER, Page.SPENT})
SUM_PAGES = frozenset({Page.PAYMENT, Page.OWN})
SPEND_PAGES = SUM_PAGES | {Page.AMOUNT}
_UNHURRIED_PAGES = SPEND_PAGES | {Page.SLIP}


@dataclass
class Visit:
    """What one customer has typed, brought and been told; the next one starts with a new one."""

    number: TypedNumber = field(default_factory=TypedNumber)
    refusal: PhoneProblem | None = None
    entry_id: str = ""
    offer: ReceiptOffer | None = None
    result: Earned | TooManyEntries | NoRewards | None = None
    code: TypedCode = field(default_factory=TypedCode)
    slip: str = ""  # what the number will be for, when the customer brought a slip
    slip_offer: ReceiptOffer | None = None
    slip_problem: ClaimProblem | None = None
    bill: Bill | None = None
    spend_outcome: SpendOutcome = None
    spend_refusal: SpendRefused | None = None
    taking_back: bool = False  # wanted by the customer; asked until the request has ended one way


@dataclass
class Screen:
    """The page that is open, whose it is, and what outlives a customer. Times are of the monotonic clock."""

    opened_ms: int
    touched_ms: int
    can_spend: bool
    page: Page = Page.IDLE
    visit: Visit = field(default_factory=Visit)
    pending_id: str = ""  # an entry that waits for its receipt; it outlives its screen
    pending: Waiting | None = None
    pending_until_ms: int = 0
    shop_name: str = ""
    rate_bp: int = 0
    was_online: bool = True
    takes_slips: bool = False

    @property
    def closes_ms(self) -> int:
        """Touching does not keep a result: the next customer is waiting."""
        if self.page in RESULT_PAGES:
            return self.opened_ms + RESULT_MS
        if self.page is Page.ASKING:
            return self.opened_ms + ASKING_MS
        return self.touched_ms + (SPEND_TOUCH_MS if self.page in _UNHURRIED_PAGES else TOUCH_MS)
