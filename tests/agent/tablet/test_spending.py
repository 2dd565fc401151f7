"""Using points on the customer's screen, without a display: PNT-10, PNT-15, R9, R10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from agent.dispatch import ImmediateDispatcher, Listeners
from agent.earn.types import EntryOutcome, ReceiptOffer, SubmitOutcome, Waiting
from agent.spend.types import (
    AskedOutcome,
    NotSpent,
    SpendAsked,
    SpendNotNow,
    SpendOutcome,
    SpendRefused,
    SpendTerms,
    SpendWaiting,
    Spent,
)
from agent.tablet.screen import ASKING_MS, RESULT_MS, SPEND_TOUCH_MS, Page
from agent.tablet.spending import Choice
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Texts
from rules.spending import SpendLimit
from sync.clock import FakeClock
from sync.errors import StoreFull

DIGITS = "01012345678"
ASKED = SpendAsked("spend-1", 3_000, 18_000, offline=False)


@dataclass
class Earn:
    listeners: Listeners = field(default_factory=Listeners)
    submitted: list[str] = field(default_factory=list)

    def open_entry(self, _till: str = "1") -> str:
        return "entry-1"

    def offer(self, _till: str = "1") -> ReceiptOffer | None:
        return None

    def submit_phone(self, _entry_id: str, digits: str) -> SubmitOutcome:
        self.submitted.append(digits)
        self.listeners.notify()
        return Waiting("010-****-5678", 180_000)

    def entry_outcome(self, _entry_id: str) -> EntryOutcome:
        return Waiting("010-****-5678", 170_000)

    def skip(self, _entry_id: str) -> None:
        return


@dataclass
class Spends:
    answer: AskedOutcome = ASKED
    result: SpendOutcome = field(default_factory=lambda: SpendWaiting(3_000, 47_000))
    most_points: int | None = None
    use_unit: int = 1
    possible: bool = True
    error: Exception | None = None
    asked: list[tuple[str, str, int | None, int]] = field(default_factory=list)
    withdrawals: int = 0

    def terms(self) -> SpendTerms:
        return SpendTerms(possible=self.possible, use_unit=self.use_unit, most_points=self.most_points, rate_bp=100)

    def new_id(self) -> str:
        return "spend-1"

    def ask(self, spend_id: str, digits: str, points: int | None, payment_won: int) -> AskedOutcome:
        if self.error is not None:
            raise self.error
        self.asked.append((spend_id, digits, points, payment_won))
        return self.answer

    def outcome(self, _spend_id: str) -> SpendOutcome:
        return self.result

    def withdraw(self, _spend_id: str) -> SpendOutcome:
        self.withdrawals += 1
        return self.result


class Screen:
    def __init__(self, spend: Spends) -> None:
        self.spend, self.earn, self.clock = spend, Earn(), FakeClock()
        self.waiting: list[Callable[[], None]] = []
        self.vm = TabletViewModel(
            earn=self.earn,
            shop=lambda: "Slow Afternoon",
            rate_bp=lambda: 100,
            online=lambda: True,
            texts=Texts("en"),
            other_texts=Texts("ko"),
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
            spend=spend,
            background=self.waiting.append,
        )

    @property
    def page(self) -> Page:
        return self.vm.state.page

    def press(self, keys: str) -> None:
        for key in keys:
            self.vm.press_digit(key)

    def pay(self, won: str = "18000") -> None:
        self.vm.start()
        self.press(DIGITS[3:])
        self.vm.use_points()
        self.press(won)
        self.vm.go_on()

    def use(self, choice: Choice = Choice.MORE) -> None:
        self.pay()
        self.vm.choose(choice)
        self.vm.ask()

    def answer(self) -> None:
        """The background has done what it was given."""
        while self.waiting:
            self.waiting.pop(0)()

    def wait(self, ms: int) -> None:
        for _ in range(ms // 100):
            self.clock.advance(100)
            self.vm.tick()


def test_a_customer_pays_with_points_and_the_rest_earns_with_the_receipt() -> None:
    """PNT-10: number, sum, points, staff, what is left to pay."""
    screen = Screen(Spends())
    screen.use()
    assert (screen.page, screen.spend.asked) == (Page.ASKING, [])  # the screen does not wait for the network
    screen.answer()
    assert screen.spend.asked == [("spend-1", DIGITS, 2_000, 18_000)]
    assert screen.vm.state.closes_in_s == 47

    screen.spend.result = Spent(2_000, 16_000)
    screen.wait(300)

    state = screen.vm.state
    assert (state.page, state.figure, state.line) == (Page.SPENT, "−2,000P", "Left to pay: [₩16,000]")
    assert screen.earn.submitted == [DIGITS]
    screen.wait(RESULT_MS)
    assert screen.page is Page.IDLE
    assert "Waiting for your receipt" in screen.vm.state.quiet


def test_no_page_says_what_a_number_has_before_staff_confirmed() -> None:
    """R9: the same words for a member with millions, with nothing, and for nobody."""
    said = []
    for limit in (SpendLimit.BALANCE, SpendLimit.SNAPSHOT_MISSING, SpendLimit.MEMBER_DAY):
        screen = Screen(Spends(answer=SpendRefused(limit)))
        screen.use(Choice.ALL)
        screen.answer()
        said.append(screen.vm.state)
    assert said[0] == said[1] == said[2]
    everything = Screen(Spends(answer=SpendAsked("spend-1", 123_456, 999_999, offline=False)))
    everything.use(Choice.ALL)
    everything.answer()

    assert everything.spend.asked == [("spend-1", DIGITS, None, 18_000)]
    assert "123" not in str(everything.vm.state)


def test_the_bill_says_what_is_left_and_what_it_earns() -> None:
    screen = Screen(Spends())
    screen.pay()
    assert screen.vm.state.spend.left == "–"
    screen.vm.choose(Choice.LITTLE)

    spend = screen.vm.state.spend
    assert spend.rows == (("To pay", "₩18,000", False), ("Points", "−₩1,000", True))
    assert (spend.left, spend.gain, spend.press) == ("₩17,000", ("To earn", "+170P"), "Use 1,000P")


def test_own_points_are_whole_units_and_no_more_than_the_payment() -> None:
    screen = Screen(Spends(use_unit=100))
    screen.pay("2500")
    screen.vm.choose(Choice.OWN)
    for keys, possible in (("150", False), ("2600", False), ("2500", True)):
        screen.vm.clear()
        screen.press(keys)
        assert screen.vm.state.spend.can_go_on is possible
    screen.vm.back()
    screen.vm.go_on()
    assert screen.page is Page.OWN  # 250 is no multiple of 100
    screen.press("0")
    screen.vm.go_on()
    screen.vm.ask()
    screen.answer()

    assert screen.spend.asked == [("spend-1", DIGITS, 2_500, 2_500)]


def test_sums_above_the_payment_or_the_shops_limit_cannot_be_chosen() -> None:
    screen = Screen(Spends(most_points=1_500))
    screen.pay()

    possible = {words.choice: words.possible for words in screen.vm.state.spend.choices}
    assert possible == {Choice.LITTLE: True, Choice.MORE: False, Choice.ALL: True, Choice.OWN: True}
    screen.vm.choose(Choice.MORE)
    assert not screen.vm.state.spend.choices[1].chosen
    assert "1,500P" in screen.vm.state.spend.note


def test_a_sum_of_many_digits_stays_a_sum() -> None:
    screen = Screen(Spends())
    screen.vm.start()
    screen.press(DIGITS[3:])
    screen.vm.use_points()
    screen.press("0012345678x9")
    assert screen.vm.state.spend.typed == "₩1,234,567"
    screen.vm.clear()
    assert not screen.vm.state.spend.can_go_on


def test_without_points_the_number_earns_all_the_same() -> None:
    """The way out of every page keeps the number."""
    screen = Screen(Spends())
    screen.pay()
    screen.vm.earn_only()

    assert (screen.page, screen.earn.submitted, screen.spend.asked) == (Page.WAITING, [DIGITS], [])


@pytest.mark.parametrize(
    ("answer", "headline", "again"),
    [
        (SpendRefused(SpendLimit.BALANCE), "This many cannot be used", "Choose again"),
        (SpendRefused(SpendLimit.STORE_DAY), "Not possible right now", ""),
        (SpendRefused(SpendLimit.SNAPSHOT_STALE), "Not possible right now", ""),
        (SpendNotNow(), "Please ask at the counter", ""),
    ],
)
def test_refusals_are_clear_and_lead_somewhere(answer: AskedOutcome, headline: str, again: str) -> None:
    screen = Screen(Spends(answer=answer))
    screen.use()
    screen.answer()

    assert (screen.page, screen.vm.state.headline, screen.vm.state.again) == (Page.NOT_SPENT, headline, again)
    screen.vm.again()
    assert screen.page is (Page.AMOUNT if again else screen.page)


def test_a_rejection_of_staff_takes_nothing() -> None:
    screen = Screen(Spends(result=NotSpent()))
    screen.use()
    screen.answer()

    assert (screen.page, screen.vm.state.headline) == (Page.NOT_SPENT, "No points were used")
    assert screen.earn.submitted == []


def test_where_points_cannot_be_used_it_is_said_before_anything_is_typed() -> None:
    screen = Screen(Spends(possible=False))
    screen.pay()

    assert (screen.page, screen.vm.state.line) == (
        Page.NOT_SPENT,
        "Points can be used again once the internet is back.",
    )


def test_a_full_disk_is_said_and_nothing_is_spent() -> None:
    screen = Screen(Spends(error=StoreFull("full")))
    screen.use()
    screen.answer()

    assert (screen.page, screen.vm.state.headline) == (Page.NOT_SPENT, "Please ask at the counter")


def test_a_customer_who_leaves_is_forgotten_and_the_answer_comes_to_nobody() -> None:
    """R10: digits and sums go with the page."""
    screen = Screen(Spends())
    screen.use()
    screen.vm.done()
    screen.answer()

    assert screen.page is Page.IDLE
    left = Screen(Spends())
    left.pay()
    left.wait(SPEND_TOUCH_MS)
    assert left.page is Page.IDLE
    left.vm.ask()
    assert left.spend.asked == []


def test_the_screen_waits_for_staff_as_long_as_a_request_lives() -> None:
    screen = Screen(Spends(result=None))
    screen.use()
    screen.answer()
    screen.wait(ASKING_MS - 1_000)
    assert (screen.page, screen.vm.state.closes_in_s) == (Page.ASKING, None)
    screen.wait(1_000)

    assert screen.page is Page.IDLE


def test_a_shop_without_spending_has_no_second_button() -> None:
    vm = TabletViewModel(
        earn=Earn(),
        shop=lambda: "x",
        rate_bp=lambda: 1,
        online=lambda: True,
        texts=Texts("en"),
        other_texts=Texts("ko"),
        clock=FakeClock(),
        dispatcher=ImmediateDispatcher(),
    )
    vm.start()

    assert not vm.state.can_use_points
    vm.use_points()
    assert vm.state.page is Page.KEYPAD


def test_the_customer_takes_it_back_while_staff_have_not_answered() -> None:
    """APR-14: the second button; the page says at once that it is being done, and then that it is."""
    screen = Screen(Spends())
    screen.use()
    screen.answer()
    assert screen.vm.state.again == "Take it back"

    screen.vm.again()

    assert (screen.page, screen.vm.state.headline, screen.vm.state.again) == (Page.ASKING, "Taking it back", "")
    screen.spend.result = NotSpent(taken_back=True)
    screen.wait(300)
    state = screen.vm.state
    assert (state.page, state.headline, state.line) == (
        Page.NOT_SPENT,
        "Taken back",
        "You have all of your points still.",
    )
    asked = screen.spend.withdrawals
    screen.wait(1_000)
    assert screen.spend.withdrawals == asked  # nobody goes on asking


def test_taking_it_back_before_the_answer_is_there_is_done_as_soon_as_it_is() -> None:
    """APR-14"""
    screen = Screen(Spends(result=NotSpent(taken_back=True)))
    screen.use()
    screen.vm.again()

    screen.answer()

    assert (screen.page, screen.vm.state.headline) == (Page.NOT_SPENT, "Taken back")


def test_staff_who_were_faster_are_told_to_the_customer() -> None:
    """APR-36: what was approved in the same moment is shown as spent."""
    screen = Screen(Spends())
    screen.use()
    screen.answer()
    screen.spend.result = Spent(2_000, 16_000)

    screen.vm.again()

    assert (screen.page, screen.vm.state.figure) == (Page.SPENT, "−2,000P")
