"""The line is cut, a barista reports the day on the counter's page, the line comes back, and head office sees it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from demo.processes import wait_until
from demo.world import DemoWorld
from rules.calendar import local_day

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]


def _reports(world: DemoWorld) -> list[Any]:
    since = local_day(int(time.time() * 1000)) - timedelta(days=1)
    return list(world.cloud.api.stores.list_reports(world.cloud.store_id, since=str(since), days=3)["reports"])


def _rounds(world: DemoWorld) -> list[Any]:
    return list(world.cloud.api.stores.stock(world.cloud.store_id)["rounds"])


def test_a_report_and_an_order_without_a_line_arrive_once_it_is_back(world: DemoWorld) -> None:
    """CUP-02, CUP-03, CUP-18, AGT-06, AGT-08: also when the program ends in between."""
    world.programs["cloud"].kill()
    wait_until(lambda: not world.agent.status()["online"], what="the line is seen to be gone", timeout_s=40)

    wait_until(lambda: world.agent.tap("nav.stock"), what="the page can be opened")
    assert world.agent.type("stock.number", "8")
    wait_until(lambda: world.agent.tap("stock.key.4"), what="a key can be struck")
    assert world.agent.tap("stock.save")
    wait_until(lambda: world.agent.status()["queued"] == 1, what="the report waits")
    wait_until(lambda: world.agent.tap("stock.order"), what="the question can be opened")
    wait_until(lambda: world.agent.tap("stock.order.confirm"), what="the order can be confirmed")
    wait_until(lambda: world.agent.status()["queued"] == 2, what="the order waits too")
    world.programs["agent"].kill()
    world.start_agent()
    assert world.agent.status()["queued"] == 2
    world.start_cloud()
    world.wait_online()

    assert [(one["pieces"], one["late"], one["version"]) for one in _reports(world)] == [(84, False, 1)]
    assert [one["received"] for one in _rounds(world)] == [None]
