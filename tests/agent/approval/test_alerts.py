"""How a counter tells of an order: AGT-01, AGT-02."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.approval.alerts import OrderAlerts
from agent.approval.types import Decided
from agent.dispatch import ImmediateDispatcher
from agent.printing.types import PrinterAddress
from agent.settings.service import SettingsService
from agent.settings.viewmodel import SettingsViewModel
from agent.texts import Texts
from rules.alerts import AlertMode
from rules.requests import RequestKind
from tests.agent.approval.test_service import arrive, jobs, order, seen
from tests.agent.approval.test_viewmodel import Counter as Stack
from tests.agent.approval.test_viewmodel import request
from tests.helpers.counter import Counter, counter
from tests.helpers.devices import STORE_ID

ORDER: dict[str, Any] = {"kind": "order", "order_id": "o-1", "title": "카페라떼(ICE) 2", "pos_discount_won": None}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        found.agent.printing.set_address(PrinterAddress.parse("tcp://192.0.2.1:9100"))
        yield found


def _store_says(shop: Counter, mode: str | None) -> None:
    body = {
        "store_id": STORE_ID,
        "name": "합정점",
        "brand_name": "테스트 커피",
        "service_type": "composite",
        "plan": "free",
        "grade": "normal",
        "opens_minute": None,
    } | ({} if mode is None else {"state": "approved", "state_reason": "", "alert_mode": mode})
    shop.feed(shop.agent.appliers()["store"], "store", body)


def test_a_counter_follows_its_store_until_it_has_a_way_of_its_own(shop: Counter) -> None:
    """AGT-02: and an older cloud says nothing about it."""
    alerts = shop.agent.order_alerts
    _store_says(shop, None)
    assert (alerts.own(), alerts.mode()) == ("", AlertMode.BOTH)
    for mode in AlertMode:
        _store_says(shop, mode.value)
        assert alerts.mode() is mode

    alerts.choose("popup_sound")
    _store_says(shop, "print")
    assert (alerts.own(), alerts.mode()) == ("popup_sound", AlertMode.POPUP_SOUND)
    alerts.choose("")
    assert alerts.mode() is AlertMode.PRINT
    with pytest.raises(ValueError, match="lights"):
        alerts.choose("lights")


def test_on_paper_alone_the_ticket_starts_the_minute_and_prints_once(shop: Counter) -> None:
    """AGT-01, AGT-02, APR-18, ORD-21: no card, no sound; what is accepted later prints no second ticket."""
    shop.agent.order_alerts.choose("print")
    order(shop)

    arrive(shop, **ORDER)

    assert shop.ops() == [("request.seen", {"request_id": "r-1"})]
    assert jobs(shop) == []  # the cloud has not said yet which counter prints
    for version in (2, 3):
        arrive(shop, version=version, state="seen", remaining_ms=60_000, **ORDER)
    assert jobs(shop) == [("r-1:order_ticket", "order_ticket", "queued")]
    assert "A-12" in shop.rows("SELECT document_json FROM print_job")[0][0]

    arrive(shop, version=4, state="auto_approved", decided_by="cloud:clock", decided_ms=shop.clock.wall_ms(), **ORDER)

    assert len(jobs(shop)) == 1
    assert len(shop.ops()) == 1


def test_the_counter_that_does_not_print_prints_nothing(shop: Counter) -> None:
    """AGT-01: of several, the one that the cloud names."""
    shop.agent.order_alerts.choose("print")
    arrive(shop, **ORDER)
    arrive(shop, version=2, state="seen", remaining_ms=60_000, **ORDER | {"print_device": "another"})

    assert jobs(shop) == []


def test_on_the_screen_alone_no_order_prints_by_itself(shop: Counter) -> None:
    """AGT-01, AGT-02: a reward's slip is no order's ticket and prints as ever."""
    shop.agent.order_alerts.choose("popup_sound")
    order(shop)
    seen(shop, **ORDER)
    assert isinstance(shop.agent.approval.approve("r-1", "김서연"), Decided)
    seen(shop, "r-2")
    shop.agent.approval.approve("r-2", "김서연")

    assert jobs(shop) == [("r-2:slip", "slip", "queued")]
    assert shop.agent.order_alerts.shows_orders()


def test_both_shows_the_card_and_prints_what_was_accepted(shop: Counter) -> None:
    """AGT-01, AGT-02"""
    order(shop)
    seen(shop, **ORDER)
    assert (shop.agent.order_alerts.shows_orders(), jobs(shop)) == (True, [])

    shop.agent.approval.approve("r-1", "김서연")

    assert jobs(shop) == [("r-1:order_ticket", "order_ticket", "queued")]


def test_rewards_are_asked_for_on_a_card_whatever_orders_do(shop: Counter) -> None:
    """AGT-01 speaks of orders."""
    shop.agent.order_alerts.choose("print")

    arrive(shop)

    assert shop.ops() == []  # nobody has seen it yet
    assert [card.request_id for card in shop.agent.approval.pending()] == ["r-1"]


def test_while_the_printer_is_in_trouble_orders_are_shown(shop: Counter) -> None:
    """AGT-01: paper that stays inside tells nobody."""
    prints = True
    alerts = OrderAlerts(store=shop.bench.store, can_print=lambda: prints)
    alerts.choose("print")
    assert not alerts.shows_orders()

    prints = False

    assert (alerts.mode(), alerts.shows_orders()) == (AlertMode.BOTH, True)
    shop.agent.printing.set_address(None)
    assert shop.agent.order_alerts.shows_orders()


def test_orders_on_paper_bring_no_card_and_no_sound() -> None:
    """AGT-01, AGT-02"""
    sounds: list[int] = []
    on_screen = False
    stack = Stack(shows_orders=lambda: on_screen)
    stack.vm.on_arrival = lambda: sounds.append(1)

    stack.service.arrive(request("an-order", kind=RequestKind.ORDER))
    assert (stack.cards, sounds) == ((), [])
    stack.service.arrive(request("a-coupon"))
    assert ([card.request_id for card in stack.cards], sounds) == (["a-coupon"], [1])

    on_screen = True
    stack.vm.reload()

    assert sorted(card.request_id for card in stack.cards) == ["a-coupon", "an-order"]
    assert sounds == [1, 1]


def test_the_way_is_chosen_on_the_settings_page(shop: Counter, tmp_path: Path) -> None:
    """AGT-01, AGT-02"""
    vm = SettingsViewModel(
        service=SettingsService(tmp_path),
        dispatcher=ImmediateDispatcher(),
        texts=Texts("ko"),
        alerts=shop.agent.order_alerts,
    )
    assert [mode for mode, _ in vm.state.alert_modes] == ["", "popup_sound", "print", "both"]

    vm.choose_alerts("print")

    assert (vm.state.alert_mode, shop.agent.order_alerts.mode()) == ("print", AlertMode.PRINT)
