"""What the status pill is told: AGT-14."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.link.service import DEFAULT_SHOP, LinkService
from sync.clock import FakeClock
from sync.store import Store
from tests.helpers.counter import Counter, captured, counter


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def earn(shop: Counter) -> None:
    shop.agent.earn.ingest(captured(shop.clock))
    shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), "01012345678")


def test_before_the_line_runs_the_queue_is_counted_all_the_same(shop: Counter) -> None:
    shop.agent.link.attach(None)
    earn(shop)

    status = shop.agent.link.status()

    assert (status.online, status.pending, status.oldest_pending_wall_ms) == (False, 1, shop.clock.wall_ms())
    assert not shop.agent.link.online()


def test_the_running_line_speaks_for_itself(shop: Counter) -> None:
    assert shop.agent.link.online()
    shop.link.online = False
    assert not shop.agent.link.online()


def test_operations_the_cloud_has_taken_are_counted(shop: Counter) -> None:
    earn(shop)
    assert shop.agent.link.acknowledged() == 0

    shop.answer("earn", "applied", {"points": 178})

    assert shop.agent.link.acknowledged() == 1


def test_the_shop_has_its_name_and_policy(shop: Counter) -> None:
    assert shop.agent.link.shop() == "마포 시험점"
    assert shop.agent.link.policy().rate_bp == 100


def test_a_device_without_a_store_has_a_name_too(tmp_path: Path) -> None:
    with Store.open(tmp_path, clock=FakeClock()) as store:
        link = LinkService(store=store)
        assert link.store_profile() is None
        assert link.shop() == DEFAULT_SHOP
        assert link.acknowledged() == 0


def test_listeners_hear_when_the_line_comes_or_goes(shop: Counter) -> None:
    heard: list[bool] = []
    shop.agent.link.listeners.subscribe(lambda: heard.append(shop.agent.link.online()))

    shop.agent.link.attach(None)
    shop.agent.link.attach(shop.link)

    assert heard == [False, True]
