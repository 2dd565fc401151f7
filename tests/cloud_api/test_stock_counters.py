"""Cup holders between real counters and a real cloud: CUP-02, 04, 06, 09, 17 to 19, 24, AGT-08, AGT-10, RBA-01."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.stock.types import Odd, Ordered, Reported
from rules.calendar import moment_ms
from rules.consumption import DayReport
from sync.inbox import RowContext, apply_one
from sync.protocol import FeedRow
from tests.cloud_api.world import World
from tests.helpers.joined import Joined, joined, pass_time

Two = tuple[Joined, Joined]
STAFF = "직원"
MONDAY = date(2025, 10, 13)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def two(world: World, tmp_path: Path) -> Iterator[Two]:
    """Two counters of a store that opens from 08:00 to 22:00; it is Monday, nine in the evening."""
    world.clock.now_ms = moment_ms(MONDAY, 21 * 60)
    with joined(world, tmp_path / "first") as first, joined(world, tmp_path / "second") as second:
        world.ok("POST", _path(world, "hours"), {"weekly": [[480, 1_320]] * 7})
        for one in (first, second):
            one.pull()
        yield first, second


def _path(world: World, rest: str) -> str:
    return f"/v1/stores/{world.store.store_id}/{rest}"


def _reports(world: World) -> list[tuple[str, int, bool]]:
    found = world.ok("GET", _path(world, f"reports?since={MONDAY}&days=7"))["reports"]
    return [(one["day"], one["pieces"], one["late"]) for one in found]


def _monday(one: Joined) -> tuple[DayReport, int | None, bool]:
    [day] = one.counter.agent.stock.board(MONDAY, MONDAY).days
    return day.stands, day.pieces, day.unsent


def _go_to(world: World, two: Two, day: date, minute: int) -> None:
    pass_time(world, moment_ms(day, minute) - world.clock(), *two)


def test_a_report_typed_without_a_line_reaches_everybody_once_it_is_back(world: World, two: Two) -> None:
    """CUP-02, CUP-03, AGT-08"""
    first, second = two
    assert first.counter.agent.stock.report(MONDAY, 84, STAFF) == Reported(MONDAY, 84)
    assert (_monday(first), _monday(second), _reports(world)) == (
        (DayReport.DONE, 84, True),
        (DayReport.OPEN, None, False),
        [],
    )

    first.push()
    assert _monday(first) == (DayReport.DONE, 84, False)  # before the row is here
    for one in two:
        one.pull()

    assert _monday(first) == _monday(second) == (DayReport.DONE, 84, False)
    assert _reports(world) == [(MONDAY.isoformat(), 84, False)]


def test_a_number_that_was_written_in_time_counts_however_late_it_arrives(world: World, two: Two) -> None:
    """CUP-04: written at 09:59, sent at noon; and what is written at noon is late in both places."""
    first, second = two
    _go_to(world, two, TUESDAY, 599)
    first.counter.agent.stock.report(MONDAY, 84, STAFF)
    _go_to(world, two, TUESDAY, 720)
    assert second.counter.agent.stock.report(MONDAY, 70, STAFF) == Reported(MONDAY, 70, late=True)

    first.push()

    assert _reports(world) == [(MONDAY.isoformat(), 84, False)]


@pytest.mark.expect_log(r"cup_holders_refused kind=report.submit code=report_read_only")
def test_a_number_that_another_counter_was_faster_with_comes_back_with_a_word(world: World, two: Two) -> None:
    """CUP-04, AGT-10"""
    first, second = two
    first.counter.agent.stock.report(MONDAY, 84, STAFF)
    _go_to(world, two, TUESDAY, 720)
    second.counter.agent.stock.report(MONDAY, 70, STAFF)

    for one in two:
        one.push()

    assert _monday(second) == (DayReport.DONE, 84, False)
    [refused] = second.counter.agent.stock.refused()
    assert (refused.day, refused.pieces, refused.code) == (MONDAY, 70, "report_read_only")


def test_counter_and_cloud_find_the_same_numbers_odd(world: World, two: Two) -> None:
    """CUP-06, CUP-09"""
    first, _ = two
    for back in range(1, 8):
        body = {"day": (MONDAY - timedelta(days=back)).isoformat(), "pieces": 100, "actor": "본사"}
        world.ok("POST", _path(world, "reports"), body)
    first.pull()
    for pieces in (66, 67, 149, 150, 299, 300, 30, 31, 0):
        found = first.counter.agent.stock.report(MONDAY, pieces, STAFF)
        here = [one.value for one in found.oddities] if isinstance(found, Odd) else []
        body = {"day": MONDAY.isoformat(), "pieces": pieces, "actor": "본사"}
        assert world.ok("POST", _path(world, "reports"), body)["oddities"] == here, pieces


def test_stock_and_order_are_the_same_at_the_counter_and_in_the_cloud(world: World, two: Two) -> None:
    """CUP-17, CUP-18, CUP-19, CUP-24, RBA-01"""
    first, _second = two
    owner = world.employ("정민아", "owner")
    for one in two:
        one.pull()
    assert isinstance(first.counter.agent.stock.order(2_000, owner), Ordered)
    first.push()
    number = world.ok("GET", _path(world, "stock"))["rounds"][0]["number"]
    world.ok("POST", _path(world, f"stock/rounds/{number}/receive"), {"pieces": 2_000})
    first.counter.agent.stock.report(MONDAY, 1_450, STAFF)
    expected = _shown(first)
    first.push()
    for one in two:
        one.pull()

    cloud = world.ok("GET", _path(world, "stock"))
    for one in two:
        shown = _shown(one)
        assert shown == {
            "stock": cloud["stock"],
            "low": cloud["low"],
            "proposed": cloud["proposed_order"],
            "quick": cloud["quick_orders"],
            "average": cloud["daily_average"],
            "days": cloud["expected_days"],
        }
    assert (cloud["stock"], cloud["low"], expected["stock"]) == (550, True, 0)


def _shown(one: Joined) -> dict[str, Any]:
    found = one.counter.agent.stock.stock()
    return {
        "stock": found.stock,
        "low": found.low,
        "proposed": found.proposed,
        "quick": [pieces for _, pieces in found.quick],
        "average": found.daily_average,
        "days": found.expected_days,
    }


def test_a_new_counter_has_reports_stock_and_hours_from_its_snapshot(world: World, two: Two) -> None:
    """CUP-05, CUP-07, CUP-14, AGT-11"""
    first, second = two
    first.counter.agent.stock.report(MONDAY, 84, STAFF)
    first.push()
    lines = [json.loads(line) for line in second.device.get("/v1/sync/snapshot").text.splitlines()]
    appliers, bench = second.counter.agent.appliers(), second.counter.bench
    context = RowContext(bench.clock.mono_ms(), bench.clock.boot_id, bench.clock.wall_ms(), 1)
    with bench.store.transaction() as conn:
        for line in lines:
            if line["kind"] in ("store", "report", "stock"):
                row = FeedRow("store", 0, line["kind"], line["body"])
                assert apply_one(conn, row, appliers[line["kind"]], context) is None

    assert _monday(second) == (DayReport.DONE, 84, False)
    assert second.counter.agent.stock.stock().used == 84
    assert second.counter.agent.stock.board(MONDAY, MONDAY).today.until_ms == moment_ms(TUESDAY, 600)
