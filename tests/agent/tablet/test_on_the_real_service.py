"""The customer's screen on the real earn service and a real store: PNT-07, PNT-08, R9, R10, and the 50 ms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.tablet.screen import Page
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Texts
from tests.helpers.counter import Counter, captured, counter


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def screen_of(shop: Counter) -> TabletViewModel:
    link = shop.agent.link
    return TabletViewModel(
        earn=shop.agent.earn,
        shop=link.shop,
        rate_bp=lambda: link.policy().rate_bp,
        online=link.online,
        texts=Texts("ko"),
        other_texts=Texts("en"),
        clock=shop.clock,
        dispatcher=ImmediateDispatcher(),
    )


def enter(vm: TabletViewModel, keys: str = "12345678") -> None:
    vm.start()
    for key in keys:
        vm.press_digit(key)


def test_receipt_first_earns_at_once_and_says_of_what(shop: Counter) -> None:
    shop.agent.earn.ingest(captured(shop.clock, total=4_500, paid=4_500))
    vm = screen_of(shop)
    enter(vm)
    assert (vm.state.receipt_title, vm.state.receipt_line) == ("방금 결제 4,500원", "번호를 누르면 [45P]가 쌓여요")

    vm.submit()
    assert (vm.state.figure, vm.state.line) == ("+45P", "결제 4,500원의 1% · 010-****-5678")
    assert len(shop.ops("earn")) == 1


def test_number_first_waits_leaves_the_glass_and_comes_back_with_the_receipt(shop: Counter) -> None:
    vm = screen_of(shop)
    enter(vm)
    vm.submit()
    assert vm.state.page is Page.WAITING
    shop.clock.advance(15_000)
    vm.tick()
    assert vm.state.page is Page.IDLE

    shop.agent.earn.ingest(captured(shop.clock, total=4_500, paid=4_500))
    assert (vm.state.page, vm.state.figure) == (Page.EARNED, "+45P")


def test_the_three_minutes_end_on_the_screen_as_in_the_store(shop: Counter) -> None:
    vm = screen_of(shop)
    enter(vm)
    vm.submit()
    for _ in range(18):
        vm.touch()
        shop.clock.advance(10_001)
        vm.tick()
    assert vm.state.page is Page.EXPIRED
    assert shop.ops("earn") == []


def test_the_way_out_leaves_the_receipt_for_the_next_one(shop: Counter) -> None:
    """R11."""
    shop.agent.earn.ingest(captured(shop.clock, total=4_500, paid=4_500))
    vm = screen_of(shop)
    vm.start()
    vm.skip()
    assert vm.state.page is Page.NO_NUMBER
    vm.start()
    assert vm.state.offer is not None


def test_the_first_and_the_hundredth_visit_look_alike(shop: Counter) -> None:
    """R9: the screen cannot tell a member, so it cannot give one away."""
    seen = []
    vm = screen_of(shop)
    for visit in range(2):
        receipt = captured(shop.clock, total=4_500, paid=4_500, receipt_no=f"no-{visit}", approvals=(f"3012{visit}",))
        shop.agent.earn.ingest(receipt)
        enter(vm)
        vm.submit()
        seen.append((vm.state.figure, vm.state.headline, vm.state.line, vm.state.quiet))
        shop.clock.advance(5_000)
        vm.tick()
    assert seen[0] == seen[1]
