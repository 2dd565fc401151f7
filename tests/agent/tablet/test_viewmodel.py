"""The customer's screen without a display: MEM-01, MEM-02, PNT-07, PNT-08, R9 to R11, cases 40 to 42."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

import pytest

from agent.dispatch import ImmediateDispatcher, Listeners
from agent.earn.types import (
    Earned,
    EntryOutcome,
    Expired,
    ReceiptOffer,
    Refused,
    SubmitOutcome,
    TooManyEntries,
    UnknownEntry,
    Waiting,
)
from agent.tablet.screen import Page
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Texts
from rules.phone import PhoneProblem
from sync.clock import FakeClock
from sync.errors import StoreFull

EARNED = Earned("earn-1", 45, 4_500, 100, "010-****-5678")
NUMBER = "12345678"


@dataclass
class FakeEarn:
    """Answers what the test says; remembers what it was asked."""

    answers: list[SubmitOutcome] = field(default_factory=lambda: [EARNED])
    outcome: EntryOutcome = None
    receipt: ReceiptOffer | None = None
    error: Exception | None = None
    listeners: Listeners = field(default_factory=Listeners)
    opened: int = 0
    submitted: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def open_entry(self, _till: str = "1") -> str:
        self._fail()
        self.opened += 1
        return f"entry-{self.opened}"

    def offer(self, _till: str = "1") -> ReceiptOffer | None:
        return self.receipt

    def submit_phone(self, entry_id: str, digits: str) -> SubmitOutcome:
        self._fail()
        self.submitted.append((entry_id, digits))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def entry_outcome(self, _entry_id: str) -> EntryOutcome:
        self._fail()
        return self.outcome

    def skip(self, entry_id: str) -> None:
        self._fail()
        self.skipped.append(entry_id)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


class Screen:
    """A tablet on a fake clock, with the few gestures a customer has."""

    def __init__(self, earn: FakeEarn, *, online: bool = True, language: str = "en") -> None:
        self.earn, self.clock, self.online = earn, FakeClock(), online
        other = "ko" if language == "en" else "en"
        self.vm = TabletViewModel(
            earn=earn,
            shop=lambda: "Slow Afternoon",
            rate_bp=lambda: 100,
            online=lambda: self.online,
            texts=Texts(language),
            other_texts=Texts(other),
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
        )
        self.changes = 0
        self.vm.on_change = self._changed

    def _changed(self) -> None:
        self.changes += 1

    @property
    def page(self) -> Page:
        return self.vm.state.page

    def wait(self, ms: int) -> None:
        """Time passes as the view's timer sees it."""
        for _ in range(ms // 100):
            self.clock.advance(100)
            self.vm.tick()

    def type(self, keys: str = NUMBER) -> None:
        for key in keys:
            self.vm.press_digit(key)

    def open(self) -> None:
        self.vm.start()

    def submit(self, keys: str = NUMBER) -> None:
        self.open()
        self.type(keys)
        self.vm.submit()


def test_the_entry_is_opened_with_the_screen_and_submitted_under_the_same_id() -> None:
    """PNT-08: the id exists before the first digit, so that a repeated submit can be recognised."""
    earn = FakeEarn()
    screen = Screen(earn)

    screen.vm.start()
    assert (earn.opened, earn.submitted, screen.page) == (1, [], Page.KEYPAD)

    screen.type()
    screen.vm.submit()
    assert earn.submitted == [("entry-1", "01012345678")]


def test_the_result_stands_on_the_screen_when_submit_returns() -> None:
    screen = Screen(FakeEarn())

    screen.submit()

    state = screen.vm.state
    assert (state.page, state.figure, state.headline) == (Page.EARNED, "+45P", "Earned, thank you")
    assert state.line == "1% of ₩4,500 · 010-****-5678"
    assert (state.quiet, state.points) == ("", 45)


def test_the_result_says_nothing_about_the_person() -> None:
    """R9: the page is made of this payment and the typed number alone; the service is not even asked for more."""
    first, again = Screen(FakeEarn()), Screen(FakeEarn())
    first.submit()
    again.submit()

    assert first.vm.state == again.vm.state


def test_without_the_network_the_result_is_the_same_and_says_so_quietly() -> None:
    online, offline = Screen(FakeEarn()), Screen(FakeEarn(), online=False)
    online.submit()
    offline.submit()

    assert offline.vm.state.figure == online.vm.state.figure
    assert offline.vm.state.line == online.vm.state.line
    assert "saved" in offline.vm.state.quiet


def test_the_network_is_not_mentioned_where_it_does_not_matter() -> None:
    screen = Screen(FakeEarn(), online=False)
    assert screen.vm.state.quiet == ""
    screen.vm.start()
    assert screen.vm.state.quiet == ""


def test_the_result_leaves_after_five_seconds_also_when_somebody_keeps_touching() -> None:
    """R10."""
    screen = Screen(FakeEarn())
    screen.submit()

    screen.wait(4_900)
    screen.vm.touch()
    assert screen.page is Page.EARNED
    assert screen.vm.state.closes_in_s == 1

    screen.wait(100)
    assert screen.page is Page.IDLE
    assert "5678" not in repr(screen.vm.state)


def test_a_customer_who_walks_off_leaves_nothing_behind_after_fifteen_seconds() -> None:
    """Case 41."""
    screen = Screen(FakeEarn())
    screen.open()
    screen.type("1234")

    screen.wait(14_900)
    assert screen.page is Page.KEYPAD
    screen.wait(100)

    assert screen.page is Page.IDLE
    assert screen.vm.state.number == "010-"
    assert screen.earn.submitted == []


def test_every_touch_starts_the_fifteen_seconds_anew() -> None:
    screen = Screen(FakeEarn())
    screen.open()
    for key in NUMBER:
        screen.wait(14_000)
        screen.type(key)
    assert screen.page is Page.KEYPAD
    assert screen.vm.state.can_submit


def test_the_button_is_off_until_the_number_can_be_valid() -> None:
    """Case 40; rules.phone decides, not the screen."""
    screen = Screen(FakeEarn())
    screen.open()
    for key in "00001234":
        assert not screen.vm.state.can_submit
        screen.vm.submit()
        screen.type(key)

    assert not screen.vm.state.can_submit
    assert screen.vm.state.hint_is_problem
    assert "cash receipt" in screen.vm.state.hint
    assert screen.earn.submitted == []


def test_twenty_taps_a_second_book_once() -> None:
    """Case 40."""
    screen = Screen(FakeEarn())
    screen.open()
    screen.type()
    for _ in range(20):
        screen.vm.submit()
        screen.vm.skip()
        screen.vm.press_digit("7")
        screen.clock.advance(50)

    assert len(screen.earn.submitted) == 1
    assert screen.page is Page.EARNED
    assert screen.earn.skipped == []


def test_done_goes_home_and_home_starts_again() -> None:
    screen = Screen(FakeEarn())
    screen.submit()
    screen.vm.done()
    assert screen.page is Page.IDLE

    screen.vm.start()
    assert screen.page is Page.KEYPAD
    assert screen.earn.opened == 2
    assert screen.vm.state.number == "010-"


def test_the_way_out_is_one_tap_and_is_told_to_the_till() -> None:
    """R11."""
    screen = Screen(FakeEarn())
    screen.open()
    screen.vm.skip()

    assert screen.earn.skipped == ["entry-1"]
    assert screen.page is Page.NO_NUMBER
    screen.wait(5_000)
    assert screen.page is Page.IDLE


def test_who_changed_their_mind_gets_the_keys_back() -> None:
    screen = Screen(FakeEarn())
    screen.open()
    screen.vm.skip()
    assert screen.vm.state.again

    screen.vm.start()
    assert (screen.page, screen.earn.opened) == (Page.KEYPAD, 2)


def test_the_payment_just_made_is_named_with_its_points() -> None:
    """PNT-07."""
    screen = Screen(FakeEarn(receipt=ReceiptOffer("doc-1", 4_500, 45)))
    screen.open()
    assert screen.vm.state.receipt_title == "Just paid ₩4,500"
    assert screen.vm.state.receipt_line == "Your number earns [45P]"


def test_a_receipt_that_prints_while_somebody_types_appears_at_once() -> None:
    screen = Screen(FakeEarn())
    screen.open()
    assert screen.vm.state.offer is None

    screen.earn.receipt = ReceiptOffer("doc-1", 4_500, 45)
    screen.earn.listeners.notify()
    assert screen.vm.state.offer == ReceiptOffer("doc-1", 4_500, 45)

    screen.earn.receipt = None  # Its three minutes are over.
    screen.wait(100)
    assert screen.vm.state.offer is None


def waiting_screen() -> Screen:
    screen = Screen(FakeEarn(answers=[Waiting("010-****-5678", 180_000)], outcome=Waiting("010-****-5678", 180_000)))
    screen.submit()
    return screen


def test_number_first_waits_and_flips_to_the_result_when_the_receipt_arrives() -> None:
    """PNT-08."""
    screen = waiting_screen()
    assert screen.page is Page.WAITING
    assert screen.vm.state.line == "010-****-5678 · [3:00] left to pay"

    screen.wait(3_000)
    assert "[2:57]" in screen.vm.state.line

    screen.earn.outcome = EARNED
    screen.earn.listeners.notify()
    assert (screen.page, screen.vm.state.figure) == (Page.EARNED, "+45P")


def test_a_waiting_number_leaves_the_screen_but_not_the_till() -> None:
    """R10 wipes the number after 15 s; the result still appears when the receipt comes."""
    screen = waiting_screen()
    screen.wait(15_000)
    assert screen.page is Page.IDLE
    assert screen.vm.state.quiet == "Waiting for your receipt · 2:45"
    assert "5678" not in repr(screen.vm.state)
    assert screen.vm.next_tick_ms is not None

    screen.earn.outcome = EARNED
    screen.earn.listeners.notify()
    assert screen.page is Page.EARNED


def test_a_late_result_does_not_push_the_next_customer_from_the_keys() -> None:
    screen = waiting_screen()
    screen.wait(15_000)
    screen.open()
    screen.type("99")
    screen.earn.outcome = EARNED
    screen.earn.listeners.notify()

    assert screen.page is Page.KEYPAD
    assert screen.vm.state.number == "010-•9"


def test_no_receipt_within_the_time_is_said_and_the_number_is_gone() -> None:
    screen = waiting_screen()
    screen.earn.outcome = Expired()
    screen.earn.listeners.notify()

    assert screen.page is Page.EXPIRED
    assert "forgotten" in screen.vm.state.line
    assert screen.vm.state.again


def test_the_end_of_the_wait_is_asked_for_once_its_time_is_over() -> None:
    screen = waiting_screen()
    screen.wait(15_000)
    screen.earn.outcome = Expired()
    screen.wait(165_000)

    assert screen.page is Page.IDLE
    assert screen.vm.state.quiet == ""
    assert screen.vm.next_tick_ms is None


def test_a_wrong_number_is_refused_in_plain_words_and_can_be_corrected() -> None:
    screen = Screen(FakeEarn(answers=[Refused(PhoneProblem.NOT_MOBILE), EARNED]))
    screen.submit()
    assert screen.page is Page.KEYPAD
    assert screen.vm.state.hint == "This is not a mobile number. Please check it."
    assert not screen.vm.state.can_submit

    screen.vm.back()
    screen.type("9")
    assert not screen.vm.state.hint_is_problem
    screen.vm.submit()
    assert screen.page is Page.EARNED


def test_too_many_numbers_send_the_customer_to_the_counter() -> None:
    """Case 42."""
    screen = Screen(FakeEarn(answers=[TooManyEntries(421_000)]))
    screen.submit()
    assert screen.page is Page.TOO_MANY
    assert "8 min" in screen.vm.state.line
    screen.wait(15_000)
    assert screen.page is Page.IDLE


def test_an_entry_replaced_by_another_number_is_said_to_have_expired() -> None:
    screen = Screen(FakeEarn(answers=[Expired()]))
    screen.submit()
    assert screen.page is Page.EXPIRED


def test_an_entry_that_the_store_forgot_is_opened_anew_once() -> None:
    screen = Screen(FakeEarn(answers=[UnknownEntry(), EARNED]))
    screen.submit()
    assert screen.page is Page.EARNED
    assert [entry for entry, _ in screen.earn.submitted] == ["entry-1", "entry-2"]

    lost = Screen(FakeEarn(answers=[UnknownEntry()]))
    lost.submit()
    assert lost.page is Page.TROUBLE
    assert len(lost.earn.submitted) == 2


@pytest.mark.parametrize("error", [StoreFull(), sqlite3.OperationalError("disk I/O error"), OSError("gone")])
def test_a_store_that_cannot_write_never_says_earned(error: Exception) -> None:
    screen = Screen(FakeEarn())
    screen.open()
    screen.type()
    screen.earn.error = error
    screen.vm.submit()

    assert screen.page is Page.TROUBLE
    assert "payment is complete" in screen.vm.state.line
    screen.wait(15_000)
    assert screen.page is Page.IDLE


def test_a_store_that_cannot_write_lets_the_customer_go_on_without_a_number() -> None:
    screen = Screen(FakeEarn())
    screen.open()
    screen.earn.error = StoreFull()
    screen.vm.skip()
    assert screen.page is Page.IDLE

    screen.vm.start()
    assert screen.page is Page.TROUBLE


def test_a_payment_that_earns_nothing_says_so_without_a_plus() -> None:
    screen = Screen(FakeEarn(answers=[Earned("earn-1", 0, 90, 100, "010-****-5678")]))
    screen.submit()
    assert screen.vm.state.figure == "0P"
    assert screen.vm.state.headline == "No points this time, thank you"


@pytest.mark.parametrize(("rate_bp", "said"), [(100, "[1%]"), (50, "[0.5%]"), (125, "[1.25%]"), (1000, "[10%]")])
def test_the_greeting_names_the_rate(rate_bp: int, said: str) -> None:
    screen = Screen(FakeEarn())
    screen.vm._rate_bp = lambda: rate_bp
    screen.vm.refresh()
    assert said in screen.vm.state.headline


def test_the_other_language_lasts_for_one_customer() -> None:
    screen = Screen(FakeEarn(), language="ko")
    assert screen.vm.state.other_language == "English"

    screen.vm.toggle_language()
    assert (screen.vm.state.language, screen.vm.state.other_language) == ("en", "한국어")

    screen.submit()
    assert screen.vm.state.headline == "Earned, thank you"
    screen.wait(5_000)
    assert screen.vm.state.language == "ko"


def test_a_greeting_left_in_the_other_language_turns_back() -> None:
    screen = Screen(FakeEarn(), language="ko")
    screen.vm.toggle_language()
    screen.wait(15_000)
    assert screen.vm.state.language == "ko"
    assert screen.vm.next_tick_ms is None


def test_a_tick_that_changes_nothing_repaints_nothing() -> None:
    screen = Screen(FakeEarn())
    screen.vm.tick()
    screen.vm.tick()
    assert screen.changes == 0


def test_a_closed_screen_hears_nothing_more() -> None:
    screen = Screen(FakeEarn())
    screen.open()
    screen.vm.close()
    before = screen.changes
    screen.earn.receipt = ReceiptOffer("doc-1", 4_500, 45)
    screen.earn.listeners.notify()
    assert screen.changes == before


def test_the_shop_changing_its_language_turns_the_greeting_and_keeps_the_other_one_in_reach() -> None:
    screen = Screen(FakeEarn(), language="ko")
    screen.vm._home_texts.set_language("en")
    screen.vm.refresh()
    assert (screen.vm.state.language, screen.vm.state.other_language) == ("en", "한국어")
    assert screen.vm.state.headline.startswith("Just your number")
