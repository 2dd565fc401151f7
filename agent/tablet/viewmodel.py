"""Owns what the customer's screen shows and when it goes back to the greeting. No Qt, no business decision."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from agent.dispatch import Dispatcher, Listeners
from agent.earn.types import (
    Earned,
    EntryOutcome,
    Expired,
    NoRewards,
    ReceiptOffer,
    Refused,
    SubmitOutcome,
    TooManyEntries,
    UnknownEntry,
    Waiting,
)
from agent.spend.types import AskedOutcome, NotSpent, SpendAsked, SpendRefused, Spent
from agent.tablet import slips
from agent.tablet.number import TypedNumber
from agent.tablet.rendering import TabletState, render
from agent.tablet.screen import SPEND_PAGES, SUM_PAGES, Page, Screen, Visit
from agent.tablet.slips import ACTOR, Scanner, SlipPort, TypedCode
from agent.tablet.spending import Bill, Choice, SpendPort
from agent.texts import Texts
from rules.claims import ClaimProblem
from rules.spending import SpendLimit
from sync.clock import Clock
from sync.errors import SyncError


class EarnPort(Protocol):
    """What the tablet needs of ``agent.earn.service.EarnService``."""

    @property
    def listeners(self) -> Listeners: ...
    def open_entry(self, till: str = "1") -> str: ...
    def offer(self, till: str = "1") -> ReceiptOffer | None: ...
    def submit_phone(self, entry_id: str, digits: str) -> SubmitOutcome: ...
    def entry_outcome(self, entry_id: str) -> EntryOutcome: ...
    def skip(self, entry_id: str) -> None: ...


def in_thread(job: Callable[[], None]) -> None:
    """The cloud may take seconds; the screen stays alive."""
    threading.Thread(target=job, name="spend", daemon=True).start()


class TabletViewModel:
    """One customer screen of one till. Inputs are methods; every change of ``state`` calls ``on_change``."""

    def __init__(
        self,
        *,
        earn: EarnPort,
        shop: Callable[[], str],
        rate_bp: Callable[[], int],
        online: Callable[[], bool],
        texts: Texts,
        other_texts: Texts,
        clock: Clock,
        dispatcher: Dispatcher,
        spend: SpendPort | None = None,
        late: SlipPort | None = None,
        background: Callable[[Callable[[], None]], None] = in_thread,
        till: str = "1",
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._earn, self._shop, self._rate_bp, self._online = earn, shop, rate_bp, online
        self._home_texts, self._other_texts, self._texts = texts, other_texts, texts
        self._clock, self._till = clock, till
        self._spend, self._background, self._dispatcher = spend, background, dispatcher
        self._late, self._scanner = late, Scanner()
        now_ms = clock.mono_ms()
        self._screen = Screen(now_ms, now_ms, can_spend=spend is not None)
        self._submitting = False
        self._read_shop()
        self.state = self._render()
        self._unsubscribe = earn.listeners.subscribe(lambda: dispatcher.post(self._receipt_or_entry))

    def close(self) -> None:
        self._unsubscribe()

    @property
    def _page(self) -> Page:
        return self._screen.page

    @property
    def _visit(self) -> Visit:
        return self._screen.visit

    @property
    def texts(self) -> Texts:
        """The words of whoever stands there now."""
        return self._texts

    # What a finger can do ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """The greeting's button, and "type a number" on a page that offers it."""
        if self._page is not Page.KEYPAD:
            self._open_keypad()

    def press_digit(self, digit: str) -> None:
        if self._page is Page.KEYPAD:
            self._edit(self._visit.number.press(digit, self._clock.mono_ms()))
        elif self._visit.bill is not None and self._page in SUM_PAGES:
            self._set_bill(self._visit.bill.press(digit))

    def press_letter(self, letter: str) -> None:
        if self._page is Page.SLIP:
            self._set_code(self._visit.code.press(letter))

    def key(self, text: str) -> None:
        """From a keyboard or a scanner at the tablet."""
        if self._scanner.key(text, self._clock.mono_ms()):
            return
        self.press_digit(text)
        self.press_letter(text)

    def take_scan(self) -> bool:
        """A scanner's Enter ends what it read; False when it was no scan of ours."""
        text = self._scanner.take()
        if not text or self._late is None or self._page not in (Page.IDLE, Page.SLIP, Page.NO_SLIP, Page.KEYPAD):
            return bool(text)
        if self._page is Page.KEYPAD and not self._visit.slip:
            self._leave_entry()
        self._take_slip(text)
        return True

    def back(self) -> None:
        if self._page is Page.KEYPAD:
            self._edit(self._visit.number.back())
        elif self._page is Page.SLIP:
            self._set_code(self._visit.code.back())
        elif self._visit.bill is not None and self._page in SUM_PAGES:
            self._set_bill(self._visit.bill.back())

    def clear(self) -> None:
        if self._page is Page.KEYPAD:
            self._edit(self._visit.number.clear())
        elif self._page is Page.SLIP:
            self._set_code(TypedCode())
        elif self._visit.bill is not None and self._page in SUM_PAGES:
            self._set_bill(self._visit.bill.clear())

    def paste(self, text: str) -> None:
        """From a keyboard or scanner at the tablet: a whole number is taken, anything else is not."""
        if self._page is Page.KEYPAD:
            self._edit(self._visit.number.paste(text))
        elif self._page is Page.SLIP:
            self._set_code(self._visit.code.paste(text))

    def submit(self) -> None:
        """Books the number and shows the answer in the same breath: the figure waits for one commit, nothing else."""
        if self._page is Page.KEYPAD and self._visit.number.can_submit:
            self._earn_with(self._visit.number.digits)

    def _earn_with(self, digits: str) -> None:
        self._submitting = True
        try:
            late = self._late
            answer = (
                self._ask(digits)
                if late is None or not self._visit.slip
                else late.redeem(self._visit.slip, digits, ACTOR)
            )
        except (SyncError, sqlite3.Error, OSError):
            self._show(Page.TROUBLE)
            return
        finally:
            self._submitting = False
        match answer:
            case Refused():
                self._visit.refusal = answer.problem
                self._touch()
            case Earned():
                self._visit.result = answer
                self._show(Page.EARNED)
            case Waiting():
                self._wait_for_receipt(self._visit.entry_id, answer)
                self._show(Page.WAITING)
            case TooManyEntries():
                self._visit.result = answer
                self._show(Page.TOO_MANY)
            case Expired():
                self._show(Page.EXPIRED)
            case NoRewards():
                self._visit.result = answer
                self._show(Page.TROUBLE)
            case UnknownEntry():
                self._show(Page.TROUBLE)
            case ClaimProblem():
                self._visit.slip_problem = answer
                self._show(Page.NO_SLIP)

    def skip(self) -> None:
        """On without a number: always possible, never asked twice (R11)."""
        if self._page is not Page.KEYPAD:
            return
        if self._visit.slip:
            self._go_home()  # The slip is as good as before.
            return
        try:
            self._earn.skip(self._visit.entry_id)
        except (SyncError, sqlite3.Error, OSError):
            self._go_home()  # The customer gave nothing, so there is nothing to lose or to explain.
            return
        self._show(Page.NO_NUMBER)

    def done(self) -> None:
        if self._page not in (Page.IDLE, Page.KEYPAD):
            self._go_home()

    # Claim slips ---------------------------------------------------------------------------------------------------

    def bring_slip(self) -> None:
        """The greeting's second button."""
        if self._late is not None and self._page is Page.IDLE:
            self._open_slip()

    def _open_slip(self) -> None:
        self._visit.code, self._visit.slip, self._visit.slip_problem = TypedCode(), "", None
        self._show(Page.SLIP)

    def _set_code(self, code: TypedCode) -> None:
        self._visit.code = code
        self._touch()

    def _take_slip(self, text: str) -> None:
        """From the slip to the number, or why not."""
        assert self._late is not None, "slips are taken here"
        try:
            answer = self._late.offer(text)
        except (SyncError, sqlite3.Error, OSError):
            self._show(Page.TROUBLE)
            return
        match answer:
            case ClaimProblem():
                self._visit.slip_problem = answer
                self._show(Page.NO_SLIP)
            case TooManyEntries():
                self._visit.result = answer
                self._show(Page.TOO_MANY)
            case _:
                self._visit.slip, self._visit.slip_offer = text, slips.as_receipt(answer)
                self._visit.offer = self._visit.slip_offer
                self._show(Page.KEYPAD)

    def _leave_entry(self) -> None:
        """The number that was about to be typed is for the slip: the receipt stays offered to the next one."""
        try:
            self._earn.skip(self._visit.entry_id)
        except (SyncError, sqlite3.Error, OSError):
            return  # The entry ends by itself.

    # Using points --------------------------------------------------------------------------------------------------

    def use_points(self) -> None:
        """From the number to the sum on the till."""
        if (
            self._spend is None
            or self._visit.slip
            or self._page is not Page.KEYPAD
            or not self._visit.number.can_submit
        ):
            return
        try:
            terms, spend_id = self._spend.terms(), self._spend.new_id()
        except (SyncError, sqlite3.Error, OSError):
            self._show(Page.TROUBLE)
            return
        self._visit.bill = Bill(self._visit.number.digits, spend_id, terms)
        if terms.possible:
            self._show(Page.PAYMENT)
        else:
            self._visit.spend_refusal = SpendRefused(SpendLimit.SWITCHED_OFF)
            self._show(Page.NOT_SPENT)

    def go_on(self) -> None:
        """The sum, or the letters of a slip, are typed."""
        if self._page is Page.SLIP and self._visit.code.whole:
            self._take_slip(self._visit.code.letters)
            return
        bill = self._visit.bill
        if bill is None or not self.state.spend.can_go_on:
            return
        if self._page is Page.PAYMENT:
            self._visit.bill = bill.paid()
            self._show(Page.AMOUNT)
        elif self._page is Page.OWN:
            self._visit.bill = bill.own()
            self._show(Page.AMOUNT)

    def choose(self, choice: Choice) -> None:
        if self._visit.bill is None or self._page is not Page.AMOUNT or not self._visit.bill.offers(choice):
            return
        if choice is Choice.OWN:
            self._visit.bill = self._visit.bill.clear()
            self._show(Page.OWN)
        else:
            self._set_bill(replace(self._visit.bill, choice=choice))

    def earn_only(self) -> None:
        """Out of using points, with the number that is typed already."""
        if self._visit.bill is not None and self._page in SPEND_PAGES:
            digits, self._visit.bill = self._visit.bill.digits, None
            self._earn_with(digits)

    def ask(self) -> None:
        """The points of the choice; the answer comes from the cloud or, without one, from this counter."""
        bill, spend = self._visit.bill, self._spend
        if bill is None or spend is None or self._page is not Page.AMOUNT or not bill.ready:
            return
        self._visit.spend_outcome, self._visit.taking_back = None, False
        self._show(Page.ASKING)

        def question() -> None:
            try:
                answer: AskedOutcome | None = spend.ask(bill.spend_id, bill.digits, bill.points, bill.payment_won)
            except (SyncError, sqlite3.Error, OSError):
                answer = None
            self._dispatcher.post(lambda: self._asked(bill.spend_id, answer))

        self._background(question)

    def again(self) -> None:
        """The second button of an outcome."""
        if self._page is Page.ASKING:
            self._take_back()
        elif self._page is Page.NOT_SPENT and self._visit.spend_refusal is not None and self._visit.bill is not None:
            self._show(Page.AMOUNT)
        elif self._page is Page.NO_SLIP:
            self._open_slip()
        else:
            self.start()

    def _take_back(self) -> None:
        """The customer thinks better of it while staff have not answered: one of the two counts (APR-14)."""
        self._visit.taking_back = True
        self._follow_spend()

    def _asked(self, spend_id: str, answer: AskedOutcome | None) -> None:
        if self._visit.bill is None or self._visit.bill.spend_id != spend_id or self._page is not Page.ASKING:
            return  # The customer has left; staff have the card, if there is one.
        if isinstance(answer, SpendAsked):
            self._follow_spend()
            return
        self._visit.spend_refusal = answer if isinstance(answer, SpendRefused) else None
        if answer is None or not isinstance(answer, SpendRefused):
            self._visit.bill = None
        self._show(Page.NOT_SPENT)

    def _follow_spend(self) -> None:
        bill = self._visit.bill
        if self._spend is None or bill is None or self._page is not Page.ASKING:
            return
        try:
            ask = self._spend.withdraw if self._visit.taking_back else self._spend.outcome
            outcome = ask(bill.spend_id)
        except (SyncError, sqlite3.Error, OSError):
            return  # Asked again with the next tick.
        if self._visit.bill is not bill:
            return  # Taking it back told everybody, and this screen has shown the end already.
        self._visit.spend_outcome = outcome
        if isinstance(outcome, Spent):
            self._visit.bill = None
            self._await_receipt(bill.digits)
            self._show(Page.SPENT)
        elif isinstance(outcome, NotSpent):
            self._visit.bill, self._visit.spend_refusal = None, None
            self._show(Page.NOT_SPENT)
        else:
            self._publish()

    def _await_receipt(self, digits: str) -> None:
        """What is left to pay earns with the receipt to come, without typing again."""
        try:
            answer = self._ask(digits)
        except (SyncError, sqlite3.Error, OSError):
            return  # The points are spent; the number can be typed again.
        if isinstance(answer, Waiting):
            self._wait_for_receipt(self._visit.entry_id, answer)

    def _set_bill(self, bill: Bill) -> None:
        self._visit.bill = bill
        self._touch()

    def touch(self) -> None:
        """Any other touch: somebody is still there."""
        if self._page is not Page.IDLE:
            self._touch()

    def toggle_language(self) -> None:
        """For this customer only; the greeting returns to the shop's language."""
        self._texts = self._other_texts if self._texts is self._home_texts else self._home_texts
        self._touch()

    # What time and the shop do -------------------------------------------------------------------------------------

    @property
    def next_tick_ms(self) -> int | None:
        """How soon ``tick`` wants to be called; None while nothing on the screen depends on time."""
        if self._page is Page.KEYPAD:
            return 100
        if self._page is Page.IDLE and not self._screen.pending_id and self._texts is self._home_texts:
            return None
        return 250

    def tick(self) -> None:
        now = self._clock.mono_ms()
        self._visit.number = self._visit.number.settle(now)
        if self._screen.pending_id and now >= self._screen.pending_until_ms:
            self._ask_pending()
        if self._page is Page.KEYPAD:
            self._visit.offer = self._current_offer()
        if self._page is Page.ASKING:
            self._follow_spend()
        leaves_idle_language = self._page is Page.IDLE and self._texts is not self._home_texts
        if (self._page is not Page.IDLE or leaves_idle_language) and now >= self._screen.closes_ms:
            self._go_home()
            return
        self._publish()

    def refresh(self) -> None:
        """The shop's name, rate or language changed."""
        self._read_shop()
        self._publish()

    def _receipt_or_entry(self) -> None:
        """A receipt arrived or an entry was answered. Our own submit needs nothing of it: it has its answer."""
        if self._submitting:
            return
        self._read_slips()
        self._follow_spend()
        if self._screen.pending_id:
            self._ask_pending()
        if self._page is Page.KEYPAD:
            self._visit.offer = self._current_offer()
        self._publish()

    # Inside --------------------------------------------------------------------------------------------------------

    def _read_shop(self) -> None:
        """Kept between pages: a key press must not wait for the store."""
        if self._other_texts.language == self._home_texts.language:  # The shop has changed its own language.
            self._other_texts.set_language("en" if self._home_texts.language == "ko" else "ko")
        try:
            self._screen.shop_name, self._screen.rate_bp = self._shop(), self._rate_bp()
        except (SyncError, sqlite3.Error, OSError):
            return  # The last known name stays.
        self._read_slips()

    def _read_slips(self) -> None:
        try:
            self._screen.takes_slips = self._late is not None and self._late.has_slips()
        except (SyncError, sqlite3.Error, OSError):
            return  # What is known stays.

    def _open_keypad(self) -> None:
        try:
            self._visit.entry_id = self._earn.open_entry(self._till)
        except (SyncError, sqlite3.Error, OSError):
            self._show(Page.TROUBLE)
            return
        self._visit.offer = self._current_offer()
        self._show(Page.KEYPAD)

    def _ask(self, digits: str) -> SubmitOutcome:
        """The store may have been exchanged under an open screen: then the entry is opened anew, once."""
        answer = self._earn.submit_phone(self._visit.entry_id, digits)
        if isinstance(answer, UnknownEntry):
            self._visit.entry_id = self._earn.open_entry(self._till)
            answer = self._earn.submit_phone(self._visit.entry_id, digits)
        return answer

    def _current_offer(self) -> ReceiptOffer | None:
        if self._visit.slip:
            return self._visit.slip_offer
        try:
            return self._earn.offer(self._till)
        except (SyncError, sqlite3.Error, OSError):
            return None  # The offer is a courtesy; typing a number works without it.

    def _edit(self, number: TypedNumber) -> None:
        if number != self._visit.number:
            self._visit.refusal = None
        self._visit.number = number
        self._touch()

    def _wait_for_receipt(self, entry_id: str, waiting: Waiting) -> None:
        self._screen.pending_id, self._screen.pending = entry_id, waiting
        self._screen.pending_until_ms = self._clock.mono_ms() + waiting.remaining_ms

    def _ask_pending(self) -> None:
        """The receipt decides. An answer is shown unless another customer is at the keys."""
        try:
            answer = self._earn.entry_outcome(self._screen.pending_id)
        except (SyncError, sqlite3.Error, OSError):
            return  # Asked again with the next tick; the entry itself is safe in the store.
        if isinstance(answer, Waiting):
            self._screen.pending_until_ms = self._clock.mono_ms() + answer.remaining_ms
            return
        was_waiting = self._page is Page.WAITING
        self._screen.pending_id, self._screen.pending = "", None
        if isinstance(answer, Earned) and self._page in (Page.WAITING, Page.IDLE):
            self._visit.result = answer
            self._show(Page.EARNED)
        elif was_waiting:
            self._show(Page.EXPIRED)

    def _show(self, page: Page) -> None:
        """A new page forgets the digits of the one before."""
        self._screen.page = page
        self._visit.number = TypedNumber()
        self._visit.refusal = None
        self._screen.opened_ms = self._clock.mono_ms()
        self._screen.was_online = self._online()  # Said as it was when the points were booked.
        self._touch()

    def _go_home(self) -> None:
        self._texts = self._home_texts
        self._screen.visit = Visit()
        self._read_shop()
        self._show(Page.IDLE)

    def _touch(self) -> None:
        self._screen.touched_ms = self._clock.mono_ms()
        self._publish()

    def _publish(self) -> None:
        state = self._render()
        if state != self.state:
            self.state = state
            self.on_change()

    def _render(self) -> TabletState:
        other = self._other_texts if self._texts is self._home_texts else self._home_texts
        return render(self._screen, self._texts, other, self._clock.mono_ms())
