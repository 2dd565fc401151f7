"""A claim slip at the customer's screen: letters or a scanner, then the number (PNT-08, PNT-09)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.earn.late import WRONG_CODES_MAX, ClaimSlip
from agent.tablet.screen import SPEND_TOUCH_MS, Page
from agent.tablet.slips import SCAN_GAP_MS, TypedCode
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Texts
from rules.claims import CLAIM_VALID_MS
from tests.helpers.counter import Counter, captured, counter

NUMBER = "12345678"


class Screen:
    """The window's view-model over the counter, and what a customer does at it."""

    def __init__(self, shop: Counter) -> None:
        self.shop = shop
        link = shop.agent.link
        self.vm = TabletViewModel(
            earn=shop.agent.earn,
            shop=link.shop,
            rate_bp=lambda: link.policy().rate_bp,
            online=link.online,
            texts=Texts("en"),
            other_texts=Texts("ko"),
            clock=shop.clock,
            dispatcher=ImmediateDispatcher(),
            spend=shop.agent.spend,
            late=shop.agent.late_earns,
        )

    @property
    def page(self) -> Page:
        return self.vm.state.page

    def bring(self, letters: str) -> None:
        self.vm.bring_slip()
        for letter in letters:
            self.vm.press_letter(letter)
        self.vm.go_on()

    def number(self, keys: str = NUMBER) -> None:
        for key in keys:
            self.vm.press_digit(key)
        self.vm.submit()

    def scan(self, text: str, *, pause_ms: int = 5) -> None:
        for letter in text:
            self.shop.clock.advance(pause_ms)
            self.vm.key(letter)
        self.vm.take_scan()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


@pytest.fixture
def slip(shop: Counter) -> ClaimSlip:
    shop.agent.earn.ingest(captured(shop.clock, document_id="late", total=4_500))
    shop.clock.advance(180_001)
    shop.agent.earn.tick()
    made = shop.agent.late_earns.issue("late")
    assert isinstance(made, ClaimSlip)
    return made


@pytest.fixture
def screen(shop: Counter, slip: ClaimSlip) -> Screen:
    return Screen(shop)


def test_eight_letters_and_a_number_earn_the_receipt_without_a_line(screen: Screen, slip: ClaimSlip) -> None:
    """PNT-09: a fact in the outbox, sent when the line is back."""
    screen.shop.link.online = False
    screen.bring(slip.code)
    state = screen.vm.state
    assert (state.page, state.receipt_title) == (Page.KEYPAD, "Your slip: paid ₩4,500")
    assert (state.receipt_line, state.can_use_points) == ("Your number earns [45P]", False)

    screen.number()

    assert (screen.page, screen.vm.state.figure) == (Page.EARNED, "+45P")
    ((_, body),) = screen.shop.ops("earn")
    assert (body["source"], body["phone"], body["paid_won"]) == ("claim", "+821012345678", 4_500)


def test_a_slip_does_not_take_the_receipt_that_was_just_printed(screen: Screen, slip: ClaimSlip) -> None:
    """PNT-08: the next customer's payment stays on offer."""
    screen.shop.agent.earn.ingest(captured(screen.shop.clock, total=9_000, receipt_no="N", approvals=("7",)))
    screen.bring(slip.code)
    screen.number()
    assert screen.vm.state.points == 45

    screen.vm.done()
    screen.vm.start()
    assert screen.vm.state.receipt_title == "Just paid ₩9,000"


@pytest.mark.parametrize("page", [Page.IDLE, Page.SLIP, Page.KEYPAD])
def test_a_scanner_works_from_every_page_a_customer_may_see(screen: Screen, slip: ClaimSlip, page: Page) -> None:
    {Page.IDLE: lambda: None, Page.SLIP: screen.vm.bring_slip, Page.KEYPAD: screen.vm.start}[page]()

    screen.scan(slip.qr)

    assert (screen.page, screen.vm.state.receipt_title) == (Page.KEYPAD, "Your slip: paid ₩4,500")
    assert screen.vm.state.number == "010-"
    screen.number()
    assert screen.page is Page.EARNED
    assert screen.shop.rows("SELECT count(*) FROM phone_entry WHERE state = 'open'") == [(0,)]


def test_fingers_are_no_scanner(screen: Screen, slip: ClaimSlip) -> None:
    screen.scan(slip.qr, pause_ms=SCAN_GAP_MS)

    assert screen.page is Page.IDLE
    assert screen.shop.ops("earn") == []


@pytest.mark.parametrize(
    ("how", "headline", "again"),
    [
        ("wrong", "This slip is not known here", "Type it again"),
        ("used", "This slip earns nothing more", ""),
        ("late", "The time for this slip is over", ""),
    ],
)
def test_a_slip_that_earns_nothing_says_why(
    screen: Screen, slip: ClaimSlip, how: str, headline: str, again: str
) -> None:
    if how == "used":
        screen.shop.agent.late_earns.redeem(slip.code, "01087654321", "tablet")
    if how == "late":
        screen.shop.clock.advance(CLAIM_VALID_MS)

    screen.bring("BBBBBBBB" if how == "wrong" else slip.code)

    assert (screen.page, screen.vm.state.headline, screen.vm.state.again) == (Page.NO_SLIP, headline, again)
    if again:
        screen.vm.again()
        assert (screen.page, screen.vm.state.code) == (Page.SLIP, "")


def test_a_slip_used_elsewhere_while_the_number_is_typed_is_said(screen: Screen, slip: ClaimSlip) -> None:
    screen.bring(slip.code)
    screen.shop.agent.late_earns.redeem(slip.code, "01087654321", "tablet")

    screen.number()

    assert screen.vm.state.headline == "This slip earns nothing more"
    assert len(screen.shop.ops("earn")) == 1


def test_trying_letters_out_ends_soon(screen: Screen, slip: ClaimSlip) -> None:
    """R10"""
    for _ in range(WRONG_CODES_MAX):
        screen.bring("BBBBBBBB")
        screen.vm.done()

    screen.bring(slip.code)

    assert screen.page is Page.TOO_MANY


def test_the_way_out_keeps_the_slip_good_and_the_button_goes_with_the_last_slip(
    screen: Screen, slip: ClaimSlip
) -> None:
    """R11"""
    assert screen.vm.state.takes_slips
    screen.bring(slip.code)
    screen.vm.skip()
    assert screen.page is Page.IDLE
    screen.bring(slip.code)
    screen.shop.clock.advance(SPEND_TOUCH_MS)
    screen.vm.tick()
    assert (screen.page, screen.vm.state.code) == (Page.IDLE, ""), "who walked away leaves nothing behind"
    screen.bring(slip.code)
    screen.number()
    assert screen.page is Page.EARNED

    screen.shop.clock.advance(CLAIM_VALID_MS)
    screen.vm.tick()
    assert not screen.vm.state.takes_slips


def test_only_the_letters_of_codes_count() -> None:
    code = TypedCode()
    for key in "bA1é한-Cc ":
        code = code.press(key)
    assert code.letters == "BCC"
    assert code.paste("bcdf-ghjk").letters == "BCDFGHJK"
    assert code.paste("hello").letters == "BCC"
    full = TypedCode("BCDFGHJK")
    assert full.press("B") is full
