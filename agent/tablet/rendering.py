"""Owns what is on the customer's screen, as finished words. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.earn.types import Earned, NoRewards, ReceiptOffer, TooManyEntries
from agent.spend.types import NotSpent, SpendWaiting, Spent
from agent.tablet import slips, spending, words
from agent.tablet.screen import RESULT_MS, RESULT_PAGES, SPEND_PAGES, TOUCH_MS, Page, Screen, Visit
from agent.tablet.spending import SpendState
from agent.texts import Language, Texts
from rules.requests import TIMEOUT_MS


@dataclass(frozen=True)
class TabletState:
    """Everything on the screen. ``[…]`` marks what is set off in green."""

    page: Page
    language: Language
    other_language: str  # the label of the language button
    shop: str
    headline: str = ""
    line: str = ""
    figure: str = ""  # "+45P"
    quiet: str = ""
    number: str = ""  # masked as typed
    hint: str = ""
    hint_is_problem: bool = False
    can_submit: bool = False
    receipt_title: str = ""
    receipt_line: str = ""
    offer: ReceiptOffer | None = None  # what the card on the keypad speaks of
    points: int | None = None  # what the outcome speaks of
    again: str = ""  # label of the second button; empty: there is none
    closes_in_s: int | None = None
    closes_of_s: int = 0
    closes_words: str = ""  # what the seconds in the ring are
    can_use_points: bool = False  # the second button of the keypad
    takes_slips: bool = False  # the second button of the greeting
    code: str = ""  # the letters of a slip
    can_go_on: bool = False  # they are all there
    spend: SpendState = field(default_factory=SpendState)


def render(screen: Screen, t: Texts, other: Texts, now_ms: int) -> TabletState:
    """``other``: the language that the customer could choose."""
    page, visit = screen.page, screen.visit
    page_words = _words(screen, t, now_ms)
    left_s, of_s = _ring(screen, now_ms)
    problem = visit.number.problem or visit.refusal
    return TabletState(
        page=page,
        language=t.language,
        other_language=words.language_name(other),
        shop=screen.shop_name,
        headline=page_words.headline,
        line=page_words.line,
        figure=page_words.figure,
        quiet=page_words.quiet,
        number=visit.number.shown,
        hint=words.number_hint(t, problem),
        hint_is_problem=problem is not None,
        can_submit=page is Page.KEYPAD and visit.number.can_submit and visit.refusal is None,
        receipt_title=words.receipt_title(t, visit.offer, of_slip=bool(visit.slip)),
        receipt_line=words.receipt_line(t, visit.offer),
        offer=visit.offer,
        points=visit.result.points if isinstance(visit.result, Earned) else None,
        again=page_words.again,
        closes_in_s=left_s,
        closes_of_s=of_s,
        closes_words=t._("s for the staff to answer") if page is Page.ASKING else t._("s until the first screen"),
        can_use_points=page is Page.KEYPAD and screen.can_spend and not visit.slip,
        takes_slips=screen.takes_slips,
        code=visit.code.letters,
        can_go_on=visit.code.whole,
        spend=_spend_state(page, visit, t),
    )


def _ring(screen: Screen, now_ms: int) -> tuple[int | None, int]:
    """Seconds in the ring and of how many; while staff decide it is their minute."""
    if screen.page in (Page.IDLE, Page.KEYPAD, Page.SLIP) or screen.page in SPEND_PAGES:
        return None, TOUCH_MS // 1000
    if screen.page is Page.ASKING:
        outcome = screen.visit.spend_outcome
        left_ms = outcome.remaining_ms if isinstance(outcome, SpendWaiting) else None
        return None if left_ms is None else -(-left_ms // 1000), TIMEOUT_MS // 1000
    of_ms = RESULT_MS if screen.page in RESULT_PAGES else TOUCH_MS
    return max(0, -(-(screen.closes_ms - now_ms) // 1000)), of_ms // 1000


def _spend_state(page: Page, visit: Visit, t: Texts) -> SpendState:
    if visit.bill is None:
        return SpendState()
    match page:
        case Page.PAYMENT:
            return spending.payment_state(t, visit.bill)
        case Page.OWN:
            return spending.own_state(t, visit.bill)
        case Page.AMOUNT:
            return spending.amount_state(t, visit.bill)
        case _:
            return SpendState()


def _words(screen: Screen, t: Texts, now_ms: int) -> words.PageWords:
    visit, waits_ms = screen.visit, max(0, screen.pending_until_ms - now_ms)
    match screen.page:
        case Page.IDLE:
            return words.idle(t, screen.rate_bp, waits_ms if screen.pending_id else None)
        case Page.EARNED if isinstance(visit.result, Earned):
            return words.earned(t, visit.result, online=screen.was_online)
        case Page.WAITING if screen.pending is not None:
            return words.waiting(t, screen.pending, waits_ms)
        case Page.TOO_MANY if isinstance(visit.result, TooManyEntries):
            return words.too_many(t, visit.result)
        case Page.ASKING:
            counting = isinstance(visit.spend_outcome, SpendWaiting)
            return words.spend_waits(t, counting=counting, taking_back=visit.taking_back)
        case Page.SPENT if isinstance(visit.spend_outcome, Spent):
            return words.spent(t, visit.spend_outcome)
        case Page.NOT_SPENT:
            if isinstance(visit.spend_outcome, NotSpent):
                return words.taken_back(t) if visit.spend_outcome.taken_back else words.not_spent(t)
            return words.spend_refused(t, visit.spend_refusal)
        case Page.NO_SLIP if visit.slip_problem is not None:
            return slips.refused(t, visit.slip_problem)
        case Page.EXPIRED:
            return words.expired(t)
        case Page.NO_NUMBER:
            return words.no_number(t)
        case Page.TROUBLE:
            return words.no_rewards(t) if isinstance(visit.result, NoRewards) else words.trouble(t)
        case _:
            return words.PageWords()
