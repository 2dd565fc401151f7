"""The line is cut, a customer uses points on the tablet, the line comes back, and the books are right."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from demo.processes import run_json, wait_until
from demo.world import DemoWorld

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
PHONE = "01062837415"
POINTS = 3_240


def _member_with_points(world: DemoWorld) -> int:
    """Earned once at this store, so that its snapshot knows the number; the rest is given by hand."""
    world.pos.print_sale("card42")
    wait_until(lambda: world.agent.get("/v1/receipts", limit="5")["receipts"], what="the receipt is captured")
    wait_until(lambda: world.agent.tap("tablet.start"), what="the tablet can be started")
    for digit in PHONE.removeprefix("010"):
        assert world.agent.tap(f"tablet.key.{digit}")
    assert world.agent.tap("tablet.submit")
    found = wait_until(lambda: world.cloud.find_member(PHONE), what="the points are in the cloud")
    at = ["--folder", str(world.settings.folder / "cloud"), "--store", world.cloud.store_id]
    given = ["--member", found["member_id"], "--points", str(POINTS - found["points_balance"])]
    run_json(["cloud", "adjust", *at, *given, "--reason", "journey", "--by", "tests"])
    after = world.cloud.find_member(PHONE)
    assert after is not None
    return int(after["points_balance"])


def _new_pc(world: DemoWorld) -> None:
    """The counter gets a new PC: its snapshot knows what every member has."""
    world.wait_online()
    world.programs["agent"].stop()
    shutil.rmtree(world.agent_folder)
    at = ["--folder", str(world.settings.folder / "cloud")]
    code = run_json(["cloud", "enrollment-code", *at, "--store", world.cloud.store_id])
    world.start_agent("--enroll-code", code["code"])
    world.wait_online()
    wait_until(
        lambda: (taken := world.agent.status()["snapshot"]) and taken["members"], what="the snapshot", timeout_s=40
    )


def _use_points(world: DemoWorld, payment_won: str, choice: str) -> None:
    """On the real screen: the number, the sum on the till, how many points."""
    wait_until(lambda: world.agent.tap("tablet.start"), what="the tablet can be started")
    for digit in PHONE.removeprefix("010"):
        assert world.agent.tap(f"tablet.key.{digit}")
    assert world.agent.tap("tablet.use_points")
    for digit in payment_won:
        assert world.agent.tap(f"tablet.sum.{digit}")
    assert world.agent.tap("tablet.go_on")
    assert world.agent.tap(f"tablet.choice.{choice}")
    assert world.agent.tap("tablet.use")


def _card(world: DemoWorld) -> dict[str, Any]:
    found: dict[str, Any] = wait_until(
        lambda: next(iter(world.agent.get("/v1/requests")["requests"]), None), what="the card is there"
    )
    return found


def _page(world: DemoWorld) -> str:
    return str(world.agent.screen_state()["tablet"]["page"])


def test_points_used_without_a_line_are_in_the_book_once_it_is_back(world: DemoWorld) -> None:
    """PNT-10, APR-07, AGT-08: one approved by hand before a crash, one by its own countdown."""
    before = _member_with_points(world)
    _new_pc(world)
    world.programs["cloud"].kill()
    wait_until(lambda: not world.agent.status()["online"], what="the line is seen to be gone", timeout_s=40)

    _use_points(world, "18000", "more")
    card = _card(world)
    assert (card["at_counter"], card["pos_discount_won"], card["amount_won"]) == (True, 2_000, 18_000)
    world.agent.post(f"/v1/requests/{card['request_id']}/decision", {"decision": "approve"})
    wait_until(lambda: _page(world) == "spent", what="the customer sees what is left to pay")
    world.programs["agent"].kill()
    world.start_agent()
    _use_points(world, "9000", "little")
    wait_until(lambda: _page(world) == "spent", what="nobody answered, so the countdown did", timeout_s=30)
    _use_points(world, "9000", "little")
    wait_until(lambda: _page(world) == "not_spent", what="240 P are left by the snapshot")
    assert world.agent.status()["queued"] == 2
    world.start_cloud()
    world.wait_online()

    found = world.cloud.find_member(PHONE)
    assert found is not None
    assert (found["points_balance"], found["points_held"]) == (before - 3_000, 0)
    sums = world.cloud.sums()
    assert (sums["points_captured"], sums["offline_loss_points"], sums["entries_sum"]) == (3_000, 0, 0)
    assert world.cloud.request(card["request_id"])["state"] == "approved"
    recent = world.agent.get("/v1/requests")["recent"]
    assert sorted(record["state"] for record in recent) == ["approved", "auto_approved"]
