"""A counter whose store is closed for a while, or takes orders only: STO-01, STO-07, STO-15, AGT-08."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.earn.types import Earned, NoRewards, Waiting
from agent.lan.http import ApiError
from agent.lan.tablet import _submit_reply
from agent.spend.types import SpendNotNow
from agent.tablet.screen import Page
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Texts
from tests.helpers.counter import Counter, captured, counter
from tests.helpers.devices import STORE_ID

PHONE = "01012345678"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def _told(shop: Counter, **changes: Any) -> None:
    body = {
        "store_id": STORE_ID,
        "name": "합정점",
        "brand_name": "테스트 커피",
        "service_type": "composite",
        "plan": "free",
        "grade": "normal",
        "opens_minute": None,
        "state": "approved",
        "state_reason": "",
        "alert_mode": "both",
    }
    shop.feed(shop.agent.appliers()["store"], "store", body | changes)


@pytest.mark.parametrize(
    "changes",
    [{"state": "suspended"}, {"state": "closed"}, {"state": "pending"}, {"service_type": "order"}],
)
def test_no_number_is_taken_and_none_is_kept(shop: Counter, changes: dict[str, str]) -> None:
    """STO-01, STO-07, STO-15"""
    _told(shop, **changes)
    earn, spend = shop.agent.earn, shop.agent.spend
    entry = earn.open_entry()

    assert earn.submit_phone(entry, PHONE) == NoRewards()

    assert shop.ops() == []
    assert earn.entry_outcome(entry) is None
    assert spend.terms().possible is False
    assert spend.ask(spend.new_id(), PHONE, 1_000, 5_000) == SpendNotNow()
    with pytest.raises(ApiError) as refused:
        _submit_reply(NoRewards())
    assert refused.value.status == HTTPStatus.CONFLICT


@pytest.mark.parametrize("state", ["approved", "suspected_closed", "withdrawing", "resting_on_mars"])
def test_a_store_that_works_takes_numbers(shop: Counter, state: str) -> None:
    """STO-14, CUP-13: also in a state of a later version."""
    _told(shop, state=state)

    assert isinstance(shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE), Waiting)


def test_what_was_left_before_it_closed_still_earns_when_its_receipt_comes(shop: Counter) -> None:
    """STO-15, AGT-08: the customer was there while it was open."""
    entry = shop.agent.earn.open_entry()
    shop.agent.earn.submit_phone(entry, PHONE)
    _told(shop, state="suspended")

    shop.agent.earn.ingest(captured(shop.clock))

    assert isinstance(shop.agent.earn.entry_outcome(entry), Earned)
    assert [kind for kind, _ in shop.ops()] == ["earn"]


def test_the_customers_screen_says_so_in_words(shop: Counter) -> None:
    """STO-15"""
    _told(shop, state="suspended")
    vm = TabletViewModel(
        earn=shop.agent.earn,
        shop=lambda: "합정점",
        rate_bp=lambda: 100,
        online=lambda: True,
        texts=Texts("ko"),
        other_texts=Texts("en"),
        clock=shop.clock,
        dispatcher=ImmediateDispatcher(),
    )
    vm.start()
    for digit in PHONE[3:]:
        vm.press_digit(digit)
    vm.submit()

    assert vm.state.page is Page.TROUBLE
    assert vm.state.headline == "지금은 적립하지 않는 매장이에요"
