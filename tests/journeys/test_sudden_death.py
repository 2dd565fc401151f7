"""kill -9 between "earned" on the screen and the push: nothing lost, nothing twice."""

from __future__ import annotations

import pytest

from demo.processes import wait_until
from demo.world import DemoWorld

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
PHONE = "01062837415"


def _earn_by_tablet(world: DemoWorld, phone: str, style: str) -> int:
    """Print a sale, type the number on the real screen, answer the points that the screen confirmed."""
    before = len(world.agent.get("/v1/receipts", limit="200")["receipts"])
    world.pos.print_sale(style)
    wait_until(
        lambda: len(world.agent.get("/v1/receipts", limit="200")["receipts"]) > before, what="the receipt is captured"
    )
    wait_until(lambda: world.agent.tap("tablet.start"), what="the tablet can be started")
    for digit in phone.removeprefix("010"):
        assert world.agent.tap(f"tablet.key.{digit}")
    assert world.agent.tap("tablet.submit")

    def shown() -> int:
        tablet = world.agent.screen_state()["tablet"]
        return int(tablet["points"]) if tablet["page"] == "earned" else 0

    return int(wait_until(shown, what="the screen says earned"))


def test_an_earn_that_the_screen_confirmed_survives_kill_9_and_arrives_once(world: DemoWorld) -> None:
    """AGT-05, AGT-06, PNT-09; invariants I2 and I3"""
    confirmed = 0
    for style in ("card42", "vat48", "cat40"):
        world.programs["cloud"].kill()
        confirmed += _earn_by_tablet(world, PHONE, style)
        world.programs["agent"].kill()
        world.start_agent()
        assert world.agent.status()["queued"] >= 1
        world.start_cloud()
        world.wait_online()

    member = world.cloud.find_member(PHONE)
    assert member is not None
    assert member["points_balance"] == confirmed
    assert world.cloud.sums()["entries_sum"] == 0
    assert world.cloud.sums()["earns"] == 3


def test_kill_9_while_the_push_is_under_way_neither_loses_nor_doubles(world: DemoWorld) -> None:
    """AGT-06: the cloud is alive, so the agent dies somewhere between commit, push and acknowledgement."""
    earlier = world.cloud.sums()
    confirmed = 0
    for style in ("columns", "utf8", "card42", "vat48"):
        confirmed += _earn_by_tablet(world, PHONE, style)
        world.programs["agent"].kill()
        world.start_agent()
    world.wait_online()

    sums = world.cloud.sums()
    assert sums["points_issued"] - earlier["points_issued"] == confirmed
    assert sums["earns"] - earlier["earns"] == 4
    assert sum(sums["ops_by_device"].values()) == world.agent.status()["synced"]


def test_the_pos_goes_on_printing_while_the_agent_is_dead_and_the_receipts_are_read_afterwards(
    world: DemoWorld,
) -> None:
    """PNT-07: capture is a process of its own."""
    before = len(world.agent.get("/v1/receipts", limit="200")["receipts"])
    world.programs["agent"].kill()
    world.pos.print_sale("card42")
    world.pos.print_sale("columns")
    world.start_agent()

    found = wait_until(
        lambda: (rows := world.agent.get("/v1/receipts", limit="200")["receipts"]) and len(rows) == before + 2 and rows,
        what="both receipts are read after the restart",
    )
    assert [row["outcome"] for row in found[:2]] == ["waiting", "waiting"]
