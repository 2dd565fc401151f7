"""The menu on a real store: MNU-02, 03, 08 to 10, 12, AGT-08, AGT-10."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.menu.types import ItemView, Marked, NotOnMenu
from rules.calendar import moment_ms
from rules.menu import NotOnSale, SoldOutKind
from tests.helpers.counter import Counter, counter

STAFF = "staff"
THURSDAY = date(2026, 11, 26)
TODAY, UNTIL_RELEASED = SoldOutKind.TODAY, SoldOutKind.UNTIL_RELEASED


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        at(found, THURSDAY, 720)
        yield found


def at(shop: Counter, day: date, minute: int) -> None:
    shop.clock.advance(moment_ms(day, minute) - shop.clock.wall_ms())


def arrive(shop: Counter, menu_id: str = "m-1", *, generation: int = 1, **changes: Any) -> None:
    body = {
        "menu_id": menu_id,
        "category_id": "c-1",
        "name": "카페라떼",
        "name_en": "Caffe latte",
        "description": "",
        "price_won": 5_000,
        "visible": True,
        "position": 1,
        "version": 1,
        "options": [],
        "sale_times": {"weekdays": [], "times": []},
        "rewards": ["point"],
        "removed": False,
        **changes,
    }
    shop.feed(shop.agent.appliers()["menu"], "menu", body, generation=generation)


def category(shop: Counter, category_id: str = "c-1", **changes: Any) -> None:
    body = {"category_id": category_id, "name": "커피", "visible": True, "position": 1, "version": 1, "removed": False}
    shop.feed(shop.agent.appliers()["menu_category"], "menu_category", body | changes)


def here(shop: Counter, menu_id: str = "m-1", **changes: Any) -> None:
    body = {"menu_id": menu_id, "available": True, "sold_out": None, "sold_out_ms": None, "version": 1, **changes}
    shop.feed(shop.agent.appliers()["menu_here"], "menu_here", body)


def item(shop: Counter, menu_id: str = "m-1") -> ItemView:
    return next(found for found in shop.agent.menu.menu().items if found.menu_id == menu_id)


def test_the_menu_stands_here_in_its_order_without_what_was_removed(shop: Counter) -> None:
    """MNU-03, MNU-12"""
    category(shop, "c-2", name="빵", position=2)
    category(shop)
    category(shop, "c-3", visible=False)
    category(shop, "c-4", removed=True)
    arrive(shop, "m-2", position=2, name="소금빵", category_id="c-2")
    arrive(shop)
    arrive(shop, "m-3", removed=True)

    menu = shop.agent.menu.menu()

    assert [one.name for one in menu.categories] == ["커피", "빵"]
    assert [(one.name, one.price_won, one.why) for one in menu.items] == [
        ("카페라떼", 5_000, None),
        ("소금빵", 5_000, None),
    ]


def test_an_older_row_changes_nothing_and_a_restored_cloud_does(shop: Counter) -> None:
    """AGT-10"""
    arrive(shop, version=3, name="새 이름")
    arrive(shop, version=2)
    assert item(shop).name == "새 이름"

    arrive(shop, version=1, generation=2)

    assert item(shop).name == "카페라떼"


@pytest.mark.parametrize("minute", [689, 690, 839, 840])
def test_why_something_cannot_be_ordered(shop: Counter, minute: int) -> None:
    """MNU-02, MNU-08, MNU-12, at the edges of a template"""
    category(shop)
    category(shop, "c-2", visible=False)
    arrive(shop, "hidden", visible=False)
    arrive(shop, "in-hidden", category_id="c-2")
    arrive(shop, "elsewhere")
    here(shop, "elsewhere", available=False)
    arrive(shop, "lunch", sale_times={"weekdays": [3], "times": [[690, 840]]})
    at(shop, THURSDAY + timedelta(days=7), minute)

    assert item(shop, "hidden").why is item(shop, "in-hidden").why is NotOnSale.HIDDEN
    assert item(shop, "elsewhere").why is NotOnSale.NOT_HERE
    assert item(shop, "lunch").why is (None if minute in (690, 839) else NotOnSale.TIME)


def test_a_season_and_a_stop_are_known_here(shop: Counter) -> None:
    """MNU-15: both days included; a row of before there were seasons is sold as it was."""
    category(shop)
    arrive(shop, "plain")
    arrive(shop, "season", sale_first="2026-11-26", sale_last="2026-11-27")
    arrive(shop, "stopped", stopped=True)
    seen = []
    for days in (0, 1, 2):
        at(shop, THURSDAY + timedelta(days=days), 720)
        seen.append(item(shop, "season").why)

    assert seen == [None, None, NotOnSale.PERIOD]
    assert (item(shop, "plain").why, item(shop, "stopped").why) == (None, NotOnSale.HIDDEN)


def test_sold_out_today_is_shown_at_once_sent_once_and_over_at_midnight(shop: Counter) -> None:
    """MNU-09, AGT-08: no line is needed for any of it."""
    arrive(shop)
    at(shop, THURSDAY, 22 * 60 + 10)

    assert shop.agent.menu.mark("m-1", TODAY, STAFF) == Marked("m-1", TODAY)
    assert shop.agent.menu.mark("m-1", TODAY, STAFF) == Marked("m-1", TODAY)

    found = item(shop)
    midnight_ms = moment_ms(THURSDAY + timedelta(days=1), 0)
    assert (found.sold_out, found.why, found.unsent) == (TODAY, NotOnSale.SOLD_OUT, True)
    assert found.until_ms == midnight_ms
    said = {"menu_id": "m-1", "kind": "today", "occurred_ms": shop.clock.wall_ms()}
    assert shop.ops("menu.sold_out") == [("menu.sold_out", said)]
    shop.clock.advance(midnight_ms - 1 - shop.clock.wall_ms())
    assert item(shop).sold_out is TODAY
    shop.clock.advance(1)
    assert (item(shop).sold_out, item(shop).why) == (None, None)
    # The next evening it is said anew.
    shop.agent.menu.mark("m-1", TODAY, STAFF)
    assert len(shop.ops("menu.sold_out")) == 2


def test_until_released_lasts_until_somebody_says_so(shop: Counter) -> None:
    """MNU-10"""
    arrive(shop)
    shop.agent.menu.mark("m-1", UNTIL_RELEASED, STAFF)
    shop.clock.advance(40 * 86_400_000)
    assert (item(shop).sold_out, item(shop).until_ms) == (UNTIL_RELEASED, None)

    assert shop.agent.menu.mark("m-1", None, STAFF) == Marked("m-1", None)

    assert item(shop).why is None
    assert [body["kind"] for _, body in shop.ops("menu.sold_out")] == ["until_released", None]


def test_our_word_stays_on_top_until_it_is_answered_and_the_answer_bridges_to_the_row(shop: Counter) -> None:
    """What the screen shows is the cloud's state plus our own unsettled operations."""
    arrive(shop)
    shop.agent.menu.mark("m-1", TODAY, STAFF)
    here(shop, version=4, sold_out=None)
    assert item(shop).sold_out is TODAY

    said_ms = shop.clock.wall_ms()
    stands = {"menu_id": "m-1", "available": True, "sold_out": "today", "sold_out_ms": said_ms, "version": 5}
    shop.answer("menu.sold_out", "applied", stands)

    assert (item(shop).sold_out, item(shop).unsent) == (TODAY, False)
    here(shop, version=4)
    assert item(shop).sold_out is TODAY
    here(shop, version=6)
    assert item(shop).sold_out is None


def test_a_word_the_cloud_did_not_take_leaves_what_it_says(shop: Counter) -> None:
    arrive(shop)
    shop.agent.menu.mark("m-1", UNTIL_RELEASED, STAFF)

    shop.answer("menu.sold_out", "rejected", None, "menu_unknown")

    assert item(shop).sold_out is None
    assert shop.agent.menu.mark("nothing", TODAY, STAFF) == NotOnMenu("nothing")


def test_a_mark_of_a_later_version_counts_for_none_and_stops_nothing(shop: Counter) -> None:
    arrive(shop)
    here(shop, sold_out="this_week", sold_out_ms=1)

    assert item(shop).sold_out is None


def test_listeners_hear_of_marks_and_rows(shop: Counter) -> None:
    heard: list[int] = []
    shop.agent.menu.listeners.subscribe(lambda: heard.append(len(shop.agent.menu.menu().items)))

    arrive(shop)
    shop.agent.menu.mark("m-1", TODAY, STAFF)

    assert heard == [1, 1]
